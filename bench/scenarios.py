"""What is measured, one function per question, in a literal table.

Owns: the scenarios. Each takes a Bench and yields lines. A new one is a function here and an entry in SCENARIOS, and
bounded in time and number.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.load import Limits, Load, Source, get, load, post_json
from bench.processes import Measured, running_bare, running_rookery
from bench.table import Line

HOME = "/api/v1/timelines/home?limit=20"
POSTING = "/api/v1/statuses"
CONNECTIONS = (1, 8, 32)
STARTS = 3


@dataclass
class Bench:
    """Where and how long. world: what `rookery seed --json` said. seconds: of load per line."""

    data: Path
    world: dict[str, str]
    seconds: float


Scenario = Callable[[Bench], AsyncIterator[Line]]


async def measure(server: Measured, source: Source, connections: int, limits: Limits) -> tuple[Load, float]:
    """Return the load and the server's CPU per request in microseconds, after a short warm-up."""
    await load(server.port, source, connections=connections, limits=Limits(limits.seconds / 5, 200 * connections))
    before = server.cpu_s()
    found = await load(server.port, source, connections=connections, limits=limits)
    if found.wrong:
        raise SystemExit(f"the server refused: {found.wrong[0].decode(errors='replace')}")
    return found, (server.cpu_s() - before) / max(found.count, 1) * 1e6


def line_of(what: str, connections: int, found: Load, cpu_us: float, note: str = "") -> Line:
    return Line(what, connections, found.per_s, found.percentile_ms(0.5), found.percentile_ms(0.99), cpu_us, note=note)


async def beside_bare(bench: Bench, what: str, path: str, token: str | None) -> AsyncIterator[Line]:
    """Measure a GET at 1, 8 and 32 connections, then the bare server with the same bytes."""
    with running_rookery(bench.data) as server:
        lines, body = [], b""
        for connections in CONNECTIONS:
            found, cpu_us = await measure(server, get(path, token), connections, Limits(bench.seconds))
            lines.append(line_of(what, connections, found, cpu_us, f"{len(found.body):,} bytes"))
            body = found.body
        loaded = server.resident_mb()
    with running_bare(body, bench.data) as bare:
        for line in lines:
            assert line.connections is not None
            assert line.cpu_us is not None
            found, cpu_us = await measure(bare, get(path), line.connections, Limits(bench.seconds / 2))
            line.bare_per_s, line.bare_cpu_us, line.ratio = found.per_s, cpu_us, line.cpu_us / max(cpu_us, 0.1)
            yield line
    yield Line(f"{what}: memory under load", note=f"{loaded:.0f} MB")


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
    async for line in beside_bare(bench, "home timeline", HOME, bench.world["token"]):
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


SCENARIOS: dict[str, Scenario] = {"start": start, "home": home, "posting": posting}
