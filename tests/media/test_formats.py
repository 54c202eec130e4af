"""Only the first bytes decide, and only six formats have a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.drawn_pictures import STRANGERS, animation, avif, heic, photo

from rookery.media.formats import PictureFormat, sniff_format

REAL = {
    PictureFormat.JPEG: lambda: photo().jpegsave_buffer(),
    PictureFormat.PNG: lambda: photo().pngsave_buffer(),
    PictureFormat.GIF: lambda: animation().gifsave_buffer(),
    PictureFormat.WEBP: lambda: photo().webpsave_buffer(),
    PictureFormat.AVIF: lambda: avif(photo()),
    PictureFormat.HEIC: heic,
}


@pytest.mark.parametrize("picture_format", PictureFormat)
def test_a_real_picture_is_recognised(picture_format):
    assert sniff_format(REAL[picture_format]()[:512]) is picture_format


@pytest.mark.parametrize("name", STRANGERS)
def test_anything_else_has_no_name(name):
    assert sniff_format(STRANGERS[name]) is None


@pytest.mark.parametrize(
    ("brands", "picture_format"),
    [(b"mif1\0\0\0\0mif1heic", PictureFormat.HEIC), (b"mif1\0\0\0\0mif1avif", PictureFormat.AVIF)],
)
def test_a_compatible_brand_decides_when_the_major_one_does_not(brands, picture_format):
    assert sniff_format((8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands) is picture_format


@given(st.binary(max_size=600))
def test_no_bytes_make_it_fail(head):
    assert sniff_format(head) is None or isinstance(sniff_format(head), PictureFormat)
