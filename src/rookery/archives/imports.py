"""Reading the CSV files that Mastodon, GoToSocial and others export: follows, blocks, mutes, domains, lists, bookmarks.

Owns: encodings, separators, headers, which kind a file is, what a row says. Never: does what a row asks for, holds more
than some rows in memory. A row that makes no sense carries a sentence; the rows after it are read all the same. That is
why a file is read line by line: a quotation mark that is never closed spoils its own line alone.
Spec: RFC 4180, https://docs.joinmastodon.org/user/moving/#import (files and columns)
"""

from __future__ import annotations

import asyncio
import codecs
import csv
import re
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from rookery.archives.tables import unguarded
from rookery.model.blocks import BlockRefused, parse_domain
from rookery.model.imports import MAX_FILE_BYTES, MAX_ROWS, ImportKind, ImportRefused, ReadRow
from rookery.model.lists import MAX_TITLE_CHARACTERS
from rookery.model.posts import LANGUAGE_SHAPE

BATCH = 500
LINE_CHARACTERS = 4000
PORT_SHAPE = re.compile(r"[0-9]{1,5}")
NAME_SHAPE = re.compile(r"[^\s@/:?#]{1,128}")
# Column as others name it -> as we do. The first column decides whether a line is a header.
COLUMNS = {
    "account address": "account",
    "account": "account",
    "domain": "domain",
    "#domain": "domain",
    "uri": "uri",
    "#uri": "uri",
    "list name": "title",
    "show boosts": "reposts",
    "notify on new posts": "notify",
    "languages": "languages",
    "hide notifications": "hides",
}
# The columns of a file without a header, by kind.
BARE: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.FOLLOWS: ("account", "reposts", "notify", "languages"),
    ImportKind.BLOCKS: ("account",),
    ImportKind.MUTES: ("account", "hides"),
    ImportKind.DOMAINS: ("domain",),
    ImportKind.LISTS: ("title", "account"),
    ImportKind.BOOKMARKS: ("uri",),
}
SAYS_KIND = {
    "title": ImportKind.LISTS,
    "uri": ImportKind.BOOKMARKS,
    "domain": ImportKind.DOMAINS,
    "reposts": ImportKind.FOLLOWS,
    "notify": ImportKind.FOLLOWS,
    "hides": ImportKind.MUTES,
}


class RowRefused(ValueError):
    """Raised with what is wrong with one row."""


class Sheet:
    """An open file, line by line. Close it."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as raw:
            start = raw.read(4)
        is_wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        # What is not text becomes characters that no text has, so that its line alone is broken.
        self.lines = path.open(encoding="utf-16" if is_wide else "utf-8-sig", errors="surrogateescape")
        self.line = 0
        self.separator = ","

    def read(self) -> Iterator[tuple[int, list[str] | RowRefused]]:
        """Yield (line, fields or what is wrong); empty lines are passed over."""
        while text := self.lines.readline(LINE_CHARACTERS):
            self.line += 1
            is_whole = text.endswith("\n") or len(text) < LINE_CHARACTERS
            while not text.endswith("\n") and not is_whole:
                rest = self.lines.readline(LINE_CHARACTERS)
                if not rest or rest.endswith("\n"):
                    break
            if text.strip():
                yield self.line, self.fields_of(text) if is_whole else RowRefused("this line is too long")

    def fields_of(self, text: str) -> list[str] | RowRefused:
        """Return the fields of one line."""
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            return RowRefused("this line is no text in UTF-8")
        try:
            [fields] = csv.reader([text], delimiter=self.separator, strict=True, skipinitialspace=True)
        except (csv.Error, ValueError):
            return RowRefused("a quotation mark in this line is never closed")
        return [unguarded(field.strip()) for field in fields]

    def find_separator(self, text: str) -> None:
        """Choose comma, semicolon or tab, as the first line has it."""
        if "," not in text:
            self.separator = next((one for one in (";", "\t") if one in text), ",")


def read_rows(path: Path, kind: ImportKind) -> Iterator[ReadRow]:
    """Yield the rows of a file in order. Raises ImportRefused for too many of them."""
    sheet, columns, count = open_sheet(path), BARE[kind], 0
    with sheet.lines:
        for line, fields in sheet.read():
            header = columns_of(fields) if count == 0 and isinstance(fields, list) else None
            if header:
                columns = header
                continue
            count += 1
            if count > MAX_ROWS:
                raise ImportRefused(f"the file has more than {MAX_ROWS} rows; cut it into several ones")
            yield row_of(kind, line, columns, fields)


def open_sheet(path: Path) -> Sheet:
    """Open a file and find out how it separates. Raises ImportRefused."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ImportRefused(f"the file has more than {MAX_FILE_BYTES} bytes; cut it into several ones")
    sheet = Sheet(path)
    try:
        sheet.find_separator(sheet.lines.readline(LINE_CHARACTERS))
        sheet.lines.seek(0)
    except UnicodeError as error:
        sheet.lines.close()
        raise ImportRefused("this file is no text that can be read here; save it as CSV in UTF-8") from error
    return sheet


def columns_of(fields: list[str]) -> tuple[str, ...] | None:
    """Return what the columns of a header are, '' for those that we pass over; None for a row."""
    names = tuple(COLUMNS.get(field.casefold(), "") for field in fields)
    return names if names[0] else None


