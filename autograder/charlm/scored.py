"""The score of a submission's language model: checks on public sentences first, then the hidden test set.

Other workers than the one that ran the notebook take part. The first meets public sentences alone, so that
what the model raises may be told. Of the others, some are given beginnings of hidden sentences and some whole
ones; none has both, and no two live at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from autograder.charlm import corpus as corpora
from autograder.charlm.corpus import NAME, Corpus
from autograder.charlm.model import RemoteModel, sentence
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.execution import Limits
from autograder.scoring import HandIn
from helpers.char_data import encode_batch
from helpers.char_logits import ModelFault, checked
from helpers.char_score import BATCH, SECONDS, CutModel, Model, Score, examine, score_in_turn
from helpers.char_weights import FILE, Weights, WeightsError, read_weights

TOTAL = 1200.0  # seconds by the clock after which no further block of sentences is begun
PUBLIC = "what the model says of public sentences"
SHOWN = 4  # of these
LIMITS = Limits(call=SECONDS, calls=2 * TOTAL, hangs=1)


def scored(callee: Any, hand_in: HandIn, key: TermKey, weights: Weights) -> Score:
    """The score of the class with these weights.

    Args:
        callee: the submission's `Execution`.

    Raises:
        StudentFault: there is none; the text says why.
    """
    corpus = corpora.corpus_of(hand_in.release)
    try:
        with closing(callee.fresh(LIMITS)) as first:
            model = RemoteModel(first, corpus.freq, weights.tensors, public=True)
            examine(model, full_batch(corpus.sentences), corpus.str_voc)
            hand_in.known[PUBLIC] = public_evidence(model, corpus)
        return _hidden_score(callee, hand_in, key, corpus, weights)
    except ModelFault as fault:
        raise StudentFault(sentence(fault)) from fault


def weights_of(hand_in: HandIn) -> Weights:
    """The weights that were handed in; raises StudentFault, in words, if there are none to use."""
    if FILE in hand_in.refused:
        raise StudentFault(hand_in.refused[FILE])
    if FILE not in hand_in.files:
        raise StudentFault(f"{FILE} was not handed in; `save_model` writes it beside the notebook.")
    try:
        return read_weights(hand_in.files[FILE])
    except WeightsError as fault:
        raise StudentFault(f"{FILE}: {fault}.") from fault


def full_batch(sentences: tuple[str, ...]) -> list[str]:
    """A batch of the largest size, of sentences again and again."""
    return [sentences[number % len(sentences)] for number in range(BATCH)]


def public_evidence(model: Model, corpus: Corpus) -> Evidence:
    """The logits for a few public sentences: what some mistakes are seen by."""
    tokens = encode_batch(
        corpus.sentences[:SHOWN], {character: number for number, character in enumerate(corpus.str_voc)}
    )
    classes = len(corpus.str_voc) + 3
    logits = checked(model(tokens[:, :-1]), SHOWN, tokens.shape[1] - 1, classes)
    return Evidence({"logits": logits.double().numpy()}, {"tokens": tokens.double().numpy()})


def _hidden_score(callee: Any, hand_in: HandIn, key: TermKey, corpus: Corpus, weights: Weights) -> Score:
    begun = time.monotonic()
    hidden = corpora.hidden_sentences(hand_in.release, key)

    @contextmanager
    def opened() -> Iterator[RemoteModel]:
        with closing(callee.fresh(LIMITS)) as worker:
            yield RemoteModel(worker, corpus.freq, weights.tensors)

    @contextmanager
    def opened_cut() -> Iterator[CutModel]:
        with opened() as model:
            yield model.at_places

    return score_in_turn(
        opened_cut,
        opened,
        hidden.sentences,
        corpus.str_voc,
        key.seed(NAME, "order and cuts"),
        floors=hidden.floors,
        full=hand_in.full,
        go_on=lambda: time.monotonic() - begun < TOTAL,
    )
