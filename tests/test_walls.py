"""Each wall round student code, tried from inside, in both isolation modes, as root and as a plain user.

A probe is a function of this module whose source goes to a worker and runs there as student code does.
Where it is cheap the same probe also runs without walls, to show that it would have seen or done what it
must not.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import cli
from autograder.course import KIT_ROOT
from autograder.errors import BadMessage, SandboxUnavailable, WorkerDied, WorkerFlood, WorkerTimeout
from autograder.sandbox import Isolation, Sandbox, Worker, client, launch, values, wire
from autograder.sandbox.walls import MIB

AS_ROOT = os.getuid() == 0
LONG = 60.0  # seconds that no probe needs


def ask(worker: Worker, probe: Callable[..., Any], *args: Any) -> Any:
    """What the probe returns in the worker."""
    source = f"from __future__ import annotations\n{inspect.getsource(probe)}"
    done = worker.run_cell(0, source, seed=0, seconds=LONG)
    assert done.ended == "ok", done.outputs
    reply = worker.call(probe.__name__, list(args), seed=0, seconds=LONG, trap=[])
    assert isinstance(reply, wire.Returned), reply
    return values.unpack(reply.value, tensors=False)


def said(done: wire.CellDone) -> str:
    """All that a cell printed."""
    return "".join(output.get("text", "") for output in done.outputs)


def lives(worker: Worker) -> bool:
    """Whether the worker still answers."""
    return said(worker.run_cell(0, "print(40 + 2)", seed=0, seconds=LONG)) == "42\n"


class Box(Sandbox):
    """A sandbox that closes this side's ends of its workers as well."""

    def __init__(self, isolation: Isolation) -> None:
        super().__init__(isolation)
        self.given: list[Worker] = []

    def worker(self) -> Worker:
        self.given.append(super().worker())
        return self.given[-1]

    def close(self) -> None:
        while self.given:
            self.given.pop().close()
        super().close()


@pytest.fixture(scope="module", params=["warm", "fresh"])
def isolation(request: pytest.FixtureRequest) -> Isolation:
    mode: Isolation = request.param
    return mode


SECRET = "canary of the trusted side"


@pytest.fixture(scope="module")
def stray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A file that the process that grades has open, and would hand on to what it starts."""
    descriptor = os.open(tmp_path_factory.mktemp("stray") / "stray", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(descriptor, True)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(scope="module")
def box(isolation: Isolation, stray: int) -> Iterator[Box]:
    """A sandbox that was started by a process with a secret in its environment and a stray open file."""
    with Box(isolation) as sandbox:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("A_SECRET", SECRET)
            sandbox.worker()
        yield sandbox


@pytest.fixture(scope="module")
def first(box: Box) -> Worker:
    """A worker for probes that leave it alive."""
    return box.given[0]


@pytest.fixture(scope="module")
def second(isolation: Isolation, box: Box, first: Worker) -> Iterator[Worker]:
    """Another one, at the same time, from the same zygote where there is one."""
    with contextlib.ExitStack() as stack:
        other = box if isolation == "warm" else stack.enter_context(Box(isolation))
        yield other.worker()


class Supply:
    """Workers to be broken: each is the next one after the break before, and has answered."""

    def __init__(self, sandbox: Box) -> None:
        self.sandbox = sandbox
        self.renew()

    def renew(self) -> None:
        for worker in self.sandbox.given:
            worker.close()
        self.worker = self.sandbox.worker()
        assert lives(self.worker)


@pytest.fixture(scope="module")
def supply(isolation: Isolation) -> Iterator[Supply]:
    with Box(isolation) as sandbox:
        yield Supply(sandbox)


@pytest.fixture(scope="module")
def bare() -> Iterator[Worker]:
    """A worker without walls, to show what a probe can see."""
    with Box("none") as sandbox:
        yield sandbox.worker()


# --- 1. No shared group, no intermediate, no /proc ----------------------------------------------------------


def probe_processes() -> dict[str, Any]:
    import os

    def exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    near = {*range(1, 5000), *range(max(1, os.getpid() - 500), os.getpid() + 500), os.getppid()} - {0}
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "others": [pid for pid in near if exists(pid) and pid != os.getpid()],
        "proc": os.listdir("/proc"),
    }


def test_a_worker_is_the_first_and_only_process_of_its_world(first: Worker) -> None:
    """Process 1, leader of its own group and session, without a parent, another process or a /proc."""
    assert ask(first, probe_processes) == {
        "pid": 1,
        "parent": 0,
        "group": 1,
        "session": 1,
        "others": [],
        "proc": [],
    }


def test_the_probe_of_processes_sees_them_without_walls(bare: Worker) -> None:
    """Control: without walls it finds its parent, others and /proc."""
    seen = ask(bare, probe_processes)
    assert seen["pid"] > 1
    assert seen["parent"] in seen["others"]
    assert seen["proc"]


def probe_signals() -> bool:
    import contextlib
    import os

    for target in (0, -1):
        for number in (9, 15, 19):
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, number)
    return True


def test_a_worker_that_kills_everybody_hits_nobody(first: Worker, second: Worker) -> None:
    """Signals to the own group and to everything that can be reached leave the other worker alive."""
    assert ask(first, probe_signals)
    assert lives(second)


def test_the_zygote_outlives_a_worker_that_kills_everybody(box: Box, first: Worker) -> None:
    """After such signals the zygote is still there, and so is the worker itself."""
    ask(first, probe_signals)
    assert box._zygote is not None
    assert box._zygote.is_alive()
    assert lives(first)


def probe_memory_of_others() -> list[int]:
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)

    class Range(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))

    target = ctypes.create_string_buffer(b"here", 8)
    copy = ctypes.create_string_buffer(8)
    remote, local = Range(ctypes.addressof(target), 8), Range(ctypes.addressof(copy), 8)

    def reads(pid: int) -> bool:
        size = libc.process_vm_readv(
            pid,
            ctypes.byref(local),
            ctypes.c_ulong(1),
            ctypes.byref(remote),
            ctypes.c_ulong(1),
            ctypes.c_ulong(0),
        )
        return size == 8

    # what forked the worker has its memory at the same addresses
    return [pid for pid in {*range(5000), os.getppid()} - {os.getpid()} if reads(pid)]


def test_no_other_process_s_memory_can_be_read(first: Worker) -> None:
    """A worker reads the memory of no process but its own."""
    assert ask(first, probe_memory_of_others) == []


def probe_proc_tricks() -> dict[str, bool]:
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    detach, bind, remount = 2, 4096, 32
    return {
        "umount": libc.umount2(b"/proc", 0) == 0,
        "detach": libc.umount2(b"/proc", detach) == 0,
        "mount": libc.mount(b"proc", b"/tmp", b"proc", 0, None) == 0,
        "bind": libc.mount(b"/proc", b"/tmp", None, bind, None) == 0,
        "remount": libc.mount(None, b"/proc", None, remount, None) == 0,
        "seen": bool(os.listdir("/proc")),
    }


def test_what_covers_proc_cannot_be_moved(first: Worker) -> None:
    """The empty /proc can be neither unmounted nor replaced, and no other one mounted."""
    assert not any(ask(first, probe_proc_tricks).values())


# --- 2. Descriptors -----------------------------------------------------------------------------------------


def probe_descriptors() -> dict[str, list[int]]:
    import contextlib
    import os

    found = {}
    for fd in range(4096):
        with contextlib.suppress(OSError):
            what = os.fstat(fd)
            found[str(fd)] = [what.st_mode, what.st_dev, what.st_ino, what.st_rdev]
    return found


def test_a_worker_holds_the_null_device_its_pipe_and_the_wire(first: Worker) -> None:
    """Descriptor 0 is /dev/null, 1 and 2 are one pipe, 3 is the wire, and there is no other."""
    found = ask(first, probe_descriptors)
    assert list(found) == ["0", "1", "2", "3"]
    assert found["0"][3] == os.stat("/dev/null").st_rdev
    assert stat.S_ISFIFO(found["1"][0])
    assert found["1"] == found["2"]
    assert stat.S_ISSOCK(found["3"][0])


def test_two_workers_share_neither_pipe_nor_wire(first: Worker, second: Worker) -> None:
    """The pipe and the wire of a worker are its own."""
    mine, other = ask(first, probe_descriptors), ask(second, probe_descriptors)
    assert mine["1"] != other["1"]
    assert mine["3"] != other["3"]


def probe_identities(descriptors: list[int]) -> list[list[int]]:
    import contextlib
    import os

    found = []
    for fd in descriptors:
        with contextlib.suppress(OSError):
            what = os.fstat(fd)
            found.append([what.st_dev, what.st_ino])
    return found


def test_a_stray_descriptor_of_the_trusted_side_does_not_get_through(
    box: Box, first: Worker, stray: int
) -> None:
    """An open inheritable file of the process that grades reaches neither bubblewrap nor a worker."""
    what = os.fstat(stray)
    assert [what.st_dev, what.st_ino] not in ask(first, probe_identities, list(range(256)))
    assert not [pid for pid in processes(box) if (what.st_dev, what.st_ino) in open_files(pid)]


def descendants(pid: int) -> list[int]:
    """A process and all below it, parents first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def processes(sandbox: Box) -> list[int]:
    """The processes of a sandbox as they are numbered outside: bubblewrap's, the zygote, its workers."""
    assert sandbox._zygote is not None
    assert sandbox._zygote._process is not None
    return descendants(sandbox._zygote._process.pid)


