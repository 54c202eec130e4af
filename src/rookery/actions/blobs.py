"""Housekeeping of stored files: what nobody knows goes, and everything can move to another store.

Owns: collecting orphans, moving between stores, counting. Never: deletes what a row knows, or what is younger than a
day: an upload is stored before its row is written, and a crash in between leaves exactly such an orphan.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rookery.actions.app import App
from rookery.model.errors import Refusal
from rookery.storage.blobrefs import list_known_keys
from rookery.storage.blobs import BlobKey, BlobMissing, BlobStore

YOUNG = timedelta(days=1)
PREFIXES = tuple(f"{number:x}" for number in range(16))
PIECE_BYTES = 8 * 1024 * 1024
Tell = Callable[[int, int], None]


class CopyDiffers(Refusal):
    """What was written to the other store does not read back the same."""

    def __init__(self, key: BlobKey) -> None:
        super().__init__(f"{key} does not read back as it was written; nothing was removed, look at the new store")


@dataclass(slots=True)
class Usage:
    """Counts of stored files. orphans: those that no row knows."""

    files: int = 0
    size_bytes: int = 0
    orphans: int = 0
    orphan_bytes: int = 0


@dataclass(slots=True)
class Moved:
    """What a move did. present: files that the other store had already."""

    copied: int = 0
    present: int = 0
    size_bytes: int = 0


async def count_blobs(app: App, blobs: BlobStore) -> Usage:
    """Count what is stored, and what of it nobody knows."""
    usage = Usage()
    for prefix in PREFIXES:
        entries = [entry async for entry in blobs.entries(prefix)]
        known = await list_known_keys(app.db.long_reader, prefix)
        strangers = [entry for entry in entries if entry.key not in known]
        usage.files += len(entries)
        usage.size_bytes += sum(entry.size_bytes for entry in entries)
        usage.orphans += len(strangers)
        usage.orphan_bytes += sum(entry.size_bytes for entry in strangers)
    return usage


async def forget_orphans(app: App, blobs: BlobStore, *, older_than: timedelta = YOUNG) -> int:
    """Delete files that no row knows; return how many. The rows are read after the files, so none is missed."""
    before, count = datetime.now(UTC) - older_than, 0
    for prefix in PREFIXES:
        old = [entry.key async for entry in blobs.entries(prefix) if entry.modified_at < before]
        known = await list_known_keys(app.db.long_reader, prefix)
        for key in old:
            if key not in known:
                await blobs.delete(key)
                count += 1
    return count


async def move_blobs(source: BlobStore, target: BlobStore, spool: Path, tell: Tell) -> Moved:
    """Copy every file that the target lacks, and compare what can be read back. Harmless when it is begun again.

    tell: called with how many of how many files are done. Raises CopyDiffers, BlobsAway, StorageFull.
    """
    entries = [entry async for entry in source.entries()]
    moved = Moved()
    for done, entry in enumerate(entries):
        tell(done, len(entries))
        if await has_whole(target, entry.key, entry.size_bytes):
            moved.present += 1
            continue
        try:
            await copy_blob(source, target, entry.key, spool)
        except BlobMissing:
            continue  # deleted in the meantime
        moved.copied += 1
        moved.size_bytes += entry.size_bytes
    tell(len(entries), len(entries))
    return moved


async def has_whole(blobs: BlobStore, key: BlobKey, size_bytes: int) -> bool:
    """Say whether a store has a blob of this size. A store never shows half a file, so the size is enough."""
    try:
        return await blobs.size(key) == size_bytes
    except BlobMissing:
        return False


async def copy_blob(source: BlobStore, target: BlobStore, key: BlobKey, spool: Path) -> None:
    """Copy one blob and read it back. Raises BlobMissing, CopyDiffers."""
    with tempfile.TemporaryDirectory(dir=spool, prefix="move-") as name:
        copy = Path(name) / "copy"
        digest = await read_into(source, key, copy)
        await target.place(key, copy)
    if await read_into(target, key, None) != digest:
        await target.delete(key)
        raise CopyDiffers(key)


async def read_into(blobs: BlobStore, key: BlobKey, path: Path | None) -> bytes:
    """Read a blob, into a file if one is given; return its SHA-256. Raises BlobMissing."""
    digest, at, size = hashlib.sha256(), 0, await blobs.size(key)
    if path:
        await asyncio.to_thread(path.write_bytes, b"")
    while at < size:
        piece = await blobs.read(key, at, at + PIECE_BYTES)
        if not piece:
            raise BlobMissing(key)
        digest.update(piece)
        at += len(piece)
        if path:
            await asyncio.to_thread(append, path, piece)
    return digest.digest()


def append(path: Path, piece: bytes) -> None:
    """Add bytes to a file."""
    with path.open("ab") as file:
        file.write(piece)
