"""No upload harms the server: bombs, torn files, polyglots, lies. Ids name rows of the attack catalogue."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.media.drawn_pictures import (
    STRANGERS,
    animation,
    avif,
    gif_of_frames,
    grown_heif,
    grown_jpeg,
    grown_webp,
    heic,
    photo,
    png_header,
    png_of_zeros,
)

from rookery.media.box import MediaBox, seal, set_bench
from rookery.media.errors import MediaRefused, PictureDamaged, PictureTooLarge, UnknownPictureFormat
from rookery.media.formats import PictureFormat
from rookery.media.letters import Answer, LetterBroken, MadeFile, letter_bytes, parse_answer
from rookery.media.pictures import PictureLimits

PAYLOAD = b"<script>alert('GIFAR')</script>PK\x03\x04"


@pytest.mark.parametrize("name", STRANGERS)
async def test_a_file_without_a_name_reaches_no_child(box, upload, out, name):
    with pytest.raises(UnknownPictureFormat):
        await box.make_picture(upload(STRANGERS[name], "harmless.jpg"), out, purpose="attachment")
    assert box.child_pids == ()
    assert list(out.iterdir()) == []


BOMBS = {
    "png 30000x30000": lambda: png_of_zeros(30_000, 30_000),
    "png 2 billion wide": lambda: png_header(2**31 - 1, 1),
    "png header only": lambda: png_header(30_000, 30_000),
    "jpeg 65500x65500": lambda: grown_jpeg(65_500, 65_500),
    "gif 65535x65535": lambda: gif_of_frames(1, 65_535, 65_535),
    "gif of 5000 frames": lambda: gif_of_frames(5_000),
    "gif of many large frames": lambda: gif_of_frames(40, 2_000, 2_000),
    "webp 16383x16383": lambda: grown_webp(16_383, 16_383),
    "avif 30000x30000": lambda: grown_heif(avif(photo()), 30_000, 30_000),
    "avif 4 billion": lambda: grown_heif(avif(photo()), 2**32 - 1, 2**32 - 1),
    "heic 30000x30000": lambda: grown_heif(heic(), 30_000, 30_000),
}


def peak_bytes(pid):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("name", BOMBS, ids=lambda name: f"CVE-2023-4863 {name}")
async def test_a_bomb_is_refused_from_its_header(box, upload, out, name):
    source = upload(BOMBS[name]())
    await box.describe_confinement()
    started = time.monotonic()
    with pytest.raises((PictureTooLarge, PictureDamaged)):
        await box.make_picture(source, out, purpose="attachment")
    assert time.monotonic() - started < 2
    (pid,) = box.child_pids
    assert peak_bytes(pid) < 120 * 1024 * 1024
    assert list(out.iterdir()) == []


async def test_a_file_too_large_is_refused_unread(upload, out):
    async with MediaBox(PictureLimits(upload_bytes=1000)) as box:
        with pytest.raises(PictureTooLarge) as refused:
            await box.make_picture(upload(photo().jpegsave_buffer()), out, purpose="attachment")
        assert (refused.value.measure, refused.value.limit) == ("bytes", 1000)
        assert box.child_pids == ()


async def test_a_child_short_of_memory_refuses_and_the_next_picture_passes(upload, out):
    async with MediaBox(PictureLimits(memory_bytes=170 * 1024 * 1024)) as box:
        with pytest.raises(MediaRefused):
            await box.make_picture(upload(avif(photo(4000, 3000))), out, purpose="attachment")
        assert await box.make_picture(upload(photo().jpegsave_buffer()), out, purpose="attachment")


async def test_an_output_past_its_limit_is_refused(upload, out):
    async with MediaBox(PictureLimits(output_bytes=500)) as box:
        with pytest.raises(PictureTooLarge) as refused:
            await box.make_picture(upload(photo().jpegsave_buffer()), out, purpose="attachment")
        assert refused.value.measure == "output bytes"
        assert list(out.iterdir()) == []


def with_comment(jpeg):
    return jpeg[:2] + b"\xff\xfe" + (len(PAYLOAD) + 2).to_bytes(2, "big") + PAYLOAD + jpeg[2:]


POLYGLOTS = {
    "jpeg and html": lambda: photo().jpegsave_buffer() + PAYLOAD,
    "jpeg comment": lambda: with_comment(photo().jpegsave_buffer()),
    "png and zip": lambda: photo().pngsave_buffer() + PAYLOAD,
    "gif and script": lambda: animation().gifsave_buffer() + PAYLOAD,
    "webp and zip": lambda: photo().webpsave_buffer() + PAYLOAD,
    "avif and html": lambda: avif(photo()) + PAYLOAD,
    "heic and html": lambda: heic() + PAYLOAD,
}


@pytest.mark.parametrize("name", POLYGLOTS, ids=lambda name: f"GEN-38 {name}")
async def test_a_second_file_inside_a_picture_is_gone(box, upload, out, name):
    content = POLYGLOTS[name]()
    assert PAYLOAD in content
    try:
        picture = await box.make_picture(upload(content), out, purpose="attachment")
    except PictureDamaged:
        return
    for one in (picture.original, picture.preview):
        assert b"script" not in one.path.read_bytes()
        assert b"PK\x03\x04" not in one.path.read_bytes()


WHOLE = {
    "jpeg": photo().jpegsave_buffer(),
    "png": photo(bands=4).pngsave_buffer(),
    "gif": animation().gifsave_buffer(),
    "webp": photo().webpsave_buffer(),
    "moving webp": animation().webpsave_buffer(),
    "avif": avif(photo()),
    "heic": heic(),
}


@pytest.mark.parametrize("name", WHOLE, ids=lambda name: f"CVE-2023-4863 {name}")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
async def test_half_a_picture_is_refused_in_words(box, upload, out, name, share):
    content = WHOLE[name]
    try:
        await box.make_picture(upload(content[: int(len(content) * share)]), out, purpose="attachment")
    except MediaRefused as refused:
        assert len(str(refused)) > 40
        assert list(out.iterdir()) == []
    else:
        # An animation cut after some frames is a shorter animation.
        assert name in ("gif", "moving webp")


@pytest.fixture(scope="module")
def lasting_box():
    with asyncio.Runner() as runner:
        box = MediaBox(PictureLimits(seconds=10, memory_bytes=512 * 1024 * 1024))
        runner.run(box.start())
        yield runner, box
        runner.run(box.close())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_a_mutated_picture_is_made_or_refused_and_nothing_else(lasting_box, tmp_path, name, data):
    runner, box = lasting_box
    content = bytearray(WHOLE[name])
    # Most of the structure sits in front.
    places = st.one_of(st.integers(12, 300), st.integers(12, len(content) - 1))
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        content[at % len(content)] = value
    source, out = tmp_path / "upload", tmp_path / "made"
    source.write_bytes(content)
    out.mkdir(exist_ok=True)
    try:
        picture = runner.run(box.make_picture(source, out, purpose="attachment"))
    except MediaRefused as refused:
        assert not refused.may_retry
        picture = None
    assert bool(picture) == bool(list(out.iterdir()))
    for path in out.iterdir():
        path.unlink()


def test_a_child_taken_over_cannot_pass_off_a_page_as_a_picture(upload, out):
    bench = set_bench(upload(photo().jpegsave_buffer()), out, PictureLimits())
    bench.paths["original"].write_bytes(photo().jpegsave_buffer())
    bench.paths["preview"].write_bytes(b"<html><script>")
    made = (MadeFile("original", PictureFormat.JPEG, 320, 200), MadeFile("preview", PictureFormat.WEBP, 320, 200))
    with pytest.raises(PictureDamaged):
        seal(bench, Answer(files=made, blurhash="L" * 28), PictureLimits())
    assert list(out.iterdir()) == []


GOOD = {"role": "original", "format": "image/jpeg", "width": 1, "height": 1}
SMALL = {"role": "preview", "format": "image/webp", "width": 1, "height": 1}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"refusal": "please run this"}',
        b"[" * 10_000,
        {"files": []},
        {"files": [GOOD]},
        {"files": [GOOD, GOOD]},
        {"files": [GOOD, SMALL], "blurhash": "<script>"},
        {"files": [GOOD | {"format": "text/html"}, SMALL]},
        {"files": [GOOD | {"format": "image/svg+xml"}, SMALL]},
        {"files": [GOOD | {"width": 10**9}, SMALL]},
        {"files": [GOOD | {"height": -1}, SMALL]},
        {"files": [GOOD | {"width": True}, SMALL]},
        {"files": [GOOD | {"role": "../../x"}, SMALL]},
    ],
    ids=lambda answer: f"mastodon#20388 {str(answer)[:60]}",
)
def test_an_answer_that_is_not_as_agreed_is_not_believed(answer):
    if isinstance(answer, dict):
        defaults = {"refusal": "", "blurhash": "L" * 28}
        answer = repr(defaults | answer).replace("'", '"').replace("True", "true").encode()
    with pytest.raises(LetterBroken):
        parse_answer(answer)


def test_an_answer_as_agreed_is_read_back():
    files = (MadeFile("original", PictureFormat.PNG, 2, 3), MadeFile("preview", PictureFormat.WEBP, 2, 3))
    answer = Answer(files=files, blurhash="L" * 28)
    assert parse_answer(letter_bytes(answer)[4:]) == answer