def open_files(pid: int) -> set[tuple[int, int]]:
    """Device and inode of what a process has open, as far as this user may see it."""
    found = set()
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                what = path.stat()
                found.add((what.st_dev, what.st_ino))
    return found


# --- 3. No capabilities, no new user namespace --------------------------------------------------------------


def probe_rights() -> dict[str, Any]:
    import ctypes
    import os
    import struct

    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("Ii", 0x20080522, 0)
    sets = ctypes.create_string_buffer(24)
    libc.capget(header, sets)
    return {
        "capabilities": sets.raw[:24] != bytes(24),
        "bounding": [n for n in range(64) if libc.prctl(23, n, 0, 0, 0) == 1],
        "ambient": [n for n in range(64) if libc.prctl(47, 1, n, 0, 0) == 1],
        "securebits": libc.prctl(27, 0, 0, 0, 0),
        "no new privileges": libc.prctl(39, 0, 0, 0, 0),
        "dumpable": libc.prctl(3, 0, 0, 0, 0),
        "users": sorted({*os.getresuid(), *os.getresgid()}),
        "groups": [group for group in os.getgroups() if group not in (os.getgid(), 65534)],
    }


def test_a_worker_has_no_right_and_can_win_none(first: Worker) -> None:
    """All capability sets are empty, the bits locked, no new privileges to be had, not dumpable, not root."""
    rights = ask(first, probe_rights)
    users = rights.pop("users")
    assert rights == {
        "capabilities": False,
        "bounding": [],
        "ambient": [],
        "securebits": 0x2F,
        "no new privileges": 1,
        "dumpable": 0,
        "groups": [],
    }
    assert 0 not in users


def probe_new_namespaces() -> list[str]:
    import ctypes
    import os
    import platform
    import signal

    libc = ctypes.CDLL(None, use_errno=True)
    clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    flags = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000}
    flags |= {"net": 0x40000000, "cgroup": 0x2000000}
    made = []
    for name, flag in flags.items():
        for user in (0, flags["user"]):
            child = os.fork()
            if child == 0:  # in a child: where it succeeds, the worker goes on in its own world
                os._exit(libc.unshare(flag | user) == 0)
            if os.waitpid(child, 0)[1]:
                made.append(f"unshare {name}")
            child = libc.syscall(clone, flag | user | signal.SIGCHLD, 0, 0, 0, 0)
            if child == 0:
                os._exit(0)
            if child > 0:
                os.waitpid(child, 0)
                made.append(f"clone {name}")
    return made


