"""What is measured, one function per question, in a literal table.

Owns: the table, and the first questions. A new one is a function here or in a file of its own, and an entry.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import msgspec

from bench.arrivals import arrivals
from bench.busy import busy
from bench.deliveries import deliveries
from bench.fanout import fanout
from bench.load import Limits, post_json
from bench.measures import Bench, Page, Scenario, beside_bare, line_of, measure
from bench.pages import growth, pages
from bench.processes import running_rookery
from bench.searching import search
from bench.signups import signups
from bench.streams import streams
from bench.table import Line
from bench.trends import trends

HOME = "/api/v1/timelines/home?limit=20"
POSTING = "/api/v1/statuses"
STARTS = 3


async def start(bench: Bench) -> AsyncIterator[Line]:
    """From the start of the process to the first 200, and memory before the first reader."""
    times, resident = [], 0.0
    for _ in range(STARTS):
        with running_rookery(bench.data) as server:
            times.append(server.started_s)
            resident = server.resident_mb()
    yield Line("start to first 200", note=f"{min(times):.2f} s (worst of {STARTS}: {max(times):.2f} s)")
    yield Line("memory, idle", note=f"{resident:.0f} MB")


async def home(bench: Bench) -> AsyncIterator[Line]:
    """A home timeline of 20 posts."""
    page = Page("home timeline", HOME, bench.world["token"], (1, 8, 32))
    async for line in beside_bare(bench.data, [page], Limits(bench.seconds)):
        yield line


async def posting(bench: Bench) -> AsyncIterator[Line]:
    """Posts, durable, one after the other and eight at once."""
    bodies = (
        msgspec.json.encode({"status": f"Measured, post number {number}. #bench", "visibility": "public"})
        for number in itertools.count()
    )
    with running_rookery(bench.data) as server:
        for connections in (1, 8):
            source = post_json(POSTING, bodies, bench.world["token"])
            found, cpu_us = await measure(server, source, connections, Limits(bench.seconds))
            yield line_of("posting", connections, found, cpu_us)


SCENARIOS: dict[str, Scenario] = {
    "start": start,
    "home": home,
    "pages": pages,
    "busy": busy,
    "search": search,
    "fanout": fanout,
    "deliveries": deliveries,
    "arrivals": arrivals,
    "streams": streams,
    "trends": trends,
    "growth": growth,
    "posting": posting,
    "signups": signups,
}
