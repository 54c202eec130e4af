"""The embedded engine beside other processes on the same file: nobody stops the world for anybody."""

import asyncio
import contextlib
import subprocess
import sys
import time

import pytest
from tests.client import Client
from tests.engines import open_engine

from rookery.network.limits import Limiter
from rookery.network.server import Server
from rookery.ops import health
from rookery.storage.database import StorageBusy
from rookery.storage.values import find_value, set_value

HOLDER = """
import apsw, sys
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO server_values (name, value) VALUES ('of the other', '1')")
print("held", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""


@pytest.fixture
async def db(tmp_path):
    database = await open_engine(tmp_path / "rookery.sqlite3")
    yield database
    await database.close()


@contextlib.contextmanager
def another_process_writes(db):
    """Another process holds the write lock until the block ends or `stdin.close` lets it commit."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(db.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process


async def put(db, name):
    async with db.transaction() as tx:
        await set_value(tx, name, "1")
    return name


async def health_of(db):
    server = Server(Limiter(is_off=True))
    server.mount(health.routes.routes, health.HealthFace(db), prefixes=["/"])
    return (await Client(server).get("/health")).code


async def test_while_another_process_writes_everybody_reads_and_writers_wait_their_turn(db):
    with another_process_writes(db) as other:
        writing = [asyncio.create_task(put(db, str(number))) for number in range(3)]
        began = time.monotonic()
        for _ in range(20):
            assert await health_of(db) == 200
            assert await find_value(db.reader, "of the other") is None
            assert await find_value(db.long_reader, "0") is None
        assert not any(task.done() for task in writing)
        assert time.monotonic() - began < db.lock_wait_s / 2  # five seconds at once is what a blocked loop would take
        other.stdin.close()
        assert await asyncio.wait_for(asyncio.gather(*writing), 20) == ["0", "1", "2"]
    assert await find_value(db.reader, "of the other") == "1"


async def test_a_lock_that_stays_is_said_to_every_writer_after_one_wait_not_one_after_the_other(db):
    db.lock_wait_s = 0.3
    with another_process_writes(db):
        began = time.monotonic()
        outcomes = await asyncio.gather(*(put(db, str(number)) for number in range(10)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StorageBusy}
        assert time.monotonic() - began < 2 * db.lock_wait_s
    assert await put(db, "after") == "after"


async def test_whoever_leaves_while_waiting_for_the_lock_leaves_no_trace(db):
    with another_process_writes(db) as other:
        leaving, staying = (asyncio.create_task(put(db, name)) for name in ("leaving", "staying"))
        assert await health_of(db) == 200
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        other.stdin.close()
        await asyncio.wait_for(staying, 20)
    assert await find_value(db.reader, "leaving") is None
    assert await find_value(db.reader, "staying") == "1"
