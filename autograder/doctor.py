"""Tells whether this machine can grade, by doing it: a sandbox, a worker, its walls, a cell."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from autograder.course import Course
from autograder.errors import GraderError, SandboxUnavailable, WorkerFault
from autograder.sandbox import Isolation, Sandbox, Worker
from autograder.sandbox.launch import bubblewrap

PROBE = """
import os, socket
print(os.getpid(), len(os.listdir("/proc")), os.path.exists("/opt/kit/autograder/suites"))
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    print("network")
except OSError:
    print("no network")
"""
EXPECTED = "1 0 False\nno network\n"
SETTINGS = {
    "/proc/sys/user/max_user_namespaces": ("0", "set user.max_user_namespaces to a larger number (sysctl)"),
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "set kernel.unprivileged_userns_clone=1 (sysctl)"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor strips the namespaces' rights: set "
        "kernel.apparmor_restrict_unprivileged_userns=0 (sysctl), or give bwrap a profile with `userns`",
    ),
}


def examine(course: Course) -> Iterator[tuple[bool, str]]:
    """Each check in turn: whether it is well, and a line that says so or says what to do."""
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "numpy", "nbgrader"))
    yield True, f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores"
    yield _check(_bubblewrap_version)
    yield _check(lambda: _try_walls("warm"))
    yield _check(lambda: _try_walls("fresh"))
    yield from _settings()
    yield _check(lambda: f"term key {course.key.digest}{' (the public one)' if course.key.public else ''}")


def _check(probe: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, probe()
    except (GraderError, WorkerFault, OSError, subprocess.SubprocessError) as error:
        return False, str(error)


def _bubblewrap_version() -> str:
    said = subprocess.run([bubblewrap(), "--version"], capture_output=True, text=True, check=True, timeout=20)
    return said.stdout.strip()


def _try_walls(isolation: Isolation) -> str:
    with Sandbox(isolation) as sandbox:
        begun = time.perf_counter()
        worker = sandbox.worker()
        first = time.perf_counter() - begun
        _expect_walls(worker)
        worker.close()
        begun = time.perf_counter()
        sandbox.worker().close()
        again = time.perf_counter() - begun
    who = "root" if os.getuid() == 0 else "a plain user"
    return (
        f"sandbox {isolation}, as {who}: the first worker in {first:.1f} s, the next in {1000 * again:.0f} ms"
    )


def _expect_walls(worker: Worker) -> None:
    done = worker.run_cell(0, PROBE, seed=0, seconds=20)
    said = "".join(str(output.get("text", "")) for output in done.outputs)
    if said != EXPECTED:
        raise SandboxUnavailable(f"a worker sees more than it should, or less: {said!r}")


def _settings() -> Iterator[tuple[bool, str]]:
    """Settings of the kernel that forbid what the walls are made of, told only where they do."""
    for path, (bad, advice) in SETTINGS.items():
        try:
            value = Path(path).read_text().strip()
        except OSError:
            continue
        if value == bad and (os.getuid() != 0 or path.endswith("max_user_namespaces")):
            yield False, advice
