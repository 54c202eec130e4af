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
from dataclasses import dataclass
from pathlib import Path

from rookery.model.errors import Refusal
from rookery.model.settings import ServerSettings

if sys.platform != "win32":
    import fcntl

LOCK_NAME = "rookery.lock"


class FolderRefused(Refusal):
    """The data folder cannot be used; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The server that runs on a folder. address: where it answers."""

    pid: int
    address: str
    is_test: bool


class FolderInUse(Refusal):
    """Another server runs on this data."""

    def __init__(self, folder: Path, holder: Holder) -> None:
        super().__init__(
            f"a server is already running on {folder} at {holder.address or 'an unknown address'}"
            f" (process {holder.pid}); stop it first, or give another folder with --data"
        )
        self.holder = holder


class NoData(Refusal):
    """A command was pointed at a folder without a server's data."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"there is no server's data in {folder}; name the folder with --data, or begin with `rookery up`"
        )


class DataFolder:
    """One folder and its places."""

    def __init__(self, root: Path, media: Path | None = None) -> None:
        self.root = root
        self.database = root / "rookery.db"
        self.media = media or root / "media"
        self.mail = root / "mail"
        self.spool = root / "spool"
        self.lock = root / LOCK_NAME

    @classmethod
    def of(cls, server: ServerSettings) -> DataFolder:
        """Return the folder that the settings name."""
        return cls(Path(server.data), Path(server.media) if server.media else None)

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

    def holder(self) -> Holder | None:
        """Return the server that runs on this folder, or None."""
        if not self.lock.exists():
            return None
        with self.lock.open(encoding="utf-8") as file:
            return None if try_lock(file.fileno()) else read_holder(file.read())

    def check_free(self) -> None:
        """Raises FolderInUse now rather than after other complaints, such as of the port that the other server has."""
        if holder := self.holder():
            raise FolderInUse(self.root, holder)

    def is_tested(self) -> bool:
        """True while a server in test mode runs on this folder."""
        holder = self.holder()
        return holder is not None and holder.is_test

    def empty_spool(self) -> None:
        """Delete uploads that a server did not finish; only the holder of the lock may."""
        for left in self.spool.iterdir():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, address: str, *, is_test: bool = False) -> Iterator[None]:
        """Hold the folder for one server. address: what a second one shall tell. Raises FolderInUse."""
        with self.lock.open("a+", encoding="utf-8") as file:
            if not try_lock(file.fileno()):
                file.seek(0)
                raise FolderInUse(self.root, read_holder(file.read()))
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "address": address, "is_test": is_test}))
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


def read_holder(note: str) -> Holder:
    """Read what the running server wrote into the lock."""
    try:
        holder = json.loads(note)
        return Holder(int(holder["pid"]), str(holder["address"]), bool(holder["is_test"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "", False)
