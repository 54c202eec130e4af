"""Open a picture with the one decoder its format asks for, after its header was found small enough.

Owns: which decoder reads which format, the size check, colours to sRGB, upright orientation. Runs in the child only.
Never: lets a file choose its decoder; every other loader of libvips is blocked (CVE-2023-36460), and the loader is
called by name, so nothing is guessed from content.
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pillow_heif
import pyvips

from rookery.media.formats import PictureFormat
from rookery.media.pictures import ANIMATION_FACTOR, PictureLimits

# Only HEIC goes another way: pyvips-binary carries no HEVC decoder.
LOADERS: Final[dict[PictureFormat, Callable[..., pyvips.Image]]] = {
    PictureFormat.JPEG: pyvips.Image.jpegload_source,
    PictureFormat.PNG: pyvips.Image.pngload_source,
    PictureFormat.GIF: pyvips.Image.gifload_source,
    PictureFormat.WEBP: pyvips.Image.webpload_source,
    PictureFormat.AVIF: pyvips.Image.heifload_source,
}
KEPT_OPERATIONS: Final = ("LoadJpeg", "LoadPng", "LoadNsgif", "LoadWebp", "LoadHeif")
KEPT_OPERATIONS_OUT: Final = ("SaveJpeg", "SavePng", "SaveSpng", "SaveCgif", "SaveWebp")
ANIMATED: Final = (PictureFormat.GIF, PictureFormat.WEBP)


class TooMuch(Exception):
    """A header promises more than the limits allow. measure: "pixels" or "frames"."""

    def __init__(self, measure: str, found: int, limit: int) -> None:
        super().__init__(measure)
        self.measure, self.found, self.limit = measure, found, limit


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels still to be pulled through, once, from top to bottom.

    image: frames one above the other. width, height: of one frame, as stored. frames: 1 for a still.
    turn: EXIF orientation 1 to 8 that is yet to be applied. has_palette: at most 256 colours.
    """

    image: pyvips.Image
    width: int
    height: int
    frames: int = 1
    turn: int = 1
    has_palette: bool = False


def forbid_other_decoders() -> None:
    """Leave libvips only the readers and writers we name; one thread, no cache of pictures of other people."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    pyvips.operation_block_set("VipsForeignSave", True)
    for name in KEPT_OPERATIONS + KEPT_OPERATIONS_OUT:
        pyvips.operation_block_set(f"VipsForeign{name}", False)
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)


def decode(upload: int, picture_format: PictureFormat, limits: PictureLimits) -> Decoded:
    """Open the descriptor `upload`. Raises TooMuch before decoding; pyvips.Error, ValueError and others if damaged."""
    if picture_format is PictureFormat.HEIC:
        return decode_heic(upload, limits)
    head = load(upload, picture_format)
    width, frame_height = head.width, head.height
    frames = int(read_field(head, "n-pages", 1)) if picture_format in ANIMATED else 1
    check_size(width, frame_height, frames, limits)
    has_palette = bool(read_field(head, "palette", 0))
    turn = int(read_field(head, "orientation", 1)) if picture_format is not PictureFormat.AVIF else 1
    image = load(upload, picture_format, n=-1) if frames > 1 else load(upload, picture_format)
    if image.width != width or image.height != frame_height * frames:
        raise ValueError("the header changed its mind")
    return Decoded(image, width, frame_height, frames, turn if 1 <= turn <= 8 else 1, has_palette)


def load(upload: int, picture_format: PictureFormat, **options: int) -> pyvips.Image:
    """Read the header; pixels follow when they are pulled. Half a picture is an error, not a grey half."""
    os.lseek(upload, 0, os.SEEK_SET)
    source = pyvips.Source.new_from_descriptor(upload)
    return LOADERS[picture_format](source, access="sequential", fail_on="error", **options)


def read_field(image: pyvips.Image, name: str, otherwise: int) -> int:
    """Read a metadata field or its default."""
    return image.get(name) if image.get_typeof(name) else otherwise


def check_size(width: int, height: int, frames: int, limits: PictureLimits) -> None:
    """Raise TooMuch unless a header's promise is within the limits."""
    if width * height > limits.pixels:
        raise TooMuch("pixels", width * height, limits.pixels)
    if frames > limits.frames:
        raise TooMuch("frames", frames, limits.frames)
    if width * height * frames > limits.pixels * ANIMATION_FACTOR:
        raise TooMuch("pixels", width * height * frames, limits.pixels * ANIMATION_FACTOR)


def decode_heic(upload: int, limits: PictureLimits) -> Decoded:
    """Decode the primary picture of a HEIC file; libheif already turns it upright (irot, imir), so turn is 1."""
    os.lseek(upload, 0, os.SEEK_SET)
    with open(upload, "rb", closefd=False) as stream:
        heif = pillow_heif.open_heif(stream, convert_hdr_to_8bit=True)
        width, height = heif.size
        check_size(width, height, 1, limits)
        bands = len(heif.mode)
        rows = pyvips.Image.new_from_memory(bytes(heif.data), heif.stride, height, 1, "uchar")
    packed = rows.crop(0, 0, width * bands, height).write_to_memory()
    kind = "srgb" if bands >= 3 else "b-w"
    image = pyvips.Image.new_from_memory(packed, width, height, bands, "uchar").copy(interpretation=kind)
    profile = heif.info.get("icc_profile")
    if profile:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return Decoded(image, width, height)


def settle(decoded: Decoded, most_pixels: int, cover: tuple[int, int] | None) -> pyvips.Image:
    """Pull the pixels through once: scaled down, sRGB, 8 bit, upright, 3 or 4 bands, in memory, frames stacked.

    most_pixels: of all frames together. cover: width and height that the upright picture should just cover, if it can.
    """
    width, height = scaled_size(decoded, most_pixels, cover)
    # Without a profile the pixels are sRGB or grey already, and the trip through Lab costs ten times the decoding.
    needs_profile = decoded.image.get_typeof("icc-profile-data") or decoded.image.interpretation == "cmyk"
    colours = {"output_profile": "srgb"} if needs_profile else {}
    image = decoded.image.thumbnail_image(
        width, height=height, size="force", no_rotate=True, fail_on="error", **colours
    )
    if image.bands < 3 or image.interpretation != "srgb":
        image = image.colourspace("srgb")
    image = image.cast("uchar").copy_memory()
    if decoded.turn != 1 and decoded.frames == 1:
        image = turned(image, decoded.turn).copy_memory()
    if image.hasalpha() and image[image.bands - 1].min() == 255:
        image = image.extract_band(0, n=3).copy_memory()
    return image


def scaled_size(decoded: Decoded, most_pixels: int, cover: tuple[int, int] | None) -> tuple[int, int]:
    """The size of one frame, as stored, that keeps within both wishes and is never larger than it is."""
    width, height = decoded.width, decoded.height
    share = min(1.0, math.sqrt(most_pixels / (width * height * decoded.frames)))
    if cover:
        across, up = cover if decoded.turn < 5 else cover[::-1]
        share = min(share, max(across / width, up / height))
    return max(1, round(width * share)), max(1, round(height * share))


def turned(image: pyvips.Image, turn: int) -> pyvips.Image:
    """Apply an EXIF orientation and forget it. Spec: CIPA DC-008 §4.6.4 A."""
    image = image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", turn)
    return image.autorot()
