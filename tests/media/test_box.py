"""What comes out of the box for each picture that goes in, and how its children live."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import pyvips
from PIL import Image
from tests.media.drawn_pictures import animation, avif, heic, photo, pillow_photo, saved

from rookery.media.box import MediaBox
from rookery.media.errors import MediaBoxDown, PictureTooSlow
from rookery.media.pictures import PictureLimits

STILLS = {
    "jpeg": (lambda: photo().jpegsave_buffer(), "image/jpeg"),
    "grey jpeg": (lambda: saved(pillow_photo(mode="L"), "JPEG"), "image/jpeg"),
    "cmyk jpeg": (lambda: saved(pillow_photo(mode="CMYK"), "JPEG"), "image/jpeg"),
    "png": (lambda: photo().pngsave_buffer(), "image/png"),
    "see-through png": (lambda: photo(bands=4).pngsave_buffer(), "image/png"),
    "palette png": (lambda: saved(pillow_photo().quantize(16), "PNG"), "image/png"),
    "16 bit png": (lambda: (photo().cast("ushort") * 256).copy(interpretation="rgb16").pngsave_buffer(), "image/png"),
    "gif of one frame": (lambda: photo().gifsave_buffer(), "image/png"),
    "webp": (lambda: photo().webpsave_buffer(), "image/webp"),
    "see-through webp": (lambda: photo(bands=4).webpsave_buffer(), "image/webp"),
    "avif": (lambda: avif(photo()), "image/jpeg"),
    "see-through avif": (lambda: avif(photo(bands=4)), "image/webp"),
    "heic": (heic, "image/jpeg"),
    "see-through heic": (lambda: heic(mode="RGBA"), "image/jpeg"),
}


@pytest.mark.parametrize("name", STILLS)
async def test_every_format_comes_out_as_one_that_every_app_shows(box, upload, out, name):
    content, mime = STILLS[name]
    picture = await box.make_picture(upload(content()), out, purpose="attachment")
    original = pyvips.Image.new_from_file(str(picture.original.path))
    assert picture.original.mime == mime
    assert (picture.original.width, picture.original.height) == (original.width, original.height) == (320, 200)
    assert picture.original.path.suffix == f".{picture.original.extension}"
    assert original.hasalpha() == ("see-through" in name and mime != "image/jpeg")
    left, right = original.getpoint(10, 10)[0], original.getpoint(310, 190)[0]
    assert left < 40 < 200 < right or name in ("cmyk jpeg", "grey jpeg")
    assert picture.preview.mime == "image/webp"
    assert picture.still is None
    assert not picture.is_animated
    for made in (picture.original, picture.preview):
        assert made.size_bytes == made.path.stat().st_size
        assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert len(list(out.iterdir())) == 2


async def test_a_palette_survives_to_the_last_colour(box, upload, out):
    content = saved(pillow_photo().quantize(16), "PNG")
    picture = await box.make_picture(upload(content), out, purpose="attachment")
    before, after = (pyvips.Image.new_from_buffer(one, "") for one in (content, picture.original.path.read_bytes()))
    assert (before.extract_band(0, n=3) - after.extract_band(0, n=3)).abs().max() == 0
    assert after.get("palette")


@pytest.mark.parametrize("kind", ["gif", "webp"])
async def test_an_animation_stays_one_and_gets_a_still(box, upload, out, kind):
    content = getattr(animation(), f"{kind}save_buffer")()
    picture = await box.make_picture(upload(content), out, purpose="attachment")
    moving = pyvips.Image.new_from_file(str(picture.original.path), n=-1)
    assert picture.is_animated
    assert picture.original.mime == f"image/{kind}"
    assert (moving.get("n-pages"), moving.get("delay")[:2]) == (5, [70, 70])
    assert picture.still.mime == "image/webp"
    for one in (picture.still, picture.preview):
        assert (one.width, one.height) == (160, 120)
        assert pyvips.Image.new_from_file(str(one.path)).get_typeof("n-pages") == 0


@pytest.mark.parametrize(
    ("purpose", "size", "expected"),
    [
        ("avatar", (1200, 800), (400, 400)),
        ("avatar", (100, 80), (80, 80)),
        ("header", (3200, 2000), (1500, 500)),
        ("header", (600, 600), (600, 200)),
        ("emoji", (512, 256), (128, 64)),
        ("emoji", (40, 30), (40, 30)),
    ],
)
async def test_each_purpose_has_its_size(box, upload, out, purpose, size, expected):
    picture = await box.make_picture(upload(photo(*size).pngsave_buffer()), out, purpose=purpose)
    assert (picture.original.width, picture.original.height) == expected
    assert picture.original.mime == "image/png"


async def test_an_avatar_that_moves_is_cropped_in_every_frame(box, upload, out):
    picture = await box.make_picture(upload(animation(900, 600, 3).gifsave_buffer()), out, purpose="avatar")
    moving = pyvips.Image.new_from_file(str(picture.original.path), n=-1)
    assert (moving.width, moving.get("page-height"), moving.get("n-pages")) == (400, 400, 3)
    assert (picture.still.width, picture.still.height) == (400, 400)


async def test_an_emoji_that_moves_has_a_png_still(box, upload, out):
    picture = await box.make_picture(upload(animation().gifsave_buffer()), out, purpose="emoji")
    assert (picture.original.mime, picture.still.mime) == ("image/gif", "image/png")
    assert picture.original.width == 128


async def test_a_large_picture_is_scaled_to_the_area_we_keep(box, upload, out):
    picture = await box.make_picture(upload(photo(5000, 3000).jpegsave_buffer()), out, purpose="attachment")
    area = picture.original.width * picture.original.height
    assert 0.99 < area / box.limits.side_pixels < 1.001
    assert picture.preview.width * picture.preview.height <= box.limits.preview_pixels


def exif_with_place(orientation):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9286] = orientation, "SecretCamera", "SecretComment"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_is_upright_and_forgets_where_it_was_taken(box, upload, out, orientation):
    content = saved(pillow_photo(), "JPEG", exif=exif_with_place(orientation), comment=b"SecretNote", quality=95)
    assert b"SecretCamera" in content
    picture = await box.make_picture(upload(content), out, purpose="attachment")
    expected = (320, 200) if orientation < 5 else (200, 320)
    assert (picture.original.width, picture.original.height) == expected
    made = picture.original.path.read_bytes() + picture.preview.path.read_bytes()
    assert b"Secret" not in made
    assert b"Exif" not in made
    with Image.open(picture.original.path) as after:
        assert not after.getexif()
    # The dark corner (left, top of the stored picture) is where the orientation says.
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]
    shown = pyvips.Image.new_from_file(str(picture.original.path))
    x, y = (5 if corner[0] == 0 else expected[0] - 6), (5 if corner[1] == 0 else expected[1] - 6)
    assert max(shown.getpoint(x, y)[:2]) < 30


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_no_words_in_a_picture_come_out_again(box, upload, out, kind):
    words = {"JPEG": {"exif": exif_with_place(1), "xmp": b"<x>SecretXmp</x>"}, "WEBP": {"xmp": b"<x>SecretXmp</x>"}}
    content = saved(pillow_photo(), kind, **words.get(kind, {"comment": b"SecretNote"}))
    if kind == "PNG":
        image = photo()
        image.set_type(pyvips.GValue.gstr_type, "png-comment-0-Secret", "SecretText")
        content = image.pngsave_buffer()
    assert b"Secret" in content
    picture = await box.make_picture(upload(content), out, purpose="attachment")
    assert b"Secret" not in picture.original.path.read_bytes() + picture.preview.path.read_bytes()


async def test_a_wide_colour_profile_is_converted_and_dropped(box, upload, out):
    content = photo().jpegsave_buffer(profile="p3")
    picture = await box.make_picture(upload(content), out, purpose="attachment")
    after = pyvips.Image.new_from_file(str(picture.original.path))
    assert after.get_typeof("icc-profile-data") == 0


def test_the_server_never_imports_a_decoder():
    code = (
        "import sys, rookery.media.box, rookery.media.errors, rookery.media.pictures\n"
        "assert not {'pyvips', 'PIL', 'pillow_heif', '_libvips'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


async def test_no_child_runs_until_the_first_picture_and_none_after_idling(upload, out):
    async with MediaBox(PictureLimits(), idle_s=0.05) as box:
        assert box.child_pids == ()
        await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="emoji")
        (pid,) = box.child_pids
        await gone(pid)
        assert box.child_pids == ()
        assert await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="emoji")


async def test_a_child_is_kept_between_pictures(box, upload, out):
    for _ in range(2):
        await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="emoji")
        pids = box.child_pids
    assert len(pids) == 1
    assert pids == box.child_pids


async def test_many_pictures_wait_their_turn(upload, out):
    content = upload(photo().jpegsave_buffer())
    async with MediaBox(PictureLimits(), children=2) as box:
        pictures = await asyncio.gather(*(box.make_picture(content, out, purpose="attachment") for _ in range(6)))
        assert len(box.child_pids) == 2
    assert len({picture.original.path for picture in pictures}) == 6


async def stopped_child(box, upload, out):
    """Start a picture on a child that is frozen, so that what happens next is up to the test."""
    await box.describe_confinement()
    (pid,) = box.child_pids
    os.kill(pid, signal.SIGSTOP)
    work = asyncio.ensure_future(box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment"))
    while not box.pool._busy:
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    return pid, work


async def gone(pid):
    for _ in range(500):
        if not Path(f"/proc/{pid}").exists():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the child lives on")


async def test_a_child_killed_at_work_costs_one_picture(box, upload, out):
    pid, work = await stopped_child(box, upload, out)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(MediaBoxDown) as down:
        await work
    assert down.value.may_retry
    assert list(out.iterdir()) == []
    assert await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")


async def test_a_child_that_died_while_idle_is_replaced_unnoticed(box, upload, out):
    await box.describe_confinement()
    (pid,) = box.child_pids
    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    assert await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")


async def test_a_picture_past_its_deadline_is_refused_and_its_child_killed(upload, out):
    async with MediaBox(PictureLimits(seconds=0.3)) as box:
        pid, work = await stopped_child(box, upload, out)
        with pytest.raises(PictureTooSlow):
            await work
        await gone(pid)
        assert list(out.iterdir()) == []


async def test_a_caller_who_leaves_takes_the_work_along(box, upload, out):
    pid, work = await stopped_child(box, upload, out)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await gone(pid)
    assert list(out.iterdir()) == []


async def test_closing_ends_a_picture_in_work(box, upload, out):
    pid, work = await stopped_child(box, upload, out)
    await box.close()
    with pytest.raises(MediaBoxDown):
        await work
    await gone(pid)
    with pytest.raises(MediaBoxDown):
        await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
async def test_the_box_works_on_uvloop_too(box, upload, out):
    assert await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")
    _, work = await stopped_child(box, upload, out)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")


async def test_no_descriptor_is_left_behind(box, upload, out):
    await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        await box.make_picture(upload(photo().pngsave_buffer()), out, purpose="attachment")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
