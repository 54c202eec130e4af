"""Disks that fail: the power cut (F3), PostgreSQL's full disk (F4), a disk that cannot keep what it was given (F5).

Owns: those disks. What must hold afterwards stands in faults/checks.py. What a machine lacks for one
is said, and it is left out.
"""

import asyncio
import contextlib
import ctypes
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from faults.ground import FULL, Ground, ground, soon, uploaded, wrote
from faults.hatchery import hatchery

LIBC = ctypes.CDLL(None, use_errno=True)
IMAGE_MB = 96
FSYNCS = "fsync,fdatasync"
ALWAYS = "1+"


def lacking(*tools: str, is_root: bool = False) -> str:
    """Say what is missing on this machine, '' when nothing is."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if is_root and os.geteuid() != 0:
        return "left out: it needs the right to mount"
    return f"left out: it needs {' and '.join(missing)}" if missing else ""


def mount_memory(place: Path, size: str = "48m") -> None:
    """Raises OSError."""
    place.mkdir(exist_ok=True)
    if LIBC.mount(b"tmpfs", str(place).encode(), b"tmpfs", 0, f"size={size}".encode()) != 0:
        raise OSError(ctypes.get_errno(), "a file system in memory could not be mounted")


def unmount(place: Path) -> None:
    LIBC.umount2(str(place).encode(), 2)


class Disk:
    """An ext4 of its own in a file, so that one can have what the disk had at a moment, and nothing of the cache."""

    def __init__(self, folder: Path) -> None:
        self.image, self.copy, self.place = folder / "image", folder / "copy", folder / "disk"
        self.place.mkdir()
        with self.image.open("wb") as file:
            file.truncate(IMAGE_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)

    def mount(self) -> bool:
        return subprocess.run(["mount", "-o", "loop", self.image, self.place], check=False).returncode == 0

    def unmount(self) -> bool:
        return subprocess.run(["umount", self.place], check=False, capture_output=True).returncode == 0

    def keep_moment(self) -> None:
        """Copy the image as it is at one moment: a copy that was not overtaken by a write."""
        deadline = time.monotonic() + 20
        while True:
            subprocess.run(["cp", "--sparse=never", self.image, self.copy], check=True)
            if subprocess.run(["cmp", "-s", self.image, self.copy], check=False).returncode == 0:
                return
            assert time.monotonic() < deadline, "the disk never rests"

    def go_back(self) -> None:
        """Have nothing but what the disk had at that moment."""
        soon(self.unmount)
        self.copy.replace(self.image)
        assert self.mount()


def cut_power(folder: Path, *, rounds: int, chance: random.Random) -> str:
    """F3: what is not on the disk at a random moment is gone, also what the kernel had in its memory."""
    if said := lacking("mkfs.ext4", "mount", "umount", "losetup", "cmp", is_root=True):
        return said
    disk = Disk(folder)
    if not disk.mount():
        return "left out: this machine mounts no images"
    try:
        with ground(disk.place) as nest:
            for _ in range(rounds):
                nest.load.start(nest.server.url)
                time.sleep(chance.uniform(0.2, 1.2))
                nest.server.process.send_signal(signal.SIGSTOP)
                disk.keep_moment()
                nest.server.process.kill()
                nest.server.process.wait()
                nest.load.stop()
                nest.server.log.close()
                disk.go_back()
                nest.come_back()
                nest.settle()
            ledger = nest.ledger
    finally:
        unmount(disk.place)
    assert len(ledger.posts) >= rounds
    assert ledger.pictures
    return (
        f"{rounds} power cuts: {len(ledger.posts)} posts, {len(ledger.deleted)} deletions and {len(ledger.pictures)}"
        " pictures acknowledged, none lost; the file is sound"
    )


def fail_to_sync(folder: Path, *, upto: int) -> str:
    """F5: the first, second … fsync of each thread fails once, then every one does."""
    if said := lacking("strace"):
        return said
    with hatchery() as eggs, ground(folder, start=eggs.server) as nest:
        assert wrote(nest) == 200
        found = [fail_round(nest, when) for when in (*map(str, range(1, upto + 1)), ALWAYS)]
        if None in found:
            return "left out: strace may not look into processes here"
        nest.crash()
        nest.settle()
    assert sum(found[:-1]) >= upto / 2, "hardly anything was refused: the fault did not reach the server"
    return (
        f"{upto} single failures of fsync, then all of them: {sum(found)} writes and uploads refused, nothing"
        " acknowledged was lost"
    )


def fail_round(nest: Ground, when: str) -> int | None:
    """Have fsync fail while people write; return how many were refused, None when it cannot be arranged."""
    failures = 0
    with failing(nest.server.process.pid, when) as is_arranged:
        if not is_arranged:
            return None
        for _ in range(4):
            for code in (wrote(nest), uploaded(nest)):
                assert code in FULL or (code == 200 and when != ALWAYS), f"answered {code}"
                failures += code in FULL
            nest.bea.get("/api/v1/timelines/home")
    soon(lambda: wrote(nest) == 200)
    soon(lambda: uploaded(nest) == 200)
    nest.settle()
    return failures


@contextlib.contextmanager
def failing(pid: int, when: str) -> Iterator[bool]:
    """Let strace answer for the disk; False when it may not."""
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={FSYNCS}"]
    words += ["-e", f"inject={FSYNCS}:error=EIO:when={when}"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as tracer:
        try:
            soon(lambda: is_traced(pid) or tracer.poll() is not None)
            yield tracer.poll() is None
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGINT)


def is_traced(pid: int) -> bool:
    """True when every thread of the process is watched."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    return all("TracerPid:\t0\n" not in (task / "status").read_text() for task in tasks)


