"""What the bands mean: counted models of each order, as modules that a student could hand in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.course import TermKey
from data import corpus, testset
from data.headlines import read_headlines, split
from helpers.char_data import clean, count_characters
from helpers.char_score import Score, at_places, score
from helpers.char_weights import MAX_BYTES
from tests.charlm_models import counted, made

BANDS = [(2, 0), (3, 5), (4, 8)]  # order, points
KEY = TermKey(b"the key of the kit's own tests")


def scored(order: int, train: Sequence[str], hidden: testset.TestSet) -> Score:
    """The score of an n-gram model of these training sentences."""
    str_voc, _ = count_characters(train)
    handed_in = counted(train, str_voc, order)
    assert len(handed_in.weights) <= MAX_BYTES
    model = made(handed_in, len(str_voc) + 3)  # remembers nothing, so one may do both passes
    return score(at_places(model), model, hidden.sentences, str_voc, seed=1, floors=hidden.floors)


@pytest.mark.parametrize(("order", "points"), BANDS)
def test_the_bands_on_the_default_corpus(order: int, points: float) -> None:
    """A bigram earns nothing, a trigram 5 points, a four-gram 8; none knows more than the grammar."""
    hidden = testset.load(corpus.TRAIN_SHA256, testset.seed_of(KEY))
    known = scored(order, [clean(text) for text in corpus.default_train()], hidden)
    assert (known.points, known.looks_ahead, known.knows_the_test_set) == (points, False, False)


@pytest.mark.real_headlines
@pytest.mark.parametrize(("order", "points"), BANDS)
def test_the_bands_on_real_headlines(order: int, points: float) -> None:
    """The same on headlines that people wrote."""
    train, test = split(read_headlines(Path(os.environ["HEADLINES"])))
    hidden = testset.TestSet(tuple(clean(text) for text in test), None)
    known = scored(order, [clean(text) for text in train], hidden)
    assert (known.points, known.looks_ahead) == (points, False)
