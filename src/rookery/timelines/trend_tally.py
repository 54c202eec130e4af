"""The counts of what may trend: a bounded table in memory, over rows that hold all of it.

Owns: Counter (one name), Tally (the table), scores as ranks. Never: reads events, weighs accounts.

A rank is log2(score) + time / half-life. As all scores fade alike, ranks never change by themselves and stay in order;
the score of a moment is 2 ** (rank - moment / half-life). Every batch writes what it changed, so memory is a copy of
the newest rows: what is least used leaves it without loss, and a batch that fails, or another process that counted
meanwhile, empties it (see Tally.begin).
"""

from __future__ import annotations

import math
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec

from rookery.model.trends import TrendKind
from rookery.storage.database import Transaction
from rookery.storage.trends import find_days, find_trends, save_trends
from rookery.storage.values import find_value, set_value
from rookery.timelines.sketches import Sketch

WRITER = "trends_writer"
NO_RANK = -math.inf
LOCAL_FADE = 0.25  # a member of yesterday still lets a trend through, one of the day before does not
WHOLE_LIFE = 0  # the day under which a post's accounts stand: each counts once in its life
HISTORY = (TrendKind.TAG, TrendKind.LINK, TrendKind.PUBLISHER)
decode_origins = msgspec.json.Decoder(dict[str, int]).decode
ENCODE = msgspec.json.Encoder().encode


def rank_of(score: float, at_us: int, half_life_us: int) -> float:
    """Return the rank of a score that holds at a moment."""
    return math.log2(score) + at_us / half_life_us if score > 0 else NO_RANK


def score_of(rank: float, at_us: int, half_life_us: int) -> float:
    """Return the score that a rank means at a moment."""
    return float(2 ** min(rank - at_us / half_life_us, 1000.0))


def joined_ranks(one: float, other: float) -> float:
    """Return the rank of both scores together."""
    high, low = max(one, other), min(one, other)
    return high if low == NO_RANK else high + math.log2(1 + 2 ** (low - high))


class Counter:
    """What is counted of one name. day: to which use_count, account_count, sketch and origins belong."""

    __slots__ = (
        *("account_count", "day", "host", "id", "is_dirty", "kind", "language", "local_count", "name", "origins"),
        *("rank", "sketch", "use_count"),
    )

    def __init__(self, kind: TrendKind, name: str, day: int) -> None:
        self.kind, self.name, self.day = kind, name, day
        self.id, self.host = 0, ""
        self.rank, self.local_count = NO_RANK, 0.0
        self.language: str | None = None
        self.is_dirty = False
        self.begin_day(day)

    def begin_day(self, day: int) -> None:
        """Count a day from nothing; who took part of us is half forgotten."""
        self.local_count *= LOCAL_FADE
        self.day, self.use_count, self.account_count = day, 0, 0.0
        self.sketch = Sketch()
        self.origins: dict[int, int] = {}

    def trend_row(self) -> dict[str, Any]:
        """Return what the table `trends` keeps."""
        return {
            "kind": int(self.kind),
            "name": self.name,
            "id": self.id,
            "rank": self.rank,
            "local_count": self.local_count,
            "language": self.language,
            "host": self.host,
            "origins": ENCODE({str(mark): count for mark, count in self.origins.items()}).decode(),
        }

    def day_row(self) -> dict[str, Any]:
        """Return what the table `trend_days` keeps."""
        return {
            "kind": int(self.kind),
            "name": self.name,
            "day": self.day,
            "use_count": self.use_count,
            "account_count": self.account_count,
            "seen": self.sketch.pack(),
        }


class Tally:
    """The table. kept: how many counters stay in memory between batches."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.counters: OrderedDict[tuple[TrendKind, str], Counter] = OrderedDict()
        self.over: list[dict[str, Any]] = []
        self.written = 0
        self.writer = ""

    async def begin(self, tx: Transaction) -> bool:
        """Start a batch and say who writes now; True when memory was emptied, because others may have changed rows."""
        is_alone = self.writer != "" and await find_value(tx, WRITER) == self.writer
        if not is_alone:
            self.counters.clear()
        self.over = []
        self.writer = secrets.token_hex(8)
        await set_value(tx, WRITER, self.writer)
        return not is_alone

    async def load(self, tx: Transaction, kind: TrendKind, names: Iterable[str], day: int) -> None:
        """Bring counters into memory, new ones for what was never counted."""
        missing = []
        for name in names:
            if (kind, name) in self.counters:
                self.counters.move_to_end((kind, name))
            else:
                missing.append(name)
                self.counters[kind, name] = Counter(kind, name, day)
        if not missing:
            return
        found = set()
        for row in await find_trends(tx, kind, missing, day):
            counter = self.counters[kind, row[0]]
            counter.id, counter.rank, counter.local_count, counter.language, counter.host = row[1:6]
            fill_day(counter, row[7], row[8], row[9])
            if row[7] is None:
                counter.local_count *= LOCAL_FADE
            else:
                counter.origins = {int(mark): count for mark, count in decode_origins(row[6]).items()}
            found.add(row[0])
        left = [name for name in missing if name not in found]
        for row in await find_days(tx, kind, left, day) if left else ():
            fill_day(self.counters[kind, row[0]], row[1], row[2], row[3])

    def of(self, kind: TrendKind, name: str, day: int) -> Counter:
        """Return a loaded counter, on its day or a later one; the end of its former day is kept for `save`."""
        counter = self.counters[kind, name]
        if counter.day < day:
            if counter.is_dirty:
                self.over.append(counter.day_row())
            counter.begin_day(day)
        return counter

    def forget(self, kind: TrendKind, name: str) -> None:
        """Drop a counter."""
        self.counters.pop((kind, name), None)

    async def save(self, tx: Transaction) -> None:
        """Write what the batch changed, then let the least used go."""
        changed = [counter for counter in self.counters.values() if counter.is_dirty]
        await save_trends(
            tx,
            [counter.trend_row() for counter in changed if counter.rank != NO_RANK],
            [*self.over, *(counter.day_row() for counter in changed)],
        )
        self.written += len(changed)
        for counter in changed:
            counter.is_dirty = False
        while len(self.counters) > self.kept:
            self.counters.popitem(last=False)


def fill_day(counter: Counter, use_count: int | None, account_count: float | None, seen: bytes | None) -> None:
    """Take a day's counts from its row, when there is one."""
    counter.use_count, counter.account_count = use_count or 0, account_count or 0.0
    counter.sketch = Sketch(bytes(seen or b""))
