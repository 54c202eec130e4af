"""What goes into the media box and what comes out when it moves or sounds, as plain values.

Owns: the formats of videos and sounds that are taken, told by their first bytes; the limits; the shape of a finished
recording. Never: decodes, names a storage key. A format names the one demultiplexer that may read it, so a playlist,
a list of other files or a device is nothing that an upload could ask for.
Spec: ISO/IEC 14496-12 §4.3 (ftyp), RFC 8794 (EBML), RFC 3533 (Ogg), RFC 9639 (FLAC), ISO/IEC 13818-7 (ADTS)
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Literal

from rookery.media.formats import sniff_format
from rookery.media.pictures import Rendition

Aim = Literal["recording", "animation"]

# The only files a child ever makes of a recording, in the order in which their descriptors travel.
RECORDING_ROLES: Final = ("original", "preview")


class RecordingFormat(Enum):
    """A container we open. The value is its MIME type."""

    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"
    WEBM = "video/webm"
    OGG = "audio/ogg"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    FLAC = "audio/flac"
    AAC = "audio/aac"
    M4A = "audio/mp4"
    THREE_GPP = "video/3gpp"
    GIF = "image/gif"

    @property
    def mime(self) -> str:
        """The usual type of such a file."""
        return self.value

    @property
    def demuxer(self) -> str:
        """What the library calls the reader of this format; no other is ever asked."""
        return DEMUXERS.get(self, "mov")


DEMUXERS: Final = {
    RecordingFormat.WEBM: "matroska",
    RecordingFormat.OGG: "ogg",
    RecordingFormat.MP3: "mp3",
    RecordingFormat.WAV: "wav",
    RecordingFormat.FLAC: "flac",
    RecordingFormat.AAC: "aac",
    RecordingFormat.GIF: "gif",
}
# What we write: ending and type of each container.
WRITTEN: Final = {"mp4": "video/mp4", "webm": "video/webm", "m4a": "audio/mp4", "mp3": "audio/mpeg"}
# What is said to be taken, in the words that apps send; several names for one thing where apps use them.
SOUND_TYPES: Final = (
    *("audio/mpeg", "audio/mp3", "audio/ogg", "audio/vorbis", "audio/wav", "audio/x-wav", "audio/wave"),
    *("audio/x-pn-wave", "audio/vnd.wave", "audio/flac", "audio/x-flac", "audio/aac", "audio/m4a", "audio/x-m4a"),
    *("audio/mp4", "audio/webm", "audio/3gpp"),
)
FILM_TYPES: Final = ("video/mp4", "video/quicktime", "video/webm", "video/ogg", "video/3gpp", "video/x-matroska")
MAGIC: Final = (
    (b"OggS", RecordingFormat.OGG),
    (b"fLaC", RecordingFormat.FLAC),
    (b"ID3", RecordingFormat.MP3),
    (b"\x1a\x45\xdf\xa3", RecordingFormat.WEBM),
)
# QuickTime files older than ftyp begin with one of these boxes.
OLD_BOXES: Final = (b"moov", b"mdat", b"wide")


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """Bounds of one recording. upload_bytes, pixels and rate are Mastodon's, so that apps' own checks agree with ours.

    length_s: how long it may play. pixels: width x height as sent. rate: frames per second as sent.
    shown_pixels, shown_rate, video_bits, sound_bits: of what is made when it is encoded anew.
    seconds: wall clock and processor time for one recording. memory_bytes: address space of the child.
    output_bytes: of each file made.
    """

    upload_bytes: int = 99 * 1024 * 1024
    length_s: int = 600
    pixels: int = 8_294_400
    rate: int = 120
    shown_pixels: int = 1920 * 1080
    shown_rate: int = 60
    video_bits: int = 5_000_000
    sound_bits: int = 160_000
    preview_pixels: int = 230_400
    seconds: float = 900.0
    memory_bytes: int = 1536 * 1024 * 1024
    output_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of a finished recording.

    kind: video, gifv (moves without sound, plays by itself) or audio. width, height: pixels as shown, 0 for a sound.
    rate: frames per second as a fraction, such as 30000/1001, '' for a sound. bits: per second, of all.
    sound_codec, sound_rate (Hz), sound_channels: '' or 0 where nothing sounds.
    """

    kind: str
    length_ms: int
    width: int = 0
    height: int = 0
    rate: str = ""
    bits: int = 0
    sound_codec: str = ""
    sound_rate: int = 0
    sound_channels: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording made safe. preview: a picture, WebP: of the film, the cover, or the waveform of a sound."""

    original: Rendition
    preview: Rendition
    blurhash: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class RecordingSource:
    """An upload that lies ready. aim: `animation` makes a soundless film of a moving GIF."""

    path: Path
    aim: Aim = "recording"


def sniff_recording(head: bytes) -> RecordingFormat | None:
    """Say which demultiplexer the first bytes ask for, or None. head: SNIFFED_BYTES or the whole file."""
    if sniff_format(head) is not None:
        return None
    for magic, found in MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return RecordingFormat.WAV
    if head[4:8] == b"ftyp":
        return format_of_brand(head[8:12])
    if head[4:8] in OLD_BOXES:
        return RecordingFormat.QUICKTIME
    return format_of_sync(head)


def format_of_brand(brand: bytes) -> RecordingFormat:
    """Tell the relatives of MP4 apart by their major brand. Pictures of this family were recognised before."""
    if brand == b"qt  ":
        return RecordingFormat.QUICKTIME
    if brand in (b"M4A ", b"M4B "):
        return RecordingFormat.M4A
    return RecordingFormat.THREE_GPP if brand[:2] == b"3g" else RecordingFormat.MP4


def format_of_sync(head: bytes) -> RecordingFormat | None:
    """Tell a bare MPEG audio stream by the sync word of its first frame; its layer is 0 in AAC alone."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return RecordingFormat.AAC
    is_layer_3 = head[1] & 0x06 == 0x02 and head[1] & 0x18 != 0x08
    return RecordingFormat.MP3 if is_layer_3 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C else None
