"""What mistakes in `long_term` cost, and what is seen in parameters that students choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.course import SUITES, TermKey
from autograder.diagnosis import diagnosed
from autograder.mistakes import banks, right_answers
from autograder.rehearsal import PlainFunctions
from autograder.report import Question
from autograder.scoring import Scoring, score

NAME = "long_term"
KEY = TermKey(b"mistakes in long_term")
MAXIMA = {"Q1": 2.0, "Q2": 4.0, "Q3": 3.0, "Q4": 3.0}
BANKS = {bank.function: bank for bank in banks(NAME)}


def graded(function: str, answer: Callable[..., Any] | None) -> dict[str, Question]:
    """The questions with this answer among right ones, diagnosed."""
    assert answer is not None
    scoring = Scoring(PlainFunctions({**right_answers(NAME), function: answer}), KEY)
    questions = score(SUITES / NAME, scoring, MAXIMA)
    return {question.name: question for question in diagnosed(NAME, KEY, questions, scoring.evidence)}


def lost(questions: dict[str, Question]) -> float:
    """The points in all."""
    return sum(MAXIMA.values()) - sum(question.score for question in questions.values())


def named(questions: dict[str, Question]) -> set[str]:
    """All mistakes."""
    return {name for question in questions.values() for test in question.tests for name in test.mistakes}


def parts(function: str, name: str) -> list[type]:
    """The mistakes of that name."""
    found = [each.part for each in BANKS[function].mistakes if each.name == name]
    return [part for part in found if part is not None]


@pytest.mark.parametrize(
    ("function", "name", "points"),
    [
        ("run_models", "zero initial state", 0.5),
        ("run_models", "state added", 0.5),
        ("run_models", "axes of size one lost", 0.5),
        ("run_models", "one model twice", 0.75),
        ("run_models", "models exchanged", 1),
        ("initial_state_gradient", "step too late", 0.2),
        ("initial_state_gradient", "mean for sum", 0.2),
        ("initial_state_gradient", "gradient of the square", 0.2),
        ("initial_state_gradient", "zero initial state", 0.2),
        ("initial_state_gradient", "sums left over", 0.2),
        ("initial_state_gradient", "axes of size one lost", 0.2),
    ],
)
def test_a_mistake_costs_once(function: str, name: str, points: float) -> None:
    """It loses its own tests, in any variant at most these points, and keeps the others."""
    for part in parts(function, name):
        questions = graded(function, BANKS[function].answer(part))
        assert 0 < round(lost(questions), 9) <= points
        assert named(questions) == {name}


def params(wt_h: Callable[[int, Any], Any], bias: float = 0) -> Callable[..., Any]:
    """A function that returns these recurrent weights, small input weights, and the bias in every unit."""
    return lambda input_size, hidden_size, rng: (
        wt_h(hidden_size, rng),
        np.full((input_size, hidden_size), 0.01),
        np.full(hidden_size, bias),
    )


def scaled(scale: float) -> Callable[[int, Any], Any]:
    """That many times the identity."""
    return lambda hidden_size, rng: scale * np.eye(hidden_size)


def drawn(scale: float) -> Callable[[int, Any], Any]:
    """Independent normal weights of one scale, whatever H is."""
    return lambda hidden_size, rng: scale * rng.standard_normal((hidden_size, hidden_size))


@pytest.mark.parametrize(
    ("function", "answer", "names"),
    [
        ("vanishing_rnn_params", params(scaled(0)), {"dead from the start"}),
        ("vanishing_rnn_params", params(scaled(0.01)), {"dead from the start"}),
        ("vanishing_rnn_params", params(scaled(0.5), bias=10), {"dead from the start"}),
        ("vanishing_rnn_params", params(scaled(0.95)), {"does not vanish"}),
        ("vanishing_rnn_params", params(drawn(0.15)), {"does not vanish"}),
        ("exploding_rnn_params", params(scaled(1.1)), {"does not explode"}),
        ("exploding_rnn_params", params(drawn(0.05)), {"does not explode"}),
        ("exploding_rnn_params", params(drawn(0.2)), {"scale does not depend on H"}),
        ("exploding_rnn_params", params(scaled(2), bias=1), {"bias not zero"}),
        ("exploding_rnn_params", params(drawn(0.2), bias=1), {"scale does not depend on H", "bias not zero"}),
        ("exploding_rnn_params", params(scaled(1.1), bias=1), {"does not explode", "bias not zero"}),
    ],
)
def test_parameters_show_what_is_wrong(function: str, answer: Callable[..., Any], names: set[str]) -> None:
    """All that is proven by what they do is told together, and nothing else."""
    questions = graded(function, answer)
    assert lost(questions) == 1
    assert named(questions) == names


def test_an_answer_without_content_earns_nothing() -> None:
    """Zeros and ones of the right shapes."""
    for value in (0.0, 1.0):
        shams = {
            "run_models": lambda rnn, gru, x, h, v=value: 2 * (np.full((*x.shape[:2], h.shape[1]), v),),
            "initial_state_gradient": lambda model, x, h, step, v=value: np.full(h.shape, v),
        }
        scoring = Scoring(PlainFunctions(shams), KEY)
        assert [question.score for question in score(SUITES / NAME, scoring, MAXIMA)] == [0, 0, 0, 0]
