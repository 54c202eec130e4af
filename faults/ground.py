"""The ground that faults stand on: a nest that goes on over its crashes, a load, and what was acknowledged.

Owns: Ground, waiting, questions to its database. Never: breaks anything.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import apsw
import asyncpg
from tests.journeys.server import RunningServer

from faults.checks import check, check_file
from faults.load import PICTURE, Ledger, Load, Person

SOON_S = 30
FULL = (503, 507)
Start = Callable[..., RunningServer]


class Ground:
    """One nest over its crashes: the same data, a new process each time."""

    def __init__(self, data: Path, database: str = "", start: Start = RunningServer) -> None:
        self.data, self.database, self.start = data, database, start
        self.server = start(data, database)
        self.ana, self.bea = (Person(self.server.person(name)) for name in ("ana", "bea"))
        self.ledger = Ledger()
        self.load = Load(self.ana, self.bea, self.ledger)
        self.ana.url = self.bea.url = self.server.url
        ana_id = self.ana.get("/api/v1/accounts/verify_credentials")["id"]
        self.bea.call("POST", f"/api/v1/accounts/{ana_id}/follow").raise_for_status()

    def crash(self) -> None:
        """Kill the server and start another on what it left."""
        self.server.process.kill()
        self.server.process.wait()
        self.load.stop()
        self.come_back()

    def come_back(self, **variables: str) -> None:
        """Start another server on what the last one left."""
        self.server.log.close()
        began = time.monotonic()
        self.server = self.start(self.data, self.database, **variables)
        assert time.monotonic() - began < 10, "the server took long to come back"
        self.ana.url = self.bea.url = self.server.url

    def settle(self) -> None:
        """Ask for what was open, then compare."""
        soon(self.nothing_is_open)
        check(self.ana, self.bea, self.ledger)

    def nothing_is_open(self) -> bool:
        self.load.ask_again()
        return not self.ledger.open

    def end(self) -> None:
        """Stop in peace and look into the file."""
        assert self.server.stop() == 0
        if not self.database:
            check_file(self.data / "rookery.db")


@contextlib.contextmanager
def ground(folder: Path, database: str = "", start: Start = RunningServer) -> Iterator[Ground]:
    """A nest, ended in peace; killed when something broke."""
    made = Ground(folder / "nest", database, start)
    try:
        yield made
        made.end()
    finally:
        made.load.is_over.set()
        if made.server.process.poll() is None:
            made.server.process.kill()
            made.server.process.wait()


def soon(question: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + SOON_S
    while not question():
        assert time.monotonic() < deadline, "it did not recover"
        time.sleep(0.05)


class HasData(Protocol):
    """Whatever knows where its data is: a Ground, or a place without a server."""

    data: Path
    database: str


def rows(nest: HasData, sql: str) -> list[tuple[Any, ...]]:
    """What the database itself says."""
    if nest.database:
        return asyncio.run(postgres_rows(nest.database, sql))
    connection = apsw.Connection(str(nest.data / "rookery.db"), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5000)
    found = list(connection.execute(sql))
    connection.close()
    return found


async def postgres_rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    found = [tuple(row) for row in await connection.fetch(sql)]
    await connection.close()
    return found


def wrote(nest: Ground) -> int:
    """Try to publish something new; the code of the answer."""
    text = f"post{next(nest.load.numbers)}"
    nest.load.write(text)
    return 200 if text in nest.ledger.posts else nest.ledger.refused[-1][0]


def uploaded(nest: Ground) -> int:
    return nest.ana.call("POST", "/api/v2/media", files={"file": ("b.jpg", PICTURE, "image/jpeg")}).status_code
