"""One submission's notebook in the sandbox: its own run first, then the calls of the hidden tests.

What the notebook shows is kept from its own run alone, in a worker that has had no hidden input yet.
A worker that dies is replaced, and what the notebook did is done again without being shown.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import StudentFault, Trapped, WorkerFault
from autograder.faults import Faults
from autograder.sandbox import Outcome, Sandbox, Worker, values, wire
from autograder.submission import Cell

SKIPPED_TAG = "skip-autograde"
FIGURES_TAG = "skip-figures"


@dataclass(frozen=True)
class Limits:
    """How long a submission may take, in seconds, and how often it may break.

    Args:
        cell: processor time of one cell of the notebook; by the clock it may take `wire.PATIENCE` times that.
        notebook: all of them together, by the clock.
        call: processor time of one call of a hidden test.
        calls: all of them together, by the clock.
        deaths: workers lost before the rest is given up.
        hangs: calls of one function that ran out of time before it is not called again.
    """

    cell: float = 30.0
    notebook: float = 120.0
    call: float = 20.0
    calls: float = 300.0
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


@dataclass(frozen=True)
class Kept:
    """An object of the student's that stays in its worker.

    Args:
        name: of the class or function that made it.
        number: the worker knows it by this.
        generation: which worker has it.
    """

    name: str
    number: int
    generation: int


class Execution:
    """Runs one notebook and answers calls of its functions.

    Args:
        sandbox: where workers come from.
        cells: the rebuilt notebook's.
        files: what lies in the working folder, by name.
        seed: gives a seed for a label; never the one that hidden inputs come from.
        figures: whether cells that only draw are run.
        trap: names of torch functions that no hidden call may use; `wire.ANY_TORCH` for all of them.
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
        self._faults = Faults(cells, self._to_run, self.runs, self._limits.call)
        self._deaths = 0
        self._hangs: Counter[str] = Counter()
        self._generation = 0  # of the worker: one is as good as another, but for what is kept in it
        self._numbers = itertools.count()
        self._called = 0.0  # seconds
        self._others: list[Execution] = []

    def run(self) -> None:
        """Run the notebook top to bottom and keep what it shows."""
        deadline = time.monotonic() + self._limits.notebook
        while self._deaths < self._limits.deaths:
            for number in self.runs.keys() - self._deadly:
                del self.runs[number]
            try:
                self._worker = self._run_cells(deadline, self.runs)
                return
            except CellFault as lost:
                self._deaths += 1
                self._deadly.add(lost.number)
                self.runs[lost.number] = CellRun("died", [_stopped(str(lost.fault))])
                self.notes.append(
                    f"{self._faults.cell_name(lost.number)} was stopped: {lost.fault}. It was left out."
                )
        self.notes.append(
            f"Your notebook ended its process {self._deaths} times and was not run any further."
        )

    def fresh(self, limits: Limits) -> Execution:
        """The same notebook for a worker of its own, which has answered no call yet; closed with this one."""
        other = Execution(self._sandbox, self.cells, self._files, self._seed, trap=self._trap, limits=limits)
        other._to_run, other._deadly = self._to_run, set(self._deadly)
        other._faults = Faults(self.cells, self._to_run, self.runs, limits.call)
        other.notes, other.seconds = self.notes, self.seconds
        self._others.append(other)
        return other

    def call(
        self,
        function: str,
        args: Sequence[Any],
        *,
        label: str,
        on: Kept | None = None,
        public: bool = False,
        steps: Sequence[int] = (),
    ) -> Any:
        """What the student's function, or a method of their object `on`, returns for these arguments.

        Args:
            args: values, torch RNNs and GRUs, `values.Random`, and objects that `make` returned.
            public: nothing hidden is in the arguments and none was in any before, so that a fault may
                say what the student's exception says.
            steps: of an answer [B, T, ...] only these, one a row: the rest need not cross.

        Returns:
            Plain values, arrays and tensors alike as NumPy arrays; `values.Opaque` for what does not cross.

        Raises:
            StudentFault: it gave no answer; the text says why, and nothing of the arguments.
        """
        return self._call(function, args, label, on, None, public, steps)

    def make(
        self,
        function: str,
        args: Sequence[Any],
        *,
        label: str,
        on: Kept | None = None,
        public: bool = False,
    ) -> Kept:
        """The same for what stays in the worker: an object of a class, or what a method returned."""
        number = next(self._numbers)
        self._call(function, args, label, on, number, public)
        return Kept(_known_as(function, on), number, self._generation)

    def _call(
        self,
        function: str,
        args: Sequence[Any],
        label: str,
        on: Kept | None,
        keep: int | None,
        public: bool,
        steps: Sequence[int] = (),
    ) -> Any:
        where: dict[str, Any] = {
            "on": None if on is None else self._place(on),
            "keep": keep,
            "seed": self._seed(label),
            "public": public,
            "steps": steps,
        }
        plain = self._plain(args)
        return self._ask(
            _known_as(function, on), lambda worker, how: worker.call(function, plain, **where, **how), public
        )

    def read(self, on: Kept, attribute: str) -> Any:
        """An attribute of a student's object; raises as `call` does."""
        place = self._place(on)
        return self._ask(f"{on.name}.{attribute}", lambda worker, how: worker.read(place, attribute, **how))

    def assign(self, on: Kept, values: Mapping[str, Any]) -> None:
        """Set attributes of a student's object; raises as `call` does."""
        place = self._place(on)
        plain = dict(zip(values, self._plain(list(values.values())), strict=True))
        self._ask(f"{on.name}.{next(iter(plain))}", lambda worker, how: worker.assign(place, plain, **how))

    def load(self, on: Kept, state: Mapping[str, Any]) -> Any:
        """Load tensors into a student's torch module and make it ready for evaluation.

        Returns:
            What the worker says of its tensors: [name, shape, place in memory] each. Where a shape differs
            nothing is loaded. Raises as `call` does.
        """
        place = self._place(on)
        plain = {name: values.pack_weight(tensor) for name, tensor in state.items()}
        return self._ask(on.name, lambda worker, how: worker.load(place, plain, **how))

    def _place(self, kept: Kept) -> int:
        if kept.generation != self._generation:
            raise StudentFault(
                f"an object of your class `{kept.name}` was lost with the process that held it"
            )
        return kept.number

    def _plain(self, args: Sequence[Any]) -> list[Any]:
        return [values.Handle(self._place(arg)) if isinstance(arg, Kept) else arg for arg in args]

    def _ask(self, name: str, send: Callable[[Worker, dict[str, Any]], Outcome], public: bool = False) -> Any:
        """The worker's answer to one question; `name` is what the student knows it by."""
        if self._deaths >= self._limits.deaths:
            raise StudentFault(
                f"your code ended its process {self._deaths} times and was not run any further"
            )
        if self._hangs[name] >= self._limits.hangs:
            raise StudentFault(
                f"`{name}` was not called again: it ran out of time {self._limits.hangs} times"
            )
        if self._called > self._limits.calls:
            raise StudentFault(
                f"`{name}` was not called again: the hidden tests' calls had taken {self._limits.calls:.0f} s"
            )
        worker = self._worker or self._replay()
        begun = time.perf_counter()
        try:
            reply = send(worker, {"seconds": self._limits.call, "trap": self._trap})
        except WorkerFault as fault:
            self._lose_worker()
            self._hangs[name] += 1
            raise StudentFault(f"calling `{name}` did not end well: {fault}") from None
        finally:
            took = time.perf_counter() - begun
            self._called += took
            self.seconds["calls"] += took
        return self._value(name, reply, public)

    def _lose_worker(self) -> None:
        self._worker = None
        self._deaths += 1
        self._generation += 1  # what was kept in it is gone

    def close(self) -> None:
        """End the worker, and those of the executions that came from this one."""
        for other in self._others:
            other.close()
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _start(self) -> Worker:
        begun = time.perf_counter()
        worker = self._sandbox.worker()
        for name in worker.prepare(self._files):
            self._note(f"There was no room for the file {name!r} beside your notebook; it was left out.")
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
            self._note(f"{self._faults.cell_name(number)} was not run: {reason}.")
            return CellRun("late", [_stopped(reason)])
        try:
            done = worker.run_cell(
                number, self.cells[number].source, seed=self._seed(f"cell {number}"), seconds=seconds
            )
        except WorkerFault as fault:
            raise CellFault(number, fault) from fault
        if done.ended == "timeout":
            cell = self._faults.cell_name(number)
            self._note(f"{cell} was interrupted after {seconds:.0f} s; what it had defined stays.")
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

    def _value(self, name: str, reply: Outcome, public: bool) -> Any:
        trapped = sorted(set(reply.trapped) & set(self._trap))
        if trapped:
            what = "torch" if trapped == [wire.ANY_TORCH] else f"torch's {trapped[0]}"
            raise Trapped(f"`{name}` uses {what}")
        if isinstance(reply, wire.Returned):
            try:
                return values.unpack(reply.value, tensors=False)
            except values.WireError as error:
                raise StudentFault(f"`{name}` returned {error}") from None
        if isinstance(reply, wire.Failed) and reply.reason == "timeout":
            self._hangs[name] += 1
        raise self._faults.of(name, reply, public=public)


def _known_as(function: str, on: Kept | None) -> str:
    if on is None:
        return function
    return on.name if function == "__call__" else f"{on.name}.{function}"


def _is_run(cell: Cell, figures: bool) -> bool:
    if cell.kind != "code" or cell.origin == "missing" or cell.is_question:
        return False
    return not cell.has_tag(SKIPPED_TAG) and (figures or not cell.has_tag(FIGURES_TAG))


def _stopped(reason: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [f"Stopped: {reason}"]}
