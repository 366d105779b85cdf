"""The process that runs one student's code: a notebook shell and an answer to every request.

Nothing here is a wall: student code shares this interpreter and can change every line of it. What it
sends is believed by nobody (`autograder.sandbox.client` checks it), and all it can reach is its own.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from autograder.sandbox import values, wire
from autograder.sandbox.objects import Objects, load_state
from autograder.sandbox.shell import Shell, Stream, encodable, make_shell

REPEAT_ALARM = 1.0  # seconds; a cell that swallows the interrupt gets it again


class TimeLimit(KeyboardInterrupt):
    """The cell or call has had its time; a KeyboardInterrupt, as Jupyter's interrupt would be."""


def warm_up() -> None:
    """Do once, before any fork, what every worker would do: figures, lazy parts of torch and IPython."""
    torch.set_num_threads(1)  # more would be threads, and threads do not survive a fork
    torch.nn.GRU(2, 3, batch_first=True)(torch.randn(2, 2, 2) @ torch.eye(2))[0].sum().backward()
    worker = Worker(make_shell())
    for source in WARM_UP_CELLS:
        frame = wire.frame(wire.RunCell(0, 0, source, 0, 60.0))
        wire.frame(worker.answer(wire.request(frame[wire.HEADER.size :])))
    for value in (np.zeros((2, 2), "f4"), torch.zeros(2)):
        wire.frame(worker.answer(wire.Call(0, "identity", [values.pack(value)], 0, 60.0, ["gru"])))
    worker.shell.reset(new_session=True)
    worker.recorder.begin()


WARM_UP_CELLS = (
    "import matplotlib.pyplot as plt\nplt.figure(); plt.plot([0, 1]); plt.title('$x$');",
    "1 / 0",  # the formatter of tracebacks is slow the first time
    "def identity(x): return x\n\nprint('warm')\n1",
)


class Worker:
    """Answers requests with the student's notebook."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.recorder = shell.recorder
        self.objects = Objects()

    def answer(self, request: wire.Request) -> wire.Reply:
        if isinstance(request, wire.Prepare):
            return self.prepare(request)
        if isinstance(request, wire.RunCell):
            return self.run_cell(request)
        return self.ask(request)

    def prepare(self, request: wire.Prepare) -> wire.Ready | wire.Failed:
        try:
            for name, content in request.files.items():
                with open(name, "wb") as file:
                    file.write(content)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)  # no half of it is left
            return wire.Failed(request.id, "no room")
        return wire.Ready(request.id)

    def run_cell(self, request: wire.RunCell) -> wire.CellDone:
        self.recorder.begin()
        seed_everything(request.seed)
        self.shell.compile.cell = request.number
        ended: Literal["ok", "error", "timeout"] = "error"
        try:
            with alarm(request.seconds):
                result = self.shell.run_cell(request.source, store_history=True)
            if result.success:
                ended = "ok"
            elif isinstance(result.error_in_exec, TimeLimit):
                ended = "timeout"
        except TimeLimit:
            ended = "timeout"
        return wire.CellDone(request.id, ended, self.recorder.outputs)

    def ask(self, request: wire.Question) -> wire.Reply:
        """Do what a hidden test asks for, within its time and unseen."""
        trap = Trap(request.trap)
        self.recorder.muted = True
        try:
            with alarm(request.seconds):
                return self._outcome(request, trap)
        except TimeLimit:
            return wire.Failed(request.id, "timeout", trap.hits)
        finally:
            self.recorder.muted = False

    def _outcome(self, request: wire.Question, trap: Trap) -> wire.Reply:
        id = request.id
        try:
            value = self._do(request, trap)
            with trap:  # an answer may be code of the student's, too
                plain = values.pack(value)
            return wire.Returned(id, plain, trap.hits)
        except TimeLimit:
            raise
        except Absent as absent:
            return wire.Failed(id, absent.reason, trap.hits)
        except values.WireError:
            return wire.Failed(id, "unsendable", trap.hits)
        except MemoryError:
            return wire.Failed(id, "memory", trap.hits)
        except BaseException as error:  # noqa: BLE001 - student code raises what it likes, exits included
            cell, line = last_line_of_student(error)
            text = said(error) if isinstance(request, wire.Call) and request.public else ""
            return wire.Raised(id, wire.builtin_names(error), cell, line, trap.hits, text)

    def _do(self, request: wire.Question, trap: Trap) -> Any:
        if isinstance(request, wire.Call):
            return self._call(request, trap)
        thing = self.objects.get(request.on)
        if isinstance(request, wire.Read):
            with trap:
                return attribute(thing, request.name)
        if isinstance(request, wire.Load):
            if not isinstance(thing, torch.nn.Module):
                raise Absent("no module")
            with trap:
                return load_state(thing, request.state)
        values = {name: self.objects.build(value) for name, value in request.values.items()}
        with trap:
            for name, value in values.items():
                setattr(thing, name, value)
        return None

    def _call(self, request: wire.Call, trap: Trap) -> Any:
        args = [self.objects.build(argument) for argument in request.args]
        seed_everything(request.seed)
        with trap:
            value = self._function(request)(*args)
            if request.steps:
                value = value[range(len(request.steps)), request.steps]
        if request.keep is None:
            return value
        self.objects.keep(request.keep, value)
        return None

    def _function(self, request: wire.Call) -> Callable[..., Any]:
        if request.on is None:
            function = self.shell.user_ns.get(request.function)
            if function is None:
                raise Absent("missing")
        else:
            function = attribute(self.objects.get(request.on), request.function)
        if not callable(function):
            raise Absent("uncallable")
        return function  # type: ignore[no-any-return]


class Absent(Exception):
    """What was asked for is not there, or is nothing to call."""

    def __init__(self, reason: Literal["missing", "uncallable", "no module"]) -> None:
        super().__init__(reason)
        self.reason = reason


def attribute(thing: Any, name: str) -> Any:
    """An attribute of a student's object; `Absent` where there is none, but not where a property fails."""
    try:
        return getattr(thing, name)
    except AttributeError as error:
        if last_line_of_student(error) == (None, None):
            raise Absent("missing") from None
        raise


