"""`python -m faults`: break a server under load, again and again; say what was acknowledged, and that nothing was lost.

The databases are thrown away afterwards. Exit code 1 with the first promise that was broken.
"""

import argparse
import asyncio
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from faults import backlog, clocks, crashing, disks, overload, scenarios, slow

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "postgres"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="all if none is named")
    parser.add_argument("--rounds", type=int, default=8, help="how often something breaks at random in each (8)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


@contextlib.contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """A cluster that waits for the disk; yields what makes a new database in it."""
    with subprocess.Popen(
        [SCRIPT, "serve", "--durable"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        dsn = server.stdout.readline().strip()

        def new() -> str:
            name = f"faults_{uuid4().hex[:8]}"
            asyncio.run(make_database(dsn, name))
            return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))

        yield new
        server.stdin.close()


async def make_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def kill_sqlite(folder: Path, rounds: int, chance: random.Random) -> str:
    return scenarios.kill(folder, rounds=rounds, chance=chance)


def kill_postgres(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return scenarios.kill(folder, new(), rounds=rounds, chance=chance)


def fill_files(folder: Path, rounds: int, chance: random.Random) -> str:
    return scenarios.short_files(folder)


def fill_disk(folder: Path, rounds: int, chance: random.Random) -> str:
    return scenarios.full_disk(folder)


def fill_tables(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return disks.full_tables(folder, new())


def cut_power(folder: Path, rounds: int, chance: random.Random) -> str:
    return disks.cut_power(folder, rounds=rounds, chance=chance)


def fail_to_sync(folder: Path, rounds: int, chance: random.Random) -> str:
    return disks.fail_to_sync(folder, upto=rounds)


def crash_database(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        dsn = new()
        return scenarios.lose_database(
            folder, dsn, lambda: asyncio.run(scenarios.crash_postgres(dsn)), rounds=rounds, chance=chance
        )


def cut_connections(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        dsn = new()
        return scenarios.lose_database(
            folder, dsn, lambda: asyncio.run(scenarios.cut_connections(dsn)), rounds=rounds, chance=chance
        )


def crowd(folder: Path, rounds: int, chance: random.Random) -> str:
    return overload.crowded(folder, connections=2000, seconds=20)


def surge(folder: Path, rounds: int, chance: random.Random) -> str:
    return overload.surge(folder, per_s=50, seconds=20)


def crash_sqlite(folder: Path, rounds: int, chance: random.Random) -> str:
    return crashing.crash_everywhere(folder, stride=2)


def crash_on_postgres(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return crashing.crash_everywhere(folder, new(), stride=5)


def migrate_sqlite(folder: Path, rounds: int, chance: random.Random) -> str:
    return crashing.interrupt_migrations(folder, stride=2)


def migrate_postgres(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return crashing.interrupt_migrations(folder, new(), stride=2)


def deploy_sqlite(folder: Path, rounds: int, chance: random.Random) -> str:
    return backlog.deploy_under_backlog(folder, jobs=10_000, others=200_000, deploys=3)


def deploy_postgres(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return backlog.deploy_under_backlog(folder, new(), jobs=5_000, others=100_000, deploys=3)


def never_read(folder: Path, rounds: int, chance: random.Random) -> str:
    return slow.never_read(folder, streams=150, cut_within_s=90)


def skew_sqlite(folder: Path, rounds: int, chance: random.Random) -> str:
    return clocks.skew(folder)


def skew_postgres(folder: Path, rounds: int, chance: random.Random) -> str:
    with postgres() as new:
        return clocks.skew(folder, new())


SCENARIOS: dict[str, Callable[[Path, int, random.Random], str]] = {
    "kill-sqlite": kill_sqlite,
    "kill-postgres": kill_postgres,
    "full-files": fill_files,
    "full-disk": fill_disk,
    "full-tables": fill_tables,
    "power-cut": cut_power,
    "fsync": fail_to_sync,
    "crash-postgres": crash_database,
    "cut-postgres": cut_connections,
    "crowd": crowd,
    "surge": surge,
    "steps-sqlite": crash_sqlite,
    "steps-postgres": crash_on_postgres,
    "migrate-sqlite": migrate_sqlite,
    "migrate-postgres": migrate_postgres,
    "never-read": never_read,
    "clock-sqlite": skew_sqlite,
    "clock-postgres": skew_postgres,
    "deploy-sqlite": deploy_sqlite,
    "deploy-postgres": deploy_postgres,
}


def main() -> int:
    asked = read_arguments()
    for name in asked.scenarios or SCENARIOS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="rookery-faults-") as folder:
            try:
                said = SCENARIOS[name](Path(folder), asked.rounds, random.Random(asked.seed))
            except AssertionError as broken:
                print(f"{name}: BROKEN: {broken}", file=sys.stderr)
                raise
        print(f"{name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
