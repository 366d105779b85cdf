"""Start bubblewrap with a zygote in it, and get workers from it.

bubblewrap makes the outer walls: no network, namespaces of its own, a read-only view of the Python
installation at neutral places and of nothing else, an empty environment, no capabilities but the two
that the zygote needs to become an unprivileged user.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from autograder.errors import SandboxLost, SandboxUnavailable
from autograder.sandbox.client import Worker

Isolation = Literal["warm", "fresh", "none"]

KIT = Path(__file__).resolve().parent
ROOT = KIT.parent.parent
INNER_KIT = "/opt/kit/autograder/sandbox"
INNER_MODULES = ("zygote.py", "walls.py", "worker.py", "shell.py", "objects.py", "wire.py", "values.py")
START_SECONDS = 120.0  # the imports take two on an idle machine
NUMBER = struct.Struct("<i")

ENVIRONMENT = {
    "HOME": "/tmp",
    "USER": "student",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": "/opt/site:/opt/kit",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "IPYTHONDIR": "/tmp/ipython",
    "PIP_NO_INDEX": "1",  # there is no network: `!pip install` fails at once instead of after retries
    "TORCHINDUCTOR_CACHE_DIR": "/tmp/inductor",
}


def bubblewrap() -> str:
    """The path of `bwrap`.

    Raises:
        SandboxUnavailable: it is not installed.
    """
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxUnavailable(
            "bubblewrap (the command bwrap) is not installed; student code is not run without walls. "
            "Install the package 'bubblewrap' of your distribution (Debian, Ubuntu: apt install bubblewrap) "
            "and run `python -m autograder doctor`."
        )
    return path


def site_packages() -> Path:
    """The folder of the libraries, wherever it is."""
    return Path(np.__file__).resolve().parent.parent


def outer_walls(control_fd: int) -> list[str]:
    """The bubblewrap command line; the zygote's own arguments are its end."""
    base, site = Path(sys.base_prefix).resolve(), site_packages()
    _refuse_exposed_course(base, site)
    own_python = base != Path("/usr")
    command = [bubblewrap(), *_namespaces(), *_shown_files(site)]
    if own_python:
        command += ["--ro-bind", str(base), "/opt/python", "--setenv", "LD_LIBRARY_PATH", "/opt/python/lib"]
    command += _own_files()
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = f"{'/opt/python' if own_python else '/usr'}/bin/python{version}"
    return [*command, interpreter, "-sP", f"{INNER_KIT}/zygote.py", str(control_fd), "isolate"]


def _namespaces() -> list[str]:
    """Namespaces of its own, an empty environment, and no right but to become an unprivileged user."""
    unshared = [f"--unshare-{what}" for what in ("net", "pid", "ipc", "uts", "cgroup-try")]
    rights = (
        ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.getuid() == 0 else ["--unshare-user"]
    )
    return [*unshared, "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL", *rights]


def _shown_files(site: Path) -> list[str]:
    """What can be read: the system's libraries and programs, Python's libraries, a few modules of the kit."""
    shown = []
    for folder in ("/usr", "/etc", "/opt", "/opt/kit", "/opt/kit/autograder", INNER_KIT):
        shown += ["--perms", "0755", "--dir", folder]  # made on the way, they would be root's alone
    for path in ("/usr/lib", "/usr/lib64", "/usr/bin", "/etc/ld.so.cache"):
        shown += ["--ro-bind-try", path, path]
    for name in ("lib", "lib64", "bin"):
        shown += ["--symlink", f"usr/{name}", f"/{name}"]
    shown += ["--ro-bind", str(site), "/opt/site"]
    for module in INNER_MODULES:
        shown += ["--ro-bind", str(KIT / module), f"{INNER_KIT}/{module}"]
    return shown


def _own_files() -> list[str]:
    """What belongs to the sandbox: /proc for the zygote, three devices, a small /tmp; all else read-only."""
    own = ["--proc", "/proc", "--size", "4096", "--tmpfs", "/dev"]
    for device in ("null", "urandom", "random"):
        own += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    own += ["--size", str(64 << 20), "--perms", "1777", "--tmpfs", "/tmp"]
    return [*own, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]


def _refuse_exposed_course(*visible: Path) -> None:
    for folder in (*visible, Path("/usr/lib"), Path("/usr/bin")):
        if ROOT.is_relative_to(folder) or (folder / "autograder").exists():
            raise SandboxUnavailable(
                f"{folder} is shown to student code, and the kit with its hidden tests lies in it; "
                "keep the kit outside of Python's own folders and do not install it into site-packages."
            )


def no_walls(control_fd: int) -> list[str]:
    """The command line of `--sandbox none`: the same zygote as an ordinary process."""
    return [sys.executable, "-sP", str(KIT / "zygote.py"), str(control_fd), "open"]


