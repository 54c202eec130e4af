"""A storm of posts through the reader that counts trends, without a server and without HTTP.

Owns: the storm: seven of ten posts carry one hashtag, the others one that nobody repeats.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.measures import Bench
from bench.table import Line
from rookery.model.events import PostPublished
from rookery.model.ids import AccountId, IdClock, PostId, now_us
from rookery.model.settings import Settings
from rookery.storage.bulk import insert_rows
from rookery.storage.log import Numbered
from rookery.storage.migrations import migrate
from rookery.storage.sqlite import open_sqlite
from rookery.timelines.readers import BATCH
from rookery.timelines.trend_counting import TrendReader

EVENTS, PEOPLE = 100_000, 5_000


def storm(start: int) -> list[Numbered]:
    """Return one batch of events, as the log would hand them to the reader."""
    now = now_us()
    return [
        Numbered(n, PostPublished(PostId(now << 10), AccountId(n % PEOPLE + 1), 0, tags=(tag_of(n),)), now)
        for n in range(start, start + BATCH)
    ]


def tag_of(number: int) -> str:
    """Return the hashtag of one post."""
    return "storm" if number % 10 < 7 else f"once{number}"


async def trends(bench: Bench) -> AsyncIterator[Line]:
    """Events that the reader of trends counts, with a commit for each batch."""
    people = [
        dict.fromkeys(("bio", "display_name"), "")
        | {
            "id": n,
            "username": f"p{n}",
            "username_key": f"p{n}",
            "bio_facets": "[]",
            "avatar_key": None,
            "created_at": 1,
        }
        for n in range(1, PEOPLE + 1)
    ]
    with tempfile.TemporaryDirectory(prefix="rookery-bench-") as scratch:
        db = await open_sqlite(Path(scratch) / "rookery.sqlite3")
        await migrate(db, now_us=now_us())
        async with db.transaction() as tx:
            await insert_rows(tx, {"accounts": people})
        reader, began, done = TrendReader(IdClock(), Settings()), time.perf_counter(), 0
        while done < EVENTS and time.perf_counter() - began < 10 * bench.seconds:
            async with db.transaction() as tx:
                await reader.read(tx, storm(done))
            done += BATCH
        passed = time.perf_counter() - began
        yield Line("trends: events a second", per_s=done / passed, note=f"{done:,} events, {PEOPLE:,} people")
        await db.close()
