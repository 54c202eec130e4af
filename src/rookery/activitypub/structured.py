"""Structured header fields, as much of them as signatures and digests need, parsed strictly.

Owns: dictionaries of items and inner lists with parameters, and their one serialization. Never: decimals, dates,
lenience; anything that is not exactly the grammar is refused. Pure.
Spec: RFC 8941 §3, §4 (RFC 9651 adds dates and display strings, which nothing here uses)
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

MAX_FIELD_CHARACTERS = 16_384
KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
STRING = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"')
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
BINARY = re.compile(r":[A-Za-z0-9+/]*={0,2}:")
BOOLEAN = re.compile(r"\?[01]")


class Token(str):
    """A bare word, told apart from a quoted string."""

    __slots__ = ()


Bare = int | str | bytes | bool
Parameters = dict[str, Bare]


class FieldMalformed(ValueError):
    """The text is not the grammar of structured fields."""


@dataclass(frozen=True, slots=True)
class Item:
    """One value with its parameters."""

    value: Bare
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in parentheses, and parameters of the whole."""

    items: tuple[Item, ...]
    parameters: Parameters = field(default_factory=dict)


Member = Item | InnerList


class Scanner:
    """Reads one field from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_FIELD_CHARACTERS or not text.isascii():
            raise FieldMalformed("too long, or not ASCII")
        self.text, self.at = text.strip(" "), 0

    @property
    def is_over(self) -> bool:
        """True when nothing is left."""
        return self.at >= len(self.text)

    def peek(self) -> str:
        """Return the next character, '' at the end."""
        return self.text[self.at : self.at + 1]

    def skips(self, character: str) -> bool:
        """Pass over one character, if it is next."""
        if self.peek() != character:
            return False
        self.at += 1
        return True

    def take(self, shape: re.Pattern[str]) -> str | None:
        """Return what a pattern matches here, None when it does not."""
        found = shape.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def skip_spaces(self, characters: str = " ") -> None:
        """Pass over spaces."""
        while self.peek() and self.peek() in characters:
            self.at += 1

    def key(self) -> str:
        """Read a key. Raises FieldMalformed."""
        found = self.take(KEY)
        if found is None:
            raise FieldMalformed("a key was expected")
        return found

    def bare(self) -> Bare:
        """Read a bare item. Raises FieldMalformed."""
        for shape, read in BARES:
            found = self.take(shape)
            if found is not None:
                return read(found)
        raise FieldMalformed("a value was expected")

    def parameters(self) -> Parameters:
        """Read `;key=value` as often as there is one. Raises FieldMalformed, also for a key that comes twice."""
        found: Parameters = {}
        while self.skips(";"):
            self.skip_spaces()
            key = self.key()
            if key in found:
                raise FieldMalformed(f"{key} comes twice")
            found[key] = self.bare() if self.skips("=") else True
        return found

    def member(self) -> Member:
        """Read an item or an inner list. Raises FieldMalformed."""
        if not self.skips("("):
            return Item(self.bare(), self.parameters())
        items: list[Item] = []
        while True:
            self.skip_spaces()
            if self.skips(")"):
                return InnerList(tuple(items), self.parameters())
            items.append(Item(self.bare(), self.parameters()))
            if self.peek() not in (" ", ")"):
                raise FieldMalformed("a list does not end")


def read_string(text: str) -> str:
    """Take a quoted string out of its quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def read_binary(text: str) -> bytes:
    """Read base64 between colons, in its one canonical form. Raises FieldMalformed."""
    raw = decode_base64(text[1:-1])
    if raw is None:
        raise FieldMalformed("the base64 is not canonical")
    return raw


BARES = (
    (INTEGER, int),
    (STRING, read_string),
    (BINARY, read_binary),
    (BOOLEAN, lambda text: text == "?1"),
    (TOKEN, Token),
)


def decode_base64(text: str) -> bytes | None:
    """Read base64 with padding; None when it is not the only text for its bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def parse_dictionary(text: str) -> dict[str, Member]:
    """Read a dictionary. Raises FieldMalformed, also for a key that comes twice, where RFC 8941 takes the last one."""
    scanner, found = Scanner(text), {}
    while not scanner.is_over:
        key = scanner.key()
        if key in found:
            raise FieldMalformed(f"{key} comes twice")
        found[key] = scanner.member() if scanner.skips("=") else Item(True, scanner.parameters())
        scanner.skip_spaces(" \t")
        if scanner.is_over:
            break
        if not scanner.skips(","):
            raise FieldMalformed("a comma was expected")
        scanner.skip_spaces(" \t")
        if scanner.is_over:
            raise FieldMalformed("it ends with a comma")
    return found


def write_bare(value: Bare) -> str:
    """Return the one text of a bare item. Spec: RFC 8941 §4.1.3.1"""
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_parameters(parameters: Parameters) -> str:
    """Return `;key=value` for each, in their order."""
    return "".join(f";{key}" if value is True else f";{key}={write_bare(value)}" for key, value in parameters.items())


def write_inner_list(inner: InnerList) -> str:
    """Return the one text of an inner list. Spec: RFC 8941 §4.1.1.1"""
    items = " ".join(write_bare(item.value) + write_parameters(item.parameters) for item in inner.items)
    return f"({items}){write_parameters(inner.parameters)}"
