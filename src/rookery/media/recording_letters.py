"""The letters about recordings between the server and the child; framing is that of letters.py.

Owns: two shapes, RecordingOrder and RecordingAnswer. Never: trusts an answer; a child that was taken over writes what
it likes, so every field is checked against what the server could have expected.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, get_args

from rookery.media.letters import BLURHASH_SHAPE, WIDEST_SIDE, LetterBroken, parse_count, parse_object, parse_text
from rookery.media.recordings import WRITTEN, Aim, Measures, RecordingFormat

REFUSALS: Final = ("damaged", "off", "pixels", "seconds", "frames per second", "output bytes")
KINDS: Final = ("video", "gifv", "audio")
LONGEST_MS: Final = 24 * 3600 * 1000
RATE_SHAPE: Final = re.compile(r"|[1-9][0-9]{0,9}/[1-9][0-9]{0,9}")
CODEC_SHAPE: Final = re.compile(r"[a-z0-9_]{0,20}")


@dataclass(frozen=True, slots=True)
class RecordingOrder:
    """Server to child: open the passed upload as `format`, whatever it says about itself."""

    format: RecordingFormat
    aim: Aim


@dataclass(frozen=True, slots=True)
class RecordingAnswer:
    """Child to server. extension: of WRITTEN, what the original is; width, height: of the preview.

    refusal: "" or one of REFUSALS, then found and limit say by how much, detail why.
    """

    extension: str = ""
    width: int = 0
    height: int = 0
    blurhash: str = ""
    measures: Measures | None = None
    refusal: str = ""
    found: int = 0
    limit: int = 0
    detail: str = ""


def parse_recording_order(raw: bytes) -> RecordingOrder:
    """Read an order's body. Raises LetterBroken."""
    letter = parse_object(raw)
    aims: tuple[Aim, ...] = get_args(Aim)
    aim = next((one for one in aims if one == letter.get("aim")), None)
    wanted = next((one for one in RecordingFormat if one.value == letter.get("format")), None)
    if aim is None or wanted is None:
        raise LetterBroken("unknown order")
    return RecordingOrder(wanted, aim)


def parse_recording_answer(raw: bytes) -> RecordingAnswer:
    """Read an answer's body. Raises LetterBroken unless it is a refusal we know or describes a whole recording."""
    letter = parse_object(raw)
    refusal = parse_text(letter, "refusal")
    if refusal:
        if refusal not in REFUSALS:
            raise LetterBroken("unknown refusal")
        found, limit = parse_count(letter, "found"), parse_count(letter, "limit")
        return RecordingAnswer(refusal=refusal, found=found, limit=limit, detail=parse_text(letter, "detail"))
    extension, blurhash = parse_text(letter, "extension"), parse_text(letter, "blurhash")
    if extension not in WRITTEN or not BLURHASH_SHAPE.fullmatch(blurhash):
        raise LetterBroken("impossible file")
    width, height = parse_side(letter, "width"), parse_side(letter, "height")
    return RecordingAnswer(extension, width, height, blurhash, parse_measures(letter.get("measures"), extension))


def parse_measures(raw: Any, extension: str) -> Measures:
    """Read Measures that fit their file. Raises LetterBroken."""
    if not isinstance(raw, dict):
        raise LetterBroken("no measures")
    kind, rate, codec = parse_text(raw, "kind"), parse_text(raw, "rate"), parse_text(raw, "sound_codec")
    length_ms = parse_count(raw, "length_ms")
    if kind not in KINDS or length_ms > LONGEST_MS or (kind == "audio") != WRITTEN[extension].startswith("audio/"):
        raise LetterBroken("impossible measures")
    if not RATE_SHAPE.fullmatch(rate) or not CODEC_SHAPE.fullmatch(codec):
        raise LetterBroken("impossible words")
    sides = (0, 0) if kind == "audio" else (parse_side(raw, "width"), parse_side(raw, "height"))
    sound_rate, channels = parse_count(raw, "sound_rate"), parse_count(raw, "sound_channels")
    if sound_rate > 768_000 or channels > 64:
        raise LetterBroken("impossible sound")
    return Measures(kind, length_ms, *sides, rate, parse_count(raw, "bits"), codec, sound_rate, channels)


def parse_side(letter: dict[str, Any], name: str) -> int:
    """Read a side in pixels. Raises LetterBroken."""
    side = parse_count(letter, name)
    if not 0 < side <= WIDEST_SIDE:
        raise LetterBroken("impossible size")
    return side
