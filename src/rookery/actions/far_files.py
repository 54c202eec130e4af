"""Files of other servers as people here see them: from our copy, which is fetched when somebody looks.

Owns: FarRoom, who waits for which fetch, pauses after failures, what a copy teaches. Never: fetches what no post,
profile or emoji of ours names, or for a server whose files are refused here; sends anybody to the other server.
Many who look at once wait for one fetch, each for a bounded time; the fetch goes on without them. A copy that is here
is shown whatever became of the server that it came from.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from rookery.actions.app import App, record_event
from rookery.actions.far_fetching import Copy, FileMissing, copy_far_file, limits_for, may_play
from rookery.actions.far_keeping import count_bytes, drop, drop_copy, forget_unwanted
from rookery.actions.media import MediaRoom
from rookery.actions.purge import delete_blobs
from rookery.actions.receiving import host_of
from rookery.actions.repeating import repeatable
from rookery.media.errors import MediaBoxDown, MediaRefused
from rookery.media.recording_errors import RecordingsOff
from rookery.model.errors import Refusal, Unavailable
from rookery.model.events import PostRefreshed
from rookery.model.far_files import FarFile, FarFileAway, FarFileNotFound, FarToken
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.media import MediaKind
from rookery.model.settings import FarMediaSettings
from rookery.network.door import Door
from rookery.network.outward import FetchRefused, HostBusy
from rookery.storage import far_files
from rookery.storage.database import Reader, Transaction
from rookery.storage.far_files import Learned, Told
from rookery.storage.peering import find_peering

LOG = logging.getLogger("rookery.far_files")
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
FIRST_PAUSE_US, LONGEST_PAUSE_US = 60 * SECOND_US, DAY_US
REFUSED_PAUSE_US = 7 * DAY_US
NOT_YET = 3  # a post may be quicker than its files
PICTURES_AT_ONCE, RECORDINGS_AT_ONCE, MADE_AT_ONCE = 16, 2, 2
MOST_FETCHES = 400
# Each takes a place of a stranger (network/admission.py): pages must go on while other servers are slow.
MOST_WAITING = 96
MOST_NOTED = 10_000
PLAYING = (MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.GIFV)


@dataclass(slots=True)
class FarRoom:
    """What far files are fetched with, and who waits for which.

    wanted: what was looked at since it was written down. turns, films: for pictures, and for what may be a video.
    boxes: for making pictures beside those of uploads. waiting: how many people wait.
    """

    door: Door
    media: MediaRoom
    fetches: dict[FarToken, asyncio.Task[None]] = field(default_factory=dict)
    wanted: dict[FarToken, FarFile] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PICTURES_AT_ONCE))
    films: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RECORDINGS_AT_ONCE))
    boxes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MADE_AT_ONCE))
    waiting: int = 0
    sweeping: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """End what is under way; nothing of it is kept."""
        tasks = list(self.fetches.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def get_far_file(app: App, room: FarRoom, token: FarToken, *, within_s: float) -> FarFile:
    """Return a file with its copy, fetched when there is none.

    within_s: how long to wait for that. Raises FarFileNotFound, FarFileAway.
    """
    file = await far_files.find_far_file(app.db.reader, token)
    if file is None or not file.is_owned:
        raise FarFileNotFound
    if file.blob_key is None:
        await join_fetch(app, room, file, within_s)
        file = await far_files.find_far_file(app.db.reader, token)
        if file is None or not file.is_owned:
            raise FarFileNotFound
    if file.blob_key is None:
        raise FarFileNotFound if file.is_refused else FarFileAway()
    note_wanted(room, file)
    return file


def note_wanted(room: FarRoom, file: FarFile) -> None:
    """Remember that somebody looked, unless that is written down for today."""
    if file.wanted_at_us < now_us() - DAY_US and len(room.wanted) < MOST_NOTED:
        room.wanted[file.token] = file


async def join_fetch(app: App, room: FarRoom, file: FarFile, within_s: float) -> None:
    """Wait for a fetch, begun here if nobody else did. Raises FarFileNotFound, FarFileAway."""
    task = room.fetches.get(file.token)
    if task is None:
        if file.due_at_us > now_us():
            raise FarFileNotFound if file.is_refused else FarFileAway(wait_of(file))
        if await is_kept_away(app.db.reader, file):
            raise FarFileNotFound
        task = begin_fetch(app, room, file)
    if room.waiting >= MOST_WAITING:
        raise FarFileAway
    room.waiting += 1
    try:
        done, _ = await asyncio.wait([task], timeout=within_s)
    finally:
        room.waiting -= 1
    if not done:
        raise FarFileAway


def wait_of(file: FarFile) -> int:
    """Seconds until a file may be asked for again."""
    return max(1, (file.due_at_us - now_us()) // SECOND_US)


def begin_fetch(app: App, room: FarRoom, file: FarFile) -> asyncio.Task[None]:
    """Fetch a file on its own, whoever goes on waiting. Raises FarFileAway when too much is under way."""
    if task := room.fetches.get(file.token):
        return task
    if len(room.fetches) >= MOST_FETCHES:
        raise FarFileAway
    task = asyncio.create_task(fetch(app, room, file))
    room.fetches[file.token] = task
    task.add_done_callback(partial(end_fetch, room, file))
    return task


def end_fetch(room: FarRoom, file: FarFile, task: asyncio.Task[None]) -> None:
    """Let a fetch be begun again; one whose outcome could not be written down is in the log."""
    room.fetches.pop(file.token, None)
    if not task.cancelled() and (error := task.exception()):
        LOG.warning("how fetching %s went could not be stored: %s", file.url, error)


async def is_kept_away(reader: Reader, file: FarFile) -> bool:
    """True when nothing is shown of the owner's server, or of the one where the file lies."""
    for name in dict.fromkeys((file.domain, host_of(file.url))):
        peering = await find_peering(reader, name) if name else None
        if peering and (peering.is_shut_out or (peering.block and peering.block.keeps_files_away)):
            return True
    return False


