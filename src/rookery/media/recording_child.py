"""The process that opens videos and sounds; one for each recording, so that nothing of one reaches the next.

Owns: the order of steps, and what of an exception the server is told. Started like child.py, behind the same walls.
Never: opens a file by name, writes to anything but the descriptors of an order.
"""

import errno
import os
import socket
from fractions import Fraction
from typing import Any

import av
import av.audio.stream
import av.logging
import av.subtitles.codeccontext  # these are loaded by name at the first use, when no file can be opened any more
import av.subtitles.stream
import av.video.stream
from PIL import Image

from rookery.media.confinement import close_door
from rookery.media.filming import Reel, TooMuch, is_mended, opened
from rookery.media.letters import Hello, LetterBroken, letter_bytes
from rookery.media.posters import blurhash_of, poster_of, write_poster
from rookery.media.printing import NEW_SOUND, Span, copied, encoded, fit_extension, new_extension
from rookery.media.recording_letters import RecordingAnswer, RecordingOrder, parse_recording_order
from rookery.media.recordings import RECORDING_ROLES, Measures, RecordingLimits
from rookery.media.serving import serve_orders


def serve(channel: socket.socket, limits: RecordingLimits, walls: dict[str, str]) -> None:
    """Answer orders until the other end closes. walls: those that stand already, reported in the Hello."""
    channel.settimeout(None)
    av.logging.set_level(None)
    Image.preinit()
    walls = walls | close_door()
    channel.sendall(letter_bytes(Hello(walls)))
    serve_orders(channel, lambda body, descriptors: letter_bytes(fulfil(body, descriptors, limits)))


def fulfil(body: bytes, descriptors: list[int], limits: RecordingLimits) -> RecordingAnswer:
    """Do one order; whatever the file provokes becomes a refusal. Raises LetterBroken if the order itself is bad."""
    order = parse_recording_order(body)
    if len(descriptors) != len(RECORDING_ROLES) + 1:
        raise LetterBroken("descriptors missing")
    if not is_mended(av.ffmpeg_version_info):
        return RecordingAnswer(refusal="off", detail=f"FFmpeg {av.ffmpeg_version_info} has known flaws")
    try:
        return make_recording(order, *descriptors, limits=limits)
    except Exception as broken:  # any decoder, any error: the file is refused
        return refusal_from(broken, limits)


def refusal_from(broken: BaseException, limits: RecordingLimits) -> RecordingAnswer:
    """Tell a limit that was met, perhaps deep inside the library, from a file that could not be read."""
    cause: BaseException | None = broken
    while cause is not None:
        if isinstance(cause, TooMuch):
            return RecordingAnswer(refusal=cause.measure, found=cause.found, limit=cause.limit)
        if getattr(cause, "errno", None) == errno.EFBIG:
            return RecordingAnswer(refusal="output bytes", found=limits.output_bytes, limit=limits.output_bytes)
        cause = cause.__cause__ or cause.__context__
    return RecordingAnswer(refusal="damaged", detail=f"{type(broken).__name__}: {broken}"[:500])


def make_recording(
    order: RecordingOrder, upload: int, original: int, preview: int, *, limits: RecordingLimits
) -> RecordingAnswer:
    """Make the poster, then the recording; a film that cannot be passed through is encoded. Raises TooMuch, errors."""
    with opened(upload, order.format, limits) as reel:
        poster = poster_of(reel, limits)
        extension = fit_extension(reel, order.aim, limits)
    write_poster(poster, preview)
    measures = None
    if extension:
        measures = passed_through(order, upload, original, extension, limits)
    if measures is None:
        os.ftruncate(original, 0)
        with opened(upload, order.format, limits) as reel:
            extension = new_extension(reel)
            span, film = encoded(reel, original, extension, order.aim, limits)
            measures = measures_of_new(reel, order, span, film)
    bits = int(os.fstat(original).st_size * 8000 / max(measures.length_ms, 1))
    values = {name: getattr(measures, name) for name in Measures.__slots__} | {"bits": bits}
    return RecordingAnswer(extension or "", poster.width, poster.height, blurhash_of(poster), Measures(**values))


def passed_through(
    order: RecordingOrder, upload: int, original: int, extension: str, limits: RecordingLimits
) -> Measures | None:
    """Copy the tracks; None if their packets do not fit together, which encoding may mend. Raises TooMuch."""
    try:
        with opened(upload, order.format, limits) as reel:
            span = copied(reel, original, extension, limits)
            return measures_of_copy(reel, span, opened_size(order, upload, limits))
    except (av.FFmpegError, ValueError):
        return None


def opened_size(order: RecordingOrder, upload: int, limits: RecordingLimits) -> tuple[int, int]:
    """Return width and height as shown of a film, 0, 0 of a sound."""
    with opened(upload, order.format, limits) as reel:
        if reel.video is None:
            return 0, 0
        frame = next(iter(reel.container.decode(reel.video)))
        return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)


def measures_of_copy(reel: Reel, span: Span, size: tuple[int, int]) -> Measures:
    """What is known of a recording that kept its packets."""
    kind = "video" if reel.video is not None else "audio"
    rate = fraction_text(reel.rate) if reel.video is not None else ""
    codec, hertz, channels = sound_measures(reel.sound)
    return Measures(kind, int(span.end_s * 1000), *size, rate, 0, codec, hertz, channels)


def measures_of_new(reel: Reel, order: RecordingOrder, span: Span, film: Any) -> Measures:
    """What is known of a recording that was encoded here."""
    is_silent = reel.sound is None or order.aim == "animation"
    codec, hertz, channels = ("", 0, 0) if is_silent else NEW_SOUND
    if film is None:
        return Measures("audio", int(span.end_s * 1000), 0, 0, "", 0, codec, hertz, channels)
    kind = "gifv" if order.aim == "animation" else "video"
    context = film.codec_context
    rate = fraction_text(context.framerate)
    return Measures(kind, int(span.end_s * 1000), context.width, context.height, rate, 0, codec, hertz, channels)


def sound_measures(sound: Any) -> tuple[str, int, int]:
    """Codec, rate and channels of a track, empty for none."""
    if sound is None:
        return "", 0, 0
    context = sound.codec_context
    return context.name.removesuffix("float")[:20], context.sample_rate or 0, context.channels or 0


def fraction_text(rate: Any) -> str:
    """A rate as 30000/1001."""
    number = Fraction(rate).limit_denominator(100_000)
    return f"{number.numerator}/{number.denominator}"
