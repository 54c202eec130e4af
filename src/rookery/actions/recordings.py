"""Videos and sounds: taken in at once, prepared one after the other, ready when a post may show them.

Owns: the way of an upload from `waiting` to `ready` or `failed`. The upload as it came is a blob, and its place in the
queue a row, before anybody is told that it was taken; so a restart goes on where the last one stopped. Never: decodes.
A recording that takes the server down LAST_ATTEMPT times is given up.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.media import MediaRoom
from rookery.media.errors import MediaBoxDown, MediaRefused
from rookery.media.recording_box import RecordingBox
from rookery.media.recording_errors import QueueFull, RecordingDamaged, RecordingsOff, RecordingTooLarge
from rookery.media.recordings import Aim, Recording, RecordingSource
from rookery.model.errors import Refusal, Unavailable
from rookery.model.ids import AccountId, MediaId, now_us
from rookery.model.media import Attachment, MediaKind, Playing
from rookery.storage import media, media_work
from rookery.storage.blobs import BlobKey, BlobMissing, parse_blob_key
from rookery.storage.media_work import LEASE_S, SECOND_US, Work

LOG = logging.getLogger("rookery.media")
RAW = "raw"
OWN_WAITING = 10
LAST_ATTEMPT = 3
RETRY_S = 30
IDLE_S = 1.0


def open_films(room: MediaRoom) -> RecordingBox:
    """Return the box for videos and sounds. Raises RecordingsOff."""
    if room.films is None:
        raise RecordingsOff("its operator chose so")
    return room.films


async def begin_recording(app: App, room: MediaRoom, draft: Attachment, source: Path, aim: Aim) -> Attachment:
    """Keep an upload and queue it. draft: the attachment with its words; returns it as stored, waiting.

    Raises RecordingsOff, RecordingTooLarge, QueueFull, StorageFull.
    """
    limits = open_films(room).limits
    size_bytes = (await asyncio.to_thread(source.stat)).st_size
    if size_bytes > limits.upload_bytes:
        raise RecordingTooLarge("bytes", size_bytes, limits.upload_bytes)
    check_place(app, await media_work.find_place(app.db.reader, draft.account_id))
    raw_key = await room.blobs.put(source, extension=RAW)
    waiting = replace(draft, state="waiting", size_bytes=size_bytes)
    try:
        async with app.db.transaction() as tx:
            place = await media_work.find_place(tx, draft.account_id)
            check_place(app, place)
            await media.insert_media(tx, waiting)
            await media_work.insert_work(tx, Work(draft.id, draft.account_id, raw_key, aim), place.turn)
    except Refusal:
        await room.blobs.delete(raw_key)
        raise
    room.asked.set()
    return waiting


def check_place(app: App, place: media_work.Place) -> None:
    """Raises QueueFull."""
    if place.own >= OWN_WAITING or place.waiting >= app.settings.recordings.queue:
        raise QueueFull


async def work_recordings(app: App, room: MediaRoom) -> None:
    """Prepare recordings as they come, until cancelled. A broken database or a store that is away is waited for."""
    if room.films is None:
        return
    while True:
        room.asked.clear()
        try:
            found = await prepare_next(app, room)
        except Unavailable as error:
            LOG.warning("recordings wait: %s", error)
            found = False
        if not found:
            await heard(room.asked, IDLE_S)


async def heard(event: asyncio.Event, most_s: float) -> None:
    """Wait for an event, but not longer than most_s."""
    try:
        await asyncio.wait_for(event.wait(), most_s)
    except TimeoutError:
        return


async def prepare_next(app: App, room: MediaRoom) -> bool:
    """Prepare the recording whose turn it is; False when none waits."""
    async with app.db.transaction() as tx:
        work = await media_work.claim_work(tx, now_us())
    if work is None:
        return False
    holding = asyncio.create_task(keep_hold(app, work))
    try:
        await prepare(app, room, work)
    except asyncio.CancelledError:
        await give_back(app, work, 0)
        raise
    except (Unavailable, OSError) as error:
        LOG.warning("recording %s waits: %s", work.media_id, error)
        await give_back(app, work, RETRY_S)
    finally:
        holding.cancel()
        room.finished.set()
        room.finished = asyncio.Event()
    return True


async def keep_hold(app: App, work: Work) -> None:
    """Prolong the lease while a recording is in work."""
    while True:
        await asyncio.sleep(LEASE_S / 3)
        async with app.db.transaction() as tx:
            await media_work.hold_work(tx, work, now_us() + LEASE_S * SECOND_US)


async def give_back(app: App, work: Work, after_s: int) -> None:
    """Let the recording be taken again."""
    async with app.db.transaction() as tx:
        await media_work.hold_work(tx, work, now_us() + after_s * SECOND_US)


async def prepare(app: App, room: MediaRoom, work: Work) -> None:
    """Make one recording, or note why it cannot be. Raises Unavailable, OSError: worth another try."""
    waiting = (await media.list_own_media(app.db.reader, work.account_id, [work.media_id])).get(work.media_id)
    if waiting is None:
        return
    keys: list[BlobKey] = []
    try:
        if work.attempt_count > LAST_ATTEMPT:
            raise RecordingDamaged("it took the server down")
        recording, keys = await make_recording(room, work)
        after = finished(waiting, recording, keys)
    except MediaRefused as refusal:
        if isinstance(refusal, MediaBoxDown) and work.attempt_count <= LAST_ATTEMPT:
            raise
        LOG.info("recording %s refused: %s %s", work.media_id, refusal, getattr(refusal, "detail", ""))
        after = replace(waiting, state="failed", error=str(refusal))
    except BlobMissing:  # deleted in the midst of it, and then nothing is kept below; or lost
        after = replace(waiting, state="failed", error="the upload is not there any more; send it again")
    async with app.db.transaction() as tx:
        is_kept = await media_work.delete_work(tx, work) and await media.finish_media(tx, after)
    unused = [parse_blob_key(work.raw_key)]
    if not is_kept:
        unused += keys
    elif waiting.preview_key and len(keys) == 2:
        unused.append(keys[1])
    for key in unused:
        await room.blobs.delete(key)


async def make_recording(room: MediaRoom, work: Work) -> tuple[Recording, list[BlobKey]]:
    """Pass an upload through the box; return it with the keys of recording and poster. Nothing else stays behind."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=room.spool, prefix="film-"))
    aim: Aim = "animation" if work.aim == "animation" else "recording"
    try:
        raw = await room.blobs.fetch(parse_blob_key(work.raw_key), folder)
        recording = await open_films(room).make_recording(RecordingSource(raw, aim), folder)
        made = (recording.original, recording.preview)
        keys = await room.blobs.put_many([(one.path, one.extension) for one in made])
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return recording, list(keys)