class Sandbox:
    """One bubblewrap with one zygote.

    Args:
        isolation: "warm" keeps the zygote for every submission; "fresh" starts a sandbox and an
            interpreter of its own for each worker; "none" has no walls at all.
    """

    def __init__(self, isolation: Isolation = "warm") -> None:
        self.isolation = isolation
        self._zygote: Zygote | None = None
        self._earlier: list[Zygote] = []  # of workers that are still there, where each has its own

    def worker(self) -> Worker:
        """A new isolated worker, ready for requests.

        Raises:
            SandboxUnavailable: the walls cannot be made on this machine.
            SandboxLost: the zygote ended.
        """
        if self.isolation == "fresh" and self._zygote is not None:
            self._earlier = [each for each in (*self._earlier, self._zygote) if each.is_alive()]
            self._zygote = None
        if self._zygote is not None and not self._zygote.is_alive():
            self.close()
        if self._zygote is None:
            self._zygote = Zygote(walls=self.isolation != "none", single=self.isolation == "fresh")
        return self._zygote.fork()

    def close(self) -> None:
        """End the zygote and every worker of it."""
        for each in self._earlier:
            each.close()
        self._earlier.clear()
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Zygote:
    """The trusted side's handle on the process that forks workers.

    Args:
        walls: whether bubblewrap is round it.
        single: whether it is for one worker, and ends with it.
    """

    def __init__(self, *, walls: bool, single: bool = False) -> None:
        self._is_single = single
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process that writes it
        # the workers' folders where there are no walls; bubblewrap makes its own /tmp
        self._folder = None if walls else tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        try:
            with theirs:
                self._start(theirs.fileno(), walls)
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def _start(self, fd: int, walls: bool) -> None:
        command = outer_walls(fd) if walls else no_walls(fd)
        # bubblewrap dies with the *thread* that started it, so that one waits for its end
        threading.Thread(target=self._run, args=(command, fd, walls), daemon=True).start()
        self._started.wait()

    def _run(self, command: list[str], fd: int, walls: bool) -> None:
        environment = (
            {}
            if walls
            else {
                **ENVIRONMENT,
                "PYTHONPATH": f"{ROOT}:{site_packages()}",
                "PATH": os.environ.get("PATH", ""),
            }
        )
        try:
            self._process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=(fd,),
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                cwd=self._folder.name if self._folder else None,
            )
        except OSError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        self._process.wait()

    def _await_ready(self) -> None:
        if self._failure is not None:
            raise SandboxUnavailable(f"bubblewrap could not be started: {self._failure}") from self._failure
        if not select.select([self._control], [], [], START_SECONDS)[0]:
            raise SandboxUnavailable(f"the sandbox was not ready after {START_SECONDS:.0f} s: {self._said()}")
        answer = self._control.recv(4096)
        if answer[:1] != b"R":
            reason = answer[1:].decode(errors="replace").strip() or self._said()
            raise SandboxUnavailable(
                f"the sandbox did not start: {reason or 'no reason given'}. "
                "Run `python -m autograder doctor` to see what this machine lacks."
            )

    def _said(self) -> str:
        if self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()

    def is_alive(self) -> bool:
        """Whether the zygote still runs."""
        return self._process is not None and self._process.poll() is None

    def fork(self) -> Worker:
        """A worker that has made its walls and said so."""
        ours, wire = socket.socketpair()
        reader, writer = os.pipe()
        try:
            pid = self._ask(b"F", [wire.fileno(), writer])
        finally:
            wire.close()
            os.close(writer)
        worker = Worker(ours, reader, end=lambda: self._end(pid))
        if not pid or not worker.is_ready():
            words = worker.last_words or self._said()
            status = worker.close()
            raise SandboxUnavailable(
                f"a worker could not be isolated (status {status}): {words}. "
                "Run `python -m autograder doctor` to see what this machine lacks."
            )
        return worker

    def _end(self, pid: int) -> int:
        try:
            return self._ask(b"K" + NUMBER.pack(pid), []) if pid else 0
        finally:
            if self._is_single:
                self.close()

    def _ask(self, message: bytes, fds: list[int]) -> int:
        try:
            socket.send_fds(self._control, [message], fds)
            answer = self._control.recv(NUMBER.size)
        except OSError as error:
            raise SandboxLost(f"the sandbox ended: {error}") from error
        if len(answer) != NUMBER.size:
            raise SandboxLost(f"the sandbox ended: {self._said() or 'it gave no reason'}")
        return int(NUMBER.unpack(answer)[0])

    def close(self) -> None:
        """Hang up; bubblewrap and all in it end."""
        self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        if self._folder is not None:
            self._folder.cleanup()
