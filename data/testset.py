"""The hidden test set of a course, found by the digest of the training set that its students have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.course import TermKey
from autograder.errors import CourseError
from data.corpus import (
    DATA,
    TEST,
    TRAIN,
    TRAIN_SHA256,
    default_test,
    default_train,
    read_description,
)
from helpers.char_data import clean, count_characters, read_sentences

PUBLIC = 100  # training sentences that a notebook has while it is graded


@dataclass(frozen=True)
class TestSet:
    """Sentences that no student has.

    Args:
        sentences: in ASCII, each with its line break.
        floors: float64 [sentences], minus the logarithm of the probability that the grammar gives each of
            them; None where no grammar made them.
    """

    __test__ = False  # for pytest: this is no class of tests

    sentences: tuple[str, ...]
    floors: NDArray[np.float64] | None


def seed_of(key: TermKey) -> int:
    """What draws the test set of the corpus that is made here."""
    return key.seed("char_lm", "test set")


def load(corpus_sha256: str, key_seed: int) -> TestSet:
    """The test set that belongs to a training set.

    Args:
        corpus_sha256: of the students' `train.csv`.
        key_seed: from the term key; draws the sentences of the corpus that is made here.

    Raises:
        CourseError: the corpus is not here.
    """
    if corpus_sha256 == TRAIN_SHA256:
        draw = default_test(key_seed)
        return TestSet(tuple(clean(headline.text) for headline in draw.headlines), np.array(draw.floors))
    return TestSet(tuple(read_sentences(_folder_of(corpus_sha256) / TEST)), None)


def public_sentences(corpus_sha256: str) -> tuple[str, NDArray[np.int64], tuple[str, ...]]:
    """What a notebook may know of its training set while it is graded; raises as `load` does.

    Returns:
        The characters, sorted; how often each occurs in the training set, int64 [characters]; and some of its
        sentences, with their line breaks.
    """
    if corpus_sha256 == TRAIN_SHA256:
        train = [clean(text) for text in default_train()]
    else:
        train = read_sentences(_folder_of(corpus_sha256) / TRAIN)
    str_voc, freq = count_characters(train)
    return str_voc, freq, tuple(train[:PUBLIC])


def _folder_of(corpus_sha256: str) -> Path:
    found = read_description(DATA)
    if found.sha256 != corpus_sha256:
        raise CourseError(
            f"the release is for another corpus than {found.name!r} in {DATA}: run `make data` with the file "
            f"that the release was made with, or `make release` for the corpus that is there"
        )
    return DATA