def test_no_namespace_can_be_made(first: Worker) -> None:
    """Neither unshare nor clone makes a namespace of any kind, alone or with a user namespace."""
    assert ask(first, probe_new_namespaces) == []


def test_the_probe_of_namespaces_makes_them_without_walls(bare: Worker) -> None:
    """Control: without walls a new user namespace can be had both ways."""
    assert {"unshare user", "clone user"} <= set(ask(bare, probe_new_namespaces))


def probe_mounts() -> list[str]:
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    detach, readonly, remount, bind = 2, 1, 32, 4096
    os.makedirs("/tmp/work/mount", exist_ok=True)
    tries = {
        "umount /tmp": lambda: libc.umount2(b"/tmp", 0),
        "detach /tmp": lambda: libc.umount2(b"/tmp", detach),
        "detach /": lambda: libc.umount2(b"/", detach),
        "tmpfs": lambda: libc.mount(b"tmpfs", b"/tmp/work/mount", b"tmpfs", 0, b"size=1g"),
        "bind": lambda: libc.mount(b"/", b"/tmp/work/mount", None, bind, None),
        "remount /": lambda: libc.mount(None, b"/", None, remount, None),
        "remount /tmp": lambda: libc.mount(None, b"/tmp", None, remount, b"size=1g"),
        "remount /dev": lambda: libc.mount(None, b"/dev", None, remount | bind, None),
        "remount only to read": lambda: libc.mount(None, b"/tmp", None, remount | readonly, None),
        "pivot_root": lambda: libc.pivot_root(b"/tmp", b"/tmp/work") if hasattr(libc, "pivot_root") else -1,
        "chroot": lambda: libc.chroot(b"/tmp/work"),
        "host name": lambda: libc.sethostname(b"mine", 4),
    }
    return [name for name, attempt in tries.items() if attempt() == 0]


def test_no_mount_can_be_made_or_undone(first: Worker) -> None:
    """Mounting, unmounting, changing a mount, another root and another host name are all refused."""
    assert ask(first, probe_mounts) == []


def plant_things(canary: str) -> bool:
    import ctypes
    import os
    import socket

    os.makedirs("/tmp/left/behind", exist_ok=True)
    for path in ("/tmp/left/behind/file", "/tmp/file", "/tmp/work/file", "/tmp/matplotlib", "numpy.py"):
        with open(path, "w") as file:
            file.write(canary)
    libc = ctypes.CDLL(None, use_errno=True)
    shared = libc.shmget(0x5EED, ctypes.c_size_t(4096), 0o1666)
    assert shared >= 0
    globals()["listener"] = listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0left-behind")
    listener.listen()
    return True


def probe_left_behind() -> dict[str, Any]:
    import ctypes
    import os
    import socket

    libc = ctypes.CDLL(None, use_errno=True)
    found = [os.path.join(folder, name) for folder, _, names in os.walk("/tmp") for name in names]
    with socket.socket(socket.AF_UNIX) as caller:
        return {
            "files": found,
            "folders": sorted(os.listdir("/tmp")),
            "shared memory": libc.shmget(0x5EED, ctypes.c_size_t(0), 0o666) >= 0,
            "socket": caller.connect_ex("\0left-behind") == 0,
        }


NOTHING_LEFT = {"files": [], "folders": ["work"], "shared memory": False, "socket": False}


def test_nothing_of_one_worker_is_found_by_another(first: Worker, supply: Supply) -> None:
    """Files, shared memory and sockets of a student's are seen neither by one beside nor by the next one."""
    ask(supply.worker, plant_things, "left behind")
    assert ask(supply.worker, probe_left_behind)["socket"]  # the probe does find them where they are
    assert {name for name, found in ask(first, probe_left_behind).items() if found} == {"folders"}
    supply.renew()
    assert ask(supply.worker, probe_left_behind) == NOTHING_LEFT


# --- 4. Limits ----------------------------------------------------------------------------------------------


def probe_limits() -> dict[str, tuple[int, int]]:
    import resource

    return {
        name.removeprefix("RLIMIT_"): resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }


LIMITS = {
    "NPROC": 16,
    "NOFILE": 128,
    "FSIZE": 64 * MIB,
    "STACK": 8 * MIB,
    "CPU": 600,
    "CORE": 0,
    "MEMLOCK": 0,
    "MSGQUEUE": 0,
    "SIGPENDING": 256,
}


@pytest.mark.parametrize(("name", "value"), LIMITS.items(), ids=LIMITS)
def test_each_limit_is_taken(first: Worker, name: str, value: int) -> None:
    """Soft and hard limit are what the walls say."""
    assert ask(first, probe_limits)[name] == (value, value)


def test_memory_is_limited_on_top_of_what_the_zygote_has(first: Worker) -> None:
    """Address space and data have hard limits, the one a GiB above the other."""
    limits = ask(first, probe_limits)
    assert limits["AS"][0] == limits["AS"][1]
    assert limits["AS"][1] - limits["DATA"][1] == 1 << 30
    assert limits["DATA"][1] > 2 << 30


def probe_raising_limits() -> list[str]:
    import contextlib
    import resource

    raised = []
    for name in ("AS", "DATA", "NPROC", "NOFILE", "FSIZE", "STACK", "CPU", "CORE", "MEMLOCK", "MSGQUEUE"):
        which = getattr(resource, f"RLIMIT_{name}")
        soft, hard = resource.getrlimit(which)
        for more in ((soft, hard + 1), (soft, resource.RLIM_INFINITY)):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(which, more)
                raised.append(name)
    return raised


def test_no_limit_can_be_raised(first: Worker) -> None:
    """A hard limit stays where it is."""
    assert ask(first, probe_raising_limits) == []


def fork_until_refused() -> int:
    import os

    reader, writer = os.pipe()
    children = []
    try:
        while len(children) < 200:
            child = os.fork()
            if child == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            children.append(child)
    except BlockingIOError:
        pass
    os.close(reader)
    globals()["waiting"] = (writer, children)
    return len(children)


