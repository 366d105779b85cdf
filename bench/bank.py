"""A collection of answers: of one function or class, in many styles, right ones and wrong ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
        loses: the hidden tests that it fails whatever the key; empty for a right answer.
        only_ones: whether it is right but where an axis is 1.
    """

    function: str
    questions: tuple[str, ...]
    name: str
    answer: Answer
    title: str
    loses: tuple[str, ...] = ()
    only_ones: bool = False

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


class Bank:
    """Answers, filled by its decorators.

    Args:
        function: the name of the student's function or class.
        questions: those whose hidden tests it takes part in.

    The first right answer is the partner of the other banks' answers, where a test needs more than one.
    `between` holds answers that the suite need not judge either way; they are only measured.
    """

    def __init__(self, function: str, *questions: str) -> None:
        self.function = function
        self.questions = questions
        self.rights: list[Variant] = []
        self.wrongs: list[Variant] = []
        self.between: list[Variant] = []

    def right(self, answer: Answer) -> Answer:
        """Note a right answer; its name is the function's, its title the docstring."""
        self.rights.append(self._variant(answer))
        return answer

    def wrong(self, *loses: str) -> Callable[[Answer], Answer]:
        """Note a wrong answer with the hidden tests that it fails."""

        def note(answer: Answer) -> Answer:
            self.wrongs.append(self._variant(answer, loses))
            return answer

        return note

    def lost_axis(self, *loses: str) -> Callable[[Answer], Answer]:
        """Note an answer that is wrong only where an axis is 1."""

        def note(answer: Answer) -> Answer:
            self.wrongs.append(replace(self._variant(answer, loses), only_ones=True))
            return answer

        return note

    def undecided(self, answer: Answer) -> Answer:
        """Note an answer between right and wrong."""
        self.between.append(self._variant(answer))
        return answer

    def _variant(self, answer: Answer, loses: tuple[str, ...] = ()) -> Variant:
        name = answer.__name__.replace("_", " ").strip()
        title = (answer.__doc__ or "").strip()
        return Variant(self.function, self.questions, name, answer, title, loses)


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
