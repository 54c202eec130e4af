"""A seccomp filter: the system calls a decoder never needs answer "not permitted".

Owns: the list and the little program the kernel runs. It needs no privilege, so it is the wall that stands even where
containers forbid namespaces: no socket, no file opened by name, no new process, no signal to or limit on another.
Never: a list of what is allowed; decoders and C libraries change what they call, and this list does not have to.
Spec: https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import ctypes
import platform
import struct
from typing import Final

# Numbers per machine: x86_64, aarch64. -1: the machine has no such call.
REFUSED_CALLS: Final = {
    # the network
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "io_uring_setup": (425, 425),
    # files by name
    "open": (2, -1),
    "openat": (257, 56),
    "openat2": (437, 437),
    "creat": (85, -1),
    "open_by_handle_at": (304, 265),
    "truncate": (76, 45),
    "unlink": (87, -1),
    "unlinkat": (263, 35),
    "rename": (82, -1),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, -1),
    "linkat": (265, 37),
    "symlink": (88, -1),
    "symlinkat": (266, 36),
    "mkdir": (83, -1),
    "mkdirat": (258, 34),
    "rmdir": (84, -1),
    "mknod": (133, -1),
    "mknodat": (259, 33),
    "chmod": (90, -1),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "mount": (165, 40),
    # other processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, -1),
    "vfork": (58, -1),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    # the kernel's own larger surfaces
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
# machine -> column above, AUDIT_ARCH, clone, prlimit64, the call seccomp itself.
MACHINES: Final = {"x86_64": (0, 0xC000003E, 56, 302, 317), "aarch64": (1, 0xC00000B7, 220, 261, 277)}

CLONE3: Final = 435
CLONE_THREAD: Final = 0x10000
X32_BIT: Final = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16
ALLOW, KILL = 0x7FFF0000, 0x80000000
NOT_PERMITTED, NO_SUCH_CALL = 0x00050000 | 1, 0x00050000 | 38
SET_MODE_FILTER, ALL_THREADS = 1, 1


class FilterProgram(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """One struct sock_filter; yes and no: how many steps to skip."""
    return struct.pack("HBBI", code, yes, no, value)


def filter_steps(machine: str) -> bytes:
    """Assemble the program for one machine of MACHINES."""
    column, arch, clone, prlimit64, _ = MACHINES[machine]
    refused = sorted(numbers[column] for numbers in REFUSED_CALLS.values() if numbers[column] >= 0)
    steps = [
        step(LOAD, ARCH_AT),
        step(EQUAL, arch, yes=1),
        step(RETURN, KILL),
        step(LOAD, NUMBER_AT),
        step(AT_LEAST, X32_BIT, no=1),
        step(RETURN, NOT_PERMITTED),
    ]
    for number in refused:
        steps += [step(EQUAL, number, no=1), step(RETURN, NOT_PERMITTED)]
    # glibc falls back from clone3, whose flags a filter cannot see, to clone, whose flags it can.
    steps += [step(EQUAL, CLONE3, no=1), step(RETURN, NO_SUCH_CALL)]
    # A thread is fine, a process is not; limits of oneself are fine, of another process are not.
    for number, test in ((clone, step(ANY_BIT, CLONE_THREAD, yes=1)), (prlimit64, step(EQUAL, 0, yes=1))):
        steps += [step(EQUAL, number, no=4), step(LOAD, FIRST_ARGUMENT_AT), test, step(RETURN, NOT_PERMITTED)]
        steps.append(step(RETURN, ALLOW))
    steps.append(step(RETURN, ALLOW))
    return b"".join(steps)


def refuse_system_calls(libc: ctypes.CDLL) -> None:
    """Install the filter on every thread of this process, for good. Needs no_new_privs. Raises OSError."""
    machine = platform.machine()
    if machine not in MACHINES:
        raise OSError(f"no system call numbers for {machine}")
    steps = filter_steps(machine)
    held = ctypes.create_string_buffer(steps, len(steps))
    program = FilterProgram(len(steps) // 8, ctypes.addressof(held))
    seccomp = MACHINES[machine][4]
    if libc.syscall(seccomp, SET_MODE_FILTER, ALL_THREADS, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
