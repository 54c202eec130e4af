"""No video and no sound harms the server: bombs, lies, playlists, torn files. Ids name rows of the attack catalogue."""

import asyncio
import json
import struct
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.media.drawn_recordings import film, moving_gif, mp3_with_cover, patched, sound, wav

from rookery.media.errors import MediaRefused
from rookery.media.filming import is_mended
from rookery.media.letters import LetterBroken, letter_bytes
from rookery.media.recording_box import RecordingBox
from rookery.media.recording_errors import (
    RecordingDamaged,
    RecordingTooLarge,
    RecordingTooSlow,
    UnknownFormat,
)
from rookery.media.recording_letters import RecordingAnswer, parse_recording_answer
from rookery.media.recordings import Measures, RecordingLimits, RecordingSource, sniff_recording

LIMITS = RecordingLimits(seconds=30, length_s=20)


@pytest.fixture
async def films():
    async with RecordingBox(LIMITS) as box:
        yield box


def strangers(address):
    """Files that ask a player to open something else."""
    return {
        "hls playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n".encode(),
        "hls of a local file": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "concat list": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "concat protocol": b"#EXTM3U\n#EXTINF:1,\nconcat:/etc/passwd|/etc/hosts\n",
        "dash manifest": f'<?xml version="1.0"?><MPD><BaseURL>{address}</BaseURL></MPD>'.encode(),
        "sdp": f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video 4 RTP/AVP 96\r\na={address}".encode(),
        "ass subtitles": b"[Script Info]\nTitle: x\n",
        "avi with a playlist": b"RIFF\x10\0\0\0AVI LIST#EXTM3U\nfile:///etc/passwd\n",
        "swf": b"FWS\x05" + bytes(40),
        "flv": b"FLV\x01\x05" + bytes(40),
        "mpeg ts": b"G" + bytes(187) + b"G" + bytes(187),
        "nothing": b"",
    }


@pytest.mark.parametrize("name", strangers(""), ids=lambda name: f"GEN-54 {name}")
async def test_a_file_that_names_other_files_reaches_no_child(films, upload, out, name):
    heard = []
    listener = await asyncio.start_server(lambda *_: heard.append(1), "127.0.0.1", 0)
    async with listener:
        address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x.ts"
        with pytest.raises(UnknownFormat):
            await films.make_recording(RecordingSource(upload(strangers(address)[name], "film.mp4")), out)
    assert heard == []
    assert list(out.iterdir()) == []


def with_reference():
    """A QuickTime file whose film lies elsewhere: its data reference says so instead of "in this file"."""
    return film(container="mov").replace(b"url \0\0\0\1", b"alis\0\0\0\0")


TRICKS = {
    "a film that lies elsewhere": with_reference,
    "a playlist behind a film's first bytes": lambda: film()[:32] + b"#EXTM3U\nfile:///etc/passwd\n" * 40,
    "a playlist behind an ID3 tag": lambda: b"ID3\3\0\0\0\0\0\0#EXTM3U\nfile:///etc/passwd\n" * 10,
    "a playlist in an EBML head": lambda: b"\x1a\x45\xdf\xa3\x80#EXTM3U\nconcat:/etc/passwd\n" * 10,
    "a cover that is a script": lambda: mp3_with_cover(b"push graphic-context\nimage over 'url(file:///etc/passwd)'"),
}


@pytest.mark.parametrize("name", TRICKS, ids=lambda name: f"CVE-2023-36460 {name}")
async def test_a_trick_shows_nothing_of_this_machine(films, upload, out, name):
    try:
        made = await films.make_recording(RecordingSource(upload(TRICKS[name]())), out)
    except MediaRefused:
        assert list(out.iterdir()) == []
    else:
        assert b"root:" not in made.original.path.read_bytes()


def promising_size(width, height):
    """An MP4 whose head promises another size than its film has, everywhere that it is written."""
    content = patched(film(count=3), b"avc1", 24, struct.pack(">HH", width, height))
    return patched(content, b"tkhd", 76, struct.pack(">II", width << 16, height << 16))


BOMBS = {
    "65535 x 65535": lambda: promising_size(65_535, 65_535),
    "8 hours in the head": lambda: patched(film(count=3), b"mvhd", 12, struct.pack(">II", 1, 8 * 3600)),
    "a minute of sound": lambda: sound("libmp3lame", "mp3", 60),
    "1000 frames a second": lambda: film(count=40, size=(64, 64), rate=1000, sound=None),
}


@pytest.mark.parametrize("name", BOMBS, ids=lambda name: f"GEN-25 {name}")
async def test_a_bomb_is_refused_quickly(films, upload, out, name):
    source = RecordingSource(upload(BOMBS[name]()))
    started = time.monotonic()
    try:
        made = await films.make_recording(source, out)
    except (RecordingTooLarge, RecordingDamaged):
        assert list(out.iterdir()) == []
    else:
        # A head that lies about a small film is not believed: what came out is what the film really is.
        assert made.measures.length_ms < 21_000
        assert made.original.width <= 320
    assert time.monotonic() - started < 15


