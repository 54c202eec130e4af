"""One's own archive: asked for once a day, packed by a job, kept for seven days.

Owns: the wish, the job, the file's life. Never: what the file looks like inside: a room above passes in a packer.
The job may begin again after a crash: it makes a new file, and what a crash left behind is swept away. The file lies
beside the media, in a folder that no address leads to; only a fresh session of its person is sent it.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.media import MediaRoom
from rookery.actions.proofs import check_fresh
from rookery.actions.repeating import repeatable
from rookery.model.errors import NotFound, TooMany, Unavailable
from rookery.model.ids import AccountId, now_us
from rookery.storage import jobs, ownarchives
from rookery.storage.blobs import BlobKey, BlobStore, DiskBlobs, parse_blob_key
from rookery.storage.jobs import Job
from rookery.storage.ownarchives import OwnArchive

BUILD_ARCHIVE = "BuildArchive"
DAY_S = 86_400
PAUSE_US = DAY_S * 1_000_000
KEPT_US = 7 * DAY_S * 1_000_000
SWEEP_S = 2 * 3600
Progress = Callable[[int], Awaitable[None]]
Packer = Callable[[App, BlobStore, AccountId, Path, Progress], Awaitable[None]]


class NoArchive(NotFound):
    """There is no file to fetch (any more)."""

    def __init__(self) -> None:
        super().__init__("there is no archive to fetch; ask for one first")


def archive_blobs(room: MediaRoom) -> DiskBlobs:
    """Return where archives lie: beside the media, which have addresses, not among them."""
    beside = room.blobs.root if isinstance(room.blobs, DiskBlobs) else room.spool
    return DiskBlobs(beside.parent / "archives")


@repeatable
async def request_archive(app: App, account_id: AccountId, *, session_id: int | None) -> None:
    """Have the archive packed. Raises ProofNeeded, TooMany within a day of the last one."""
    await check_fresh(app, account_id, session_id)
    now = now_us()
    async with app.db.transaction() as tx:
        if not await ownarchives.ask_archive(tx, account_id, now, now - PAUSE_US):
            raise TooMany("an archive can be asked for once a day; try again tomorrow", DAY_S)
        await jobs.insert_job(tx, app.ids.next_id(), BUILD_ARCHIVE, {"account_id": account_id})


def may_ask(archive: OwnArchive | None) -> bool:
    """True when a day has passed since the last one."""
    return archive is None or archive.asked_at_us < now_us() - PAUSE_US


async def find_own_archive(app: App, account_id: AccountId) -> OwnArchive | None:
    """Return how far a person's archive is, or None."""
    return await ownarchives.find_archive(app.db.reader, account_id)


async def find_file(app: App, room: MediaRoom, account_id: AccountId, *, session_id: int | None) -> Path:
    """Return where a person's archive lies. Raises ProofNeeded, NoArchive."""
    await check_fresh(app, account_id, session_id)
    archive = await find_own_archive(app, account_id)
    if archive is None or archive.file_key is None or (archive.expires_at_us or 0) <= now_us():
        raise NoArchive
    path = archive_blobs(room).path_of(parse_blob_key(archive.file_key))
    if not await asyncio.to_thread(path.is_file):
        raise NoArchive
    return path


def archive_handlers(app: App, room: MediaRoom, packer: Packer) -> dict[str, JobHandler]:
    """Return the handler of this room's job, for actions/jobs.py."""
    at_work: set[AccountId] = set()

    async def build(job: Job) -> None:
        account_id = AccountId(job.body["account_id"])
        if account_id in at_work:  # the lease of a long one is over; this process is still at it
            raise Unavailable("the archive is being packed", 60)
        at_work.add(account_id)
        try:
            await build_archive(app, room, packer, account_id)
        finally:
            at_work.discard(account_id)

    return {BUILD_ARCHIVE: build}


async def build_archive(app: App, room: MediaRoom, packer: Packer, account_id: AccountId) -> None:
    """Pack the file, make it durable, then say that it is ready; harmless a second time."""
    wish = await find_own_archive(app, account_id)
    if wish is None or wish.state != "making":
        return

    async def note(count: int) -> None:
        async with app.db.transaction() as tx:
            await ownarchives.note_progress(tx, account_id, count)

    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=room.spool, prefix="archive-"))
    path = folder / "archive.zip"
    try:
        await packer(app, room.blobs, account_id, path, note)
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        key = await archive_blobs(room).put(path, extension="zip")
    finally:
        await asyncio.to_thread(clear, folder)
    async with app.db.transaction() as tx:
        is_wanted = await ownarchives.finish_archive(tx, account_id, key, size_bytes, now_us() + KEPT_US)
        if is_wanted:
            await plan_letter(app, tx, Letter.ARCHIVE_READY, account_id)
    if not is_wanted:
        await archive_blobs(room).delete(key)


def clear(folder: Path) -> None:
    """Remove the folder of the work, with what is left in it."""
    for left in folder.iterdir():
        left.unlink(missing_ok=True)
    folder.rmdir()


async def forget_old_archives(app: App, room: MediaRoom) -> int:
    """Delete files whose days are over, or whose person is gone; return how many. For an hourly timer."""
    async with app.db.transaction() as tx:
        await ownarchives.expire_archives(tx, now_us())
    blobs, count = archive_blobs(room), 0
    # Listed first: a file put later is not mistaken for an orphan.
    present = [entry.key async for entry in blobs.entries()]
    wanted = await ownarchives.list_file_keys(app.db.reader)
    for key in present:
        if key not in wanted and await asyncio.to_thread(is_settled, blobs, key):
            await blobs.delete(key)
            count += 1
    return count


def is_settled(blobs: DiskBlobs, key: BlobKey) -> bool:
    """True for a file that is older than the time between its putting and its row."""
    with contextlib.suppress(FileNotFoundError):
        return blobs.path_of(key).stat().st_mtime < time.time() - SWEEP_S
    return False
