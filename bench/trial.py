"""Answers tried against the hidden tests of `rnn_gru_mha` in this process, without a sandbox."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.course import SUITES, TermKey
from autograder.errors import StudentFault
from autograder.report import Question
from autograder.sandbox import wire
from autograder.scoring import Scoring, StudentCode, score
from autograder.suites.rnn_gru_mha import test_attention, test_initialisers, test_recurrent
from bench.variants import Variant

MODULES = (test_recurrent, test_initialisers, test_attention)
QUESTIONS = {
    "rnn": "Q2",
    "gru": "Q3",
    "init_gru_with_rnn": "Q4",
    "init_gru_with_long_term_memory": "Q5",
    "mha": "Q6",
}


@dataclass(frozen=True)
class SuiteTest:
    """A test of the suite."""

    name: str
    question: str
    points: float
    function: Callable[[StudentCode, TermKey], None]


def _hidden_tests() -> dict[str, SuiteTest]:
    found = {}
    for module in MODULES:
        for name, function in vars(module).items():
            if name.startswith("test_"):
                mark = next(mark for mark in function.pytestmark if mark.name == "points")
                found[name] = SuiteTest(name, *mark.args, function)
    return found


HIDDEN = _hidden_tests()


class PlainFunctions:
    """Answers calls with functions of this process, whose values cross the wire as a worker's would.

    Args:
        functions: by the name of the student's function; what is missing is not written yet.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.functions = functions

    def call(self, function: str, args: list[Any], *, label: str = "") -> Any:
        """What the function returns for copies of these arguments.

        Raises:
            StudentFault: it raised.
        """
        copies = [wire.unpack(wire.pack(arg), tensors=True) for arg in args]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an overflow that is warned of is the student's own affair
                value = self.functions[function](*copies)
        except Exception as error:
            raise StudentFault(f"`{function}` raised {type(error).__name__}") from error
        return wire.unpack(wire.pack(value), tensors=False)


def hidden_tests_of(variant: Variant) -> list[SuiteTest]:
    """The hidden tests of the variant's question."""
    return [test for test in HIDDEN.values() if test.question == QUESTIONS[variant.function]]


def fails(variant: Variant, test: SuiteTest, key: TermKey) -> bool:
    """Whether the variant loses the test's points with this key."""
    submission = StudentCode(PlainFunctions({variant.function: variant.answer}), test.name)
    try:
        test.function(submission, key)
    except AssertionError:
        return True
    return False


def scored(
    functions: Mapping[str, Callable[..., Any]], key: TermKey, maxima: Mapping[str, float]
) -> list[Question]:
    """The questions as the scoring plugin scores these functions."""
    return score(SUITES / "rnn_gru_mha", Scoring(PlainFunctions(functions), key), maxima)
