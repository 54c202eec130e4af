"""What both engines promise: all or nothing, in order, durable, and alive after every kind of failure."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines import open_engine

from rookery.model.events import AccountChanged
from rookery.model.ids import MAX_ID, AccountId
from rookery.storage.database import Duplicate, StorageBusy, StorageFull
from rookery.storage.log import newest_seq, read_events

CREATE_THINGS = "CREATE TABLE things (id {id}, name text UNIQUE, size {int})"
CREATE_PARENTS = "CREATE TABLE parents (id {id})"
CREATE_CHILDREN = """
    CREATE TABLE children (
        id {id}, parent_id {int} NOT NULL REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
    )
"""
INSERT = "INSERT INTO things (id, name, size) VALUES (:id, :name, :size)"
INSERT_ORPHAN = "INSERT INTO children (id, parent_id) VALUES (:id, 0)"
SHORT_S = 20


@pytest.fixture
async def things(db):
    """The database with tables of this file's own."""
    async with db.transaction() as tx:
        for table in ("children", "parents", "things"):  # the database may be that of the test before
            await tx.run(f"DROP TABLE IF EXISTS {table}")
        for statement in (CREATE_THINGS, CREATE_PARENTS, CREATE_CHILDREN):
            await tx.run(statement)
    return db


async def put(db, number, *, fails=False, pause=None):
    """Two rows and an event in one transaction."""
    async with db.transaction() as tx:
        await tx.run(INSERT, id=2 * number, name=f"a{number}", size=number)
        tx.append(AccountChanged(AccountId(number)))
        if pause:
            await pause.wait()
        await tx.run(INSERT, id=2 * number + 1, name=f"b{number}", size=number)
        if fails:
            raise ValueError(number)
    return number


async def sizes(reader):
    return [row[0] for row in await reader.all("SELECT size FROM things ORDER BY id")]


async def logged(db):
    return [numbered.event.account_id for numbered in await read_events(db.reader, 0, 100_000)]


async def test_what_returns_is_there_and_what_raises_never_was(things):
    await put(things, 1)
    with pytest.raises(ValueError, match="2"):
        await put(things, 2, fails=True)
    await put(things, 3)
    assert await sizes(things.reader) == [1, 1, 3, 3]
    assert await sizes(things.long_reader) == [1, 1, 3, 3]
    assert await logged(things) == [1, 3]


async def test_a_transaction_sees_its_own_rows_and_readers_do_not_see_them_before_the_commit(things):
    async with things.transaction() as tx:
        await tx.run(INSERT, id=1, name="x", size=1)
        assert await sizes(tx) == [1]
        assert await sizes(things.reader) == []
        assert await sizes(things.long_reader) == []
    assert await sizes(things.reader) == [1]


async def test_a_failing_body_undoes_itself_alone_and_its_events(things):
    outcomes = await asyncio.gather(
        *(put(things, number, fails=number % 3 == 0) for number in range(50)), return_exceptions=True
    )
    failed = [number for number in range(50) if number % 3 == 0]
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, ValueError)] == failed
    expected = {number for number in range(50) if number % 3}
    assert sorted(await sizes(things.reader)) == sorted([*expected, *expected])
    assert sorted(await logged(things)) == sorted(expected)


async def test_a_key_that_exists_raises_duplicate_and_leaves_the_others_alone(things):
    await put(things, 1)

    async def repeat():
        async with things.transaction() as tx:
            await tx.run(INSERT, id=90, name="new", size=90)
            await tx.run(INSERT, id=91, name="a1", size=91)

    outcomes = await asyncio.gather(repeat(), put(things, 2), repeat(), put(things, 3), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Duplicate, int, Duplicate, int]
    assert sorted(await sizes(things.reader)) == [1, 1, 2, 2, 3, 3]
    with pytest.raises(Duplicate):
        async with things.transaction() as tx:
            await tx.run_many(INSERT, [{"id": n, "name": "same", "size": n} for n in (92, 93)])


async def test_a_rule_that_is_not_about_keys_is_no_duplicate(things):
    with pytest.raises(Exception, match=r"(?i)null") as caught:
        async with things.transaction() as tx:
            await tx.run("INSERT INTO children (id, parent_id) VALUES (:id, NULL)", id=1)
    assert not isinstance(caught.value, Duplicate)
    await put(things, 1)


async def test_run_says_how_many_rows_it_touched(things):
    async with things.transaction() as tx:
        assert await tx.run(INSERT, id=1, name="x", size=1) == 1
        assert await tx.run(INSERT + " ON CONFLICT DO NOTHING", id=1, name="y", size=1) == 0
        assert await tx.run("UPDATE things SET size = 2 WHERE id IN (:ids...)", ids=[1, 2, 3]) == 1
        assert await tx.run("DELETE FROM things") == 1
        assert await tx.one("SELECT id FROM things") is None


