"""What answers to `mha` and `init_gru_with_rnn` earn that are none, and ones with a mistake in one part."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import Array
from autograder.course import TermKey
from autograder.mistakes import banks
from autograder.rehearsal import Answer, hidden_tests, tried

NAME = "rnn_gru_mha"
KEY = TermKey(b"aspects of attention")


def earned(function: str, answer: Answer, question: str) -> float:
    """The points of a question."""
    tests = [test for test in hidden_tests(NAME).values() if test.question == question]
    return sum(test.points for test in tests if tried(test, {function: answer}, KEY).passed)


@pytest.mark.parametrize(
    "sham",
    [
        lambda Wq, Wk, Wv, Wo, x: 0 * x,
        lambda Wq, Wk, Wv, Wo, x: 0 * x + 1,
        lambda Wq, Wk, Wv, Wo, x: x,
        lambda Wq, Wk, Wv, Wo, x: x.numpy() @ Wo,
    ],
    ids=["zeros", "ones", "inputs", "inputs times Wo"],
)
def test_no_attention_earns_nothing(sham: Answer) -> None:
    """What is neither heads nor weights of theirs passes no aspect."""
    assert earned("mha", sham, "Q6") == 0


def test_gates_without_the_rnn_earn_nothing() -> None:
    """Gates as they should be count beside the RNN's weights only."""

    def gates(wt_h: Array, wt_x: Array, bias: Array) -> tuple[tuple[Array, ...], ...]:
        zero = np.zeros_like(bias)
        return tuple((0 * wt_x, zero + size, 0 * wt_h, zero) for size in (20, -20, 0))

    assert earned("init_gru_with_rnn", gates, "Q4") == 0


POINTS = {
    ("mha", "Q6"): {
        "no scale": 3.5,
        "no output projection": 3.5,
        "heads in reverse order": 3.5,
        "keys for values": 3.25,
        "input added": 4.25,
        "no softmax": 1.5,
        "scale after the softmax": 3.5,
        "softmax over the heads": 1.5,
        "axes of size one lost": 4.5,
    },
    ("init_gru_with_rnn", "Q4"): {
        "update gate closed": 1.25,
        "reset gate half open": 1.5,
        "hidden weights transposed": 1.5,
        "bias counted twice": 1.75,
    },
}


@pytest.mark.parametrize(
    ("function", "question", "name", "points"),
    [(*place, name, points) for place, names in POINTS.items() for name, points in names.items()],
)
def test_a_mistake_costs_its_own_points(function: str, question: str, name: str, points: float) -> None:
    """It loses its aspect and the test of everything together, if there is one."""
    bank = next(bank for bank in banks(NAME) if bank.function == function)
    parts = [mistake.part for mistake in bank.mistakes if mistake.name == name and mistake.part]
    answers = [answer for part in parts if (answer := bank.answer(part))]
    assert {earned(function, answer, question) for answer in answers} == {points}
