"""What waits for other servers, from the command line, on both engines."""

import asyncio
from pathlib import Path

import pytest
from tests.engines import open_engine
from tests.ops.program import Program

from rookery.storage.hosts import ensure_host
from rookery.storage.parcels import Parcel, Stop, insert_parcel, insert_stops

FAILS = """
    UPDATE hosts SET failing_since = 1000000, failure_count = 3, next_try_at = 4000000000000000,
        last_error = 'no answer'
    WHERE domain = :domain
"""


@pytest.fixture(params=["sqlite", "postgres"])
def program(request, tmp_path):
    if request.param == "sqlite":
        return Program(tmp_path / "nest"), tmp_path / "nest" / "rookery.db"
    dsn = request.getfixturevalue("fresh_postgres_database")
    return Program(tmp_path / "nest", {"ROOKERY_SERVER_DATABASE": dsn}), dsn


async def leave_something(place: Path | str) -> None:
    db = await open_engine(place)
    async with db.transaction() as tx:
        await ensure_host(tx, "far.example", 1)
        parcel = Parcel(7, "https://here.example/1", None, "https://here.example/actor", b"{}", False, 1)
        await insert_parcel(tx, parcel)
        await insert_stops(tx, [Stop("far.example", 7, "https://far.example/inbox")], is_deletion=False)
        await tx.run(FAILS, domain="far.example")
    await db.close()


def test_an_operator_sees_what_waits_and_has_a_server_tried_again(program):
    commands, place = program
    commands.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    assert commands.run("deliveries", "list").text == "Nothing waits.\n"
    assert commands.run("deliveries", "retry", "far.example").code == 1
    asyncio.run(leave_something(place))
    listed = commands.run("deliveries", "list").text
    assert "1 deliveries wait for 1 servers." in listed
    assert "far.example  1 waiting  failing since 1970-01-01 00:00  next try " in listed
    assert listed.endswith("no answer\n")
    assert commands.run("deliveries", "retry", "far.example").code == 0
    assert "next try" not in commands.run("deliveries", "list").text
