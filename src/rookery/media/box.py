"""The media box (K9): the only way to a decoded picture.

Owns: the descriptors that children get (pool.py has the children), and the last
word on what they made: the server hashes and sniffs every output itself. Never: imports a decoder, waits on a child
without a deadline, leaves a half-made file behind, keeps or makes durable (that is `storage.blobs`).
Belongs to one event loop; no method is safe to call from another thread.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from rookery.media.confinement import Confinement
from rookery.media.errors import PictureDamaged, PictureTooLarge, UnknownPictureFormat
from rookery.media.formats import SNIFFED_BYTES, PictureFormat, sniff_format
from rookery.media.letters import Answer, MadeFile, Order
from rookery.media.pictures import ROLES, Picture, PictureLimits, Purpose, Rendition
from rookery.media.pool import IDLE_S, Pool
from rookery.media.worker import PICTURES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """Four open files of one picture: the upload, and an empty file with a random name for each role."""

    format: PictureFormat
    upload: int
    outputs: dict[str, int]
    paths: dict[str, Path]

    @property
    def descriptors(self) -> list[int]:
        """In the order in which a child expects them."""
        return [self.upload, *(self.outputs[role] for role in ROLES)]


class MediaBox:
    """Turns uploads into safe pictures, at most `children` at a time; further calls wait their turn.

    idle_s: a child unused for so long is ended; 0 ends it after every picture.
    """

    def __init__(self, limits: PictureLimits, *, children: int = 1, idle_s: float = IDLE_S) -> None:
        self.limits = limits
        self.pool = Pool(PICTURES, limits, children=children, idle_s=idle_s)

    async def start(self) -> None:
        """Open the box. Starts no child: the first picture does, about 0.3 s."""
        self.pool.open()

    async def close(self) -> None:
        """End every child and wait for it; a picture in work gets MediaBoxDown. Harmless twice."""
        await self.pool.close()

    @property
    def child_pids(self) -> tuple[int, ...]:
        """Of the children alive now, for metrics."""
        return self.pool.child_pids

    async def describe_confinement(self) -> Confinement:
        """Say which walls stand around a child on this machine; starts one if none is idle. Raises MediaBoxDown."""
        return await self.pool.describe_confinement()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def make_picture(self, source: Path, into: Path, *, purpose: Purpose) -> Picture:
        """Decode the file `source` and write its renditions into the directory `into`, on names of our own.

        source is only read. On an error nothing stays in `into`. Raises MediaRefused: UnknownPictureFormat,
        PictureTooLarge, PictureDamaged, PictureTooSlow are final, MediaBoxDown is worth a retry; OSError if source or
        into cannot be opened.
        """
        bench = await in_thread(partial(set_bench, source, into, self.limits), undo=clear_bench)
        try:
            answer = await self.pool.ask(Order(bench.format, purpose), bench.descriptors)
            check_refusal(answer)
        except BaseException:
            clear_bench(bench)
            raise
        return await in_thread(partial(seal, bench, answer, self.limits), undo=discard)


async def in_thread(work: Callable[[], T], *, undo: Callable[[T], None]) -> T:
    """Run `work` off the loop. A thread cannot be cancelled: if we are, what it made is undone when it is done."""
    task = asyncio.ensure_future(asyncio.to_thread(work))

    def undo_late(late: asyncio.Future[T]) -> None:
        if not late.cancelled() and late.exception() is None:
            undo(late.result())

    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(undo_late)
        raise


def set_bench(source: Path, into: Path, limits: PictureLimits) -> Bench:
    """Open the upload and the empty outputs. Raises PictureTooLarge, UnknownPictureFormat, OSError."""
    upload = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    outputs: dict[str, int] = {}
    paths = {role: into / f"{secrets.token_hex(8)}-{role}" for role in ROLES}
    try:
        size_bytes = os.fstat(upload).st_size
        if size_bytes > limits.upload_bytes:
            raise PictureTooLarge("bytes", size_bytes, limits.upload_bytes)
        picture_format = sniff_format(os.pread(upload, SNIFFED_BYTES, 0))
        if picture_format is None:
            raise UnknownPictureFormat
        for role, path in paths.items():
            outputs[role] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except BaseException:
        release([upload, *outputs.values()], list(paths.values()))
        raise
    return Bench(picture_format, upload, outputs, paths)


def discard(picture: Picture) -> None:
    """Remove the files of a picture nobody waits for any more."""
    made = [picture.original, picture.preview, picture.still]
    release([], [rendition.path for rendition in made if rendition])


def clear_bench(bench: Bench) -> None:
    """Close all, and remove what `seal` did not rename away."""
    release(bench.descriptors, list(bench.paths.values()))


def release(descriptors: Sequence[int], paths: Sequence[Path]) -> None:
    """Close and remove."""
    for descriptor in descriptors:
        os.close(descriptor)
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def check_refusal(answer: Answer) -> None:
    """Raise what the child refused with."""
    if answer.refusal == "damaged":
        raise PictureDamaged(answer.detail)
    if answer.refusal:
        raise PictureTooLarge(answer.refusal, answer.found, answer.limit)


def seal(bench: Bench, answer: Answer, limits: PictureLimits) -> Picture:
    """Check, hash and name what the child made, and clear the bench.

    Raises PictureDamaged if a file is not what the answer says.
    """
    made: dict[str, Rendition] = {}
    try:
        for one in answer.files:
            made[one.role] = sealed(bench, one, limits)
    except BaseException:
        release([], [rendition.path for rendition in made.values()])
        raise
    finally:
        clear_bench(bench)
    still = made.get("still")
    return Picture(made["original"], made["preview"], still, answer.blurhash, is_animated=still is not None)


def sealed(bench: Bench, one: MadeFile, limits: PictureLimits) -> Rendition:
    """Check one output, give it its ending. The child's descriptor may live on, so the hash is of what we read here."""
    descriptor, path = bench.outputs[one.role], bench.paths[one.role]
    size_bytes = os.fstat(descriptor).st_size
    if size_bytes > limits.output_bytes or sniff_format(os.pread(descriptor, SNIFFED_BYTES, 0)) is not one.format:
        raise PictureDamaged("the child made something else than it said")
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, "rb", closefd=False) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    final = path.with_name(f"{path.name}.{one.format.extension}")
    path.rename(final)
    return Rendition(final, one.format.mime, one.format.extension, one.width, one.height, size_bytes, sha256)
