"""Open a recording with the one demultiplexer its format asks for, and look before anything is made of it.

Owns: which codecs may be loaded, the checks of size, length and rate, the choice of tracks. Runs in the child only.
Never: opens anything beside the passed descriptor: a format that names other files or addresses (playlists, external
tracks) asks `refuse_opening` and gets nothing, behind walls that would not let it either (GEN-54).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rookery.media.recordings import RecordingFormat, RecordingLimits

VIDEO_CODECS: Final = (
    *("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "h263", "theora", "mjpeg", "prores", "mpeg2video"),
    *("gif", "png"),
)
SOUND_CODECS: Final = (
    *("aac", "mp3", "mp3float", "opus", "vorbis", "flac", "alac", "amrnb", "amr_nb", "amrwb", "ac3", "eac3"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8", "pcm_alaw", "pcm_mulaw"),
)
MOST_STREAMS: Final = 16
# Versions of FFmpeg from which on a decoder flaw that uploads reach is mended (CVE-2026-8461); newer lines have it.
MENDED: Final = {(5, 1): 10, (6, 1): 6, (7, 1): 5, (8, 1): 2}
MICROSECONDS: Final = 1_000_000


class TooMuch(Exception):
    """More than the limits allow. measure: as in recording_letters.REFUSALS."""

    def __init__(self, measure: str, found: int, limit: int) -> None:
        super().__init__(measure)
        self.measure, self.found, self.limit = measure, found, limit


class Window:
    """A descriptor as a file with a position of its own, so that one open file can be read and written at once."""

    def __init__(self, descriptor: int, *, most: int = 1 << 62) -> None:
        self.descriptor, self.most, self.at = descriptor, most, 0

    def read(self, size: int = -1) -> bytes:
        chunk = os.pread(self.descriptor, size if size >= 0 else 1 << 20, self.at)
        self.at += len(chunk)
        return chunk

    def write(self, chunk: bytes) -> int:
        if self.at + len(chunk) > self.most:
            raise TooMuch("output bytes", self.at + len(chunk), self.most)
        written = os.pwrite(self.descriptor, chunk, self.at)
        self.at += written
        return written

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at}.get(whence)
        self.at = offset + (os.fstat(self.descriptor).st_size if base is None else base)
        return self.at

    def tell(self) -> int:
        return self.at

    def close(self) -> None:
        """The descriptor belongs to the order."""


@dataclass(frozen=True, slots=True)
class Reel:
    """An open upload and the tracks that matter. turn: degrees by which frames are turned for showing."""

    container: InputContainer
    video: VideoStream | None
    sound: AudioStream | None
    cover: VideoStream | None

    @property
    def rate(self) -> Fraction:
        """Frames per second; 25 where the file does not say."""
        found = (self.video.average_rate or self.video.guessed_rate) if self.video else None
        return Fraction(found) if found and found > 0 else Fraction(25)

    @property
    def bits(self) -> int:
        """Bits per second of everything, 0 when unknown."""
        return max(0, self.container.bit_rate or 0)


def is_mended(version: str) -> bool:
    """Say whether this FFmpeg is free of the flaws we know. version: like 8.1.2 or n8.1.2-3-gabc."""
    numbers = [int(part) for part in version.lstrip("n").partition("-")[0].split(".") if part.isdigit()]
    if len(numbers) < 2:
        return False
    line, patch = (numbers[0], numbers[1]), numbers[2] if len(numbers) > 2 else 0
    return patch >= MENDED[line] if line in MENDED else line > max(MENDED)


def refuse_opening(url: str, flags: int, options: dict[str, Any]) -> Any:
    """Answer a file that asks for another file or an address."""
    raise PermissionError("a recording is one file")


@contextmanager
def opened(upload: int, kind: RecordingFormat, limits: RecordingLimits) -> Iterator[Reel]:
    """Open an upload and check what it promises. Raises TooMuch, OSError and whatever the library finds wrong."""
    options = {
        "codec_whitelist": ",".join((*VIDEO_CODECS, *SOUND_CODECS)),
        "protocol_whitelist": "",
        "format_whitelist": kind.demuxer,
        "max_streams": str(MOST_STREAMS),
        "max_pixels": str(limits.pixels),
        "threads": "1",
    }
    with av.open(
        Window(upload), "r", format=kind.demuxer, options=options, io_open=refuse_opening, metadata_errors="replace"
    ) as container:
        reel = reel_of(container)
        check_promise(reel, limits)
        yield reel


def reel_of(container: InputContainer) -> Reel:
    """Choose the first film, the first sound and a cover; drop the rest. Raises ValueError if nothing is left."""
    videos = [one for one in container.streams.video if one.codec_context is not None]
    covers = [one for one in videos if one.disposition & Disposition.attached_pic]
    films = [one for one in videos if one not in covers]
    sounds = [one for one in container.streams.audio if one.codec_context is not None]
    if not films and not sounds:
        raise ValueError("nothing to see and nothing to hear")
    for one in (*videos, *sounds):
        one.codec_context.thread_count = 1
    return Reel(container, *(first(group) for group in (films, sounds, covers)))


def first(group: list[Any]) -> Any:
    """The first of a list, or None."""
    return group[0] if group else None


def check_promise(reel: Reel, limits: RecordingLimits) -> None:
    """Raises TooMuch for a head that promises more than is taken; what a head hides is counted while reading."""
    if reel.video is not None:
        pixels = reel.video.codec_context.width * reel.video.codec_context.height
        if pixels > limits.pixels:
            raise TooMuch("pixels", pixels, limits.pixels)
        if reel.rate > limits.rate and reel.video.frames != 1:
            raise TooMuch("frames per second", int(reel.rate), limits.rate)
    check_length((reel.container.duration or 0) / MICROSECONDS, limits)


def check_length(seconds: float, limits: RecordingLimits) -> None:
    """Raises TooMuch past the longest length, with a second's grace."""
    if seconds > limits.length_s + 1:
        raise TooMuch("seconds", int(seconds), limits.length_s)


def start_s(reel: Reel) -> float:
    """Where the clock of the file begins."""
    return (reel.container.start_time or 0) / MICROSECONDS


def turned(frame: VideoFrame) -> int:
    """Degrees counter-clockwise, 0, 90, 180 or 270, by which the frame has to be turned for showing."""
    return int(frame.rotation) % 360 // 90 * 90


def decoded(reel: Reel, track: VideoStream | AudioStream, limits: RecordingLimits) -> Iterator[Any]:
    """Yield frames with a count that no file can push past what its length allows. Raises TooMuch."""
    began = start_s(reel)
    most = limits.length_s * (limits.rate if track.type == "video" else 2_000) + limits.rate
    frames: Iterator[Any] = reel.container.decode(track)
    for count, frame in enumerate(frames):
        check_length((frame.time or 0.0) - began, limits)
        if count > most:
            raise TooMuch("seconds", limits.length_s + 1, limits.length_s)
        yield frame