def finished(waiting: Attachment, recording: Recording, keys: list[BlobKey]) -> Attachment:
    """The attachment once its files are stored; a poster that its author chose stays."""
    measures, poster = recording.measures, recording.preview
    ready = replace(
        waiting,
        kind=MediaKind(measures.kind),
        state="ready",
        mime=recording.original.mime,
        blob_key=keys[0],
        width=measures.width,
        height=measures.height,
        error=None,
        size_bytes=recording.original.size_bytes + poster.size_bytes,
        playing=Playing(
            measures.length_ms,
            measures.rate,
            measures.bits,
            measures.sound_codec,
            measures.sound_rate,
            measures.sound_channels,
        ),
    )
    if waiting.preview_key:
        return ready
    return replace(
        ready,
        preview_key=keys[1],
        preview_width=poster.width,
        preview_height=poster.height,
        blurhash=recording.blurhash,
    )


async def wait_for_upload(
    app: App, room: MediaRoom, account_id: AccountId, media_id: MediaId, most_s: float
) -> Attachment | None:
    """Return an upload once it is ready or has failed, or as it is after most_s seconds; None when it is gone."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + most_s
    while True:
        news = room.finished
        found = (await media.list_own_media(app.db.reader, account_id, [media_id])).get(media_id)
        if found is None or found.state != "waiting" or loop.time() >= deadline:
            return found
        await heard(news, IDLE_S)
