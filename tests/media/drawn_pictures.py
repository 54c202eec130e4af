"""Pictures drawn on the spot: honest ones, bombs whose header promises too much, and files that are none."""

import io
import zlib

import pillow_heif
import pyvips
from PIL import Image

STRANGERS = {
    "CVE-2023-36460 svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "CVE-2023-36460 svg in xml": b"<?xml version='1.0'?><svg/>",
    "CVE-2023-36460 mvg": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'msl:/tmp/x'",
    "CVE-2023-36460 msl": b"<?xml version='1.0'?><image><write filename='/tmp/x'/></image>",
    "CVE-2023-36460 postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "CVE-2023-36460 mp3 with cover": b"ID3\x03\x00\x00\x00\x00\x0f\x76APIC\x00\xff\xd8\xff\xe0",
    "CVE-2024-53863 pdf": b"%PDF-1.7\n",
    "CVE-2024-53863 tiff": b"II*\x00\x08\x00\x00\x00",
    "CVE-2024-53863 bmp": b"BM\x36\x00\x0c\x00",
    "CVE-2024-53863 ico": b"\x00\x00\x01\x00\x01\x00",
    "CVE-2024-53863 jpeg xl": b"\xff\x0a\xfa",
    "CVE-2026-8461 mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    "CVE-2026-8461 hls playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n",
    "GEN-38 html": b"<!doctype html><script>",
    "GEN-38 zip": b"PK\x03\x04",
    "wav in riff": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "heif of no codec": b"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1",
    "magic not at the start": b"\n\xff\xd8\xff\xe0",
    "empty": b"",
}


def photo(width=320, height=200, bands=3):
    """A smooth picture: red grows to the right, green downwards."""
    ramp = pyvips.Image.xyz(width, height)
    red, green = ramp[0] * 255 / width, ramp[1] * 255 / height
    layers = [green, green * 0 + 60, green * 0 + 128][: bands - 1]
    return red.bandjoin(layers).cast("uchar").copy(interpretation="srgb").copy_memory()


def animation(width=160, height=120, frames=5):
    pair = [photo(width, height), photo(width, height).rot180()]
    stack = pyvips.Image.arrayjoin([pair[i % 2] for i in range(frames)], across=1).copy()
    stack.set_type(pyvips.GValue.gint_type, "page-height", height)
    stack.set_type(pyvips.GValue.array_int_type, "delay", [70] * frames)
    stack.set_type(pyvips.GValue.gint_type, "loop", 0)
    return stack


def pillow_photo(width=320, height=200, mode="RGB"):
    return Image.frombytes("RGB", (width, height), bytes(photo(width, height).write_to_memory())).convert(mode)


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def heic(width=320, height=200, mode="RGB"):
    stream = io.BytesIO()
    pillow_heif.from_pillow(pillow_photo(width, height, mode)).save(stream, quality=80)
    return stream.getvalue()


def avif(image):
    return image.heifsave_buffer(compression="av1", effort=0)


def chunk(kind, body):
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png_of_zeros(width, height):
    """A real picture of black pixels, one bit each: a bomb of a few kilobytes."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    packer, rows = zlib.compressobj(9), bytes(1 + (width + 7) // 8) * 100
    body = b"".join(packer.compress(rows) for _ in range(height // 100)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def grown_webp(width, height):
    content = bytearray(photo().webpsave_buffer(lossless=True))
    at = content.index(b"VP8L") + 9
    content[at : at + 4] = ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    return bytes(content)


def grown_heif(content, width, height):
    at = content.index(b"ispe") + 8
    return content[:at] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + content[at + 8 :]


def grown_jpeg(width, height):
    content = bytearray(photo().jpegsave_buffer())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(content)


def png_header(width, height):
    whole = png_of_zeros(100, 100)
    return whole[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + whole[24:]


def gif_of_frames(count, width=1, height=1):
    """Every frame says that it fills the screen and holds one pixel."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    head = b"GIF89a" + size + b"\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    one = b"\x21\xf9\x04\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00" + size + b"\x00\x02\x02\x44\x01\x00"
    return head + one * count + b";"
