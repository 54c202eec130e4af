"""The event log's promise on both engines: whoever goes from cursor to cursor meets every event once and in order.

Many writers at once, in transactions of random length of which some are undone. Without the lock that
storage/postgres.py takes around its numbers, a number becomes visible before a smaller one, and the reader skips it.
"""

import asyncio
import random
from pathlib import Path

import pytest
from tests.engines import open_engine

from rookery.model.errors import Unavailable
from rookery.model.events import AccountChanged, PollVoted
from rookery.storage.log import find_cursor, read_events
from rookery.storage.postgres import open_postgres
from rookery.timelines.readers import Runner, Runners

WRITERS = 16
TRANSACTIONS = 30


class Undone(Exception):
    """A writer changed its mind."""


@pytest.fixture
async def wide_db(each_engine):
    """A database with a connection for every writer."""
    db = await open_engine(each_engine)
    if not isinstance(each_engine, Path):
        await db.close()
        db = await open_postgres(each_engine, connections=WRITERS + 4)
    yield db
    await db.close()


async def write_events(db, writer, chance, committed):
    for number in range(TRANSACTIONS):
        events = [AccountChanged(writer * 100_000 + number * 10 + place) for place in range(chance.randrange(1, 6))]
        try:
            async with db.transaction() as tx:
                for event in events:
                    tx.append(event)
                    for _ in range(chance.randrange(4)):
                        await tx.one("SELECT 1")
                if chance.random() < 0.2:
                    raise Undone
        except Undone:
            continue
        committed += [event.account_id for event in events]


async def follow_log(db, is_over, seen):
    cursor = 0
    while True:
        last_look = is_over.is_set()
        batch = await read_events(db.reader, cursor, 50)
        seen += [(entry.seq, entry.event.account_id) for entry in batch]
        cursor = batch[-1].seq if batch else cursor
        if last_look and not batch:
            return
        if not batch:
            await db.wait_for_events(cursor, 0.01)


async def test_a_reader_misses_no_event_of_sixteen_writers(wide_db):
    chance, committed, seen, is_over = random.Random(7), [], [], asyncio.Event()
    reading = asyncio.create_task(follow_log(wide_db, is_over, seen))
    await asyncio.gather(*(write_events(wide_db, writer, chance, committed) for writer in range(WRITERS)))
    is_over.set()
    await reading
    assert [seq for seq, _ in seen] == sorted({seq for seq, _ in seen})
    assert sorted(account for _, account in seen) == sorted(committed)
    for writer in range(WRITERS):
        own = [account for _, account in seen if account // 100_000 == writer]
        assert own == sorted(own)


class Counting:
    """A durable reader that writes down what it read. fails: called with each event before it is written down."""

    name, rest_s = "counting", 0.0

    def __init__(self, fails=lambda event: None, after=lambda: None):
        self.fails, self.after = fails, after

    def wants(self, event):
        return isinstance(event, AccountChanged)

    async def read(self, tx, events):
        for entry in events:
            self.fails(entry.event)
            await tx.run(
                "INSERT INTO server_values (name, value) VALUES (:name, '1')", name=f"read {entry.event.account_id}"
            )
        self.after()
        return bool(events)


async def read_down(db):
    """What was written down; a second time would break the key."""
    rows = await db.reader.all("SELECT name FROM server_values WHERE name LIKE 'read %'")
    return sorted(int(row[0].split()[1]) for row in rows)


async def append(db, *numbers):
    async with db.transaction() as tx:
        for number in numbers:
            tx.append(AccountChanged(number))


async def test_a_reader_begins_at_the_oldest_event_and_goes_on_where_it_was_after_a_restart(db):
    await append(db, 1, 2)
    await Runner(db, Counting()).run_until_idle()
    await append(db, 3)
    await Runner(db, Counting()).run_until_idle()
    assert await read_down(db) == [1, 2, 3]


async def test_a_reader_that_dies_between_effect_and_cursor_has_no_effect_twice(db):
    await append(db, 1, 2)

    def die():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Runner(db, Counting(after=die)).step()
    assert await read_down(db) == []
    await Runner(db, Counting()).run_until_idle()
    assert await read_down(db) == [1, 2]


async def test_a_poisonous_event_is_set_aside_and_the_others_are_read(db):
    await append(db, 1, 2, 3)

    def fails(event):
        if event.account_id == 2:
            raise ValueError("cannot read this one")

    await Runner(db, Counting(fails)).run_until_idle()
    await append(db, 4)
    await Runner(db, Counting(fails)).run_until_idle()
    assert await read_down(db) == [1, 3, 4]
    [row] = await db.reader.all("SELECT reader, seq, error FROM events_set_aside")
    assert tuple(row) == ("counting", 2, "ValueError: cannot read this one")


async def test_an_event_of_a_later_version_is_set_aside(db):
    async with db.transaction() as tx:
        await tx.run("INSERT INTO events (kind, body, happened_at) VALUES ('FromTheFuture', '{}', 0)")
        tx.append(AccountChanged(1))
    await Runner(db, Counting()).run_until_idle()
    assert await read_down(db) == [1]
    assert len(await db.reader.all("SELECT 1 FROM events_set_aside")) == 1


async def test_a_database_that_does_not_answer_poisons_nothing(db):
    await append(db, 1)
    answers = iter([Unavailable("not now"), None])

    def fails(event):
        if error := next(answers):
            raise error

    runner = Runner(db, Counting(fails))
    with pytest.raises(Unavailable):
        await runner.step()
    await runner.run_until_idle()
    assert await read_down(db) == [1]
    assert await db.reader.all("SELECT 1 FROM events_set_aside") == []


async def test_events_without_effect_cost_no_write_each(db):
    runner = Runner(db, Counting())
    await append(db, 1)
    await runner.run_until_idle()
    for number in range(20):
        async with db.transaction() as tx:
            tx.append(PollVoted(number, number))
        await runner.step()
    assert (runner.cursor, await find_cursor(db.reader, "counting")) == (21, 1)
    runner.saved_at_s = -1e9  # a second later
    await runner.step()
    assert await find_cursor(db.reader, "counting") == 21


async def test_two_processes_share_one_reader(db):
    one, other = Runner(db, Counting()), Runner(db, Counting())
    for number in range(1, 40):
        await append(db, number)
        await asyncio.gather(one.step(), other.step())
    await asyncio.gather(one.run_until_idle(), other.run_until_idle())
    assert await read_down(db) == list(range(1, 40))


async def test_a_running_reader_follows_the_log_until_it_is_stopped(db):
    runners = Runners(db, [Counting()])
    running = asyncio.create_task(runners.run())
    await append(db, 1, 2)
    while await read_down(db) != [1, 2]:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
