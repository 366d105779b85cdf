"""One submission's notebook in the sandbox: its own run first, then the calls of the hidden tests.

What the notebook shows is kept from its own run alone, in a worker that has had no hidden input yet.
A worker that dies is replaced, and what the notebook did is done again without being shown.
"""

from __future__ import annotations

import builtins
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import StudentFault, WorkerFault
from autograder.sandbox import Sandbox, Worker, wire
from autograder.submission import Cell

SKIPPED_TAG = "skip-autograde"
FIGURES_TAG = "skip-figures"
MAX_SOURCE_LINE = 100  # characters of a student's line quoted in a message
EXCEPTION_NAMES = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True)
class Limits:
    """How long a submission may take, in seconds, and how often it may break.

    Args:
        cell: processor time of one cell of the notebook; by the clock it may take `wire.PATIENCE` times that.
        notebook: all of them together, by the clock.
        call: processor time of one call of a hidden test.
        deaths: workers lost before the rest is given up.
        hangs: calls of one function that ran out of time before it is not called again.
    """

    cell: float = 30.0
    notebook: float = 120.0
    call: float = 20.0
    deaths: int = 3
    hangs: int = 2


@dataclass
class CellRun:
    """What one code cell did."""

    ended: str
    outputs: list[dict[str, Any]] = field(default_factory=list)


class CellFault(Exception):
    """A cell that took its worker with it."""

    def __init__(self, number: int, fault: WorkerFault) -> None:
        super().__init__(number, fault)
        self.number = number
        self.fault = fault


