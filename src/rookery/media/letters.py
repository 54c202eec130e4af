"""The letters between the server and the child: one length, one JSON object, and up to four open files.

Owns: framing and the two shapes, Order and Answer. Never: trusts an Answer; a child that was taken over writes what it
likes, so `parse_answer` checks every field against what the server could have expected.
Frame: 4 bytes big-endian length, then that many bytes of UTF-8 JSON. Descriptors ride on an Order's first byte
(SCM_RIGHTS): the upload, read only, then one empty file per role. An Answer carries none.
"""

import json
import re
import struct
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, Final, get_args

from rookery.media.formats import PictureFormat
from rookery.media.pictures import ROLES, Purpose

LENGTH: Final = struct.Struct(">I")
LONGEST_LETTER_BYTES: Final = 16 * 1024
BLURHASH_SHAPE: Final = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{28}")
WRITTEN_FORMATS: Final = (PictureFormat.JPEG, PictureFormat.PNG, PictureFormat.GIF, PictureFormat.WEBP)
REFUSALS: Final = ("damaged", "pixels", "frames", "output bytes")
WIDEST_SIDE: Final = 65_535


class LetterBroken(Exception):
    """The other end does not speak as it should; to the server this means a child that must go."""


@dataclass(frozen=True, slots=True)
class Order:
    """Server to child: decode the passed upload as `format`, whatever it says about itself."""

    format: PictureFormat
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class MadeFile:
    """Child to server: what the file of one role should hold. width and height of one frame."""

    role: str
    format: PictureFormat
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Child to server. refusal: "" or one of REFUSALS, then found and limit say by how much, detail why."""

    files: tuple[MadeFile, ...] = ()
    blurhash: str = ""
    refusal: str = ""
    found: int = 0
    limit: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hello:
    """The child's first letter. walls: what confines it -> "" if it holds, else why not. failure: "" when ready."""

    walls: dict[str, str] = field(default_factory=dict)
    failure: str = ""


def letter_bytes(letter: object) -> bytes:
    """Frame one letter, a dataclass."""
    if not is_dataclass(letter) or isinstance(letter, type):
        raise TypeError("a letter is a dataclass")
    body = json.dumps(asdict(letter), default=lambda value: value.value).encode()
    return LENGTH.pack(len(body)) + body


def parse_order(raw: bytes) -> Order:
    """Read an Order's body. Raises LetterBroken."""
    letter = parse_object(raw)
    purpose = letter.get("purpose")
    known: tuple[Purpose, ...] = get_args(Purpose)
    found = next((one for one in known if one == purpose), None)
    if found is None:
        raise LetterBroken("unknown purpose")
    return Order(parse_format(letter.get("format"), tuple(PictureFormat)), found)


def parse_hello(raw: bytes) -> Hello:
    """Read a Hello's body. Raises LetterBroken."""
    letter = parse_object(raw)
    walls = letter.get("walls")
    if not isinstance(walls, dict):
        raise LetterBroken("no walls named")
    return Hello({str(name): str(reason) for name, reason in walls.items()}, parse_text(letter, "failure"))


def parse_answer(raw: bytes) -> Answer:
    """Read an Answer's body. Raises LetterBroken unless it is a refusal we know or names an original and a preview."""
    letter = parse_object(raw)
    refusal = parse_text(letter, "refusal")
    if refusal:
        if refusal not in REFUSALS:
            raise LetterBroken("unknown refusal")
        found, limit = parse_count(letter, "found"), parse_count(letter, "limit")
        return Answer(refusal=refusal, found=found, limit=limit, detail=parse_text(letter, "detail"))
    made = letter.get("files")
    if not isinstance(made, list):
        raise LetterBroken("no files named")
    files = tuple(parse_made_file(one) for one in made)
    if tuple(one.role for one in files) not in (ROLES[:2], ROLES):
        raise LetterBroken("wrong files named")
    blurhash = parse_text(letter, "blurhash")
    if not BLURHASH_SHAPE.fullmatch(blurhash):
        raise LetterBroken("not a blurhash")
    return Answer(files=files, blurhash=blurhash)


def parse_made_file(raw: object) -> MadeFile:
    """Read one entry of an Answer's files. Raises LetterBroken."""
    if not isinstance(raw, dict):
        raise LetterBroken("a file is not an object")
    width, height = parse_count(raw, "width"), parse_count(raw, "height")
    if not (0 < width <= WIDEST_SIDE and 0 < height <= WIDEST_SIDE):
        raise LetterBroken("impossible size")
    return MadeFile(parse_text(raw, "role"), parse_format(raw.get("format"), WRITTEN_FORMATS), width, height)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises LetterBroken."""
    try:
        letter = json.loads(raw)
    except (ValueError, RecursionError) as broken:
        raise LetterBroken("not JSON") from broken
    if not isinstance(letter, dict):
        raise LetterBroken("not an object")
    return letter


def parse_format(raw: object, allowed: tuple[PictureFormat, ...]) -> PictureFormat:
    """Read a MIME type that is one of `allowed`. Raises LetterBroken."""
    found = next((one for one in allowed if one.value == raw), None)
    if found is None:
        raise LetterBroken("unknown format")
    return found


def parse_text(letter: dict[str, Any], name: str) -> str:
    """Read a string field. Raises LetterBroken."""
    text = letter.get(name)
    if not isinstance(text, str):
        raise LetterBroken(f"{name} is not a text")
    return text


def parse_count(letter: dict[str, Any], name: str) -> int:
    """Read a whole number from 0 to 2**63. Raises LetterBroken."""
    number = letter.get(name)
    if type(number) is not int or not 0 <= number < 2**63:
        raise LetterBroken(f"{name} is not a count")
    return number
