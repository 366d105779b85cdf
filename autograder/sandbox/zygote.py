"""The process inside bubblewrap that has imported everything once and forks a worker on request.

It knows nothing: no key, suite, submission or argument passes through it. Requests come on a control
socket, one byte and a process number each; a fork request brings the worker's wire and output pipe as
descriptors, and what the worker reads and writes on them goes past the zygote.

    fork    b"F", two descriptors   -> process number
    end     b"K" + process number   -> exit status (of a process that is killed first, unless it ended)

Run as ``python zygote.py CONTROL_FD isolate|open``; ``open`` forks without walls (a person's choice).
"""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import socket
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable

from autograder.sandbox import walls

NUMBER = struct.Struct("<i")
READY, REFUSED = b"R", b"E"
NOT_ISOLATED = 70  # the exit status of a worker that could not make its walls


def main() -> None:
    """Prepare, say so, and serve until the launcher hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    isolate = sys.argv[2] == "isolate"
    try:
        if isolate:
            walls.drop_root()
            walls.become_subreaper()
            walls.set_dumpable(False)
            refuse_to_see_the_kit()
        serve = import_everything()
    except Exception as error:  # whatever it is, the launcher has to hear of it
        control.send(REFUSED + "".join(traceback.format_exception_only(error)).encode()[:2000])
        raise SystemExit(1) from error
    control.send(READY)
    Zygote(control, isolate, serve).serve()


def refuse_to_see_the_kit() -> None:
    """Raise if more of this package can be imported here than its own modules."""
    for name in ("autograder.suites", "autograder.course", "autograder.grade"):
        if importlib.util.find_spec(name) is not None:
            raise RuntimeError(
                f"{name} can be seen inside the sandbox: is the kit installed into site-packages?"
            )


def import_everything() -> Callable[[socket.socket], None]:
    """Import the libraries, touch what starts lazily, and return the worker's main function."""
    from autograder.sandbox import worker

    worker.warm_up()
    gc.collect()
    gc.freeze()  # what is here stays shared with every fork
    return worker.serve


class Zygote:
    """Forks workers and reaps them."""

    def __init__(self, control: socket.socket, isolate: bool, serve: Callable[[socket.socket], None]) -> None:
        self.control = control
        self.isolate = isolate
        self.serve_worker = serve
        self.alive: set[int] = set()

    def serve(self) -> None:
        """Answer requests until the control socket is closed."""
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, 16, 2)
            if not message:
                return
            fork = message[:1] == b"F"
            answer = self.fork(*fds) if fork else self.end(NUMBER.unpack(message[1:])[0])
            self.control.send(NUMBER.pack(answer))

    def fork(self, wire: int, out: int) -> int:
        """Fork a worker; its process number here, or 0 if it could not be forked."""
        reader, writer = os.pipe()
        first = os.fork()
        if first == 0:
            os.close(reader)
            self._become_worker(wire, out, writer)
        for fd in (wire, out, writer):
            os.close(fd)
        told = os.read(reader, NUMBER.size)
        os.close(reader)
        if self.isolate:
            os.waitpid(first, 0)  # the one in between; the worker is an orphan of ours now
        pid: int = NUMBER.unpack(told)[0] if len(told) == NUMBER.size else 0
        if pid:
            self.alive.add(pid)
        return pid

    def _become_worker(self, wire: int, out: int, told: int) -> None:
        try:
            if self.isolate:
                raise_walls(wire, out, told)
            else:
                os.write(told, NUMBER.pack(os.getpid()))
                os.setsid()
                os.chdir(tempfile.mkdtemp(dir=os.getcwd()))  # no /tmp of its own: not the one before's files
                walls.arrange_descriptors(wire, out)
            self.serve_worker(socket.socket(fileno=walls.WIRE_FD))
        except BaseException:  # noqa: BLE001 - a fork must never return into the zygote's loop
            os.write(2, traceback.format_exc().encode()[-2000:])
            os._exit(NOT_ISOLATED)
        os._exit(0)

    def end(self, pid: int) -> int:
        """Kill a worker unless it ended, and return its exit status, negative for a signal."""
        if pid not in self.alive:
            return 0
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.kill(pid, signal.SIGKILL)  # process 1 of its namespace: everything in it goes too
            _, status = os.waitpid(pid, 0)
        self.alive.discard(pid)
        return os.waitstatus_to_exitcode(status)


def raise_walls(wire: int, out: int, told: int) -> None:
    """Leave the zygote's world: returns only in the isolated grandchild, process 1 of its own namespace."""
    mapped = walls.mapped_bytes()
    gate_reader, gate_writer = os.pipe()
    walls.unshare_all()
    pid = os.fork()
    if pid:
        os.write(told, NUMBER.pack(pid))
        os._exit(0)
    os.close(gate_writer)
    os.read(gate_reader, 1)  # end of file: the one in between has left, nobody here holds our memory
    os.setsid()
    walls.forbid_user_namespaces()
    walls.mount_private_folders()
    os.chdir("/tmp")
    walls.arrange_descriptors(wire, out)
    walls.drop_capabilities()
    walls.apply_limits(walls.Limits(), mapped)
    walls.forbid_new_privileges()


if __name__ == "__main__":
    main()
