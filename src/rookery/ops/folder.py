"""The data folder: ours alone, and one server at a time.

Owns: making it, the lock file, what lies where in it. Never: opens the database (ops/app.py).
The lock belongs to the open file, so the system frees it when the process dies, however it dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rookery.model.errors import Refusal

if sys.platform != "win32":
    import fcntl

LOCK_NAME = "rookery.lock"


class FolderRefused(Refusal):
    """The data folder cannot be used; the sentence says what to do."""


class FolderInUse(Refusal):
    """Another server runs on this data. address: where it answers, '' when it did not say."""

    def __init__(self, folder: Path, address: str, pid: int) -> None:
        at = f" at {address}" if address else ""
        super().__init__(
            f"a server is already running on {folder}{at} (process {pid}); stop it first, or give another folder with"
            " --data"
        )
        self.address = address


class NoData(Refusal):
    """A command was pointed at a folder without a server's data."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"there is no server's data in {folder}; name the folder with --data, or begin with `rookery up`"
        )


class DataFolder:
    """One folder and its places."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "rookery.db"
        self.media = root / "media"
        self.mail = root / "mail"
        self.spool = root / "spool"
        self.lock = root / LOCK_NAME

    def make(self) -> None:
        """Make the folder readable by its owner alone. Raises FolderRefused."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.spool.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise FolderRefused(f"{self.root} is a file, not a folder; give another name with --data") from None
        except OSError as error:
            raise FolderRefused(f"the data folder {self.root} cannot be made: {error.strerror}") from error
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise FolderRefused(f"this user may not write into the data folder {self.root}")

    def check_free(self) -> None:
        """Raises FolderInUse now rather than after other complaints, such as of the port that the other server has."""
        if self.lock.exists():
            with self.lock.open(encoding="utf-8") as file:
                if not try_lock(file.fileno()):
                    raise in_use(self.root, file.read())

    def empty_spool(self) -> None:
        """Delete uploads that a server did not finish; only the holder of the lock may."""
        for left in self.spool.iterdir():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, address: str) -> Iterator[None]:
        """Hold the folder for one server. address: what a second one shall tell. Raises FolderInUse."""
        with self.lock.open("a+", encoding="utf-8") as file:
            if not try_lock(file.fileno()):
                file.seek(0)
                raise in_use(self.root, file.read())
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "address": address}))
            file.flush()
            yield
            file.truncate(0)


def try_lock(descriptor: int) -> bool:
    """Take the lock, or say that somebody has it."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def in_use(root: Path, note: str) -> FolderInUse:
    """Read what the running server wrote into the lock."""
    try:
        holder = json.loads(note)
        return FolderInUse(root, str(holder["address"]), int(holder["pid"]))
    except (ValueError, KeyError, TypeError):
        return FolderInUse(root, "", 0)
