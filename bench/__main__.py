"""`python -m bench`: seed a world once, run the scenarios, print a table. Data is kept between runs with --data."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

import uvloop

from bench.measures import Bench
from bench.processes import seed
from bench.scenarios import SCENARIOS
from bench.table import Line, render, write_into


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="all if none is named")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load per line")
    parser.add_argument("--million", action="store_true", help="grow to a million posts too, which takes minutes")
    parser.add_argument("--storm", type=int, nargs="?", default=10_000, const=100_000, help="deliveries of a storm")
    parser.add_argument("--data", type=Path, help="keep the seeded world here and use it again")
    parser.add_argument("--json", type=Path, help="write the figures into this file as well")
    parser.add_argument("--page", type=Path, help="put the figures into this page as well: docs/performance.md")
    return parser.parse_args()


async def run(asked: argparse.Namespace, data: Path) -> list[Line]:
    print(f"Seeding {asked.people:,} people and {asked.posts:,} posts …", flush=True)
    bench = Bench(data, seed(data, asked.people, asked.posts), asked.seconds, asked.million, asked.storm)
    lines: list[Line] = []
    for name in asked.scenarios or SCENARIOS:
        print(f"Measuring {name} …", flush=True)
        lines += [line async for line in SCENARIOS[name](bench)]
    return lines


def describe_run() -> str:
    """Say on what was measured, and how busy it was meanwhile."""
    versions = f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"
    busy = os.getloadavg()[1]
    return f"{versions}, one server process, SQLite; {date.today():%B %Y}. Load of the machine at the end: {busy:.1f}."


def raise_open_files() -> None:
    """Let this process and those it starts hold as many sockets as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    asked = read_arguments()
    raise_open_files()
    with tempfile.TemporaryDirectory(prefix="rookery-bench-") as scratch:
        data = asked.data or Path(scratch) / "nest"
        data.mkdir(parents=True, exist_ok=True)
        lines = uvloop.run(run(asked, data))
    print(f"\n{describe_run()}\n\n{render(lines)}")
    if asked.page:
        write_into(asked.page, lines, describe_run(), is_whole=not asked.scenarios)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
