"""A collection of answers to one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Answer = Callable[..., Any]


@dataclass(frozen=True)
class Variant:
    """One answer.

    Args:
        function: the name of the student's function that it stands for.
        name: what makes it different, in a few words.
        title: the same in a sentence.
        loses: the hidden tests that it fails whatever the key; empty for a right answer.
        only_ones: whether it is right but where an axis is 1.
    """

    function: str
    name: str
    answer: Answer
    title: str
    loses: tuple[str, ...] = ()
    only_ones: bool = False

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


@dataclass
class Bank:
    """Answers to one question, filled by its decorators.

    Args:
        function: the name of the student's function.
        between: answers that the suite need not judge either way; they are only measured.
    """

    function: str
    rights: list[Variant] = field(default_factory=list)
    wrongs: list[Variant] = field(default_factory=list)
    between: list[Variant] = field(default_factory=list)

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
        return Variant(self.function, name, answer, (answer.__doc__ or "").strip(), loses)