def row_of(kind: ImportKind, line: int, columns: tuple[str, ...], fields: list[str] | RowRefused) -> ReadRow:
    """Return one row, broken or not."""
    if isinstance(fields, RowRefused):
        return ReadRow(line, "", "", error=str(fields))
    values = {name: value for name, value in zip(columns, fields, strict=False) if name}
    try:
        return READERS[kind](line, values)
    except (RowRefused, BlockRefused) as error:
        return ReadRow(line, "", ",".join(fields)[:200], error=str(error))


def handle_in(values: dict[str, str]) -> tuple[str, str]:
    """Return (handle, domain) of a row. Raises RowRefused."""
    raw = values.get("account", "").removeprefix("acct:").removeprefix("@")
    name, at, domain = raw.partition("@")
    if not NAME_SHAPE.fullmatch(name) or (at and not domain):
        raise RowRefused("this is no address of an account; write it like name@example.org")
    if not at:
        return name, ""
    bare, colon, port = domain.partition(":")
    if colon and not PORT_SHAPE.fullmatch(port):
        raise RowRefused("this is no address of an account; write it like name@example.org")
    host = f"{parse_domain(bare)}{colon}{port}"
    return f"{name}@{host}", host


def follow_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read a follow. Spec: Account address,Show boosts,Notify on new posts,Languages"""
    handle, host = handle_in(values)
    asked = [one.strip() for one in values.get("languages", "").split(",")]
    wishes: dict[str, object] = {
        "reposts": is_true(values.get("reposts", ""), otherwise=True),
        "notify": is_true(values.get("notify", ""), otherwise=False),
        "languages": [one for one in asked if LANGUAGE_SHAPE.fullmatch(one)],
    }
    return ReadRow(line, host, handle, wishes=wishes)


def block_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read a block. Spec: Account address"""
    handle, host = handle_in(values)
    return ReadRow(line, host, handle)


def mute_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read a mute. Spec: Account address,Hide notifications"""
    handle, host = handle_in(values)
    return ReadRow(line, host, handle, wishes={"hides": is_true(values.get("hides", ""), otherwise=True)})


def domain_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read a blocked server."""
    domain = parse_domain(values.get("domain", ""))
    if "." not in domain or "*" in domain:
        raise RowRefused("that is not a domain; write it like example.org")
    return ReadRow(line, "", domain)  # nobody is asked


def member_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read somebody in a list. Spec: List name,Account address"""
    title = values.get("title", "")
    if not title or len(title) > MAX_TITLE_CHARACTERS:
        raise RowRefused(f"a list needs a name of at most {MAX_TITLE_CHARACTERS} characters")
    handle, host = handle_in(values)
    return ReadRow(line, host, handle, title)


def bookmark_in(line: int, values: dict[str, str]) -> ReadRow:
    """Read the address of a post."""
    uri = values.get("uri", "")
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        raise RowRefused("this is no address of a post") from None
    if parts.scheme not in ("https", "http") or not host or len(uri) > 2048 or any(one.isspace() for one in uri):
        raise RowRefused("this is no address of a post")
    return ReadRow(line, host.lower(), uri)


READERS: dict[ImportKind, Callable[[int, dict[str, str]], ReadRow]] = {
    ImportKind.FOLLOWS: follow_in,
    ImportKind.BLOCKS: block_in,
    ImportKind.MUTES: mute_in,
    ImportKind.DOMAINS: domain_in,
    ImportKind.LISTS: member_in,
    ImportKind.BOOKMARKS: bookmark_in,
}


def is_true(raw: str, *, otherwise: bool) -> bool:
    """Read true, 1, yes; what is empty is as usual."""
    return raw.lower() in ("true", "1", "t", "yes") if raw else otherwise


def recognise(path: Path) -> ImportKind | None:
    """Return what a file holds, None when its first line fits several. Raises ImportRefused for no text."""
    sheet = open_sheet(path)
    with sheet.lines:
        fields = next((found for _, found in sheet.read() if isinstance(found, list)), [""])
    header = columns_of(fields)
    if header:
        return next((SAYS_KIND[name] for name in header if name in SAYS_KIND), None)
    if len(fields) >= 2 and "@" in fields[1] and "@" not in fields[0]:
        return ImportKind.LISTS
    if len(fields) >= 3 and "@" in fields[0]:
        return ImportKind.FOLLOWS
    if fields[0].startswith(("https://", "http://")):
        return ImportKind.BOOKMARKS
    return ImportKind.DOMAINS if "." in fields[0] and "@" not in fields[0] else None


def choose_kind(path: Path, wished: ImportKind | None) -> ImportKind:
    """Return what a file is to be read as. Raises ImportRefused when that is not clear, or not what was wished."""
    found = recognise(path)
    kind = wished or found
    if kind is None:
        raise ImportRefused("this file does not say what it holds: choose what it is")
    if found and found is not kind:
        raise ImportRefused("this file holds something else than you chose; look at its first line and choose again")
    return kind


async def batches_of(path: Path, kind: ImportKind) -> AsyncIterator[list[ReadRow]]:
    """Yield the rows of a file some at a time, read beside the event loop. Raises ImportRefused."""
    rows = read_rows(path, kind)
    while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
        yield batch
