"""The home timeline of a person with 2,000 follows, mutes, blocks and filters, against the plain one of the same world.

Owns: both homes, warm over HTTP, and read anew from SQL in this very process. Never: the relations (worlds.py).
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.load import Limits
from bench.measures import Bench, Page, beside_bare
from bench.processes import seed
from bench.table import Line
from bench.worlds import BLOCKED, FILTERS, FOLLOWED, MUTED, add_busy_person, added, opened
from rookery.model.paging import Window
from rookery.storage.accounts import find_account_by_name
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live

HOME = "/api/v1/timelines/home?limit=20"
PEOPLE, POSTS = 2_500, 25_000
READINGS = 15


async def busy(bench: Bench) -> AsyncIterator[Line]:
    """Warm pages of both, then a home that is not in memory, read with all that is kept of it."""
    data = Path(bench.data.parent) / "nest-busy"
    data.mkdir(exist_ok=True)
    world = seed(data, PEOPLE, POSTS)
    person = await added(data, "busy", add_busy_person)
    pages = [Page("home, plain", HOME, world["token"]), Page("home, busy", HOME, person["token"])]
    async for line in beside_bare(data, pages, Limits(bench.seconds)):
        yield line
    async for line in reread(data, {"plain": world["name"], "busy": person["name"]}):
        yield line


async def reread(data: Path, names: dict[str, str]) -> AsyncIterator[Line]:
    """Read homes from SQL as after a start, one after the other."""
    counts = f"{FOLLOWED:,} follows, {MUTED} mutes, {BLOCKED} blocks, {FILTERS} filters"
    async with opened(data) as app:
        homes = Homes(app.db, Live(app.db), kept=10)
        for what, name in names.items():
            account, times = await find_account_by_name(app.db.reader, name), []
            assert account
            for _ in range(READINGS):
                homes.drop(account.id)
                began = time.perf_counter()
                await homes.page(account.id, Window(20))
                times.append((time.perf_counter() - began) * 1000)
            times.sort()
            note = counts if what == "busy" else ""
            yield Line(f"home read from SQL, {what}", p50_ms=times[READINGS // 2], p99_ms=times[-1], note=note)
