"""Search: words, phrases and operators for posts, people and hashtags, one question after the other.

Owns: the questions, which vary so that no answer is warm by accident. Never: the world. The words are those of the
invented texts (ops/seed/words.py), so each is common: a post in some dozens holds it.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from bench.load import Limits, Source, get
from bench.measures import Bench, line_of, measure, put_beside
from bench.processes import running_bare, running_rookery
from bench.table import Line

WORDS = ("cat", "market", "harbour", "radio", "kite", "compost", "choir", "telescope", "honey", "lentils")
PHRASES = ("night train", "garden gate", "worth every minute", "nobody was surprised", "pot of lentils", "tide tables")
DAYS_BACK = (10, 40, 80, 200)  # the world is 90 days old
NAMES = ("ana", "jo", "mar", "li", "so", "no", "el", "am")
TAGS = ("gard", "bo", "tra", "bak", "rad", "mus", "hist", "c")


def days_ago(counts: tuple[int, ...]) -> list[str]:
    """Return days as a query names them."""
    return [f"{datetime.now(UTC) - timedelta(count):%Y-%m-%d}" for count in counts]


# What is asked: the name of the line, the type asked for, and the questions.
QUESTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("word", "statuses", WORDS),
    ("two words", "statuses", tuple(f"{a} {b}" for a, b in itertools.pairwise(WORDS))),
    ("phrase", "statuses", tuple(f'"{phrase}"' for phrase in PHRASES)),
    ("word nobody wrote", "statuses", tuple(f"{word}zq" for word in WORDS)),
    ("from:me", "statuses", tuple(f"from:me {word}" for word in WORDS)),
    ("has:media", "statuses", tuple(f"has:media {word}" for word in WORDS)),
    ("before:", "statuses", tuple(f"{word} before:{day}" for word in WORDS for day in days_ago(DAYS_BACK))),
    ("in:library", "statuses", tuple(f"in:library {word}" for word in WORDS)),
    ("people", "accounts", NAMES),
    ("hashtags", "hashtags", TAGS),
    ("everything at once", "", WORDS),
)


def ask_each(kind: str, questions: tuple[str, ...], token: str) -> Source:
    """Ask the questions in turn, again and again."""
    paths = [f"/api/v2/search?q={quote(text)}&type={kind}&limit=20" for text in questions]
    turns: Iterator[bytes] = itertools.cycle([get(path.replace("&type=&", "&"), token)() for path in paths])
    return lambda: next(turns)


async def search(bench: Bench) -> AsyncIterator[Line]:
    """Search over the default world."""
    async for line in search_lines(bench.data, bench.world, Limits(bench.seconds / 2), ""):
        yield line


async def search_lines(data: Path, world: dict[str, str], limits: Limits, where: str) -> AsyncIterator[Line]:
    """Measure each kind from one connection, then the bare server with the last answers. where: ends the names."""
    lines: list[Line] = []
    bodies: dict[str, bytes] = {}
    with running_rookery(data) as server:
        for name, kind, questions in QUESTIONS:
            found, cpu_us = await measure(server, ask_each(kind, questions, world["token"]), 1, limits)
            bodies[str(len(lines))] = found.body
            lines.append(line_of(f"search, {name}{where}", 1, found, cpu_us, f"{len(found.body):,} bytes"))
    with running_bare(bodies) as bare:
        for number, line in enumerate(lines):
            await put_beside(bare, line, get(f"/{number}"), Limits(limits.seconds / 2))
            yield line
