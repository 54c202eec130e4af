"""Make the files that people will see from the pixels of one that we do not trust.

Owns: sizes, crops, formats and qualities per purpose; reasons and figures in docs/adr/0003-media-box.md.
Runs in the child only. Never: copies a byte of the upload; what is written is pixels, timing and nothing else
(keep="none": no EXIF, XMP, IPTC, ICC, comment).
"""

from typing import Final

import pyvips

from rookery.media.blurhash import encode_blurhash
from rookery.media.decoding import Decoded, decode, settle
from rookery.media.formats import PictureFormat
from rookery.media.letters import Answer, MadeFile, Order
from rookery.media.pictures import ROLES, PictureLimits, Purpose

# Width and height that an upright picture is cropped to, from its middle; an attachment is shown whole.
CROPS: Final[dict[Purpose, tuple[int, int]]] = {"avatar": (400, 400), "header": (1500, 500)}
EMOJI_SIDE: Final = 128
BLURHASH_SIDE: Final = 32
JPEG_OPTIONS: Final = {"Q": 90, "interlace": True, "optimize_coding": True}
WEBP_OPTIONS: Final = {"Q": 90, "effort": 2, "smart_subsample": True}
PREVIEW_OPTIONS: Final = {"Q": 80, "effort": 2}
PNG_OPTIONS: Final = {"compression": 6, "filter": "all"}
PALETTE_OPTIONS: Final = {"compression": 9, "palette": True, "Q": 100, "dither": 0.0}
GIF_OPTIONS: Final = {"effort": 2}


def make_renditions(order: Order, upload: int, outputs: list[int], limits: PictureLimits) -> Answer:
    """Decode `upload` and fill `outputs` (one descriptor per role of ROLES). Raises what `decode` raises."""
    decoded = decode(upload, order.format, limits)
    image = shape(decoded, order.purpose, limits)
    frames = decoded.frames
    first = frame(image, 0, frames)
    # Scaling invents colours between those of the palette, so only an unscaled picture goes back into one.
    has_palette = decoded.has_palette and image.width * image.height == decoded.width * decoded.height * frames
    files = [write(image, frames, "original", original_format(order, image, frames), outputs, has_palette)]
    small = shrunk(first, limits.preview_pixels)
    files.append(write(small, 1, "preview", PictureFormat.WEBP, outputs))
    if frames > 1:
        still = PictureFormat.PNG if order.purpose == "emoji" else PictureFormat.WEBP
        files.append(write(first, 1, "still", still, outputs))
    return Answer(files=tuple(files), blurhash=blurhash_of(small))


def original_format(order: Order, image: pyvips.Image, frames: int) -> PictureFormat:
    """What a format is kept as: itself, where every app shows it; AVIF and HEIC as JPEG, or WebP when see-through."""
    if frames > 1:
        return order.format
    if order.purpose == "emoji" or order.format is PictureFormat.GIF:
        return PictureFormat.PNG
    if order.format in (PictureFormat.AVIF, PictureFormat.HEIC):
        return PictureFormat.WEBP if image.hasalpha() else PictureFormat.JPEG
    return order.format


def shape(decoded: Decoded, purpose: Purpose, limits: PictureLimits) -> pyvips.Image:
    """Pull the pixels in, at the size and crop of the purpose; frames stay stacked."""
    if purpose == "emoji":
        share = EMOJI_SIDE / max(decoded.width, decoded.height)
        box = (max(1, round(decoded.width * share)), max(1, round(decoded.height * share)))
        return settle(decoded, limits.pixels, box if decoded.turn < 5 else box[::-1])
    most = limits.pixels if decoded.frames > 1 else limits.side_pixels
    image = settle(decoded, most, CROPS.get(purpose))
    return cropped(image, decoded.frames, *CROPS[purpose]) if purpose in CROPS else image


def cropped(image: pyvips.Image, frames: int, width: int, height: int) -> pyvips.Image:
    """Cut the middle out of every frame, with the proportions width : height, at most that large."""
    frame_height = image.height // frames
    share = min(1.0, image.width / width, frame_height / height)
    across, up = max(1, round(width * share)), max(1, round(height * share))
    left, top = (image.width - across) // 2, (frame_height - up) // 2
    if frames == 1:
        return image.crop(left, top, across, up)
    cuts = [image.crop(left, at * frame_height + top, across, up) for at in range(frames)]
    stack = pyvips.Image.arrayjoin(cuts, across=1).copy()
    stack.set_type(pyvips.GValue.gint_type, "page-height", up)
    return stack.copy_memory()


def frame(image: pyvips.Image, at: int, frames: int) -> pyvips.Image:
    """One frame of a stack, as a still."""
    height = image.height // frames
    still = image.crop(0, at * height, image.width, height).copy()
    for name in ("page-height", "n-pages", "delay", "loop"):
        still.remove(name)
    return still


def shrunk(image: pyvips.Image, most_pixels: int) -> pyvips.Image:
    """Scale a still down to an area, in memory."""
    share = min(1.0, (most_pixels / (image.width * image.height)) ** 0.5)
    width, height = max(1, int(image.width * share)), max(1, int(image.height * share))
    return image.thumbnail_image(width, height=height, size="force", no_rotate=True).copy_memory()


def write(
    image: pyvips.Image,
    frames: int,
    role: str,
    picture_format: PictureFormat,
    outputs: list[int],
    has_palette: bool = False,
) -> MadeFile:
    """Encode into the descriptor of a role."""
    target = pyvips.Target.new_to_descriptor(outputs[ROLES.index(role)])
    if picture_format is PictureFormat.JPEG:
        flat(image).jpegsave_target(target, keep="none", **JPEG_OPTIONS)
    elif picture_format is PictureFormat.PNG:
        image.pngsave_target(target, keep="none", **(PALETTE_OPTIONS if has_palette else PNG_OPTIONS))
    elif picture_format is PictureFormat.GIF:
        image.gifsave_target(target, keep="none", **GIF_OPTIONS)
    else:
        image.webpsave_target(target, keep="none", **(PREVIEW_OPTIONS if role == "preview" else WEBP_OPTIONS))
    return MadeFile(role, picture_format, image.width, image.height // frames)


def flat(image: pyvips.Image) -> pyvips.Image:
    """Without transparency, on white, as every app shows it."""
    return image.flatten(background=[255, 255, 255]) if image.hasalpha() else image


def blurhash_of(image: pyvips.Image) -> str:
    """28 characters: four components along the longer side, three along the shorter."""
    small = flat(image).thumbnail_image(BLURHASH_SIDE, height=BLURHASH_SIDE, size="force", no_rotate=True)
    columns, rows = (4, 3) if image.width >= image.height else (3, 4)
    return encode_blurhash(bytes(small.write_to_memory()), small.width, small.height, columns, rows)