async def test_fifty_writers_count_to_fifty(things):
    await put(things, 0)
    add = "UPDATE things SET size = size + 1 WHERE id = 0"

    async def step():
        async with things.transaction() as tx:
            await tx.run(add)

    await asyncio.gather(*(step() for _ in range(50)))
    assert (await things.reader.one("SELECT size FROM things WHERE id = 0"))[0] == 50


async def test_events_are_numbered_in_the_order_in_which_they_commit(things):
    await asyncio.gather(*(put(things, number) for number in range(50)))
    numbered = await read_events(things.reader, 0, 1000)
    assert [one.seq for one in numbered] == sorted({one.seq for one in numbered})
    assert things.head == numbered[-1].seq == await newest_seq(things.reader)


async def test_a_cancelled_wait_for_a_turn_leaves_no_trace(things):
    go = asyncio.Event()
    holders = [asyncio.create_task(put(things, number, pause=go)) for number in range(8)]
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(put(things, number)) for number in range(20, 30)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    go.set()
    await asyncio.wait_for(asyncio.gather(*holders), SHORT_S)
    ended = [outcome for outcome in outcomes if isinstance(outcome, int)]
    await asyncio.wait_for(put(things, 40), SHORT_S)
    assert sorted(set(await sizes(things.reader))) == sorted([*range(8), *ended, 40])


async def test_a_cancelled_body_is_undone_and_the_next_one_runs(things):
    never = asyncio.Event()
    running = asyncio.create_task(put(things, 1, pause=never))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, SHORT_S)
    await asyncio.wait_for(put(things, 2), SHORT_S)
    assert (await sizes(things.reader), await logged(things)) == ([2, 2], [2])


async def test_cancelled_at_any_moment_a_body_is_whole_or_not_there(things):
    dice = random.Random(7)
    tasks = []
    for number in range(150):
        tasks.append(asyncio.create_task(put(things, number, fails=dice.random() < 0.1)))
        if dice.random() < 0.5:
            await asyncio.sleep(dice.random() * 0.004)
            dice.choice(tasks[-4:]).cancel()
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), SHORT_S)
    done = {outcome for outcome in outcomes if isinstance(outcome, int)}
    assert len(done) > 20
    assert any(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    found = await sizes(things.reader)
    assert all(found.count(number) == 2 for number in set(found))
    assert done <= set(found)
    assert sorted(await logged(things)) == sorted(set(found))
    await asyncio.wait_for(put(things, 999), SHORT_S)


async def test_an_error_at_the_commit_reaches_every_body_of_the_group_and_nothing_shows(things):
    async def orphan():
        async with things.transaction() as tx:
            await tx.run(INSERT_ORPHAN, id=1)
            tx.append(AccountChanged(AccountId(66)))

    outcomes = await asyncio.gather(put(things, 1), orphan(), put(things, 2), return_exceptions=True)
    kept = {outcome for outcome in outcomes if isinstance(outcome, int)}
    assert isinstance(outcomes[1], Exception)
    assert set(await sizes(things.reader)) == kept == set(await logged(things))
    assert (await things.reader.one("SELECT count(*) FROM children"))[0] == 0
    await put(things, 3)
    assert 3 in await sizes(things.reader)


async def test_lists_may_be_empty_or_long_and_texts_anything(things):
    strange = ["", "'", '"', "a\\", "%_", "é鳥👩‍👩‍👧", ":id", "[1]", "null", "\n\t"]
    async with things.transaction() as tx:
        await tx.run_many(INSERT, [{"id": n, "name": name, "size": n} for n, name in enumerate(strange)])
        await tx.run(INSERT, id=MAX_ID, name="big", size=-(2**63))
    by_id = "SELECT name FROM things WHERE id IN (:ids...) ORDER BY id"
    by_name = "SELECT id FROM things WHERE name IN (:names...text) ORDER BY id"
    for reader in (things.reader, things.long_reader):
        assert await reader.all(by_id, ids=[]) == []
        assert await reader.all(by_name, names=()) == []
        assert [row[0] for row in await reader.all(by_id, ids=range(10_000))] == strange
        assert [row[0] for row in await reader.all(by_name, names=strange)] == list(range(len(strange)))
        assert [tuple(row) for row in await reader.all("SELECT id, size FROM things WHERE id = :id", id=MAX_ID)] == [
            (MAX_ID, -(2**63))
        ]


async def test_a_reader_cannot_write(things):
    for reader in (things.reader, things.long_reader):
        with pytest.raises(Exception, match=r"(?i)read.?only|readonly"):
            await reader.all(INSERT, id=1, name="x", size=1)
    assert await sizes(things.reader) == []


async def test_many_bodies_that_read_beside_their_transaction_do_not_starve_each_other(things):
    async def body(number):
        async with things.transaction() as tx:
            await tx.run(INSERT, id=number, name=str(number), size=number)
            return await things.reader.one("SELECT 1")

    await asyncio.wait_for(asyncio.gather(*(body(number) for number in range(40))), SHORT_S)


async def test_waiting_for_events_ends_with_the_commit_or_the_time(things):
    before = things.head
    await asyncio.wait_for(things.wait_for_events(before, 0.01), SHORT_S)
    waiting = [asyncio.create_task(things.wait_for_events(before, SHORT_S)) for _ in range(3)]
    await asyncio.sleep(0)
    await put(things, 1)
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    assert things.head > before


KNOWN = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'",
    "postgres": "SELECT count(*) FROM pg_statistic WHERE starelid = 'things'::regclass",
}


