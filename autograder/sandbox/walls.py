"""The inner walls round a worker: what a forked child of the zygote gives up before it runs student code.

Order matters and each step says why. Linux system calls without a Python binding go through ctypes.
Numbers and names: capabilities(7), user_namespaces(7), prctl(2), close_range(2).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import struct
from dataclasses import dataclass

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEW = {
    "mount": 0x0002_0000,
    "cgroup": 0x0200_0000,
    "uts": 0x0400_0000,
    "ipc": 0x0800_0000,
    "user": 0x1000_0000,
    "pid": 0x2000_0000,
    "net": 0x4000_0000,
}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS = 4, 24, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 36, 38, 47, 4
SECBITS_LOCKED = 0x2F  # no root, no setuid fix-up, each with its lock; keep-caps locked off
CAPABILITY_VERSION_3 = 0x2008_0522
SYS_CLOSE_RANGE = 436

MIB = 1 << 20
TMP_SIZE = 128 * MIB  # the largest file that is handed in, and as much for what a notebook writes
WIRE_FD = 3
WORKER_UID = 60_000


@dataclass(frozen=True)
class Limits:
    """What one worker may use; memory comes on top of what the zygote has mapped when it forks."""

    address_space: int = 3 << 30  # bytes
    data: int = 2 << 30  # bytes
    processes: int = 16
    files: int = 128
    file_size: int = 64 * MIB  # bytes
    stack: int = 8 * MIB  # bytes
    cpu: int = 600  # seconds a process; the wall clock is watched from outside
    pending_signals: int = 256


def _check(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def set_dumpable(dumpable: bool) -> None:
    """Whether others of the same user may read this process's memory and own its /proc files."""
    _check(_libc.prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def become_subreaper() -> None:
    """Adopt orphaned grandchildren, so that the process between two forks can leave at once."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def drop_root() -> None:
    """Become an unprivileged user for good, if this is root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(WORKER_UID, WORKER_UID, WORKER_UID)
        os.setresuid(WORKER_UID, WORKER_UID, WORKER_UID)


def unshare_all() -> None:
    """Enter namespaces of its own: user, mount, pid (for children), network, IPC, host name, cgroup."""
    uid, gid = os.getuid(), os.getgid()
    set_dumpable(True)  # else /proc/self belongs to root, and the maps cannot be written
    _check(_libc.unshare(sum(CLONE_NEW.values())), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def forbid_user_namespaces() -> None:
    """No new user namespace below this one: it would bring back every capability, mounting included."""
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")


def mount_private_folders() -> None:
    """A small /tmp of its own, and nothing to read in /proc."""
    _mount(b"/tmp", MS_NOSUID | MS_NODEV, b"size=%d,nr_inodes=4096,mode=700" % TMP_SIZE)
    _mount(b"/proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, b"size=4k,nr_inodes=2,mode=555")


def _mount(target: bytes, flags: int, options: bytes) -> None:
    _check(_libc.mount(b"tmpfs", target, b"tmpfs", flags, options), f"mount {target.decode()}")


def arrange_descriptors(wire: int, out: int) -> None:
    """0 is /dev/null, 1 and 2 the worker's own pipe, 3 the wire; every other one is closed."""
    null = os.open("/dev/null", os.O_RDONLY)
    # first out of the way of the targets, so that no target is overwritten before it is read
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, WIRE_FD + 1) for fd in (null, out, wire)]
    os.dup2(high[0], 0)
    os.dup2(high[1], 1)
    os.dup2(high[1], 2)
    os.dup2(high[2], WIRE_FD, inheritable=False)
    _check(_libc.syscall(SYS_CLOSE_RANGE, WIRE_FD + 1, 0xFFFF_FFFF, 0), "close_range")


def drop_capabilities() -> None:
    """Empty every capability set and lock the bits that could fill them again."""
    _check(_libc.prctl(PR_SET_SECUREBITS, SECBITS_LOCKED, 0, 0, 0), "prctl(PR_SET_SECUREBITS)")
    for capability in range(64):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails above the kernel's last one
    _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl(PR_CAP_AMBIENT)")
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    nothing = ctypes.create_string_buffer(24)
    _check(_libc.capset(header, nothing), "capset")


def forbid_new_privileges() -> None:
    """No set-user-id program raises anything any more; not dumpable, so no peer reads this memory."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    set_dumpable(False)


def mapped_bytes() -> int:
    """This process's address space, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def apply_limits(limits: Limits, mapped: int) -> None:
    """Take the limits for good, after `unshare_all`: before it, all workers' processes are counted as one."""
    table = {
        resource.RLIMIT_AS: mapped + limits.address_space,
        resource.RLIMIT_DATA: mapped + limits.data,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_STACK: limits.stack,
        resource.RLIMIT_CPU: limits.cpu,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: limits.pending_signals,
    }
    for what, value in table.items():
        hard = resource.getrlimit(what)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bound, bound))
    os.nice(5)
