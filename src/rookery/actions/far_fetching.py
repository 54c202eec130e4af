"""Fetching one file of another server and making it safe: bytes through the door, pixels through the box.

Owns: what is asked for, its limits, which box makes it, what is kept. Never: opens a connection itself (K1), decodes
(K9), believes what the other server says of its type or length, writes a row. Bytes that no box has made anew are
never kept: there is no way through for a file that is neither a picture nor a recording.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rookery.actions.media import MediaRoom
from rookery.actions.recordings import open_films
from rookery.media.formats import SNIFFED_BYTES
from rookery.media.pictures import Picture, Rendition
from rookery.media.recordings import Recording, RecordingSource, sniff_recording
from rookery.model.far_files import FarFile, FarFileKind
from rookery.model.media import MediaKind, Playing
from rookery.model.settings import FarMediaSettings
from rookery.network.door import Door
from rookery.network.exchange import Answer
from rookery.network.outward import Ask, Budget, FetchFailed, FetchRefused, Limits
from rookery.storage.blobs import BlobKey
from rookery.storage.far_files import Learned

BUDGET = Budget("far files", at_once=6, count=600, per_s=60)
PICTURE_S, RECORDING_S = 30.0, 120.0
IN_TROUBLE = (408, 425, 429)
ACCEPT = (("Accept", "image/webp, image/avif, image/*;q=0.9, video/*;q=0.8, audio/*;q=0.8, */*;q=0.1"),)
KINDS = ("image/", "video/", "audio/", "application/octet-stream", "application/ogg", "binary/octet-stream")
PLAYING_KINDS = (MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.GIFV, "unknown")


class FileMissing(FetchRefused):
    """Its server does not have it, or not for us."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the server answers {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Copy:
    """What was kept. keys: the file and its small picture, the same one where it needs no other."""

    keys: tuple[BlobKey, BlobKey]
    size_bytes: int
    learned: Learned | None


def may_play(file: FarFile, kind: str) -> bool:
    """True for an attachment that may be a video or sound, as far as its server says. kind: as told."""
    return file.kind is FarFileKind.ATTACHMENT and kind in PLAYING_KINDS


def limits_for(file: FarFile, kind: str, wishes: FarMediaSettings) -> Limits:
    """Return how much of a file is taken, and how long that may last."""
    if may_play(file, kind):
        most = max(wishes.recording_bytes, wishes.picture_bytes if kind == "unknown" else 0)
        return Limits(total_s=RECORDING_S, packed_bytes=most, body_bytes=most)
    return Limits(total_s=PICTURE_S, packed_bytes=wishes.picture_bytes, body_bytes=wishes.picture_bytes)


async def copy_far_file(door: Door, room: MediaRoom, file: FarFile, limits: Limits, boxes: asyncio.Semaphore) -> Copy:
    """Fetch a file, make it safe and keep it. boxes: how many may be made at once, so that uploads get their turn.

    Raises FetchRefused, MediaRefused for good, FetchFailed, MediaBoxDown, BlobsAway, StorageFull for now. Nothing stays
    behind then.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=room.spool, prefix="far-"))
    try:
        raw = folder / "raw"
        await download(door, file.url, raw, limits)
        async with boxes:
            return await make_safe(room, file, raw, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def download(door: Door, url: str, path: Path, limits: Limits) -> None:
    """Write a file into the spool as it comes. Raises FetchRefused, FetchFailed."""
    ask = Ask(url, headers=ACCEPT, kinds=KINDS, allows_http=True, limits=limits, budget=BUDGET)
    async with door.open(ask) as answer:
        check_code(answer)
        with path.open("xb") as file:
            async for piece in answer.pieces():
                await asyncio.to_thread(file.write, piece)


def check_code(answer: Answer) -> None:
    """Raises FileMissing for good, FetchFailed while the server is only in trouble."""
    if answer.code >= 500 or answer.code in IN_TROUBLE:
        raise FetchFailed(f"the server answers {answer.code}", 60)
    if not answer.is_good:
        raise FileMissing(answer.code)


async def make_safe(room: MediaRoom, file: FarFile, raw: Path, folder: Path) -> Copy:
    """Pass a file through the box that its first bytes ask for. Raises MediaRefused, BlobsAway, StorageFull."""
    head = await asyncio.to_thread(read_head, raw)
    if file.kind is FarFileKind.ATTACHMENT and sniff_recording(head) is not None:
        recording = await open_films(room).make_recording(RecordingSource(raw), folder)
        return await keep(room, (recording.original, recording.preview), learned_of_recording(recording))
    picture = await room.box.make_picture(raw, folder, purpose=file.kind.value)
    if file.kind is FarFileKind.ATTACHMENT:
        return await keep(room, (picture.original, picture.preview), learned_of_picture(picture))
    return await keep(room, (picture.original, picture.still) if picture.still else (picture.original,), None)


def read_head(path: Path) -> bytes:
    """The first bytes, by which a format is told."""
    with path.open("rb") as file:
        return file.read(SNIFFED_BYTES)


async def keep(room: MediaRoom, made: Sequence[Rendition], learned: Learned | None) -> Copy:
    """Make what a box made durable."""
    keys = await room.blobs.put_many([(one.path, one.extension) for one in made])
    return Copy((keys[0], keys[-1]), sum(one.size_bytes for one in made), learned)


def learned_of_picture(picture: Picture) -> Learned:
    """What a picture says of itself."""
    whole, small = picture.original, picture.preview
    sizes = (whole.width, whole.height, small.width, small.height)
    return Learned(MediaKind.IMAGE, whole.mime, *sizes, picture.blurhash)


def learned_of_recording(recording: Recording) -> Learned:
    """What a video or sound says of itself."""
    measures, small = recording.measures, recording.preview
    playing = Playing(
        measures.length_ms,
        measures.rate,
        measures.bits,
        measures.sound_codec,
        measures.sound_rate,
        measures.sound_channels,
    )
    sizes = (measures.width, measures.height, small.width, small.height)
    return Learned(MediaKind(measures.kind), recording.original.mime, *sizes, recording.blurhash, playing)
