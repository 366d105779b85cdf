"""A collection of right answers to one function or class, in many styles."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course import TermKey
from autograder.rehearsal import Answer, SuiteTest, hidden_tests, tried


@dataclass(frozen=True)
class Variant:
    """One answer.

    Args:
        function: the name of the student's function or class that it stands for.
        questions: those whose hidden tests it takes part in.
        name: what makes it different, in a few words.
        title: the same in a sentence.
    """

    function: str
    questions: tuple[str, ...]
    name: str
    answer: Answer
    title: str

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


class Bank:
    """Right answers in many styles, filled by its decorators; wrong ones are in `autograder.mistakes`.

    Args:
        function: the name of the student's function or class.
        questions: those whose hidden tests it takes part in.

    The first right answer is the partner of the other banks' answers, where a test needs more than one.
    """

    def __init__(self, function: str, *questions: str) -> None:
        self.function = function
        self.questions = questions
        self.rights: list[Variant] = []

    def right(self, answer: Answer) -> Answer:
        """Note a right answer; its name is the function's, its title the docstring."""
        name = answer.__name__.replace("_", " ").strip()
        title = (answer.__doc__ or "").strip()
        self.rights.append(Variant(self.function, self.questions, name, answer, title))
        return answer


def banks(assignment: str) -> dict[str, Bank]:
    """The assignment's banks, by the function or class."""
    package = importlib.import_module(f"bench.variants.{assignment}")
    return {bank.function: bank for bank in package.BANKS}


def assignments() -> list[str]:
    """All whose answers are functions and classes, and so have banks; a trained model is no variant."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("variants/*/__init__.py"))


def hidden_tests_of(assignment: str, variant: Variant) -> list[SuiteTest]:
    """The hidden tests of the variant's questions."""
    return [test for test in hidden_tests(assignment).values() if test.question in variant.questions]


def fails(assignment: str, variant: Variant, test: SuiteTest, key: TermKey) -> bool:
    """Whether the variant, beside right answers to all else, loses the test's points with this key."""
    return not tried(test, {**solved(assignment), variant.function: variant.answer}, key).passed


def solved(assignment: str) -> Mapping[str, Answer]:
    """A plain right answer to everything that the assignment asks for."""
    return {name: bank.rights[0].answer for name, bank in banks(assignment).items()}
