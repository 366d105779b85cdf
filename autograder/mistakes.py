"""Named mistakes: what a wrong answer is recognised by, and what the student is told.

A suite's `mistakes` package has a bank for each function or class that students write. A bank holds a right
answer in parts, and for each mistake a subclass in which one part is wrong. The hidden tests are run on the
mistakes, too, with the inputs that students get: who fails a test with the same numbers made the same
mistake. Two mistakes together are a class that inherits from both.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.course import SUITES
from autograder.errors import SuiteError
from autograder.evidence import Evidence
from autograder.rehearsal import Answer

NO_PARTS = {*vars(object), "__module__", "__dict__", "__weakref__", "__annotations__"} - {"__init__"}
MAKING = "__init__"
BEFORE_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Formula:
    """A right answer to a function, in parts: made of its arguments; `answer` is what it returns."""

    def __init__(self, *args: Any) -> None:
        raise NotImplementedError

    def answer(self) -> Any:
        """What the student's function returns."""
        raise NotImplementedError


@dataclass(frozen=True)
class Mistake:
    """One way to be wrong.

    Args:
        function: the student's function or class.
        name: for tables; several mistakes of one name are one to the student.
        sentence: for the student: what the answer equals, what it should be, where to look.
        part: the right answer with the mistake in it.
        seen: whether the numbers of a failed test show it; None where they have to be equal to the part's.
    """

    function: str
    name: str
    sentence: str
    part: type | None = None
    seen: Callable[[Evidence], bool] | None = None

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


@dataclass
class Bank:
    """The mistakes of one function or class.

    Args:
        function: the name of the student's function or class.
        right: a class that is a right answer; of a function a `Formula`; None where there is no such thing.
        questions: those whose hidden tests it takes part in.
    """

    function: str
    right: type | None
    questions: tuple[str, ...]
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(
        self, name: str = "", *, seen: Callable[[Evidence], bool] | None = None
    ) -> Callable[[type], type]:
        """Note a subclass of the right answer; its docstring is the sentence.

        Args:
            name: by default the class's own, in words: `NoReset` is "no reset".
            seen: whether the numbers of a failed test show the mistake, of which the class is an example;
                without it, they have to be equal to those of the class.
        """

        def note(part: type) -> type:
            told = name or BEFORE_CAPITAL.sub(" ", part.__name__).lower()
            self.mistakes.append(Mistake(self.function, told, _sentence(part), part, seen))
            return part

        return note

    def seen(self, name: str) -> Callable[[Callable[[Evidence], bool]], Callable[[Evidence], bool]]:
        """Note a mistake without an example, which the numbers show; the docstring is the sentence."""

        def note(shows: Callable[[Evidence], bool]) -> Callable[[Evidence], bool]:
            self.mistakes.append(Mistake(self.function, name, _sentence(shows), seen=shows))
            return shows

        return note

    def answer(self, *parts: type, asked: set[str] | None = None) -> Answer | None:
        """The answer with these mistakes in it, or the right one; None if they cannot be together.

        Args:
            asked: where the names of its parts are noted as they are asked for.
        """
        try:
            both = type("Both", parts, {}) if parts else self.right
        except TypeError:  # one is a kind of the other
            return None
        if both is None:
            return None
        if asked is not None:
            both = _noting(both, asked)
        return (lambda *args: both(*args).answer()) if issubclass(both, Formula) else both

    def replaced(self, part: type) -> frozenset[str]:
        """The names of the right answer's parts that a mistake replaces; `MAKING` if how it is made."""
        of_right = (self.right or object).__mro__
        own = {name for each in part.__mro__ if each not in of_right for name in vars(each)} - NO_PARTS
        return frozenset(MAKING if name.startswith("__") else name for name in own)


def _noting(answer: type, asked: set[str]) -> type:
    """A kind of the answer that notes which of its parts are asked for."""

    class Noting(answer):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            asked.add(name)
            return super().__getattribute__(name)

    return Noting


def _sentence(noted: Any) -> str:
    text = " ".join((noted.__doc__ or "").split())
    if not text:
        raise SuiteError(f"the mistake {noted.__name__} needs a docstring: what the student reads")
    return text


def banks(assignment: str) -> list[Bank]:
    """The suite's banks; none where it has no mistakes."""
    if not (SUITES / assignment / "mistakes" / "__init__.py").is_file():
        return []
    found = importlib.import_module(f"autograder.suites.{assignment}.mistakes").BANKS
    return list(found)


def right_answers(assignment: str) -> Mapping[str, Answer]:
    """A right answer to everything that the assignment asks for."""
    answers = {bank.function: bank.answer() for bank in banks(assignment)}
    return {name: answer for name, answer in answers.items() if answer is not None}