def full_tables(folder: Path, dsn: str) -> str:
    """F4 on PostgreSQL: the disk of its tables is full, that of its log is not. dsn: of a cluster to be thrown away."""
    if said := lacking(is_root=True):
        return said
    disk, ballast = folder / "tables", folder / "tables" / "ballast"
    folder.chmod(0o711)
    mount_memory(disk)
    try:
        asyncio.run(run_on(dsn, *make_tables(dsn, disk)))
        with ground(folder, urlunsplit(urlsplit(dsn)._replace(path="/faults_small"))) as nest:
            for _ in range(2):
                nest.load.start(nest.server.url)
                fill(ballast)
                soon(lambda: any(code in FULL for code, _ in nest.ledger.refused))
                nest.load.stop()
                endure_partly(nest)
                ballast.unlink()
                soon(lambda: wrote(nest) == 200)
                soon(lambda: uploaded(nest) == 200)
                nest.settle()
            refused = nest.ledger.refused
        asyncio.run(run_on(dsn, "DROP DATABASE faults_small", "DROP TABLESPACE small"))
    finally:
        unmount(disk)
    assert {code for code, _ in refused} <= set(FULL)
    return f"{len(refused)} writes refused while PostgreSQL's tables could not grow; all well afterwards, no restart"


def make_tables(dsn: str, disk: Path) -> list[str]:
    """Give PostgreSQL a folder on the disk; return what makes a database there."""
    [(data,)] = asyncio.run(run_on(dsn, "SHOW data_directory"))
    owner = Path(data).stat()
    (disk / "space").mkdir()
    os.chown(disk / "space", owner.st_uid, owner.st_gid)
    return [f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'", "CREATE DATABASE faults_small TABLESPACE small"]


async def run_on(dsn: str, *statements: str) -> list[tuple[str, ...]]:
    """Run statements one by one; return the rows of the last."""
    connection = await asyncpg.connect(dsn)
    found: list[tuple[str, ...]] = []
    for statement in statements:
        found = [tuple(row) for row in await connection.fetch(statement)]
    await connection.close()
    return found


def endure_partly(nest: Ground) -> None:
    """What needs a new page is refused with a sentence, what finds room in an old one passes; reads go on."""
    before = len(nest.ledger.refused)
    deadline = time.monotonic() + 30
    while len(nest.ledger.refused) < before + 20:
        assert time.monotonic() < deadline, "the disk is full, and nothing is refused"
        assert wrote(nest) in (200, *FULL)
        assert uploaded(nest) in (200, *FULL)
        assert nest.bea.call("GET", "/health").status_code == 200
        nest.bea.get("/api/v1/timelines/home")
    assert all("nothing was saved" in sentence for _, sentence in nest.ledger.refused[before:])


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
