"""Which of two kinds of answer a caller prefers, by its Accept header.

Owns: reading the header within limits, the choice between a page and a document at one address. Never: refuses a
request; a header that cannot be read asks for the page. Spec: RFC 9110 §12.5.1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MOST_BYTES = 2000
MOST_RANGES = 64
PAGE = "text/html"
QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Splits at a separator that stands outside of quotes.
PIECES = {
    mark: re.compile(rf"(?:\"(?:[^\"\\]|\\.)*\"|[^\"{mark}])+")  # two alternatives that share no first character
    for mark in (",", ";")
}


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or a range of them, in small letters. family, name: `*` for any. profiles: what it keeps to."""

    family: str
    name: str
    profiles: frozenset[str] = frozenset()

    def covers(self, other: MediaType) -> bool:
        """True when `other` falls into this range. A range without profile covers every profile."""
        fits = self.family in ("*", other.family) and self.name in ("*", other.name)
        return fits and (not self.profiles or bool(self.profiles & other.profiles))

    @property
    def weight(self) -> tuple[bool, bool, int]:
        """How exactly it says what it means: the most exact range that covers a type decides."""
        return self.family != "*", self.name != "*", len(self.profiles)


@dataclass(frozen=True, slots=True)
class Wish:
    """One range of the header with its quality, 0 to 1, and its place."""

    range: MediaType
    quality: float
    place: int


def parse_accept(raw: str) -> list[Wish]:
    """Return what a header wishes, in its order; parts that cannot be read are left out."""
    wishes: list[Wish] = []
    for place, part in enumerate(PIECES[","].findall(raw)[:MOST_RANGES]):
        if wish := parse_wish(part, place):
            wishes.append(wish)
    return wishes


def parse_wish(raw: str, place: int) -> Wish | None:
    """Return one range with its quality, or None."""
    text, *rest = PIECES[";"].findall(raw) or [""]
    family, slash, name = text.strip().lower().partition("/")
    if not (slash and TOKEN.fullmatch(family) and TOKEN.fullmatch(name)) or (family == "*" and name != "*"):
        return None
    quality, profiles = 1.0, frozenset[str]()
    for parameter in rest:
        key, _, value = parameter.strip().partition("=")
        match key.strip().lower():
            case "q":
                if not QUALITY.fullmatch(value.strip()):
                    return None
                quality = float(value.strip())
            case "profile":
                profiles = frozenset(unquoted(value.strip()).split())
    return Wish(MediaType(family, name, profiles), quality, place)


def unquoted(text: str) -> str:
    """Return the value of a parameter without its quotes."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def parse_media_type(raw: str) -> MediaType:
    """Return a type that a route declares. Raises ValueError."""
    wish = parse_wish(raw, 0)
    if wish is None:
        raise ValueError(f"not a media type: {raw}")
    return wish.range


def wish_for(wishes: list[Wish], kind: MediaType) -> Wish | None:
    """Return the wish that decides about a type: the most exact one that covers it, the first of equals."""
    fitting = [wish for wish in wishes if wish.range.covers(kind)]
    return max(fitting, key=lambda wish: (wish.range.weight, -wish.place), default=None)


@lru_cache(maxsize=512)  # servers and browsers send the same few headers over and over
def prefers(accept: bytes, types: tuple[str, ...], page: str = PAGE) -> bool:
    """True when a caller would rather have one of `types` than a page.

    It must name one of them: `*/*` and `application/*` mean the page. Of two with one quality, a range that names
    its type wins over one that does not, then the one that comes first.
    """
    if len(accept) > MOST_BYTES:
        return False
    wishes = parse_accept(accept.decode("latin-1"))
    found = [wish_for(wishes, parse_media_type(raw)) for raw in types]
    named = [wish for wish in found if wish and wish.quality and wish.range.name != "*"]
    if not named:
        return False
    best = max(named, key=lambda wish: (wish.quality, -wish.place))
    other = wish_for(wishes, parse_media_type(page))
    if other is None or best.quality != other.quality:
        return other is None or best.quality > other.quality
    return other.range.name == "*" or best.place < other.place
