"""How a server is measured: load for some seconds, its CPU per request, the bare server beside it.

Owns: Bench and the lines it makes. Each scenario takes a Bench and yields lines, bounded in time and number.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.load import Limits, Load, Source, get, load
from bench.processes import Measured, running_bare, running_rookery
from bench.table import Line


@dataclass
class Bench:
    """Where and how long. world: what `rookery seed --json` said. seconds: of load per line. million: grow so far.

    storm: deliveries of a storm.
    """

    data: Path
    world: dict[str, str]
    seconds: float
    million: bool = False
    storm: int = 10_000


@dataclass(frozen=True)
class Page:
    """A GET to be measured. connections: each number is a line. token: None for nobody."""

    what: str
    path: str
    token: str | None
    connections: tuple[int, ...] = (8,)


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
    p50, p95, p99 = (found.percentile_ms(share) for share in (0.5, 0.95, 0.99))
    return Line(what, connections, found.per_s, p50, p95, p99, cpu_us, note=note)


async def beside_bare(data: Path, pages: list[Page], limits: Limits) -> AsyncIterator[Line]:
    """Measure GETs of one server, then the bare server with the same bytes; half as long, as it varies less."""
    measured: list[tuple[int, Line]] = []
    bodies: dict[str, bytes] = {}
    with running_rookery(data) as server:
        server.until_idle()
        for number, page in enumerate(pages):
            for connections in page.connections:
                found, cpu_us = await measure(server, get(page.path, page.token), connections, limits)
                bodies[str(number)] = found.body
                note = f"{len(found.body):,} bytes"
                measured.append((number, line_of(page.what, connections, found, cpu_us, note)))
        loaded = server.resident_mb()
    with running_bare(bodies) as bare:
        for number, line in measured:
            await put_beside(bare, line, get(f"/{number}"), Limits(limits.seconds / 2, limits.requests))
            yield line
    yield Line(f"memory after {pages[0].what}" + (" and others" if len(pages) > 1 else ""), note=f"{loaded:.0f} MB")


async def put_beside(bare: Measured, line: Line, source: Source, limits: Limits) -> None:
    """Complete a line by what the bare server shows at as many connections."""
    assert line.connections is not None
    assert line.cpu_us is not None
    found, cpu_us = await measure(bare, source, line.connections, limits)
    line.bare_per_s, line.bare_cpu_us, line.ratio = found.per_s, cpu_us, line.cpu_us / max(cpu_us, 0.1)
