"""What a question's report says of a language model: measured once, whichever hidden test asks first."""

from __future__ import annotations

import math

from autograder.charlm.corpus import NAME, corpus_of
from autograder.charlm.scored import scored, weights_of
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.report import Figure
from autograder.scoring import HandIn, StudentCode
from helpers.char_score import TOLD, Estimate, Score, in_words, is_settled
from helpers.char_weights import Weights

QUESTION = "Q1"
KNOWS = "this model knows the test set: its loss is below the entropy of the text itself"


def loss_of(submission: StudentCode, hand_in: HandIn, key: TermKey) -> float:
    """The loss on the hidden test set, in nats a character.

    Raises:
        StudentFault: there is none; the same for every test that asks.
    """
    if NAME not in hand_in.known:
        hand_in.known[NAME] = _measured(submission, hand_in, key)
    known = hand_in.known[NAME]
    if isinstance(known, StudentFault):
        raise StudentFault(str(known))
    assert isinstance(known, float)
    return known


def _measured(submission: StudentCode, hand_in: HandIn, key: TermKey) -> float | StudentFault:
    remarks = hand_in.remarks.setdefault(QUESTION, [])
    try:
        weights = weights_of(hand_in)
        remarks += foreign(weights, hand_in)
        known = scored(submission.callee, hand_in, key, weights)
    except StudentFault as fault:
        return fault
    remarks[:0] = in_words(known)
    remarks += out_of_time(known, hand_in.full)
    hand_in.figures[QUESTION] = figures(known)
    if known.knows_the_test_set:
        hand_in.doubts[QUESTION] = KNOWS
    return known.loss.mean


def out_of_time(known: Score, full: bool) -> list[str]:
    """Says so if more sentences were wanted than there was time for."""
    if known.read == known.of or (is_settled(known.loss) and not full):
        return []
    return [f"The time for scoring was over after {known.read:,} sentences, and what was read decides."]


def foreign(weights: Weights, hand_in: HandIn) -> list[str]:
    """Says so if the file says that the model was trained on another corpus; it is scored all the same."""
    corpus = corpus_of(hand_in.release)
    if not weights.digest or weights.digest == corpus.sha256:
        return []
    trained = f"{weights.corpus!r} (sha256 {weights.digest[:12]})"
    return [f"The weights were trained on {trained}; this assignment's corpus is {corpus.name!r}."]


def figures(known: Score) -> list[Figure]:
    """The score in numbers, as few digits as are sure: a model could tell hidden text by the others."""
    if not known.loss.mean <= TOLD:
        return []
    shown = [
        measured("loss, nats a character", known.loss, 4),
        Figure("bits a character", round(known.bits, 3)),
        Figure("sentences read", known.read),
    ]
    if known.to_next_band is not None:
        shown.append(Figure("nats to the next band", round(known.to_next_band, 3)))
    if known.above_floor is not None:
        shown.append(measured("nats above the floor", known.above_floor, 3))
    if known.looks_ahead and known.whole.mean <= TOLD:
        shown.append(measured("loss when it sees what follows", known.whole, 3))
    return [figure for figure in shown if math.isfinite(figure.value)]


def measured(name: str, known: Estimate, digits: int) -> Figure:
    """An estimate in so many digits."""
    error = round(known.error, 4) if math.isfinite(known.error) else None
    return Figure(name, round(known.mean, digits), error)
