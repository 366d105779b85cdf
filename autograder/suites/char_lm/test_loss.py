"""Q1: the loss on the hidden test set, measured once and asked for three times."""

from __future__ import annotations

import pytest

from autograder.charlm.judge import loss_of
from autograder.charlm.scored import PUBLIC
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.scoring import HandIn, StudentCode
from helpers.char_score import TOLD


def expect_below(limit: float, submission: StudentCode, hand_in: HandIn, key: TermKey) -> None:
    loss = loss_of(submission, hand_in, key)
    if not loss < limit:
        shown = f"{loss:.4f}" if loss <= TOLD else f"more than {TOLD:g}"
        said = f"The loss is {shown} nats a character, not below {limit:g}."
        raise StudentFault(said, hand_in.known.get(PUBLIC))


@pytest.mark.points("Q1", 5)
def test_below_2_5(submission, hand_in, key):
    """The loss on unseen sentences is below 2.5 nats a character."""
    expect_below(2.5, submission, hand_in, key)


@pytest.mark.points("Q1", 3)
def test_below_2_0(submission, hand_in, key):
    """It is below 2.0."""
    expect_below(2.0, submission, hand_in, key)


@pytest.mark.points("Q1", 2)
def test_below_1_5(submission, hand_in, key):
    """It is below 1.5."""
    expect_below(1.5, submission, hand_in, key)
