"""What comes out of the box for each video and sound that goes in."""

import hashlib
import io

import av
import pytest
from PIL import Image
from tests.media.drawn_pictures import pillow_photo, saved
from tests.media.drawn_recordings import SECRET, film, moving_gif, mp3_with_cover, sound, wav

from rookery.media.recording_box import RecordingBox
from rookery.media.recordings import RecordingFormat, RecordingLimits, RecordingSource, sniff_recording


@pytest.fixture
async def films():
    async with RecordingBox(RecordingLimits(seconds=120)) as box:
        yield box


FILMS = {
    "h264 mp4": (lambda: film(), RecordingFormat.MP4, "video/mp4"),
    "vp8 webm": (lambda: film("libvpx", "libopus", "webm"), RecordingFormat.WEBM, "video/webm"),
    "h264 mkv": (lambda: film(container="matroska"), RecordingFormat.WEBM, "video/mp4"),
    "h264 mov": (lambda: film(container="mov"), RecordingFormat.QUICKTIME, "video/mp4"),
    "hevc mp4": (lambda: film("libx265"), RecordingFormat.MP4, "video/mp4"),
    "mpeg4 3gp": (lambda: film("mpeg4", container="3gp"), RecordingFormat.THREE_GPP, "video/mp4"),
    "prores mov": (lambda: film("prores_ks", container="mov"), RecordingFormat.QUICKTIME, "video/mp4"),
    "silent mp4": (lambda: film(sound=None), RecordingFormat.MP4, "video/mp4"),
}
SOUNDS = {
    "mp3": (lambda: sound("libmp3lame", "mp3"), RecordingFormat.MP3, "audio/mpeg"),
    "mp3 with cover": (
        lambda: mp3_with_cover(saved(pillow_photo(), "JPEG")),
        RecordingFormat.MP3,
        "audio/mpeg",
    ),
    "ogg": (lambda: sound("libopus", "ogg"), RecordingFormat.OGG, "audio/mp4"),
    "wav": (wav, RecordingFormat.WAV, "audio/mp4"),
    "flac": (lambda: sound("flac", "flac"), RecordingFormat.FLAC, "audio/mp4"),
    "m4a": (lambda: sound("aac", "ipod"), RecordingFormat.M4A, "audio/mp4"),
    "aac": (lambda: sound("aac", "adts"), RecordingFormat.AAC, "audio/mp4"),
    "webm": (lambda: sound("libopus", "webm"), RecordingFormat.WEBM, "audio/mp4"),
}


def size_of(path):
    with Image.open(path) as poster:
        return poster.size


def has_secret(content):
    return SECRET.encode() in content or b"made at home" in content


@pytest.mark.parametrize("name", FILMS)
async def test_every_video_comes_out_as_browsers_play_it(films, upload, out, name):
    make, kind, mime = FILMS[name]
    content = make()
    assert sniff_recording(content[:512]) is kind
    made = await films.make_recording(RecordingSource(upload(content)), out)
    assert (made.original.mime, made.measures.kind) == (mime, "video")
    assert (made.original.width, made.original.height, made.measures.rate) == (320, 240, "25/1")
    assert abs(made.measures.length_ms - 2000) < 60
    assert made.measures.sound_codec == ("" if "silent" in name else "opus" if mime == "video/webm" else "aac")
    written = made.original.path.read_bytes()
    assert not has_secret(written)
    assert made.original.sha256 == hashlib.sha256(written).hexdigest()
    assert size_of(made.preview.path) == (made.preview.width, made.preview.height) == (320, 240)
    with av.open(io.BytesIO(written)) as shown:
        codecs = [one.codec_context.name for one in shown.streams]
        count = sum(1 for _ in shown.decode(video=0))
    assert codecs[0] == ("vp8" if mime == "video/webm" else "h264")
    assert abs(count - 50) <= 1
    assert len(list(out.iterdir())) == 2


async def test_the_index_of_a_film_stands_before_its_pictures(films, upload, out):
    made = await films.make_recording(RecordingSource(upload(film())), out)
    written = made.original.path.read_bytes()
    assert 0 < written.index(b"moov") < written.index(b"mdat")


@pytest.mark.parametrize("name", SOUNDS)
async def test_every_sound_comes_out_as_browsers_play_it(films, upload, out, name):
    make, kind, mime = SOUNDS[name]
    content = make()
    assert sniff_recording(content[:512]) is kind
    made = await films.make_recording(RecordingSource(upload(content)), out)
    assert (made.original.mime, made.measures.kind, made.measures.width) == (mime, "audio", 0)
    assert abs(made.measures.length_ms - 2000) < 120
    assert not has_secret(made.original.path.read_bytes())
    assert size_of(made.preview.path) == ((320, 200) if "cover" in name else (640, 200))
    with av.open(str(made.original.path)) as heard:
        assert sum(frame.samples for frame in heard.decode(audio=0)) > 90_000


async def test_a_large_film_is_made_smaller(films, upload, out):
    content = film(count=10, size=(2560, 1440))
    made = await films.make_recording(RecordingSource(upload(content)), out)
    assert (made.original.width, made.original.height) == (1920, 1080)
    assert (made.preview.width, made.preview.height) == (640, 360)


async def test_a_moving_gif_becomes_a_film_without_sound(films, upload, out):
    made = await films.make_recording(RecordingSource(upload(moving_gif()), "animation"), out)
    assert (made.measures.kind, made.original.mime, made.measures.sound_codec) == ("gifv", "video/mp4", "")
    assert (made.original.width, made.original.height) == (100, 76)
    assert abs(made.measures.length_ms - 1200) <= 100


async def test_each_recording_has_a_child_of_its_own(films, upload, out):
    await films.make_recording(RecordingSource(upload(wav(0.2))), out)
    assert films.pool.child_pids == ()