def end_the_forked() -> bool:
    import os

    writer, children = globals()["waiting"]
    os.close(writer)
    for child in children:
        os.waitpid(child, 0)
    return True


def test_a_fork_bomb_ends_at_the_limit_of_each_worker_alone(first: Worker, second: Worker) -> None:
    """A worker has 16 processes, itself included, and while they live another one has as many."""
    assert ask(first, fork_until_refused) == 15
    assert ask(second, fork_until_refused) == 15
    assert ask(first, end_the_forked)
    assert ask(second, end_the_forked)


ALLOCATIONS = {
    "bytes": "def hungry():\n    return len(bytearray(4 << 30))",
    "array": "import numpy as np\ndef hungry():\n    return np.ones(1 << 29).size",
    "mapping": "from mmap import *\ndef hungry():\n    mmap(-1, 4 << 30, flags=MAP_PRIVATE | MAP_ANONYMOUS)",
}


def hungry(worker: Worker, source: str) -> wire.Returned | wire.Raised | wire.Failed:
    worker.run_cell(0, source, seed=0, seconds=LONG)
    return worker.call("hungry", [], seed=0, seconds=LONG, trap=[])


@pytest.mark.parametrize("source", [ALLOCATIONS["bytes"], ALLOCATIONS["array"]], ids=["bytes", "array"])
def test_four_gibibytes_are_a_memory_error_of_the_call(first: Worker, source: str) -> None:
    """An allocation over the limit fails in the call, and the worker answers the next one."""
    reply = hungry(first, source)
    assert isinstance(reply, wire.Failed)
    assert reply.reason == "memory"
    assert lives(first)


def test_a_mapping_of_four_gibibytes_is_refused(first: Worker) -> None:
    """Memory that is mapped rather than allocated has the same limit."""
    assert isinstance(hungry(first, ALLOCATIONS["mapping"]), wire.Raised | wire.Failed)


def probe_large_file() -> int:
    import errno
    import os

    with open("/tmp/work/large", "wb") as file:
        try:
            os.pwrite(file.fileno(), b"x", 64 << 20)
        except OSError as error:
            return int(error.errno == errno.EFBIG)
        finally:
            os.unlink("/tmp/work/large")
    return 0


def test_a_file_grows_no_further_than_its_limit(first: Worker) -> None:
    """A byte behind 64 MiB is refused, and the worker lives on."""
    assert ask(first, probe_large_file) == 1


def probe_many_files() -> int:
    import os

    count = 0
    files = []
    try:
        while count < 1000:
            files.append(os.open("/dev/null", os.O_RDONLY))
            count += 1
    except OSError:
        pass
    for file in files:
        os.close(file)
    return count


def test_no_more_files_are_open_than_the_limit(first: Worker) -> None:
    """Descriptors end at 128, four of which are taken."""
    assert ask(first, probe_many_files) == 124


# --- 5. The file system -------------------------------------------------------------------------------------


def probe_tmp() -> dict[str, int]:
    import os

    tmp = os.statvfs("/tmp")
    return {"bytes": tmp.f_blocks * tmp.f_frsize, "inodes": tmp.f_files, "flags": tmp.f_flag}


def test_the_temporary_folder_is_small(first: Worker) -> None:
    """A worker's /tmp has 128 MiB and 4096 inodes, without set-user-id and devices."""
    tmp = ask(first, probe_tmp)
    assert (tmp["bytes"], tmp["inodes"]) == (128 * MIB, 4096)
    assert tmp["flags"] & os.ST_NOSUID
    assert tmp["flags"] & os.ST_NODEV


