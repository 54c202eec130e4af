"""The media box for what moves or sounds (K9): each recording gets a child of its own, behind the walls of a picture's.

Owns: the descriptors, and the last word on what was made: the server hashes and sniffs every output itself. Never:
imports a decoder, waits without a deadline, leaves a half-made file behind. Belongs to one event loop.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from rookery.media.box import in_thread, release
from rookery.media.confinement import Confinement
from rookery.media.formats import SNIFFED_BYTES, PictureFormat, sniff_format
from rookery.media.pictures import Rendition
from rookery.media.pool import Pool
from rookery.media.recording_errors import (
    RecordingDamaged,
    RecordingsOff,
    RecordingTooLarge,
    UnknownFormat,
)
from rookery.media.recording_letters import RecordingAnswer, RecordingOrder
from rookery.media.recordings import (
    RECORDING_ROLES,
    WRITTEN,
    Recording,
    RecordingFormat,
    RecordingLimits,
    RecordingSource,
    sniff_recording,
)
from rookery.media.worker import RECORDINGS


@dataclass(frozen=True, slots=True)
class Bench:
    """Three open files of one recording: the upload, and an empty file with a random name for each role."""

    format: RecordingFormat
    upload: int
    outputs: tuple[int, ...]
    paths: tuple[Path, ...]

    @property
    def descriptors(self) -> Sequence[int]:
        """In the order in which a child expects them."""
        return [self.upload, *self.outputs]


class RecordingBox:
    """Turns uploads into recordings that every browser plays, at most `children` at a time."""

    def __init__(self, limits: RecordingLimits, *, children: int = 1) -> None:
        self.limits = limits
        self.pool = Pool(RECORDINGS, limits, children=children, idle_s=0)

    async def __aenter__(self) -> Self:
        self.pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.close()

    async def describe_confinement(self) -> Confinement:
        """Say which walls stand around a child on this machine. Raises MediaBoxDown."""
        return await self.pool.describe_confinement()

    async def make_recording(self, source: RecordingSource, into: Path) -> Recording:
        """Open the file of `source` and write a recording and its poster into the directory `into`.

        The file is only read. On an error nothing stays in `into`. Raises MediaRefused: UnknownFormat,
        RecordingTooLarge, RecordingDamaged, RecordingTooSlow, RecordingsOff are final, MediaBoxDown is worth a retry;
        OSError if a file cannot be opened.
        """
        bench = await in_thread(partial(set_bench, source, into, self.limits), undo=clear_bench)
        try:
            answer = await self.pool.ask(RecordingOrder(bench.format, source.aim), bench.descriptors)
            check_refusal(answer)
        except BaseException:
            clear_bench(bench)
            raise
        return await in_thread(partial(seal, bench, answer, self.limits), undo=discard)


def set_bench(source: RecordingSource, into: Path, limits: RecordingLimits) -> Bench:
    """Open the upload and the empty outputs. Raises RecordingTooLarge, UnknownFormat, OSError."""
    upload = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC)
    outputs: list[int] = []
    paths = tuple(into / f"{secrets.token_hex(8)}-{role}" for role in RECORDING_ROLES)
    try:
        size_bytes = os.fstat(upload).st_size
        if size_bytes > limits.upload_bytes:
            raise RecordingTooLarge("bytes", size_bytes, limits.upload_bytes)
        found = format_for(os.pread(upload, SNIFFED_BYTES, 0), source)
        for path in paths:
            outputs.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except BaseException:
        release([upload, *outputs], list(paths))
        raise
    return Bench(found, upload, tuple(outputs), paths)


def format_for(head: bytes, source: RecordingSource) -> RecordingFormat:
    """Name the format of an upload; a GIF only where a film of it is wanted. Raises UnknownFormat."""
    found = sniff_recording(head)
    if source.aim == "animation":
        found = RecordingFormat.GIF if sniff_format(head) is PictureFormat.GIF else None
    if found is None:
        raise UnknownFormat
    return found


def discard(recording: Recording) -> None:
    """Remove the files of a recording nobody waits for any more."""
    release([], [recording.original.path, recording.preview.path])


def clear_bench(bench: Bench) -> None:
    """Close all, and remove what `seal` did not rename away."""
    release(bench.descriptors, list(bench.paths))


def check_refusal(answer: RecordingAnswer) -> None:
    """Raise what the child refused with."""
    if answer.refusal == "off":
        raise RecordingsOff("its video library has known flaws; the operator has to update Rookery")
    if answer.refusal == "damaged":
        raise RecordingDamaged(answer.detail)
    if answer.refusal:
        raise RecordingTooLarge(answer.refusal, answer.found, answer.limit)


def seal(bench: Bench, answer: RecordingAnswer, limits: RecordingLimits) -> Recording:
    """Check, hash and name what the child made, and clear the bench. Raises RecordingDamaged."""
    made: list[Path] = []
    measures = answer.measures
    try:
        if measures is None or not is_written(bench.outputs[0], answer.extension):
            raise RecordingDamaged("the child made something else than it said")
        if sniff_format(os.pread(bench.outputs[1], SNIFFED_BYTES, 0)) is not PictureFormat.WEBP:
            raise RecordingDamaged("the child made no poster")
        original = sealed(bench, 0, answer.extension, WRITTEN[answer.extension], limits, made)
        preview = sealed(bench, 1, "webp", "image/webp", limits, made)
    except BaseException:
        release([], made)
        raise
    finally:
        clear_bench(bench)
    return Recording(
        with_size(original, measures.width, measures.height),
        with_size(preview, answer.width, answer.height),
        answer.blurhash,
        measures,
    )


def is_written(descriptor: int, extension: str) -> bool:
    """Say whether a file begins as the container that its ending names."""
    head = os.pread(descriptor, SNIFFED_BYTES, 0)
    if extension in ("mp4", "m4a"):
        return head[4:8] == b"ftyp" and sniff_format(head) is None
    expected = {"webm": RecordingFormat.WEBM, "mp3": RecordingFormat.MP3}[extension]
    return sniff_recording(head) is expected


def sealed(bench: Bench, place: int, extension: str, mime: str, limits: RecordingLimits, made: list[Path]) -> Rendition:
    """Measure and hash one output, give it its ending, and note its path in `made`. Raises RecordingDamaged."""
    descriptor, path = bench.outputs[place], bench.paths[place]
    size_bytes = os.fstat(descriptor).st_size
    if size_bytes > limits.output_bytes:
        raise RecordingDamaged("the child made more than it may")
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, "rb", closefd=False) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    final = path.with_name(f"{path.name}.{extension}")
    path.rename(final)
    made.append(final)
    return Rendition(final, mime, extension, 0, 0, size_bytes, sha256)


def with_size(one: Rendition, width: int, height: int) -> Rendition:
    """The same file with its size in pixels."""
    return Rendition(one.path, one.mime, one.extension, width, height, one.size_bytes, one.sha256)