class Execution:
    """Runs one notebook and answers calls of its functions.

    Args:
        sandbox: where workers come from.
        cells: the rebuilt notebook's.
        files: what lies in the working folder, by name.
        seed: gives a seed for a label; never the one that hidden inputs come from.
        figures: whether cells that only draw are run.
        trap: names of torch functions that no hidden call may use.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        cells: Sequence[Cell],
        files: Mapping[str, bytes],
        seed: Callable[[str], int],
        *,
        figures: bool = False,
        trap: Collection[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self.cells = cells
        self.runs: dict[int, CellRun] = {}
        self.notes: list[str] = []
        self.seconds = {"worker": 0.0, "cells": 0.0, "calls": 0.0}
        self._sandbox = sandbox
        self._files = dict(files)
        self._seed = seed
        self._trap = sorted(trap)
        self._limits = limits or Limits()
        self._to_run = [n for n, cell in enumerate(cells) if _is_run(cell, figures)]
        self._deadly: set[int] = set()
        self._worker: Worker | None = None
        self._deaths = 0
        self._hangs: Counter[str] = Counter()

    def run(self) -> None:
        """Run the notebook top to bottom and keep what it shows."""
        deadline = time.monotonic() + self._limits.notebook
        while self._deaths < self._limits.deaths:
            self.runs = {n: run for n, run in self.runs.items() if n in self._deadly}
            try:
                self._worker = self._run_cells(deadline, self.runs)
                return
            except CellFault as lost:
                self._deaths += 1
                self._deadly.add(lost.number)
                self.runs[lost.number] = CellRun("died", [_stopped(str(lost.fault))])
                self.notes.append(
                    f"{self._cell_name(lost.number)} was stopped: {lost.fault}. It was left out."
                )
        self.notes.append(
            f"Your notebook ended its process {self._deaths} times and was not run any further."
        )

    def call(self, function: str, args: Sequence[Any], *, label: str) -> Any:
        """What the student's function returns for these arguments.

        Returns:
            Plain values, arrays and tensors alike as NumPy arrays; `wire.Opaque` for what does not cross.

        Raises:
            StudentFault: it gave no answer; the text says why, and nothing of the arguments.
        """
        if self._deaths >= self._limits.deaths:
            raise StudentFault(
                f"your code ended its process {self._deaths} times and was not run any further"
            )
        if self._hangs[function] >= self._limits.hangs:
            raise StudentFault(
                f"`{function}` was not called again: it ran out of time {self._limits.hangs} times"
            )
        worker = self._worker or self._replay()
        begun = time.perf_counter()
        try:
            reply = worker.call(
                function, list(args), seed=self._seed(label), seconds=self._limits.call, trap=self._trap
            )
        except WorkerFault as fault:
            self._worker = None
            self._deaths += 1
            self._hangs[function] += 1
            raise StudentFault(f"calling `{function}` did not end well: {fault}") from None
        finally:
            self.seconds["calls"] += time.perf_counter() - begun
        return self._value(function, reply)

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _start(self) -> Worker:
        begun = time.perf_counter()
        worker = self._sandbox.worker()
        worker.prepare(self._files)
        self.seconds["worker"] += time.perf_counter() - begun
        return worker

    def _run_cells(self, deadline: float, runs: dict[int, CellRun]) -> Worker:
        worker = self._start()
        begun = time.perf_counter()
        for number in self._to_run:
            if number not in self._deadly:
                runs[number] = self._run_cell(worker, number, deadline)
        self.seconds["cells"] += time.perf_counter() - begun
        return worker

    def _run_cell(self, worker: Worker, number: int, deadline: float) -> CellRun:
        seconds = min(self._limits.cell, deadline - time.monotonic())
        if seconds <= 0:
            reason = f"the notebook had run for {self._limits.notebook:.0f} s"
            self._note(f"{self._cell_name(number)} was not run: {reason}.")
            return CellRun("late", [_stopped(reason)])
        try:
            done = worker.run_cell(
                number, self.cells[number].source, seed=self._seed(f"cell {number}"), seconds=seconds
            )
        except WorkerFault as fault:
            raise CellFault(number, fault) from fault
        if done.ended == "timeout":
            self._note(
                f"{self._cell_name(number)} was interrupted after {seconds:.0f} s; what it had defined stays."
            )
        return CellRun(done.ended, done.outputs)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _replay(self) -> Worker:
        """A new worker in the state that the notebook leaves; nothing of it is kept this time."""
        deadline = time.monotonic() + self._limits.notebook
        try:
            self._worker = self._run_cells(deadline, {})
        except CellFault as lost:
            self._deaths += 1
            self._deadly.add(lost.number)
            raise StudentFault(f"your notebook could not be run again: {lost.fault}") from None
        return self._worker

    def _value(self, function: str, reply: wire.Returned | wire.Raised | wire.Failed) -> Any:
        trapped = sorted(set(reply.trapped) & set(self._trap))
        if trapped:
            raise Trapped(f"`{function}` uses torch's {trapped[0]}")
        if isinstance(reply, wire.Raised):
            raise StudentFault(self._raised(function, reply))
        if isinstance(reply, wire.Failed):
            if reply.reason == "timeout":
                self._hangs[function] += 1
            raise StudentFault(self._failed(function, reply.reason))
        try:
            return wire.unpack(reply.value, tensors=False)
        except wire.WireError as error:
            raise StudentFault(f"`{function}` returned {error}") from None

    def _raised(self, function: str, reply: wire.Raised) -> str:
        if reply.type_name == "NotImplementedError":
            return f"`{function}` is not written yet (NotImplementedError)"
        known = reply.type_name in EXCEPTION_NAMES
        what = reply.type_name if known else "an exception that is not one of Python's own"
        return f"`{function}` raised {what}{self._where(reply)}"

    def _where(self, reply: wire.Raised) -> str:
        if reply.cell not in self._to_run or reply.line is None:
            return ""
        lines = self.cells[reply.cell].source.splitlines()
        blank = next((n for n, line in enumerate(lines) if line.strip()), 0)  # IPython drops these lines
        number = reply.line + blank
        if not 1 <= number <= len(lines):
            return ""
        text = lines[number - 1].strip()[:MAX_SOURCE_LINE]
        name = self._cell_name(reply.cell)
        return f" in line {number} of {name[0].lower()}{name[1:]}: {text}"

    def _failed(self, function: str, reason: str) -> str:
        if reason == "missing":
            return f"`{function}` is not defined after your notebook has run{self._why_missing()}"
        return {
            "uncallable": f"`{function}` is no function any more after your notebook has run",
            "timeout": f"`{function}` did not return within {self._limits.call:.0f} s of processor time",
            "memory": f"`{function}` ran out of memory",
            "unsendable": f"`{function}` returned something too large or too deeply nested to read",
        }[reason]

    def _why_missing(self) -> str:
        for number in self._to_run:
            run = self.runs.get(number)
            if self.cells[number].origin == "student" and run is not None and run.ended != "ok":
                return f"; {self._cell_name(number).lower()} did not run to its end, mend that first"
        return "; keep the name that the question gives it"

    def _cell_name(self, number: int) -> str:
        cell = self.cells[number]
        return f"The cell {cell.grade_id!r}" if cell.grade_id else f"Your own cell number {number + 1}"


class Trapped(StudentFault):
    """A hidden call used a torch function that the question does not allow."""


def _is_run(cell: Cell, figures: bool) -> bool:
    if cell.kind != "code" or cell.origin == "missing" or cell.is_question:
        return False
    return not cell.has_tag(SKIPPED_TAG) and (figures or not cell.has_tag(FIGURES_TAG))


def _stopped(reason: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [f"Stopped: {reason}"]}