def probe_filling_tmp() -> list[int]:
    import os
    import shutil

    os.mkdir("/tmp/full")
    made = written = 0
    try:
        while made < 10_000:
            os.close(os.open(f"/tmp/full/{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError:
        pass
    shutil.rmtree("/tmp/full")
    os.mkdir("/tmp/full")
    try:
        for number in range(8):
            with open(f"/tmp/full/{number}", "wb", buffering=0) as file:
                for _ in range(32):
                    written += file.write(bytes(1 << 20))
    except OSError:
        pass
    shutil.rmtree("/tmp/full")
    return [made, written >> 20]


def test_the_temporary_folder_gets_full(first: Worker) -> None:
    """Neither more files nor more bytes than that can be written."""
    files, mebibytes = ask(first, probe_filling_tmp)
    assert files < 4096
    assert mebibytes <= 128


def probe_writing_everywhere(top: str) -> list[str]:
    import contextlib
    import os

    written = []
    for folder, _, _ in os.walk(top):
        if top == "/" and (folder == "/tmp" or folder.startswith("/tmp/")):
            continue
        path = os.path.join(folder, "written-by-a-student")
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.unlink(path)
            written.append(folder)
        with contextlib.suppress(OSError):
            os.mkdir(path)
            os.rmdir(path)
            written.append(folder)
    return written


def test_nothing_can_be_written_outside_of_tmp(first: Worker) -> None:
    """In no folder of the whole file system but /tmp can a file or folder be made."""
    assert ask(first, probe_writing_everywhere, "/") == []


def test_the_probe_of_writing_writes_without_walls(bare: Worker, tmp_path: Path) -> None:
    """Control: without walls it writes into a folder of this machine."""
    (tmp_path / "below").mkdir()
    assert str(tmp_path / "below") in ask(bare, probe_writing_everywhere, str(tmp_path))


def probe_removing() -> list[str]:
    import contextlib
    import os

    paths = ["/lib64", "/lib", "/bin", "/dev/null", "/opt/kit/autograder/sandbox/worker.py", "/tmp", "/proc"]
    removed = []
    for path in paths:
        for remove in (os.unlink, os.rmdir, lambda old: os.rename(old, "/tmp/work/moved")):
            with contextlib.suppress(OSError):
                remove(path)
                removed.append(path)
    for path in paths:
        with contextlib.suppress(OSError):
            os.chmod(path, 0o777)
            removed.append(path)
    with contextlib.suppress(OSError):
        os.symlink("/tmp", "/lib65")
        removed.append("/lib65")
    return [path for path in removed if path != "/tmp"]


def test_nothing_outside_of_tmp_can_be_removed_or_replaced(first: Worker) -> None:
    """Links to the libraries, devices and the kit's own modules stay what they are."""
    assert ask(first, probe_removing) == []


def probe_folders() -> dict[str, list[str]]:
    import os

    return {
        path: sorted(os.listdir(path)) for path in ("/dev", "/etc", "/opt", "/opt/kit", "/opt/kit/autograder")
    } | {"usr": sorted(os.listdir("/usr")), "kit": sorted(os.listdir("/opt/kit/autograder/sandbox"))}


def test_there_are_three_devices(first: Worker) -> None:
    """/dev holds null, urandom and random."""
    assert ask(first, probe_folders)["/dev"] == ["null", "random", "urandom"]


def test_of_the_kit_only_the_worker_s_own_modules_are_seen(first: Worker) -> None:
    """The kit's folder holds the four modules that a worker is made of."""
    seen = ask(first, probe_folders)
    assert seen["/opt/kit"] == ["autograder"]
    assert seen["/opt/kit/autograder"] == ["sandbox"]
    assert seen["kit"] == sorted(launch.INNER_MODULES)


def test_of_the_machine_only_libraries_and_programs_are_seen(first: Worker) -> None:
    """/usr has three folders at most, and /etc nothing but the list of libraries."""
    seen = ask(first, probe_folders)
    assert set(seen["usr"]) <= {"bin", "lib", "lib64"}
    assert set(seen["/etc"]) <= {"ld.so.cache"}


def probe_files(top: str, wanted: list[list[int]]) -> list[str]:
    import os

    identities = {tuple(pair) for pair in wanted}
    found = []
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            what = os.lstat(path)
            if (what.st_dev, what.st_ino) in identities:
                found.append(path)
    return found


def identities(*folders: Path) -> list[list[int]]:
    """Device and inode of all folders and files in the given ones, the libraries left out."""
    libraries = Path(np.__file__).resolve().parent.parent
    found = []
    for top in folders:
        for folder, inner, files in os.walk(top):
            here = Path(folder)
            inner[:] = [name for name in inner if not libraries.samefile(here / name)]
            for name in inner + files:
                with contextlib.suppress(FileNotFoundError):  # a cache that another process tidies
                    what = (here / name).lstat()
                    found.append([what.st_dev, what.st_ino])
    return found


def test_no_file_of_the_course_or_the_kit_is_found(first: Worker, tmp_path: Path) -> None:
    """In the whole file system a worker finds the four modules, and nothing else of kit or course."""
    (tmp_path / "submitted" / "another").mkdir(parents=True)
    (tmp_path / "submitted" / "another" / "work.ipynb").write_text("another student's")
    own = {f"/opt/kit/autograder/sandbox/{name}" for name in launch.INNER_MODULES}
    assert set(ask(first, probe_files, "/", identities(KIT_ROOT, tmp_path))) == own


def test_the_probe_of_files_finds_a_course_without_walls(bare: Worker, tmp_path: Path) -> None:
    """Control: without walls it finds another student's work."""
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "work.ipynb").write_text("another student's")
    found = ask(bare, probe_files, str(tmp_path), identities(tmp_path))
    assert found == [str(tmp_path / "another"), str(tmp_path / "another" / "work.ipynb")]


def probe_imports() -> list[str]:
    import importlib.util
    import sys

    hidden = ["course", "grade", "execution", "scoring", "suites", "answers"]
    sys.path_importer_cache.clear()
    return [name for name in hidden if importlib.util.find_spec(f"autograder.{name}") is not None]


def test_no_hidden_module_can_be_imported(first: Worker) -> None:
    """Suites and what judges cannot be imported."""
    assert ask(first, probe_imports) == []


@pytest.mark.parametrize("inside", ["autograder", "deeper/autograder"])
def test_a_kit_in_a_folder_that_is_shown_is_refused(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    """No sandbox starts where the kit lies among the libraries that student code sees."""
    monkeypatch.setattr(launch, "ROOT", Path(np.__file__).resolve().parent.parent / inside)
    with Box("warm") as sandbox, pytest.raises(SandboxUnavailable, match="hidden tests lies in it"):
        sandbox.worker()


def test_an_installed_kit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sandbox starts where another copy of the kit is installed among the libraries."""
    (tmp_path / "numpy").mkdir()
    (tmp_path / "autograder").mkdir()
    monkeypatch.setattr(launch.np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    with pytest.raises(SandboxUnavailable, match="do not install it"):
        launch.outer_walls(3)


def probe_network(port: int) -> dict[str, bool]:
    import socket

    def reaches(address: tuple[str, int]) -> bool:
        with socket.socket() as caller:
            caller.settimeout(5)
            return caller.connect_ex(address) == 0

    return {"this machine": reaches(("127.0.0.1", port)), "interfaces": len(socket.if_nameindex()) > 1}


@pytest.fixture(scope="module")
def listening() -> Iterator[int]:
    """The port of a server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def test_there_is_no_network(first: Worker, listening: int) -> None:
    """A server on this machine cannot be reached, and there is no interface to reach another by."""
    assert ask(first, probe_network, listening) == {"this machine": False, "interfaces": False}


def test_the_probe_of_the_network_reaches_it_without_walls(bare: Worker, listening: int) -> None:
    """Control: without walls it reaches the server."""
    assert ask(bare, probe_network, listening)["this machine"]


# --- 6. The zygote knows nothing ----------------------------------------------------------------------------


def probe_environment() -> dict[str, str]:
    import os
    import sys

    return {**os.environ, "sys.path": ":".join(sys.path), "arguments": " ".join(sys.orig_argv)}


def test_the_environment_is_the_sandbox_s_own(first: Worker) -> None:
    """No variable of the process that grades, and no path of the course, reaches a worker."""
    seen = ask(first, probe_environment)
    assert not {name for name in seen if name.isupper()} - {*launch.ENVIRONMENT, "LD_LIBRARY_PATH", "PWD"}
    assert SECRET not in str(seen)
    assert str(KIT_ROOT) not in str(seen)


def zygote_and_workers(sandbox: Box) -> tuple[int, list[int]]:
    """Process numbers: the zygote's, and its workers' in the order of their birth."""
    ours = [pid for pid in processes(sandbox) if b"python" in Path(f"/proc/{pid}/cmdline").read_bytes()[:40]]
    return ours[0], sorted(ours[1:])


def held(pid: int, canaries: list[bytes]) -> list[bytes]:
    """Those of the canaries that are in what a process has in memory and could write."""
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, rights = line.split()[:2]
            start, end = (int(part, 16) for part in addresses.split("-"))
            if "w" in rights:
                memory.seek(start)
                with contextlib.suppress(OSError):  # a few special ones cannot be read
                    data = memory.read(end - start)
                    found |= {canary for canary in canaries if canary in data}
    return [canary for canary in canaries if canary in found]


if AS_ROOT:

    def test_what_one_worker_gets_is_in_nobody_else_s_memory(supply: Supply) -> None:
        """Cells, arguments and files of one student are not in the zygote, nor in the next worker."""
        canaries = [f"canary-{way}-".encode() + b"7f3a" * 4 for way in ("cell", "argument", "file")]
        worker = supply.worker
        worker.prepare({"file": canaries[2] * 100})
        source = "def keep(*values):\n    globals()['kept'] = values\nread = open('file').read()\n# "
        worker.run_cell(0, source + canaries[0].decode(), seed=0, seconds=LONG)
        worker.call("keep", [canaries[1].decode(), canaries[1]], seed=0, seconds=LONG, trap=[])
        zygote, workers = zygote_and_workers(supply.sandbox)
        assert held(workers[-1], canaries) == canaries  # the search does find them where they are
        assert held(zygote, canaries) == []
        supply.renew()
        zygote, workers = zygote_and_workers(supply.sandbox)
        assert held(zygote, canaries) == []
        assert held(workers[-1], canaries) == []

else:

    def test_the_sandbox_s_memory_is_closed_even_to_its_own_user(supply: Supply) -> None:
        """The user who grades, and so student code that got out, reads neither zygote nor worker."""
        zygote, workers = zygote_and_workers(supply.sandbox)
        assert [pid for pid in (zygote, *workers) if readable(pid)] == []

    def readable(pid: int) -> bool:
        """Whether this user may read a process's memory."""
        try:
            Path(f"/proc/{pid}/mem").open("rb").close()
        except PermissionError:
            return False
        return True

    def test_the_probe_of_memory_reads_it_without_walls(bare: Worker) -> None:
        """Control: a worker without walls can be read by its user."""
        assert readable(int(said(bare.run_cell(0, "import os\nprint(os.getpid())", seed=0, seconds=LONG))))


# --- 7. Repeatable ------------------------------------------------------------------------------------------


def draw_numbers() -> list[float]:
    import random

    import numpy as np
    import torch

    return [random.random(), float(np.random.rand()), float(torch.rand(())), float(hash("x"))]


def drawn(worker: Worker, seed: int) -> list[float]:
    """What the worker draws first in a cell and in a call with this seed."""
    cell = inspect.getsource(draw_numbers) + "\nprint(draw_numbers())"
    text = said(worker.run_cell(0, cell, seed=seed, seconds=LONG))
    reply = worker.call("draw_numbers", [], seed=seed, seconds=LONG, trap=[])
    assert isinstance(reply, wire.Returned)
    numbers: list[float] = values.unpack(reply.value, tensors=False)
    assert text == f"{numbers}\n"
    return numbers


def test_two_workers_draw_the_same_numbers(first: Worker, second: Worker) -> None:
    """The same seed gives the same numbers and hashes, whatever was drawn before."""
    drawn(second, 1)
    assert drawn(first, 2**62 + 5) == drawn(second, 2**62 + 5)


def test_different_seeds_draw_different_numbers(first: Worker) -> None:
    """Another seed changes what each library draws, and no hash."""
    one, other = drawn(first, 1), drawn(first, 2)
    assert [a == b for a, b in zip(one, other, strict=True)] == [False, False, False, True]


# --- 8. Deadlines and answers -------------------------------------------------------------------------------


@pytest.fixture
def victim(supply: Supply, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that a test may break; the next one has to be fine."""
    monkeypatch.setattr(client, "GRACE_SECONDS", 0.5)
    monkeypatch.setattr(wire, "PATIENCE", 1.0)
    yield supply.worker
    supply.renew()


# what student code needs to answer in the worker's place, the number of the request for one
FORGER = """
import os, time, signal
from autograder.sandbox import values, wire
id = {id}
for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
    signal.setitimer(timer, 0)
"""


def forging(worker: Worker, source: str) -> str:
    """A cell that can answer in the worker's place, if it is the next to run."""
    return FORGER.format(id=next(worker._ids) + 1) + source


DONE = 'wire.frame(wire.CellDone(id, "ok", []))'

ATTACKS = {
    "drips": (
        'os.write(3, bytes([0, 0, 1, 0]))\nwhile True:\n    os.write(3, b"x"); time.sleep(0.01)',
        WorkerTimeout,
    ),
    "hangs": ("while True:\n    pass", WorkerTimeout),
    "sleeps": ("while True:\n    time.sleep(1000)", WorkerTimeout),
    "answers twice": (f"os.write(3, 2 * {DONE})", BadMessage),
    "answers another request": ('os.write(3, wire.frame(wire.CellDone(id + 7, "ok", [])))', BadMessage),
    "answers with another kind": ("os.write(3, wire.frame(wire.Ready(id)))", BadMessage),
    "sends a giant length": ('os.write(3, b"\\xff" * 4)', BadMessage),
    "sends garbage": ('os.write(3, wire.HEADER.pack(7) + b"garbage")', BadMessage),
    "sends a request": ('os.write(3, wire.frame(wire.Call(id, "f", [], 0, 1.0)))', BadMessage),
    "hangs up": ("os.close(3)\nwhile True:\n    pass", WorkerDied),
    "ends itself": ("os._exit(3)", WorkerDied),
    "crashes": ("import ctypes\nctypes.string_at(0)", WorkerDied),
    "floods": ('while True:\n    os.write(1, b"x" * (1 << 20))', WorkerFlood),
    "floods the other stream": ('while True:\n    os.write(2, b"x" * (1 << 20))', WorkerFlood),
    "lets a program flood": ("!yes", WorkerFlood),
}


only_warm = pytest.mark.parametrize("isolation", ["warm"], indirect=True, scope="module")
only_fresh = pytest.mark.parametrize("isolation", ["fresh"], indirect=True, scope="module")


def expect_end(worker: Worker, source: str, fault: type[Exception]) -> None:
    """Within the deadline the attack ends as the fault that it is."""
    with pytest.raises(fault):
        worker.run_cell(1, forging(worker, source), seed=0, seconds=1.0)


@only_warm
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_worker_that_misbehaves_is_ended(victim: Worker, attack: str) -> None:
    """Each abuse of the wire ends as its own fault within the deadline, and the next worker is fine."""
    expect_end(victim, *ATTACKS[attack])


@only_fresh
@pytest.mark.parametrize("attack", ["hangs", "ends itself"])
def test_a_worker_of_its_own_sandbox_that_misbehaves_is_ended(victim: Worker, attack: str) -> None:
    """The same in a sandbox that holds one worker: two cases, since each start takes two seconds."""
    expect_end(victim, *ATTACKS[attack])


def go_on(worker: Worker, source: str) -> None:
    """Run the cell, then others, for as long as the worker is believed."""
    for _ in range(100):
        worker.run_cell(1, source, seed=0, seconds=LONG)
        source = "1"


@only_warm
def test_an_answer_that_was_not_asked_for_ends_the_worker(victim: Worker) -> None:
    """The first answer counts; the second one, sent later, is not taken for the next request's."""
    with pytest.raises(BadMessage):
        go_on(victim, forging(victim, f"os.write(3, {DONE})"))


@only_warm
def test_a_forked_copy_that_poses_as_the_worker_ends_it(victim: Worker) -> None:
    """A copy that comes back into the loop and hides that it is one answers twice."""
    with pytest.raises((BadMessage, WorkerDied)):
        go_on(victim, forging(victim, "os.getpid = lambda: 1\nos.fork()"))


@only_warm
def test_a_forked_copy_that_comes_back_is_gone(victim: Worker) -> None:
    """A cell that forks and returns in both processes goes on in one."""
    victim.run_cell(1, "import os\nif os.fork():\n    os.wait()", seed=0, seconds=LONG)
    assert said(victim.run_cell(2, "print(os.getpid())", seed=0, seconds=LONG)) == "1\n"


@only_warm
def test_a_worker_that_never_reads_is_ended(victim: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that nobody takes off the wire has a deadline, too."""
    monkeypatch.setattr(client, "PREPARE_SECONDS", 1.0)
    victim.run_cell(1, forging(victim, f"os.write(3, {DONE})\nwhile True:\n    pass"), seed=0, seconds=1.0)
    with pytest.raises(WorkerTimeout):
        victim.prepare({"large": bytes(32 * MIB)})


@only_warm
def test_a_worker_that_talks_instead_of_reading_is_ended(victim: Worker) -> None:
    """What is sent while a large request is on its way is no answer to it."""
    talk = f'os.write(3, {DONE})\nwhile True:\n    os.write(3, b"x" * 1000)'
    with pytest.raises(BadMessage):
        talked_at(victim, forging(victim, talk))


def talked_at(worker: Worker, source: str) -> None:
    worker.run_cell(1, source, seed=0, seconds=1.0)
    worker.prepare({"large": bytes(32 * MIB)})


@only_warm
def test_a_worker_that_was_ended_stays_ended(victim: Worker) -> None:
    """Closing it again is harmless."""
    with pytest.raises(WorkerDied):
        victim.run_cell(1, "import os\nos._exit(0)", seed=0, seconds=1.0)
    assert victim.close() == 0


def test_honest_prints_of_a_megabyte_pass(first: Worker) -> None:
    """A large print, on either way out, is cut and does no harm."""
    source = "import os\nprint('a' * (1 << 20))\nos.write(1, b'b' * (1 << 20))\n!echo from a program"
    done = first.run_cell(0, source, seed=0, seconds=LONG)
    assert done.ended == "ok"
    assert said(done).count("a") > 10_000
    assert said(done).count("b") > 10_000


# --- The sandbox's end --------------------------------------------------------------------------------------

HOLDER = """
import sys
from autograder.sandbox import Sandbox
sandbox = Sandbox(sys.argv[1])
worker = sandbox.worker()
worker.run_cell(0, "import os\\nif os.fork() == 0:\\n    while True:\\n        pass", seed=0, seconds=9)
print("ready", flush=True)
sys.stdin.read()
"""


@only_warm
def test_a_killed_grader_leaves_no_process(isolation: Isolation) -> None:
    """When the process that grades is killed, bubblewrap, zygote, worker and its children end as well."""
    command = [sys.executable, "-c", HOLDER, isolation]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=KIT_ROOT)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        others = descendants(holder.pid)[1:]
        assert len(others) >= 5  # bubblewrap twice, zygote, worker, its child
        ends = [os.pidfd_open(pid) for pid in others]
        holder.kill()
        for end in ends:
            assert select.select([end], [], [], LONG)[0], "a process outlived its grader"
            os.close(end)


@only_warm
def test_a_closed_sandbox_leaves_no_process(isolation: Isolation) -> None:
    """Closing the sandbox ends bubblewrap and all that is in it."""
    with Box(isolation) as sandbox:
        sandbox.worker()
        ends = [os.pidfd_open(pid) for pid in processes(sandbox)]
    for end in ends:
        assert select.select([end], [], [], LONG)[0], "a process outlived its sandbox"
        os.close(end)


def test_workers_without_walls_have_folders_of_their_own() -> None:
    """Without walls, too, one student's files are not in the next one's folder, nor left on the machine."""
    with Box("none") as sandbox:
        sandbox.worker().prepare({"model.pt": b"one student's"})
        printed = said(
            sandbox.worker().run_cell(0, "import os\nprint(os.listdir(), os.getcwd())", seed=0, seconds=LONG)
        )
    assert printed.startswith("[] /")
    assert not Path(printed.split()[1]).exists()


# --- 9. The doctor ------------------------------------------------------------------------------------------

# a bubblewrap that starts and whose children may make no namespace, as some profiles of AppArmor do:
# a seccomp filter that answers unshare with EPERM and lets everything else through
STRIPPING = """#!{python}
import os, platform, struct, sys
unshare = {{"x86_64": 272, "aarch64": 97}}[platform.machine()]
load, equal, back = 0x20, 0x15, 0x06
program = [(load, 0, 0, 0), (equal, 0, 1, unshare), (back, 0, 0, 0x00050001), (back, 0, 0, 0x7FFF0000)]
reader, writer = os.pipe()
os.write(writer, b"".join(struct.pack("HBBI", *line) for line in program))
os.close(writer)
os.set_inheritable(reader, True)
filter = [] if sys.argv[1:] == ["--version"] else ["--seccomp", str(reader)]
os.execv({bwrap!r}, ["bwrap", *filter, *sys.argv[1:]])
"""


def doctor(course: Path) -> int:
    """The exit status of the command."""
    cli.main(["--course", str(course), "key"])
    return cli.main(["--course", str(course), "doctor"])


def test_the_doctor_finds_this_machine_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the walls stand, the doctor says so line by line and ends with 0."""
    status = doctor(tmp_path)
    printed = capsys.readouterr()
    assert status == 0, printed
    assert "sandbox warm" in printed.out
    assert "sandbox fresh" in printed.out


def test_the_doctor_says_how_to_install_bubblewrap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without bubblewrap the doctor ends with 1 and names the package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor(tmp_path) == 1
    printed = capsys.readouterr()
    assert "apt install bubblewrap" in printed.out + printed.err


def test_the_doctor_notices_a_bubblewrap_whose_children_are_stripped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where bubblewrap runs and the inner namespaces are refused, the doctor ends with 1 and says which."""
    fake = tmp_path / "bin" / "bwrap"
    fake.parent.mkdir()
    fake.write_text(STRIPPING.format(python=sys.executable, bwrap=shutil.which("bwrap")))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    assert doctor(tmp_path) == 1
    printed = capsys.readouterr()
    assert "unshare: Operation not permitted" in printed.out + printed.err


# --- As a plain user ----------------------------------------------------------------------------------------

PLAIN = 65_000
NOT_AGAIN = "not answer and not misbehaves and not copy"  # what the trusted side does, whoever runs it


def interpreter_for_all(place: Path) -> tuple[list[str], Path]:
    """Commands that show Python, the libraries and the kit to a plain user, and the interpreter to call.

    Any of them may lie in a folder that only root can enter.
    """
    base = Path(sys.base_prefix).resolve()
    shown = {"site": Path(np.__file__).resolve().parent.parent, "kit": KIT_ROOT}
    if base != Path("/usr"):
        shown["python"] = base
    for name in shown:
        (place / name).mkdir()
    python = place / "python" if "python" in shown else base
    interpreter = python / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f'mount --bind "{path}" "{place / name}"' for name, path in shown.items()], interpreter


def start_plain_run(place: Path, output: int) -> subprocess.Popen[bytes]:
    """This module's tests, run by an unprivileged user in a mount namespace of its own."""
    place.chmod(0o755)
    mounts, python = interpreter_for_all(place)
    (place / "tmp").mkdir()
    os.chown(place / "tmp", PLAIN, PLAIN)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place / "tmp"),
        "TMPDIR": str(place / "tmp"),
        "USER": "plain",
        "PYTHONPATH": str(place / "site"),
        "LD_LIBRARY_PATH": str(place / "python" / "lib"),  # Python's own, where it is a shared library
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": os.environ.get("CI", ""),
    }
    become = ["setpriv", f"--reuid={PLAIN}", f"--regid={PLAIN}", "--clear-groups"]
    tests = [str(python), "-m", "pytest", "tests/test_walls.py", "-q", "-p", "no:cacheprovider"]
    tests += ["-k", NOT_AGAIN]
    script = " && ".join([*mounts, f'cd "{place / "kit"}"', 'exec "$@"'])
    command = ["unshare", "--mount", "sh", "-c", script, "sh", *become, *tests]
    return subprocess.Popen(command, env=environment, stdout=output, stderr=output)


if AS_ROOT:

    @pytest.fixture(scope="module", autouse=True)
    def plain_run(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[bytes], Path] | None]:
        """The plain user's run and its output, begun first, so that it goes on beside root's."""
        if not any(item.originalname == plain_test for item in request.session.items):
            yield None
            return
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.NamedTemporaryFile() as output,
            start_plain_run(Path(folder), output.fileno()) as run,
        ):
            yield run, Path(output.name)
            run.kill()

    def test_the_walls_stand_for_a_plain_user_as_well(
        plain_run: tuple[subprocess.Popen[bytes], Path],
    ) -> None:
        """The walls of this module hold when an unprivileged user runs it."""
        run, output = plain_run
        assert run.wait(timeout=600) == 0, output.read_text()[-10_000:]

    plain_test = test_the_walls_stand_for_a_plain_user_as_well.__name__
