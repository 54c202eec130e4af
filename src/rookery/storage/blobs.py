"""Keep finished files under keys that nobody can guess.

Owns: the key, the folders, and the order of writes that makes "stored" mean "survives a power cut":
fsync file, rename, fsync folders, and only then the caller's row (reference/security.md §4.2). A row refers only to a
blob that exists; a blob without a row is an orphan, found with `entries`.
Never: looks into a file, decides who may read one, derives a key from content or from anything a person sent.
Every disk call runs in a thread, one hop per call.
"""

import asyncio
import errno
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NewType, Protocol, TypeVar

from rookery.model.errors import NotFound, Unavailable
from rookery.storage.database import StorageFull

# 32 hex digits (128 random bits), a dot, an ending: safe in a path and a URL. Made by `parse_blob_key` and `put` only.
BlobKey = NewType("BlobKey", str)

KEY_SHAPE: Final = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
FOLDER_SHAPE: Final = re.compile(r"[0-9a-f]{2}")
EXTENSION_SHAPE: Final = re.compile(r"[a-z0-9]{1,8}")
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
INCOMING: Final = "incoming"
FULL_SENTENCE: Final = "the media disk is full, failing or read-only; nothing was saved, try again later"

T = TypeVar("T")


class BlobError(NotFound):
    """A blob could not be kept or found."""


class InvalidBlobKey(BlobError):
    """The text is not a key we could have made; it never reaches the disk."""

    def __init__(self, raw: str) -> None:
        super().__init__(f"not a blob key: {raw[:80]!r}")


class BlobMissing(BlobError):
    """No blob has this key (any more)."""

    def __init__(self, key: BlobKey) -> None:
        super().__init__(f"no blob {key}")
        self.key = key


class BlobsAway(Unavailable):
    """The store does not answer, or refuses us; nothing was acknowledged."""

    def __init__(self) -> None:
        super().__init__("the place where pictures are kept does not answer; nothing was saved, try again later", 30)


def parse_blob_key(raw: str) -> BlobKey:
    """Raises InvalidBlobKey unless `raw` has the exact shape of a key; so no dots, slashes or capitals get through."""
    if not KEY_SHAPE.fullmatch(raw):
        raise InvalidBlobKey(raw)
    return BlobKey(raw)


def new_blob_key(extension: str) -> BlobKey:
    """A fresh random key. extension: lower case, without a dot. Raises InvalidBlobKey."""
    if not EXTENSION_SHAPE.fullmatch(extension):
        raise InvalidBlobKey(f".{extension}")
    return BlobKey(f"{secrets.token_hex(16)}.{extension}")


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """One stored blob. modified_at: aware UTC."""

    key: BlobKey
    size_bytes: int
    modified_at: datetime


class BlobStore(Protocol):
    """Where blobs live: a disk here, an object store in a larger house. Blobs never change once put.

    Every method raises InvalidBlobKey for a forged key, and BlobsAway when the store cannot be reached.
    """

    async def put(self, path: Path, *, extension: str) -> BlobKey:
        """Take over one finished file; `path` is gone afterwards. As `put_many`."""

    async def put_many(self, files: Sequence[tuple[Path, str]]) -> tuple[BlobKey, ...]:
        """Take over (path, extension) pairs, all or none; on return they are durable. Raises StorageFull, OSError."""

    async def place(self, key: BlobKey, path: Path) -> None:
        """Take over one file under a key that another store gave it; durable on return. Raises StorageFull, OSError."""

    async def fetch(self, key: BlobKey, folder: Path) -> Path:
        """Return a file with the blob's bytes, only to be read: the store's own, or a copy in `folder`.

        Raises BlobMissing.
        """

    async def size(self, key: BlobKey) -> int:
        """Bytes of a blob. Raises BlobMissing."""

    async def exists(self, key: BlobKey) -> bool:
        """Say whether a blob is here."""

    async def read(self, key: BlobKey, start: int, end: int) -> bytes:
        """Bytes from start up to, not including, end; fewer at the blob's end. Raises BlobMissing."""

    def local_path(self, key: BlobKey) -> Path | None:
        """Where the blob lies on this machine, if it does."""

    async def address(self, key: BlobKey) -> str | None:
        """Where a browser may fetch the blob itself, or None when the server is to hand it on."""

    async def delete(self, key: BlobKey) -> None:
        """Remove for good; harmless if it is gone."""

    def entries(self, prefix: str = "") -> AsyncIterator[BlobEntry]:
        """Every blob whose key begins so, in no order; one put or deleted meanwhile may or may not be named."""


