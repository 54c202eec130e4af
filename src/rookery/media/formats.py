"""Recognise a picture by its first bytes, never by its name or declared type.

Owns: the list of formats that may reach a decoder, and the type and ending of those that we write.
Never: decodes, trusts a header beyond its magic bytes. SVG, PDF, PostScript, MVG, MSL, TIFF, BMP and video are unknown
here on purpose: what has no name cannot be decoded (CVE-2023-36460, CVE-2024-53863).
Spec: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern, ISO/IEC 14496-12 §4.3 (ftyp)
"""

from enum import Enum
from typing import Final

SNIFFED_BYTES: Final = 512


class PictureFormat(Enum):
    """A format we decode. The value is its MIME type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    AVIF = "image/avif"
    HEIC = "image/heic"

    @property
    def mime(self) -> str:
        """As sent in Content-Type."""
        return self.value

    @property
    def extension(self) -> str:
        """Without a dot."""
        return EXTENSIONS[self]


EXTENSIONS: Final = {
    PictureFormat.JPEG: "jpg",
    PictureFormat.PNG: "png",
    PictureFormat.GIF: "gif",
    PictureFormat.WEBP: "webp",
    PictureFormat.AVIF: "avif",
    PictureFormat.HEIC: "heic",
}

MAGIC: Final = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
)

# The brands that name a codec. mif1 and msf1 only say "some HEIF", so they do not decide.
BRANDS: Final = {
    b"avif": PictureFormat.AVIF,
    b"avis": PictureFormat.AVIF,
    b"heic": PictureFormat.HEIC,
    b"heix": PictureFormat.HEIC,
    b"heim": PictureFormat.HEIC,
    b"heis": PictureFormat.HEIC,
    b"hevc": PictureFormat.HEIC,
    b"hevx": PictureFormat.HEIC,
}


def sniff_format(head: bytes) -> PictureFormat | None:
    """Say which decoder the first bytes of a file ask for, or None. head: SNIFFED_BYTES or the whole file."""
    for magic, picture_format in MAGIC:
        if head.startswith(magic):
            return picture_format
    if head[:4] == b"RIFF" and head[8:15] == b"WEBPVP8":
        return PictureFormat.WEBP
    if head[4:8] == b"ftyp":
        return format_from_brands(head)
    return None


def format_from_brands(head: bytes) -> PictureFormat | None:
    """Read the ftyp box at the head of an ISO media file: the major brand first, then the compatible ones in order."""
    box_bytes = int.from_bytes(head[:4], "big")
    if not 16 <= box_bytes <= SNIFFED_BYTES:
        return None
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(box_bytes, len(head)), 4))]
    return next((BRANDS[brand] for brand in brands if brand in BRANDS), None)
