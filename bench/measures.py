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

CONNECTIONS = (1, 8, 32)


@dataclass
class Bench:
    """Where and how long. world: what `rookery seed --json` said. seconds: of load per line. million: grow so far."""

    data: Path
    world: dict[str, str]
    seconds: float
    million: bool = False


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