class DiskBlobs:
    """Blobs as files: root/ab/cd/abcd….jpg. The root is made on first use and belongs to us alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: BlobKey) -> Path:
        """Where a blob lies, for a server that sends files itself. Raises InvalidBlobKey, even for a forged type."""
        sure = parse_blob_key(key)
        return self.root / sure[:2] / sure[2:4] / sure

    async def put(self, path: Path, *, extension: str) -> BlobKey:
        """As BlobStore.put."""
        return (await self.put_many([(path, extension)]))[0]

    async def put_many(self, files: Sequence[tuple[Path, str]]) -> tuple[BlobKey, ...]:
        """As BlobStore.put_many."""
        keys = tuple(new_blob_key(extension) for _, extension in files)
        moves = [(path, self.path_of(key)) for (path, _), key in zip(files, keys, strict=True)]
        await in_thread(lambda: self._move_in(moves))
        return keys

    async def place(self, key: BlobKey, path: Path) -> None:
        """As BlobStore.place."""
        moves = [(path, self.path_of(key))]
        await in_thread(lambda: self._move_in(moves))

    async def fetch(self, key: BlobKey, folder: Path) -> Path:
        """As BlobStore.fetch: the file itself."""
        await self.size(key)
        return self.path_of(key)

    async def size(self, key: BlobKey) -> int:
        """As BlobStore.size."""
        path = self.path_of(key)
        try:
            return await in_thread(lambda: path.stat().st_size)
        except FileNotFoundError as missing:
            raise BlobMissing(key) from missing

    async def exists(self, key: BlobKey) -> bool:
        """As BlobStore.exists."""
        path = self.path_of(key)
        return await in_thread(path.exists)

    async def read(self, key: BlobKey, start: int, end: int) -> bytes:
        """As BlobStore.read."""
        path = self.path_of(key)
        try:
            return await in_thread(lambda: read_span(path, start, end))
        except FileNotFoundError as missing:
            raise BlobMissing(key) from missing

    def local_path(self, key: BlobKey) -> Path | None:
        """As BlobStore.local_path."""
        return self.path_of(key)

    async def address(self, key: BlobKey) -> str | None:
        """As BlobStore.address: the server sends files itself."""
        return None

    async def delete(self, key: BlobKey) -> None:
        """As BlobStore.delete."""
        path = self.path_of(key)
        await in_thread(lambda: remove_durably(path))

    async def entries(self, prefix: str = "") -> AsyncIterator[BlobEntry]:
        """As BlobStore.entries. One thread hop per first-level folder."""
        first = f"{prefix[:2]}*" if len(prefix) < 2 else prefix[:2]
        for folder in await in_thread(lambda: sorted(self.root.glob(first))):
            if not FOLDER_SHAPE.fullmatch(folder.name):
                continue
            for entry in await in_thread(lambda here=folder: entries_under(here)):  # type: ignore[misc]
                if entry.key.startswith(prefix):
                    yield entry

    def _move_in(self, moves: Sequence[tuple[Path, Path]]) -> None:
        done: list[Path] = []
        try:
            for source, final in moves:
                final.parent.mkdir(parents=True, exist_ok=True)
                move_durably(source, final, self.root / INCOMING)
                done.append(final)
            # All levels each time: another thread may have made a folder that it has not synced yet.
            for folder in sorted({level for _, final in moves for level in list(final.parents)[:4]}, reverse=True):
                sync_folder(folder)
        except OSError as failed:
            for final in done:
                with suppress(OSError):
                    final.unlink()
            if failed.errno in FULL:
                raise StorageFull(FULL_SENTENCE) from failed
            raise


def move_durably(source: Path, final: Path, incoming: Path) -> None:
    """Sync a file's bytes and give it its name; from another file system by way of a copy beside the blobs."""
    try:
        sync_file(source)
        source.rename(final)
        return
    except OSError as elsewhere:
        if elsewhere.errno != errno.EXDEV:
            raise
    incoming.mkdir(exist_ok=True)
    copy = incoming / final.name
    try:
        shutil.copyfile(source, copy)
        sync_file(copy)
        copy.rename(final)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    source.unlink()


def sync_file(path: Path) -> None:
    """Have a file's bytes on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Have a folder's names on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_durably(path: Path) -> None:
    """Unlink, so that a power cut does not bring it back."""
    with suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def read_span(path: Path, start: int, end: int) -> bytes:
    """Bytes of a file from start to end."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(max(0, end - start))


def entries_under(folder: Path) -> list[BlobEntry]:
    """The blobs in one first-level folder; files that are not ours are passed over."""
    found = []
    for path in folder.glob("*/*"):
        if KEY_SHAPE.fullmatch(path.name):
            with suppress(FileNotFoundError):
                facts = path.stat()
                found.append(BlobEntry(BlobKey(path.name), facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC)))
    return found


async def in_thread(work: Callable[[], T]) -> T:
    """Run off the loop, to the end: a cancelled caller leaves an orphan at worst, never half a file under a key."""
    return await asyncio.shield(asyncio.ensure_future(asyncio.to_thread(work)))
