"""What goes into the media box and what comes out, as plain values.

Owns: the limits and the shape of a finished picture. Never: decodes, names a storage key.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Purpose = Literal["attachment", "avatar", "header", "emoji"]

# The only files a child ever makes, in the order in which their descriptors travel.
ROLES: Final = ("original", "preview", "still")


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Bounds of one picture. The figures are Mastodon's where it has one, so that apps' own checks agree with ours.

    upload_bytes: of the file as sent. pixels: width x height, read from the header before decoding.
    frames: of an animation; all frames together may have at most `ANIMATION_FACTOR` times `pixels`.
    side_pixels: area of the largest picture kept, 3840 x 2160; a larger one is scaled down.
    preview_pixels: area of the preview, 640 x 360. seconds: wall clock for one picture.
    memory_bytes: address space of the child. output_bytes: of each file made.
    """

    upload_bytes: int = 16 * 1024 * 1024
    pixels: int = 33_177_600
    frames: int = 1_000
    side_pixels: int = 8_294_400
    preview_pixels: int = 230_400
    seconds: float = 30.0
    memory_bytes: int = 1280 * 1024 * 1024
    output_bytes: int = 64 * 1024 * 1024


# A long GIF is mostly unchanged pixels; four times a still's worth costs a few seconds and is streamed, not held.
ANIMATION_FACTOR: Final = 4


@dataclass(frozen=True, slots=True)
class Rendition:
    """One finished file, not yet durable. width, height: pixels of one frame. sha256: hex, of the file's bytes."""

    path: Path
    mime: str
    extension: str
    width: int
    height: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made anew from its pixels.

    original: what is shown when opened; animated if the upload was. preview: one frame, WebP.
    still: the first frame at full size, only for an animation. blurhash: 28 characters, 4 x 3 or 3 x 4 components.
    """

    original: Rendition
    preview: Rendition
    still: Rendition | None
    blurhash: str
    is_animated: bool
