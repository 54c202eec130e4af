"""Write a recording as every browser plays it: passed through when it is fit for the web already, else encoded anew.

Owns: what counts as fit, codecs, qualities and sizes; reasons and figures in docs/adr/0010-videos.md. Runs in the
child only. Never: writes a tag, a chapter, a track of places or any other track than the film and the sound.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
from av.audio.stream import AudioStream
from av.codec import codecs_available
from av.container import OutputContainer
from av.filter import Graph
from av.video.stream import VideoStream

from rookery.media.filming import Reel, Window, check_length, decoded, start_s, turned
from rookery.media.recordings import Aim, RecordingLimits

# Muxer and what browsers play in it: extension -> (muxer, films, sounds).
FIT: Final = {
    "mp4": ("mp4", ("h264", "av1", "libdav1d", "vp9"), ("aac", "mp3", "mp3float")),
    "webm": ("webm", ("vp8", "vp9", "av1", "libdav1d"), ("opus", "vorbis")),
    "m4a": ("mp4", (), ("aac",)),
    "mp3": ("mp3", (), ("mp3", "mp3float")),
}
FIT_PIXELS: Final = ("yuv420p", "yuvj420p")
MUXER_OPTIONS: Final = {
    "mp4": {"movflags": "+faststart"},
    "webm": {"cues_to_front": "1", "reserve_index_space": "65536"},
    "mp3": {"id3v2_version": "0"},
}
SOUND_RATE: Final = 48_000
TURNS: Final = {90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}
HAS_H264: Final = "libx264" in codecs_available
# Codec, rate and channels of every sound that is encoded anew.
NEW_SOUND: Final = ("aac" if HAS_H264 else "opus", SOUND_RATE, 2)


@dataclass(slots=True)
class Span:
    """How long something plays, learnt from its packets. end_s: of the last one, from the file's beginning.

    frame_s: what a packet that does not tell its own length lasts.
    """

    began_s: float
    limits: RecordingLimits
    frame_s: float = 0.0
    end_s: float = 0.0

    def see(self, packet: Any) -> None:
        """Note one packet. Raises TooMuch past the longest length."""
        if packet.pts is not None and packet.time_base:
            lasts = float(packet.duration * packet.time_base) if packet.duration else self.frame_s
            end = float(packet.pts * packet.time_base) + lasts - self.began_s
            check_length(end, self.limits)
            self.end_s = max(self.end_s, end)


@contextmanager
def printed(output: int, extension: str, limits: RecordingLimits) -> Iterator[OutputContainer]:
    """Open an empty descriptor for writing; it ends whole, with its index at the front."""
    muxer = FIT[extension][0]

    def reopen(url: str, flags: int, options: dict[str, Any]) -> Window:
        return Window(output, most=limits.output_bytes)

    window = Window(output, most=limits.output_bytes)
    with av.open(window, "w", format=muxer, options=MUXER_OPTIONS[muxer], io_open=reopen) as target:
        yield target


def frame_s(reel: Reel) -> float:
    """Seconds that one frame of the film is shown, 0 for a sound."""
    return float(1 / reel.rate) if reel.video is not None else 0.0


def fit_extension(reel: Reel, aim: Aim, limits: RecordingLimits) -> str | None:
    """Return the ending under which the tracks may be passed through as they are, or None."""
    sound = reel.sound.codec_context.name if reel.sound else None
    if aim == "animation":
        return None
    if reel.video is None:
        return next((one for one in ("mp3", "m4a") if sound in FIT[one][2]), None)
    context = reel.video.codec_context
    is_small = context.width * context.height <= limits.shown_pixels and reel.rate <= limits.shown_rate
    if not is_small or reel.bits > 2 * limits.video_bits or context.pix_fmt not in FIT_PIXELS:
        return None
    for extension in ("mp4", "webm"):
        _, films, sounds = FIT[extension]
        if context.name in films and (sound is None or sound in sounds):
            return extension
    return None


def copied(reel: Reel, output: int, extension: str, limits: RecordingLimits) -> Span:
    """Pass the packets through into a container of our own making. Raises what the library finds wrong, TooMuch."""
    span = Span(start_s(reel), limits, frame_s(reel))
    tracks = [track for track in (reel.video, reel.sound) if track is not None]
    with printed(output, extension, limits) as target:
        pairs = {track.index: target.add_stream_from_template(track) for track in tracks}
        for made in pairs.values():
            made.metadata.clear()
        for packet in reel.container.demux(*tracks):
            if packet.dts is None:
                continue
            span.see(packet)
            packet.stream = pairs[packet.stream.index]
            target.mux(packet)
    return span


def new_extension(reel: Reel) -> str:
    """The ending of what is encoded anew here."""
    if reel.video is None:
        return "m4a"
    return "mp4" if HAS_H264 else "webm"


def encoded(
    reel: Reel, output: int, extension: str, aim: Aim, limits: RecordingLimits
) -> tuple[Span, VideoStream | None]:
    """Encode film and sound anew. Returns the span and the film as written. Raises TooMuch, library errors."""
    span = Span(0.0, limits, frame_s(reel))
    sound = reel.sound if aim == "recording" else None
    with printed(output, extension, limits) as target:
        film = FilmPress(reel, target, limits) if reel.video is not None else None
        voice = SoundPress(target, extension, limits) if sound is not None else None
        for track, frame in interleaved(reel, sound, limits):
            press = film if track is reel.video else voice
            for packet in press.take(frame) if press else ():
                span.see(packet)
                target.mux(packet)
        for press in (film, voice):
            for packet in press.finish() if press else ():
                span.see(packet)
                target.mux(packet)
        return span, film.stream if film else None


def interleaved(reel: Reel, sound: AudioStream | None, limits: RecordingLimits) -> Iterator[tuple[Any, Any]]:
    """Yield (track, frame) in the order of the file, counted as `decoded` counts. Raises TooMuch."""
    if reel.video is None or sound is None:
        track = reel.video or sound
        if track is None:
            raise ValueError("nothing to encode")
        yield from ((track, frame) for frame in decoded(reel, track, limits))
        return
    began, count, most = start_s(reel), 0, limits.length_s * (limits.rate + 2_000)
    packets: Iterator[Any] = reel.container.demux(reel.video, sound)
    for packet in packets:
        for frame in packet.decode():
            count += 1
            check_length(limits.length_s + 2 if count > most else (frame.time or 0.0) - began, limits)
            yield (packet.stream, frame)


class FilmPress:
    """Frames in, packets out: upright, scaled, at a steady rate. Opens its encoder at the first frame."""

    def __init__(self, reel: Reel, target: OutputContainer, limits: RecordingLimits) -> None:
        self.reel, self.limits = reel, limits
        self.rate = min(reel.rate, Fraction(limits.shown_rate)).limit_denominator(1001)
        self.graph: Graph | None = None
        self.stream = self.open_stream(target)

    def open_stream(self, target: OutputContainer) -> VideoStream:
        """Add the film's track. Its size is known once the first frame tells how it is turned."""
        bits = self.limits.video_bits
        if HAS_H264:
            options = {
                "preset": "veryfast",
                "crf": "23",
                "maxrate": str(bits),
                "bufsize": str(2 * bits),
                "threads": "1",
            }
            return target.add_stream("libx264", rate=self.rate, options=options)
        options = {"deadline": "realtime", "cpu-used": "6", "crf": "33", "b:v": str(bits), "threads": "1"}
        return target.add_stream("libvpx-vp9", rate=self.rate, options=options)

    def take(self, frame: Any) -> Iterator[Any]:
        """Encode one frame."""
        if self.graph is None:
            self.graph = self.build_graph(frame)
        self.graph.vpush(frame)
        yield from self.drain()

    def finish(self) -> Iterator[Any]:
        """Encode what is held back. Raises ValueError if no frame ever came."""
        if self.graph is None:
            raise ValueError("no frame")
        self.graph.vpush(None)
        yield from self.drain()
        yield from self.stream.encode(None)

    def drain(self) -> Iterator[Any]:
        """Encode every frame that the graph has ready."""
        while self.graph is not None:
            try:
                frame = self.graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            frame.pict_type = 0
            yield from self.stream.encode(frame)

    def build_graph(self, frame: Any) -> Graph:
        """Put the steps between decoder and encoder together, and tell the encoder its size."""
        degrees = turned(frame)
        width, height = (frame.height, frame.width) if degrees in (90, 270) else (frame.width, frame.height)
        share = min(1.0, (self.limits.shown_pixels / (width * height)) ** 0.5)
        # Halves of chroma need even sides.
        width, height = (max(2, int(side * share) // 2 * 2) for side in (width, height))
        graph = Graph()
        steps = [
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
        ]
        steps += [graph.add("transpose", turn) for turn in TURNS.get(degrees, ())]
        steps.append(graph.add("scale", f"{width}:{height}:out_range=tv"))
        steps.append(graph.add("setsar", "1"))
        steps.append(graph.add("fps", f"{self.rate.numerator}/{self.rate.denominator}"))
        steps.append(graph.add("format", "yuv420p"))
        steps.append(graph.add("buffersink"))
        graph.link_nodes(*steps).configure()
        self.stream.width, self.stream.height, self.stream.pix_fmt = width, height, "yuv420p"
        return graph


class SoundPress:
    """Samples in, packets out: AAC, or Opus beside VP9; one or two channels."""

    def __init__(self, target: OutputContainer, extension: str, limits: RecordingLimits) -> None:
        codec = "aac" if HAS_H264 else "libopus"
        track: Any = target.add_stream(codec, rate=SOUND_RATE, layout="stereo")
        track.bit_rate = limits.sound_bits
        self.stream = track
        self.resampler: av.AudioResampler | None = None

    def take(self, frame: Any) -> Iterator[Any]:
        """Encode one frame."""
        if self.resampler is None:
            self.stream.codec_context.open(strict=False)
            kind, size = self.stream.codec_context.format, self.stream.codec_context.frame_size
            self.resampler = av.AudioResampler(format=kind, layout="stereo", rate=SOUND_RATE, frame_size=size or None)
        for piece in self.resampler.resample(frame):
            yield from self.stream.encode(piece)

    def finish(self) -> Iterator[Any]:
        """Encode what is held back."""
        if self.resampler is not None:
            for piece in self.resampler.resample(None):
                yield from self.stream.encode(piece)
        yield from self.stream.encode(None)
