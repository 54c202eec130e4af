"""Videos and sounds as people would send them, and as attackers would; all drawn here, none kept in the repository."""

import array
import io
import math
import struct
import wave
from fractions import Fraction

import av
from PIL import Image

SECRET = "+48.8577+002.295/"
RATE = 48_000


def frames(count, size):
    for place in range(count):
        image = Image.new("RGB", size, (place * 5 % 256, 100, 50))
        image.paste((255, 255, 255), (place % 40, 10, place % 40 + size[0] // 2, size[1] // 2))
        yield av.VideoFrame.from_image(image)


def film(codec="libx264", sound="aac", container="mp4", *, count=50, size=(320, 240), rate=25):
    """A film that tells where it was made."""
    kept = io.BytesIO()
    with av.open(kept, "w", format=container) as out:
        out.metadata.update(title="made at home", location=SECRET, comment=SECRET)
        track = out.add_stream(codec, rate=rate, options={"preset": "ultrafast"} if codec.startswith("libx") else {})
        track.width, track.height = size
        track.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        track.metadata["handler_name"] = SECRET
        voice = out.add_stream(sound, rate=RATE, layout="mono") if sound else None
        for frame in frames(count, size):
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        if voice:
            speak(out, voice, count / rate)
    return kept.getvalue()


def speak(out, voice, seconds):
    """Write a humming tone."""
    voice.codec_context.open(strict=False)
    resampler = av.AudioResampler(
        format=voice.codec_context.format,
        layout="mono",
        rate=voice.rate,
        frame_size=voice.codec_context.frame_size or None,
    )
    for place, piece in enumerate([*hum(seconds), None]):
        if piece is not None:
            piece.pts, piece.time_base = place * 1000, Fraction(1, RATE)
        for ready in resampler.resample(piece):
            out.mux(voice.encode(ready))
    out.mux(voice.encode(None))


def samples(seconds):
    """A tone that swells and fades, 16 bit."""
    count = int(seconds * RATE)
    return array.array("h", (int(20_000 * math.sin(i / 20) * math.sin(i / 20_000)) for i in range(count)))


def hum(seconds):
    raw = samples(seconds)
    for start in range(0, len(raw) - 999, 1000):
        frame = av.AudioFrame(format="s16", layout="mono", samples=1000)
        frame.planes[0].update(raw[start : start + 1000].tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = RATE
        yield frame


def sound(codec, container, seconds=2.0):
    """A tone that tells where it was recorded."""
    kept = io.BytesIO()
    with av.open(kept, "w", format=container) as out:
        out.metadata.update(title="made at home", comment=SECRET)
        speak(out, out.add_stream(codec, rate=RATE, layout="mono"), seconds)
    return kept.getvalue()


def wav(seconds=2.0):
    kept = io.BytesIO()
    with wave.open(kept, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples(seconds).tobytes())
    return kept.getvalue()


def mp3_with_cover(cover):
    """An MP3 with an ID3v2.3 tag that holds a picture and a place. cover: JPEG or anything else."""

    def block(name, body):
        return name + struct.pack(">IH", len(body), 0) + body

    tag = block(b"TIT2", b"\0" + SECRET.encode()) + block(b"APIC", b"\0image/jpeg\0\3\0" + cover)
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + tag + sound("libmp3lame", "mp3")


def moving_gif(count=12, size=(101, 77)):
    """A GIF with odd sides, ten frames a second."""
    kept = io.BytesIO()
    shades = [Image.new("RGB", size, (place * 20, 40, 90)) for place in range(count)]
    shades[0].save(kept, "GIF", save_all=True, append_images=shades[1:], duration=100, loop=0)
    return kept.getvalue()


def patched(content, find, offset, replacement):
    """Change bytes behind the first occurrence of a box's name."""
    at = content.index(find) + len(find) + offset
    return content[:at] + replacement + content[at + len(replacement) :]
