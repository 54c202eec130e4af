"""Which line of a TOML text sets which value, so that a complaint can point at it.

Owns: a reading by lines of what `tomllib` reads by grammar but does not place. Never: decides what a value is; where
this reading and the grammar differ (a table written inline), the nearest line that is known stands in.
"""

from __future__ import annotations

import re

HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]")
KEY = re.compile(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
LONG_TEXT = re.compile(r"\"\"\"|'''")
PLACE = re.compile(r"\(at line (\d+), column \d+\)")
Lines = dict[tuple[str, ...], int]


def lines_of_keys(text: str) -> Lines:
    """Return (table, key) -> line number from 1, and (table,) -> the line of its header or first key."""
    found: Lines = {}
    table: tuple[str, ...] = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        was_inside, inside_text = inside_text, inside_text ^ (len(LONG_TEXT.findall(line)) % 2 == 1)
        if was_inside:
            continue
        if header := HEADER.match(line):
            table = split_key(header[1])
            found.setdefault(table, number)
        elif key := KEY.match(line):
            path = (*table, *split_key(key[1]))
            found.setdefault(path[:1], number)
            found.setdefault(path, number)
    return found


def split_key(raw: str) -> tuple[str, ...]:
    """Split a dotted key; quotes around a part are dropped."""
    return tuple(part.strip().strip("\"'") for part in raw.split("."))


def line_of(lines: Lines, *path: str) -> int | None:
    """Return the line of a value, else of what holds it, else None."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def line_of_error(text: str, message: str) -> tuple[int, str]:
    """Split what `tomllib` says of an unreadable text into (line, complaint without the place)."""
    place = PLACE.search(message)
    line = int(place[1]) if place else max(1, len(text.splitlines()))
    return line, PLACE.sub("", message).replace("(at end of document)", "before the end of the file").strip()
