"""The faults: kill -9 of the server (F1), a full disk (F4), a crash of PostgreSQL and of its connections (F6).

Owns: when something breaks. What must hold afterwards stands in faults/checks.py.
"""

import os
import random
import resource
import signal
import time
from pathlib import Path

import asyncpg

from faults.disks import fill, lacking, mount_memory, unmount
from faults.ground import FULL, Ground, ground, soon, uploaded, wrote

TINY_BYTES = 16 * 1024


def kill(folder: Path, database: str = "", *, rounds: int, chance: random.Random) -> str:
    """F1: kill -9 at random moments while everybody is busy."""
    with ground(folder, database) as nest:
        for _ in range(rounds):
            nest.load.start(nest.server.url)
            time.sleep(chance.uniform(0.2, 2.0))
            nest.crash()
            nest.settle()
        ledger = nest.ledger
    assert len(ledger.posts) >= 5 * rounds
    assert ledger.pictures
    assert ledger.liked
    return (
        f"{rounds} kills: {len(ledger.posts)} posts, {len(ledger.deleted)} deletions, {len(ledger.liked)} likes and"
        f" {len(ledger.pictures)} pictures acknowledged, {len(ledger.heard)} heard; none lost"
    )


def endure(nest: Ground) -> None:
    """While there is no room: writes are refused with a sentence, reads and health go on."""
    soon(lambda: wrote(nest) in FULL)
    for _ in range(20):
        assert wrote(nest) in FULL
        assert "nothing was saved" in nest.ledger.refused[-1][1]
        assert uploaded(nest) in FULL
        assert nest.bea.call("GET", "/health").status_code == 200
        nest.bea.get("/api/v1/timelines/home")


def recover(nest: Ground) -> None:
    """Once there is room again: no restart is needed, and what was refused is either there or not."""
    soon(lambda: wrote(nest) == 200)
    soon(lambda: uploaded(nest) == 200)
    nest.settle()


def short_files(folder: Path) -> str:
    """F4 without rights: no file of the server may grow, then it may again."""
    with ground(folder) as nest:
        assert wrote(nest) == 200
        pid, usual = nest.server.process.pid, resource.prlimit(nest.server.process.pid, resource.RLIMIT_FSIZE)
        for _ in range(2):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (TINY_BYTES, usual[1]))
            endure(nest)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
            recover(nest)
    return f"{len(nest.ledger.refused)} writes refused while files could not grow; all well afterwards"


def full_disk(folder: Path) -> str:
    """F4 with a disk of its own: 48 MB of memory, filled to the last byte. Needs the right to mount."""
    if said := lacking(is_root=True):
        return said
    disk = folder / "disk"
    mount_memory(disk)
    try:
        with ground(disk) as nest:
            nest.load.start(nest.server.url)
            ballast = disk / "ballast"
            fill(ballast)
            soon(lambda: any(code in FULL for code, _ in nest.ledger.refused))
            nest.load.stop()
            fill(ballast)
            endure(nest)
            ballast.unlink()
            recover(nest)
            nest.load.start(nest.server.url)
            fill(ballast)
            crash_on_full(nest, ballast)
    finally:
        unmount(disk)
    return f"{len(nest.ledger.refused)} writes refused on a full disk, also over a kill; all well afterwards"


def crash_on_full(nest: Ground, ballast: Path) -> None:
    """Killed without room, the server starts again once there is some."""
    soon(lambda: wrote(nest) in FULL)
    nest.server.process.kill()
    nest.server.process.wait()
    ballast.unlink()
    nest.crash()
    recover(nest)


async def crash_postgres(dsn: str) -> None:
    """Kill one backend without mercy: PostgreSQL ends all others, recovers from its log and begins anew."""
    connection = await asyncpg.connect(dsn)
    os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
    connection.terminate()


async def cut_connections(dsn: str) -> None:
    """End every connection of the server, as a network or a restart of a proxy would."""
    connection = await asyncpg.connect(dsn)
    await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'rookery'"
    )
    await connection.close()


def is_healthy(nest: Ground) -> bool:
    return nest.bea.call("GET", "/health").status_code == 200


def lose_database(folder: Path, database: str, run, *, rounds: int, chance: random.Random) -> str:
    """F6: the database goes and comes back under load. run: breaks it once."""
    with ground(folder, database) as nest:
        for _ in range(rounds):
            nest.load.start(nest.server.url)
            time.sleep(chance.uniform(0.2, 1.5))
            run()
            time.sleep(chance.uniform(0.2, 1.0))
            soon(lambda: is_healthy(nest))
            soon(lambda: wrote(nest) == 200)
            nest.load.stop()
            nest.settle()
        ledger = nest.ledger
    codes = {code for code, _ in ledger.refused}
    assert codes <= {503}, f"refused with {codes}"
    return (
        f"{rounds} losses of the database: {len(ledger.posts)} posts acknowledged, none lost;"
        f" {len(ledger.refused)} requests refused meanwhile"
    )
