"""The trusted side of the wire: requests to one worker, each under one deadline, each answer checked."""

from __future__ import annotations

import itertools
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.errors import BadMessage, SandboxLost, WorkerDied, WorkerFault, WorkerFlood, WorkerTimeout
from autograder.sandbox import wire
from autograder.sandbox.values import Weight, WireError, pack_argument

READY_SECONDS = 30.0
PREPARE_SECONDS = 20.0
GRACE_SECONDS = 3.0  # a worker that interrupts itself answers within these
MAX_FLOOD = 32 << 20  # bytes on the pipe a request
KEPT = 64 << 10  # bytes of them kept
CHUNK = 1 << 20

Outcome = wire.Returned | wire.Raised | wire.Failed


class Worker:
    """One worker process.

    Args:
        connection: this side's end of the wire.
        pipe: the reading end of what the worker's processes write to descriptors 1 and 2.
        end: kills the process if need be, and returns its exit status.
    """

    def __init__(self, connection: socket.socket, pipe: int, end: Callable[[], int]) -> None:
        self._connection = connection
        self._pipe = pipe
        self._end = end
        self._ids = itertools.count(1)
        self._buffer = bytearray()
        self._printed = bytearray()
        self._flood = 0
        self._open = True
        self.last_words = ""
        connection.setblocking(False)
        os.set_blocking(pipe, False)

    def is_ready(self) -> bool:
        """Whether the worker says that it has made its walls."""
        try:
            return isinstance(self._receive(0, time.monotonic() + READY_SECONDS), wire.Ready)
        except WorkerFault:
            return False

    def prepare(self, files: Mapping[str, bytes]) -> list[str]:
        """Put files into the working folder; the names of those that found no room."""
        return [name for name, content in files.items() if not self._put(name, content)]

    def _put(self, name: str, content: bytes) -> bool:
        """One file a message: together they may be too large for one."""
        request = wire.Prepare(next(self._ids), {name: content})
        return isinstance(self._request(request, PREPARE_SECONDS, wire.Ready, wire.Failed), wire.Ready)

    def run_cell(self, number: int, source: str, *, seed: int, seconds: float) -> wire.CellDone:
        """Run one cell; what its child processes print is added to its outputs.

        Raises:
            WorkerFault: the worker is no more.
        """
        request = wire.RunCell(next(self._ids), number, source, seed, seconds)
        done: wire.CellDone = self._request(request, wire.PATIENCE * seconds + GRACE_SECONDS, wire.CellDone)
        if self._printed:
            text = self._printed.decode(errors="replace")
            done.outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        return done

    def call(
        self,
        function: str,
        args: Sequence[Any],
        *,
        seed: int,
        seconds: float,
        trap: list[str],
        on: int | None = None,
        keep: int | None = None,
        public: bool = False,
        steps: Sequence[int] = (),
    ) -> Outcome:
        """Call a function of the notebook, or a method of the object `on`; nothing that it prints is kept.

        Args:
            keep: the number under which the worker keeps what is returned, instead of sending it.
            public: whether nothing hidden is in the arguments, so that an exception's text may be sent.
            steps: of an answer [B, T, ...] the steps to send, one a row, instead of all.

        Raises:
            WorkerFault: the worker is no more.
        """
        values = [pack_argument(arg) for arg in args]
        how = (seed, seconds, trap, on, keep, public, list(steps))
        return self._ask(wire.Call(next(self._ids), function, values, *how))

    def read(self, on: int, name: str, *, seconds: float, trap: list[str]) -> Outcome:
        """Read an attribute of a kept object; may raise a `WorkerFault`."""
        return self._ask(wire.Read(next(self._ids), on, name, seconds, trap))

    def assign(self, on: int, values: Mapping[str, Any], *, seconds: float, trap: list[str]) -> Outcome:
        """Set attributes of a kept object; may raise a `WorkerFault`."""
        plain = {name: pack_argument(value) for name, value in values.items()}
        return self._ask(wire.Assign(next(self._ids), on, plain, seconds, trap))

    def load(self, on: int, state: Mapping[str, Weight], *, seconds: float, trap: list[str]) -> Outcome:
        """Load a state into a kept torch module; may raise a `WorkerFault`."""
        return self._ask(wire.Load(next(self._ids), on, dict(state), seconds, trap))

    def _ask(self, request: wire.Question) -> Outcome:
        deadline = wire.PATIENCE * request.seconds + GRACE_SECONDS
        outcome: Outcome = self._request(request, deadline, wire.Returned, wire.Raised, wire.Failed)
        return outcome

    def close(self) -> int:
        """End the process; its exit status, negative for a signal."""
        if not self._open:
            return 0
        self._open = False
        try:
            return self._end()
        except SandboxLost:
            return -9  # it went with its zygote
        finally:
            self._connection.close()
            os.close(self._pipe)

    def _request(self, request: wire.Request, seconds: float, *expected: type[Any]) -> Any:
        self._printed.clear()
        self._flood = 0
        try:
            deadline = time.monotonic() + seconds
            self._send(wire.frame(request), deadline)
            reply = self._receive(request.id, deadline)
            self._drain()
            if not isinstance(reply, expected):
                raise BadMessage("your code answered in the grader's place")
        except WorkerFault:
            self.close()
            raise
        return reply

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE, deadline)
            try:
                rest = rest[self._connection.send(rest[:CHUNK]) :]
            except BlockingIOError:
                if self._fill():  # a worker that talks instead of listening
                    raise BadMessage("your code answered before it was asked") from None
            except OSError:
                raise self._died() from None

    def _receive(self, id: int, deadline: float) -> wire.Reply:
        while (body := self._message()) is None:
            self._wait(selectors.EVENT_READ, deadline)
            self._fill()
        if self._buffer:
            raise BadMessage("your code answered more than once")
        try:
            reply = wire.reply(body)
        except WireError as error:
            raise BadMessage("your code wrote into the grader's connection") from error
        if reply.id != id:
            raise BadMessage("your code answered what was not asked")
        return reply

    def _message(self) -> bytes | None:
        if len(self._buffer) < wire.HEADER.size:
            return None
        (size,) = wire.HEADER.unpack_from(self._buffer)
        if size > wire.MAX_REPLY:
            raise BadMessage("your code wrote into the grader's connection")
        end = wire.HEADER.size + size
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[wire.HEADER.size : end])
        del self._buffer[:end]
        return body

    def _fill(self) -> bool:
        try:
            data = self._connection.recv(CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            raise self._died()
        self._buffer += data
        return True

    def _wait(self, events: int, deadline: float) -> None:
        """Until the connection is ready for `events`, swallowing what comes on the pipe meanwhile."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WorkerTimeout("it took too long and could not be interrupted")
            with selectors.DefaultSelector() as selector:
                selector.register(self._connection, events)
                if self._pipe_open:
                    selector.register(self._pipe, selectors.EVENT_READ)
                ready = {key.fileobj for key, _ in selector.select(left)}
            if self._pipe in ready:
                self._drain()
            if self._connection in ready:
                return

    _pipe_open = True

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._pipe, CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._pipe_open = False
                return
            self._flood += len(data)
            self._printed += data[: KEPT - len(self._printed)]
            if self._flood > MAX_FLOOD:
                raise WorkerFlood(f"it printed more than {MAX_FLOOD >> 20} MiB")

    def _died(self) -> WorkerDied:
        self._drain()
        self.last_words = self._printed.decode(errors="replace").strip()[-2000:]
        status = self.close()
        return WorkerDied(_ending(status))


def _ending(status: int) -> str:
    # no number is told: in a hidden call, student code could choose it to say what it has seen
    return "its process was killed or crashed" if status < 0 else "it ended its own process"