async def test_the_planner_learns_what_the_tables_hold_where_that_helps_it_while_everybody_goes_on(things):
    await asyncio.gather(
        *(put(things, number) for number in range(60)),
        things.refresh_statistics(),
        *(put(things, number) for number in range(60, 100)),
    )
    await things.refresh_statistics()
    found = (await things.reader.one(KNOWN[things.dialect]))[0]
    assert found == 0 if things.dialect == "sqlite" else found > 0
    assert sorted(await logged(things)) == list(range(100))


async def test_closing_under_load_loses_nothing_that_was_acknowledged(each_engine):
    db = await open_engine(each_engine)
    async with db.transaction() as tx:
        await tx.run(CREATE_THINGS)
    tasks = [asyncio.create_task(put(db, number)) for number in range(60)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(db.close())
    late = [asyncio.create_task(put(db, number)) for number in range(60, 90)]
    await asyncio.wait_for(closing, SHORT_S)
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, *late, return_exceptions=True), SHORT_S)
    assert {type(outcome) for outcome in outcomes} <= {int, StorageBusy}
    again = await open_engine(each_engine)
    found = await sizes(again.reader)
    assert {outcome for outcome in outcomes if isinstance(outcome, int)} <= set(found)
    assert all(found.count(number) == 2 for number in set(found))
    await again.close()


async def test_a_transaction_after_the_close_is_refused_with_a_sentence(each_engine):
    db = await open_engine(each_engine)
    await db.close()
    with pytest.raises(StorageBusy):
        async with db.transaction():
            pass


async def test_a_full_disk_is_said_and_writing_goes_on_once_there_is_room(things):
    if things.dialect != "sqlite":
        return  # a small disk for PostgreSQL is a matter of tests/faults
    pages = things.writer.pragma("page_count")
    things.writer.pragma("max_page_count", pages + 2)
    big = "x" * 400_000

    async def fill(number):
        async with things.transaction() as tx:
            await tx.run(INSERT, id=2 * number, name=str(number), size=number)
            await tx.run(INSERT, id=2 * number + 1, name=big + str(number), size=number)

    outcomes = await asyncio.gather(*(fill(number) for number in range(6)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StorageFull}
    assert await sizes(things.reader) == []
    things.writer.pragma("max_page_count", 1_000_000)
    await fill(9)
    assert await sizes(things.reader) == [9, 9]


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.contracts.test_database import put
from tests.engines import open_engine

async def main(place, first):
    db = await open_engine(Path(place) if "://" not in place else place)
    async def one(start):
        for number in range(start, 10**6, 8):
            await put(db, number)
            print(number, flush=True)
    await asyncio.gather(*(one(first + lane) for lane in range(8)))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def acknowledged_until_killed(place, first):
    """Let a process write as fast as it can, kill it, and return what it had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    seen = [process.stdout.readline() for _ in range(random.Random(first).randrange(60, 300))]
    process.send_signal(signal.SIGKILL)
    seen += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    return {int(line) for line in seen if line.endswith("\n")}


async def test_what_was_acknowledged_survives_kill_9(each_engine):
    db = await open_engine(each_engine)
    async with db.transaction() as tx:
        await tx.run(CREATE_THINGS)
    await db.close()
    acknowledged: set[int] = set()
    for first in (0, 100_000, 200_000):
        acknowledged |= await asyncio.to_thread(acknowledged_until_killed, each_engine, first)
    db = await open_engine(each_engine)
    for _ in range(100):  # PostgreSQL may still be finishing what the killed process had sent
        found = await sizes(db.reader)
        if sorted(found[::2]) == sorted(await logged(db)):
            break
        await asyncio.sleep(0.05)
    assert len(acknowledged) > 150
    assert acknowledged <= set(found)
    assert all(found.count(number) == 2 for number in set(found))
    assert sorted(await logged(db)) == sorted(set(found))
    with contextlib.suppress(AttributeError):
        assert db.writer.pragma("integrity_check") == "ok"
    await db.close()