async def fetch(app: App, room: FarRoom, file: FarFile) -> None:
    """Fetch a file and store the copy, or note why that did not work. Never raises but at the end of the server."""
    try:
        await keep_copy(app, room, file, await make_copy(app, room, file))
    except HostBusy as error:
        await note_failure(app, file, pause_us=error.retry_after_s * SECOND_US)
    except MediaBoxDown:
        await note_failure(app, file, pause_us=FIRST_PAUSE_US)
    except (FetchRefused, MediaRefused) as refusal:
        LOG.info("%s is not shown: %s", file.url, refusal)
        if isinstance(refusal, FileMissing) and refusal.code == 404 and file.failure_count < NOT_YET:
            await note_failure(app, file, pause_us=pause_after(file))
        else:
            await note_refusal(app, file)
    except (Unavailable, OSError) as error:
        LOG.info("%s cannot be fetched: %s", file.url, error)
        await note_failure(app, file, pause_us=pause_after(file))
    except Exception:
        LOG.exception("fetching %s failed", file.url)
        await note_failure(app, file, pause_us=LONGEST_PAUSE_US)


def pause_after(file: FarFile) -> int:
    """Microseconds until a link is tried again: a minute, doubling to a day, spread."""
    pause_us = min(FIRST_PAUSE_US << min(file.failure_count, 12), LONGEST_PAUSE_US)
    return pause_us + secrets.randbelow(pause_us // 4)


async def make_copy(app: App, room: FarRoom, file: FarFile) -> Copy:
    """Fetch a file in its turn. Raises what copy_far_file raises."""
    told = await far_files.find_told(app.db.reader, file.media_id) if file.media_id else None
    kind = told.kind if told else ""
    limits = limits_for(file, kind, app.settings.far_media)
    if not limits.body_bytes:
        raise RecordingsOff("its operator chose so")
    async with room.films if may_play(file, kind) else room.turns:
        return await copy_far_file(room.door, room.media, file, limits, room.boxes)


async def keep_copy(app: App, room: FarRoom, file: FarFile, copy: Copy) -> None:
    """Store a copy; its files go again when nobody is left to have it, or somebody else was quicker."""
    try:
        is_kept = await store(app, file, copy)
    except Refusal:
        await delete_blobs(room.media, *copy.keys)
        raise
    if not is_kept:
        await delete_blobs(room.media, *copy.keys)
    elif not room.sweeping.locked() and await count_bytes(app) > app.settings.far_media.budget_bytes:
        async with room.sweeping:
            await forget_unwanted(app, room.media.blobs)


@repeatable
async def store(app: App, file: FarFile, copy: Copy) -> bool:
    """Write a copy down, and what it says of its attachment; False when it is not wanted any more."""
    now = now_us()
    kept = replace(
        file,
        blob_key=copy.keys[0],
        small_key=copy.keys[1],
        size_bytes=copy.size_bytes,
        kept_until_us=kept_until(app.settings.far_media, file, now),
    )
    async with app.db.transaction() as tx:
        if await is_kept_away(tx, file) or not await far_files.store_copy(tx, kept, now_us=now):
            return False
        if file.media_id and copy.learned:
            await learn(app, tx, file.media_id, copy.learned)
    return True


def kept_until(wishes: FarMediaSettings, file: FarFile, now: int) -> int:
    """Return until when a copy stays that is wanted now."""
    return now + (wishes.face_days if file.belongs_to_face else wishes.days) * DAY_US


async def learn(app: App, tx: Transaction, media_id: int, learned: Learned) -> None:
    """Take from a copy what its server did not tell of an attachment, or told wrongly; caches forget the post then."""
    told = await far_files.find_told(tx, media_id)
    if told is None:
        return
    after = reconciled(told, learned)
    await far_files.learn(tx, media_id, after)
    was_hidden = await far_files.set_shown(tx, media_id, is_shown=True)
    known = (told.kind, told.width, told.height, told.blurhash)
    if was_hidden or known != (after.kind, after.width, after.height, after.blurhash):
        await tell(app, tx, told)


async def tell(app: App, tx: Transaction, told: Told) -> None:
    """Record that a post looks different."""
    if told.post_id is not None:
        await record_event(app, tx, PostRefreshed(PostId(told.post_id), AccountId(told.account_id)))


def reconciled(told: Told, learned: Learned) -> Learned:
    """Return what is shown of an attachment: as told where that fits its copy, so that it does not jump about."""
    fits = told.kind == learned.kind or (told.kind in PLAYING and learned.kind in PLAYING)
    return replace(
        learned,
        kind=told.kind if fits else learned.kind,
        width=told.width or learned.width,
        height=told.height or learned.height,
        blurhash=told.blurhash or learned.blurhash,
    )


@repeatable
async def note_failure(app: App, file: FarFile, *, pause_us: int) -> None:
    """Leave a link alone for a while."""
    async with app.db.transaction() as tx:
        await far_files.note_far_failure(tx, file.token, due_at_us=now_us() + pause_us, is_refused=False)


@repeatable
async def note_refusal(app: App, file: FarFile) -> None:
    """Leave a link alone for a week; a post shows it as a link, not as a picture that never comes."""
    async with app.db.transaction() as tx:
        due_at = now_us() + REFUSED_PAUSE_US
        await far_files.note_far_failure(tx, file.token, due_at_us=due_at, is_refused=True)
        told = await far_files.find_told(tx, file.media_id) if file.media_id else None
        if told is None or not await far_files.set_shown(tx, file.media_id or 0, is_shown=False):
            return
        await tell(app, tx, told)


async def write_wanted(app: App, room: FarRoom) -> None:
    """Write down what was looked at; a chore."""
    noted, room.wanted = room.wanted, {}
    if noted:
        await want_files(app, noted.values())


@repeatable
async def want_files(app: App, files: Iterable[FarFile]) -> None:
    """Let copies stay, because somebody looked."""
    now, wishes = now_us(), app.settings.far_media
    async with app.db.transaction() as tx:
        for file in sorted(files, key=lambda one: one.token):
            await far_files.want_file(tx, file.token, now_us=now, kept_until_us=kept_until(wishes, file, now))


async def forget_lost_copy(app: App, room: FarRoom, file: FarFile) -> None:
    """A row says that we have a file and the store says no: note that, so that it is fetched again."""
    await drop(app, room.media.blobs, file, drop_copy)