class Trap(TorchFunctionMode):
    """Notes torch functions by name, however they were reached."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = frozenset(names)
        self.hits: list[str] = []

    def __enter__(self) -> Trap:
        if self.names:
            super().__enter__()  # costs microseconds a torch function
        return self

    def __exit__(self, *error: Any) -> None:
        if self.names:
            super().__exit__(*error)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = wire.ANY_TORCH if wire.ANY_TORCH in self.names else getattr(func, "__name__", "")
        if name in self.names and name not in self.hits:
            self.hits.append(name)
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` in the block after so many seconds of this process, and again every second after.

    The processor's time decides, so that a busy machine costs nobody a point; what waits without using
    any is ended by the wall clock, later.
    """

    def ring(*_: Any) -> None:
        raise TimeLimit

    timers = {signal.SIGPROF: (signal.ITIMER_PROF, 1.0), signal.SIGALRM: (signal.ITIMER_REAL, wire.PATIENCE)}
    for number, (timer, patience) in timers.items():
        signal.signal(number, ring)
        signal.setitimer(timer, seconds * patience, REPEAT_ALARM)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)


def seed_everything(seed: int) -> None:
    """Make what student code draws repeatable."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed asks every accelerator, too


def said(error: BaseException) -> str:
    """What an exception says; its own code may raise in turn."""
    try:
        return encodable(str(error))[: wire.MAX_TEXT]
    except Exception:  # noqa: BLE001 - as above
        return ""


def last_line_of_student(error: BaseException) -> tuple[int | None, int | None]:
    """Cell and line of the innermost frame in the student's notebook."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith("<cell ") and frame.filename[6:-1].isdigit():
            return int(frame.filename[6:-1]), frame.lineno
    return None, None


def serve(connection: socket.socket) -> None:
    """Answer requests until the trusted side hangs up."""
    folder = os.path.abspath("work")  # in /tmp behind the walls
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    sys.path.append(folder)  # after the libraries: a student's numpy.py shadows nothing
    shell = Shell.instance()
    sys.stdout, sys.stderr = Stream(shell.recorder, "stdout", 1), Stream(shell.recorder, "stderr", 2)
    worker = Worker(shell)
    pid = os.getpid()
    connection.sendall(wire.frame(wire.Ready(0)))
    stream = connection.makefile("rb")
    while header := stream.read(wire.HEADER.size):
        reply = worker.answer(wire.request(stream.read(*wire.HEADER.unpack(header))))
        if os.getpid() != pid:
            os._exit(0)  # a copy that student code forked and that came back here
        connection.sendall(_frame(reply))


def _frame(reply: wire.Reply) -> bytes:
    try:
        return wire.frame(reply)
    except values.WireError:
        if isinstance(reply, wire.CellDone):
            return wire.frame(wire.CellDone(reply.id, reply.ended, []))
        return wire.frame(wire.Failed(reply.id, "unsendable", getattr(reply, "trapped", [])))
