"""Wall a process in before it sees untrusted bytes, and say which walls stand.

Owns: the order and the system calls, by ctypes (Python 3.11 has no os.unshare). Never: decides whether a missing wall
is acceptable; the server shows `Confinement.sentences` to the admin. Every wall is tried; none needs root.
Two steps, because a decoder must be imported in between: `leave_world` while the process has one thread and no decoder
(namespaces demand it), `close_door` when every library is loaded (after it no file can be opened by name).
Spec: user_namespaces(7), landlock(7), seccomp(2), setrlimit(2). Outside Linux only the limits hold.
"""

import ctypes
import resource
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rookery.media.syscall_filter import refuse_system_calls

Wall = Callable[[ctypes.CDLL], None]

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SIGKILL: Final = 9
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
CAPABILITY_VERSION_3: Final = 0x20080522
LANDLOCK_CREATE, LANDLOCK_RESTRICT = 444, 446
LANDLOCK_ASK_VERSION: Final = 1
# What each Landlock version can refuse on files, highest first. Spec: landlock(7), "Landlock ABI versions".
LANDLOCK_FILE_RIGHTS: Final = ((5, 0xFFFF), (3, 0x7FFF), (2, 0x3FFF), (1, 0x1FFF))

WALLS: Final = {
    "limits": "memory, file size, open files and processor time are bounded",
    "first to go": "the kernel stops it first when memory runs out, and with its server",
    "network namespace": "it lives in a network of its own, with nothing in it",
    "user namespace": "it has no user and no rights outside itself",
    "no new privileges": "it cannot gain rights by running a program",
    "no capabilities": "it holds no privilege of the administrator",
    "landlock": "it cannot open, make or remove any file by name",
    "syscall filter": "it cannot make a socket, open a file, start a process or signal one",
}


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which walls stand. walls: name in WALLS -> "" if it stands, else the reason why not."""

    walls: Mapping[str, str]

    def holds(self, name: str) -> bool:
        """Say whether one wall of WALLS stands."""
        return self.walls.get(name) == ""

    @property
    def has_no_network(self) -> bool:
        """True if at least one wall keeps the child from any connection."""
        return self.holds("network namespace") or self.holds("syscall filter")

    @property
    def has_no_files(self) -> bool:
        """True if at least one wall keeps the child from files by name."""
        return self.holds("landlock") or self.holds("syscall filter")

    def sentences(self) -> list[str]:
        """One line per wall for an admin, in the order of WALLS."""
        return [describe_wall(name, meaning, self.walls.get(name)) for name, meaning in WALLS.items()]


def describe_wall(name: str, meaning: str, reason: str | None) -> str:
    """Say "name: holds: meaning" or "name: does not hold: reason"."""
    if reason == "":
        return f"{name}: holds: {meaning}"
    return f"{name}: does not hold: {reason or 'never tried'}"


def leave_world(*, memory_bytes: int, cpu_s: int, output_bytes: int) -> dict[str, str]:
    """Put up what must stand before a library is loaded or a thread started. Returns wall -> "" or why not."""

    def bounded(_: ctypes.CDLL) -> None:
        bound(resource.RLIMIT_AS, memory_bytes)
        bound(resource.RLIMIT_CPU, cpu_s)
        bound(resource.RLIMIT_FSIZE, output_bytes)
        bound(resource.RLIMIT_CORE, 0)
        bound(resource.RLIMIT_NOFILE, 32)

    return put_up(
        {
            "limits": bounded,
            "first to go": go_first,
            "user namespace": enter_user_namespace,
            "network namespace": enter_network_namespace,
        }
    )


def close_door() -> dict[str, str]:
    """Put up the rest, once everything is imported and before the first untrusted byte. Returns as `leave_world`."""
    return put_up(
        {
            "no new privileges": refuse_new_privileges,
            "no capabilities": drop_capabilities,
            "landlock": refuse_files,
            "syscall filter": refuse_system_calls,
        }
    )


def put_up(walls: Mapping[str, Wall]) -> dict[str, str]:
    """Try each in order; one that fails does not stop the next."""
    libc = ctypes.CDLL(None, use_errno=True)
    stand = {}
    for name, build in walls.items():
        try:
            build(libc)
            stand[name] = ""
        except (OSError, ValueError, AttributeError, KeyError) as missing:
            stand[name] = str(missing) or type(missing).__name__
    return stand


def bound(limit: int, most: int) -> None:
    """Lower one rlimit to `most`, never raise it."""
    _, hard = resource.getrlimit(limit)
    lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (lowest, lowest))


def checked(result: int, call: str) -> None:
    """Raise OSError if a call by ctypes said -1."""
    if result == -1:
        raise OSError(ctypes.get_errno(), call)


def go_first(libc: ctypes.CDLL) -> None:
    """Be the kernel's first choice when memory is short, and end with the server."""
    Path("/proc/self/oom_score_adj").write_bytes(b"1000")
    checked(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl")


def enter_user_namespace(libc: ctypes.CDLL) -> None:
    """Become nobody: an unmapped user whose rights end at this namespace, with a network that is empty.

    Both in one step, because without privilege the second is allowed only inside the first.
    """
    checked(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC), "unshare")
    # Counted inside the namespace alone, so it cannot starve the server's own threads.
    bound(resource.RLIMIT_NPROC, 16)


def enter_network_namespace(libc: ctypes.CDLL) -> None:
    """Enter an empty network; after `enter_user_namespace` it only repeats that, alone it needs CAP_SYS_ADMIN."""
    checked(libc.unshare(CLONE_NEWNET), "unshare")


def refuse_new_privileges(libc: ctypes.CDLL) -> None:
    """No setuid program helps from here on, and nobody but root may read this memory."""
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    checked(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
    # Entering a user namespace changes the credentials, and that made the kernel forget it. Spec: prctl(2)
    checked(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl")


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """Empty the effective, permitted and inheritable sets."""
    head = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION_3, 0))
    checked(libc.capset(head, ctypes.create_string_buffer(24)), "capset")


def refuse_files(libc: ctypes.CDLL) -> None:
    """Landlock without a single rule: every right on files, TCP ports, abstract sockets and signals is refused."""
    version = libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), LANDLOCK_ASK_VERSION)
    checked(version, "landlock")
    files = next(rights for least, rights in LANDLOCK_FILE_RIGHTS if version >= least)
    ruleset = struct.pack("Q", files)
    ruleset += struct.pack("Q", 0b11) if version >= 4 else b""
    ruleset += struct.pack("Q", 0b11) if version >= 6 else b""
    held = ctypes.create_string_buffer(ruleset, len(ruleset))
    descriptor = libc.syscall(LANDLOCK_CREATE, held, ctypes.c_size_t(len(ruleset)), 0)
    checked(descriptor, "landlock")
    checked(libc.syscall(LANDLOCK_RESTRICT, descriptor, 0), "landlock")
