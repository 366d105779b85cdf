"""Q2 and Q3 of `rnn_gru_mha`: a mistake costs its own points, and what is no network earns nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from autograder.course import TermKey
from autograder.mistakes import Mistake
from autograder.rehearsal import Answer, hidden_tests, tried
from autograder.suites.rnn_gru_mha.mistakes import gru, rnn

NAME = "rnn_gru_mha"
KEY = TermKey(b"aspects")
BANKS = {"rnn": rnn.bank, "gru": gru.bank}
MISTAKES = [pytest.param(each, id=str(each)) for bank in BANKS.values() for each in bank.mistakes]
POINTS = {"rnn": 3, "gru": 5}

# what is hardly a recurrent network any more, or has one gate
SEVERAL = {"state not carried", "hidden product left out", "one gate for both"}
# what has no part that is right, and so nothing of which a test could ask
NO_PARTS = {
    *("input left out", "state added", "gates in another order", "state not reset between sequences"),
    *("parentheses missing", "a parameter of another part", "wrong sigmoid"),
}


def lost(function: str, answer: Answer) -> dict[str, float]:
    """The tests that the answer fails, with their points."""
    return {
        test.name: test.points
        for test in hidden_tests(NAME).values()
        if test.question in BANKS[function].questions and not tried(test, {function: answer}, KEY).passed
    }


def answer_of(function: str, *parts: type) -> Answer:
    """The right answer, or one with mistakes in it."""
    answer = BANKS[function].answer(*parts)
    assert answer is not None
    return answer


@cache
def lost_by(mistake: Mistake) -> dict[str, float]:
    """What a mistake loses."""
    assert mistake.part is not None
    return lost(mistake.function, answer_of(mistake.function, mistake.part))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_costs_its_own_points(mistake: Mistake) -> None:
    """About half of them at most where it spoils several aspects, and mostly much less."""
    cost = sum(lost_by(mistake).values())
    assert cost > 0
    most = 0.75 if mistake.name in SEVERAL else 0.5
    assert cost <= most * POINTS[mistake.function] or mistake.name in NO_PARTS


@pytest.mark.parametrize("function", BANKS)
def test_every_hidden_test_is_lost_by_a_mistake(function: str) -> None:
    """A test that nothing trips would be dead."""
    found = {test for each in BANKS[function].mistakes for test in lost_by(each)}
    assert found == {test for test in hidden_tests(NAME) if test.startswith(f"test_{function}_")}


@pytest.mark.parametrize("function", BANKS)
def test_two_mistakes_cost_as_much_as_each(function: str) -> None:
    """A wrong first state and a bias that is left out lose their own tests, and that of all together."""
    named = {each.name: each.part for each in BANKS[function].mistakes}
    bias = named["bias dropped" if function == "rnn" else "hidden bias dropped"]
    together = f"test_{function}_together"
    two = lost(function, answer_of(function, named["zero initial state"], bias))
    assert two == {
        **lost(function, answer_of(function, named["zero initial state"])),
        **lost(function, answer_of(function, bias)),
        together: hidden_tests(NAME)[together].points,
    }


def rounded(function: str) -> Answer:
    """The right answer to four digits."""
    return lambda *args: tuple(part.round(4) for part in answer_of(function)(*args))


def in_half_precision(function: str) -> Answer:
    """The right answer in float16."""
    return lambda *args: tuple(part.astype(np.float16) for part in answer_of(function)(*args))


@pytest.mark.parametrize("coarse", [rounded, in_half_precision])
@pytest.mark.parametrize("function", BANKS)
def test_coarse_numbers_are_not_forgiven(function: str, coarse: Callable[[str], Answer]) -> None:
    """What other tests ask for never makes up for a lack of digits."""
    assert sum(lost(function, coarse(function)).values()) >= POINTS[function] - 0.25


def shape(*args: Any) -> tuple[int, int, int]:
    """B, T and H."""
    return (*args[-1].shape[:2], args[-2].shape[2])


SHAMS: dict[str, Answer] = {
    "zeros": lambda *args: (np.zeros(shape(*args)), np.zeros_like(args[-2])),
    "a constant": lambda *args: (np.full(shape(*args), 0.3), np.full_like(args[-2], 0.3)),
    "the initial state": lambda *args: (args[-2].swapaxes(0, 1).repeat(shape(*args)[1], axis=1), args[-2]),
    "the inputs' sums": lambda *args: (
        np.tanh(args[-1].sum(axis=2, keepdims=True) + np.zeros(shape(*args))),
        np.tanh(args[-1][:, -1].sum(axis=1, keepdims=True) + 0 * args[-2][0]),
    ),
}


@pytest.mark.parametrize("sham", SHAMS)
@pytest.mark.parametrize("function", BANKS)
def test_a_sham_earns_nothing(function: str, sham: str) -> None:
    """Outputs of the right form that are no states."""
    assert sum(lost(function, SHAMS[sham]).values()) == POINTS[function]
