"""Why a question to a student's code has no answer, in words for the student.

Of an exception only a built-in type's name and the line of the student's that raised are told, and no text
that student code could choose: it has seen hidden inputs.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from autograder.errors import StudentFault, StudentRaised
from autograder.sandbox import wire
from autograder.submission import Cell

MAX_SOURCE_LINE = 100  # characters of a student's line quoted in a message
UNKNOWN_NAME = re.compile(r"name '(\w+)' is not defined")
MAX_SAID = 200  # characters of what an exception says
EXCEPTION_NAMES = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


class Ended(Protocol):
    """How a cell ended."""

    @property
    def ended(self) -> str: ...


class Faults:
    """Finds the words; knows the notebook's cells and how they ended.

    Args:
        cells: the rebuilt notebook's.
        run: the numbers of those that are run.
        runs: how they ended so far.
        seconds: the processor time that a call has.
    """

    def __init__(
        self, cells: Sequence[Cell], run: Collection[int], runs: Mapping[int, Ended], seconds: float
    ) -> None:
        self._cells = cells
        self._run = run
        self._runs = runs
        self._seconds = seconds

    def of(self, what: str, reply: wire.Raised | wire.Failed, *, public: bool = False) -> StudentFault:
        """The fault of a reply that is no answer.

        Args:
            what: the function, method or attribute, `RNN.forward`.
            public: whether the worker has seen nothing hidden, so that an exception's text may be told.
        """
        if isinstance(reply, wire.Raised):
            names = [name for name in reply.type_names if name in EXCEPTION_NAMES]
            known = names[0] if names else ""
            text = one_line(reply.text) if public else ""
            told = self._raised(what, known, reply) + (f" ({text})" if text else "")
            unknown = UNKNOWN_NAME.match(text) if known == "NameError" else None
            told += self._not_run(unknown[1]) if unknown else ""
            return StudentRaised(told, names, text)
        return StudentFault(self._failed(what, reply.reason))

    def cell_name(self, number: int) -> str:
        """A cell as the student knows it."""
        cell = self._cells[number]
        return f"The cell {cell.grade_id!r}" if cell.grade_id else f"Your own cell number {number + 1}"

    def _raised(self, what: str, type_name: str, reply: wire.Raised) -> str:
        if type_name == "NotImplementedError":
            return f"`{what}` is not written yet (NotImplementedError){self._not_run(what)}"
        told = type_name or "an exception that is not one of Python's own"
        return f"`{what}` raised {told}{self._where(reply)}"

    def _not_run(self, name: str) -> str:
        """Says so if a cell of the student's that is not run defines the name."""
        defined = re.compile(rf"^((class|def)\s+{re.escape(name)}\b|{re.escape(name)}\s*=)", re.M)
        for number, cell in enumerate(self._cells):
            mine = cell.kind == "code" and cell.origin == "student" and number not in self._run
            if mine and defined.search(cell.source):
                return f"; {_inside(self.cell_name(number))} defines it, which grading does not run"
        return ""

    def _where(self, reply: wire.Raised) -> str:
        if reply.cell is None or reply.cell not in self._run or reply.line is None:
            return ""
        lines = self._cells[reply.cell].source.splitlines()
        blank = next((n for n, line in enumerate(lines) if line.strip()), 0)  # IPython drops these lines
        number = reply.line + blank
        if not 1 <= number <= len(lines):
            return ""
        text = one_line(lines[number - 1])[:MAX_SOURCE_LINE]
        return f" in line {number} of {_inside(self.cell_name(reply.cell))}: {text}"

    def _failed(self, what: str, reason: str) -> str:
        if reason == "missing":
            return self._missing(what)
        return {
            "uncallable": f"`{what}` is no function any more after your notebook has run",
            "timeout": f"`{what}` did not return within {self._seconds:.0f} s of processor time",
            "memory": f"`{what}` ran out of memory",
            "unsendable": f"`{what}` returned something too large or too deeply nested to read",
            "no module": f"`{what}` makes no torch.nn.Module; derive the class from it",
            "no room": f"`{what}` found no room",
        }[reason]

    def _missing(self, what: str) -> str:
        owner, _, name = what.rpartition(".")
        if owner:
            return f"an object of your class `{owner}` has no `{name}`; keep the name that the question gives"
        for number in self._run:
            run = self._runs.get(number)
            if self._cells[number].origin == "student" and run is not None and run.ended != "ok":
                first = f"{_inside(self.cell_name(number))} did not run to its end, mend that first"
                return f"`{what}` is not defined after your notebook has run; {first}"
        reason = self._not_run(what) or "; keep the name that the question gives it"
        return f"`{what}` is not defined after your notebook has run{reason}"


def one_line(text: str) -> str:
    """The beginning of what an exception says: printable, on one line."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= MAX_SAID else f"{plain[:MAX_SAID]} ..."


def _inside(name: str) -> str:
    """A cell's name inside of a sentence."""
    return name[0].lower() + name[1:]