async def test_a_film_that_goes_on_past_its_head_is_cut_off(upload, out):
    """GEN-25"""
    async with RecordingBox(RecordingLimits(seconds=30, length_s=1)) as films:
        content = film("libvpx", "libopus", "webm", count=100, size=(64, 64))
        lying = content.replace(struct.pack(">d", 4000.0), struct.pack(">d", 500.0))
        with pytest.raises(RecordingTooLarge, match="plays for"):
            await films.make_recording(RecordingSource(upload(lying)), out)
    assert list(out.iterdir()) == []


async def test_a_thousand_tracks_are_refused(films, upload, out):
    """GEN-25"""
    content = film(count=3)
    at = content.index(b"trak") - 4
    (size,) = struct.unpack(">I", content[at : at + 4])
    track, moov = content[at : at + size], content.index(b"moov") - 4
    (moov_size,) = struct.unpack(">I", content[moov : moov + 4])
    grown = moov_size + 1000 * size
    content = content[:moov] + struct.pack(">I", grown) + content[moov + 4 : at] + track * 1001 + content[at + size :]
    with pytest.raises(RecordingDamaged):
        await films.make_recording(RecordingSource(upload(content)), out)


async def test_a_file_too_large_is_refused_unread(upload, out):
    async with RecordingBox(RecordingLimits(upload_bytes=1000)) as films:
        with pytest.raises(RecordingTooLarge, match="bytes"):
            await films.make_recording(RecordingSource(upload(wav())), out)


async def test_what_would_become_too_large_is_given_up(upload, out):
    async with RecordingBox(RecordingLimits(output_bytes=5000)) as films:
        with pytest.raises(RecordingTooLarge, match="would become"):
            await films.make_recording(RecordingSource(upload(wav())), out)
    assert list(out.iterdir()) == []


async def test_a_slow_film_is_stopped_and_its_child_is_gone(upload, out):
    async with RecordingBox(RecordingLimits(seconds=0.6)) as films:
        with pytest.raises(RecordingTooSlow):
            await films.make_recording(RecordingSource(upload(film("mpeg4", None, size=(1280, 720), count=120))), out)
        assert films.pool.child_pids == ()
    assert list(out.iterdir()) == []


async def test_a_film_of_a_giant_gif_is_refused(films, upload, out):
    content = bytearray(moving_gif(3))
    content[6:10] = struct.pack("<HH", 65_535, 65_535)
    with pytest.raises((RecordingTooLarge, RecordingDamaged)):
        await films.make_recording(RecordingSource(upload(bytes(content)), "animation"), out)


WHOLE = {"mp4": film(count=8, size=(64, 64)), "mp3": sound("libmp3lame", "mp3", 0.3), "wav": wav(0.1)}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_torn_or_scribbled_file_is_made_or_refused(upload, out, name, data):
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(content[: data.draw(st.integers(16, len(content)))])

    async def attempt():
        async with RecordingBox(LIMITS) as films:
            try:
                made = await films.make_recording(RecordingSource(upload(kept)), out)
            except MediaRefused:
                return
            made.original.path.unlink()
            made.preview.path.unlink()

    asyncio.run(attempt())
    assert list(out.iterdir()) == []


@given(st.binary(max_size=600))
def test_any_first_bytes_are_named_or_not(head):
    sniff_recording(head)


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        *[(one, True) for one in ("8.1.2", "8.2", "9.0", "7.1.5", "6.1.6", "5.1.10", "n8.1.2-4-gabc")],
        *[(one, False) for one in ("8.1.1", "8.0.1", "7.1.4", "7.0.2", "6.1.5", "4.4.9", "", "git-2026", "5.1.9")],
    ],
    ids=lambda value: f"CVE-2026-8461 {value}",
)
def test_a_library_with_a_known_flaw_is_not_used(version, is_safe):
    assert is_mended(version) is is_safe


GOOD = RecordingAnswer("mp4", 10, 10, "L" * 28, Measures("video", 1000, 10, 10, "25/1", 1))


@pytest.mark.parametrize(
    "lie",
    [
        {"extension": "html"},
        {"extension": "mp3"},
        {"width": 0},
        {"height": 70_000},
        {"blurhash": "<script>"},
        {"measures": None},
        {"measures": {"kind": "image"}},
        {"refusal": "because"},
    ],
)
def test_a_child_that_lies_is_not_believed(lie):
    whole = letter_bytes(GOOD)[4:]
    assert parse_recording_answer(whole).measures == GOOD.measures
    with pytest.raises(LetterBroken):
        parse_recording_answer(json.dumps({**json.loads(whole), **lie}).encode())
