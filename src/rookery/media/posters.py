"""The still that stands for a recording: a frame of the film, the cover of a sound, or its waveform.

Owns: which frame, sizes, colours, the writing as WebP. Runs in the child only. Never: keeps a byte of the upload.
"""

import array
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any, Final

import av
from PIL import Image, ImageDraw, ImageStat, WebPImagePlugin

from rookery.media.blurhash import encode_blurhash
from rookery.media.filming import Reel, decoded, turned
from rookery.media.recordings import RecordingLimits

BLURHASH_SIDE: Final = 32
FRAMES_LOOKED_AT: Final = 60
LIVELY: Final = 14.0
BARS, WAVE_SIZE = 96, (640, 200)
WAVE_RATE: Final = 8_000
BACK, FRONT = (32, 36, 52), (140, 160, 230)
COVER_PIXELS: Final = 33_177_600
WEBP: Final = WebPImagePlugin.WebPImageFile.format  # named, so that it is loaded before files are out of reach


def poster_of(reel: Reel, limits: RecordingLimits) -> Image.Image:
    """Return a picture of a recording, upright, RGB, at most limits.preview_pixels. Raises TooMuch, ValueError."""
    if reel.video is not None:
        return shrunk(liveliest(decoded(reel, reel.video, limits)), limits.preview_pixels)
    if reel.cover is not None and (cover := cover_of(reel)):
        return shrunk(cover, limits.preview_pixels)
    return drawn_wave(loudness(reel, limits))


def liveliest(frames: Iterator[Any]) -> Image.Image:
    """The first frame with something on it among the first second or two; films like to begin in black."""
    best: tuple[Image.Image, int] | None = None
    most = -1.0
    for frame in islice(frames, FRAMES_LOOKED_AT):
        image = frame.to_image()
        contrast = ImageStat.Stat(image.convert("L").resize((32, 32))).stddev[0]
        if contrast > most:
            best, most = (image, turned(frame)), contrast
        if contrast > LIVELY:
            break
    if best is None:
        raise ValueError("no frame")
    image, degrees = best
    return image.rotate(degrees, expand=True) if degrees else image


def cover_of(reel: Reel) -> Image.Image | None:
    """The embedded cover of a sound, or None when it cannot be read: the sound is worth keeping without."""
    cover = reel.cover
    if cover is None or cover.codec_context.width * cover.codec_context.height > COVER_PIXELS:
        return None
    try:
        frame: Any = next(iter(reel.container.decode(cover)), None)
        image: Image.Image | None = frame.to_image() if frame is not None else None
    except (av.FFmpegError, ValueError):
        return None
    return image


def shrunk(image: Image.Image, most_pixels: int) -> Image.Image:
    """Scale down to an area."""
    share = min(1.0, (most_pixels / (image.width * image.height)) ** 0.5)
    size = max(1, int(image.width * share)), max(1, int(image.height * share))
    return image.convert("RGB").resize(size, Image.Resampling.BILINEAR)


def loudness(reel: Reel, limits: RecordingLimits) -> list[float]:
    """The loudest moment of each of BARS parts of a sound, 0.0 to 1.0. Raises TooMuch, ValueError."""
    if reel.sound is None:
        raise ValueError("no sound")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=WAVE_RATE)
    peaks: list[int] = []
    for frame in decoded(reel, reel.sound, limits):
        for piece in resampler.resample(frame):
            samples = array.array("h", bytes(piece.planes[0])[: piece.samples * 2])
            peaks.append(max(map(abs, samples), default=0))
    if not peaks:
        raise ValueError("a sound without samples")
    edges = [place * len(peaks) // BARS for place in range(BARS + 1)]
    bars = [max(peaks[start : max(end, start + 1)], default=0) for start, end in pairwise(edges)]
    return [bar / max(*bars, 1) for bar in bars]


def drawn_wave(bars: list[float]) -> Image.Image:
    """Draw bars around a middle line."""
    width, height = WAVE_SIZE
    image = Image.new("RGB", WAVE_SIZE, BACK)
    pen = ImageDraw.Draw(image)
    step = width / len(bars)
    for place, bar in enumerate(bars):
        half = max(1.0, bar * (height / 2 - 12))
        left = place * step
        pen.rectangle((left + 1, height / 2 - half, left + step - 2, height / 2 + half), fill=FRONT)
    return image


def write_poster(image: Image.Image, output: int) -> None:
    """Encode as WebP without metadata into a descriptor."""
    with open(output, "wb", closefd=False) as file:
        image.save(file, WEBP, quality=80, method=2)


def blurhash_of(image: Image.Image) -> str:
    """28 characters: four components along the longer side, three along the shorter."""
    small = image.resize((BLURHASH_SIDE, BLURHASH_SIDE))
    columns, rows = (4, 3) if image.width >= image.height else (3, 4)
    return encode_blurhash(small.tobytes(), BLURHASH_SIDE, BLURHASH_SIDE, columns, rows)
