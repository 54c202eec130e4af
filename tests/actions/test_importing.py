"""Imports that take their time: many servers, dead ones, a server that dies in between, people who stop."""

import asyncio

import pytest
from tests.far import AddressBook, FarPerson
from tests.measures import suspend_account

from rookery.actions.importing import PAUSES_S, ROWS_OF_A_HOST, import_handlers, take_turn
from rookery.actions.imports import (
    IMPORT_ROWS,
    forget_old_imports,
    get_import,
    read_import,
    start_import,
    stop_import,
)
from rookery.actions.jobs import run_due_jobs
from rookery.model.audit import OPERATOR
from rookery.model.imports import ImportGoing, ImportKind, ImportNotFound, ReadRow, RowState
from rookery.storage.imports import list_imports, list_rows, tally_rows
from rookery.storage.posts import find_post

DUE_NOW = "UPDATE jobs SET run_at = 0 WHERE state = 'waiting'"
ROWS_DUE_NOW = "UPDATE import_rows SET try_at = 0 WHERE state = 'waiting'"
AGE_IMPORTS = "UPDATE imports SET created_at = created_at - :by"
DAY_US = 86_400 * 1_000_000


def row(line, handle):
    return ReadRow(line, handle.rpartition("@")[2], handle)


async def batches(rows):
    yield rows


async def brings(world, person, handles, kind=ImportKind.FOLLOWS, *, begins=True):
    rows = [row(line, handle) for line, handle in enumerate(handles, 1)]
    draft = await read_import(world.app, person.id, kind, batches(rows), overwrites=False)
    return await start_import(world.app, person.id, draft.id) if begins else draft


async def make_due(world, *, rows=False):
    async with world.app.db.transaction() as tx:
        await tx.run(DUE_NOW)
        if rows:
            await tx.run(ROWS_DUE_NOW)


async def takes_turns(world, count=1, *, rows=False):
    """Do so many turns, whatever pauses are between them."""
    handlers = import_handlers(world.app)
    for _ in range(count):
        await make_due(world, rows=rows)
        await run_due_jobs(world.app, handlers)


async def tally(world, found):
    return await tally_rows(world.app.db.reader, found.id)


class SlowBook(AddressBook):
    """Notes how many are asked at the same time."""

    def __init__(self, *people):
        super().__init__(*people)
        self.open, self.most, self.of_one = {}, 0, 0

    async def find_handle(self, username, domain):
        self.open[domain] = self.open.get(domain, 0) + 1
        self.most, self.of_one = max(self.most, sum(self.open.values())), max(self.of_one, self.open[domain])
        await asyncio.sleep(0)
        try:
            return await super().find_handle(username, domain)
        finally:
            self.open[domain] -= 1


async def test_servers_are_asked_side_by_side_and_each_one_after_the_other(world):
    (ana,) = await world.people("ana")
    people = [FarPerson(world, f"p{n}", f"s{n % 3}.example") for n in range(3 * ROWS_OF_A_HOST + 3)]
    world.app.resolver = book = SlowBook(*people)
    found = await brings(world, ana, [one.handle for one in people])
    await takes_turns(world)
    assert len(book.asked) == 3 * ROWS_OF_A_HOST  # no more of one server in one turn
    assert (book.most, book.of_one) == (3, 1)
    await run_due_jobs(world.app, import_handlers(world.app))
    assert len(book.asked) == 3 * ROWS_OF_A_HOST  # the next turn waits a moment
    await takes_turns(world, 2)
    assert (await tally(world, found)).done == len(people)
    assert (await get_import(world.app, ana.id, found.id)).state == "done"


async def test_a_server_that_is_away_is_tried_again_and_holds_up_nobody(world):
    (ana,) = await world.people("ana")
    away = [FarPerson(world, f"p{n}", "away.example") for n in range(ROWS_OF_A_HOST * 3)]
    bo = FarPerson(world, "bo", "there.example")
    world.app.resolver = book = AddressBook(*away, bo)
    book.away.add("away.example")
    found = await brings(world, ana, [*(one.handle for one in away), bo.handle])
    await takes_turns(world)
    assert (await tally(world, found)).done == 1
    assert len(book.asked) == ROWS_OF_A_HOST + 1
    await takes_turns(world)
    assert len(book.asked) == ROWS_OF_A_HOST + 1  # its other rows wait as well
    book.away.clear()
    await takes_turns(world, 5, rows=True)
    assert (await tally(world, found)).done == len(away) + 1


async def test_a_server_that_stays_away_is_given_up_with_the_reason(world):
    (ana,) = await world.people("ana")
    away = [FarPerson(world, f"p{n}", "away.example") for n in range(ROWS_OF_A_HOST * 2)]
    world.app.resolver = book = AddressBook(*away)
    book.away.add("away.example")
    found = await brings(world, ana, [one.handle for one in away])
    await takes_turns(world, len(PAUSES_S) + 1, rows=True)
    assert (await tally(world, found)).failed == len(away)
    failed = await list_rows(world.app.db.reader, found.id, RowState.FAILED, -1, 100)
    assert {one.error for one in failed} == {
        "away.example does not answer; try again later",
        "this server does not answer",
    }
    assert (await get_import(world.app, ana.id, found.id)).state == "done"


async def test_an_import_goes_on_where_a_killed_server_left_it(world):
    (ana,) = await world.people("ana")
    people = [FarPerson(world, f"p{n}", f"s{n}.example") for n in range(8)]
    world.app.resolver = book = AddressBook(*people)
    found = await brings(world, ana, [one.handle for one in people])
    async with world.app.db.transaction() as tx:  # three rows were done, then the power went
        await tx.run("UPDATE import_rows SET state = 'done' WHERE id < 3")
    await takes_turns(world)
    assert sorted(book.asked) == [one.handle for one in people[3:]]
    assert (await get_import(world.app, ana.id, found.id)).state == "done"


async def test_a_turn_that_is_taken_twice_plans_the_next_one_once(world):
    (ana,) = await world.people("ana")
    people = [FarPerson(world, f"p{n}", "far.example") for n in range(ROWS_OF_A_HOST + 1)]
    world.app.resolver = AddressBook(*people)
    found = await brings(world, ana, [one.handle for one in people])
    room = asyncio.Semaphore(1)
    await asyncio.gather(*(take_turn(world.app, found.id, found.turn + 1, room) for _ in range(2)))
    await take_turn(world.app, found.id, found.turn + 1, room)
    jobs = await world.app.db.reader.all("SELECT body FROM jobs WHERE kind = :kind", kind=IMPORT_ROWS)
    assert len(jobs) == 2  # the first turn and the second


async def test_who_stops_an_import_keeps_what_is_done_and_may_go_on(world):
    (ana,) = await world.people("ana")
    people = [FarPerson(world, f"p{n}", "far.example") for n in range(ROWS_OF_A_HOST + 2)]
    world.app.resolver = book = AddressBook(*people)
    found = await brings(world, ana, [one.handle for one in people])
    await takes_turns(world)
    assert not await stop_import(world.app, ana.id, found.id)
    await takes_turns(world, 2)
    assert len(book.asked) == ROWS_OF_A_HOST
    assert (await get_import(world.app, ana.id, found.id)).state == "stopped"
    await start_import(world.app, ana.id, found.id)
    await takes_turns(world, 2)
    assert (await tally(world, found)).done == len(people)


async def test_a_draft_is_thrown_away_or_replaced_by_the_next_file(world):
    ana, ben = await world.people("ana", "ben")
    first = await brings(world, ana, ["ben@localhost"], begins=False)
    with pytest.raises(ImportNotFound):
        await get_import(world.app, ben.id, first.id)
    with pytest.raises(ImportNotFound):
        await start_import(world.app, ben.id, first.id)
    with pytest.raises(ImportNotFound):
        await stop_import(world.app, ben.id, first.id)
    second = await brings(world, ana, ["ben@localhost"], begins=False)
    with pytest.raises(ImportNotFound):
        await get_import(world.app, ana.id, first.id)
    assert await stop_import(world.app, ana.id, second.id)
    with pytest.raises(ImportNotFound):
        await get_import(world.app, ana.id, second.id)


async def test_two_files_of_a_kind_do_not_go_at_once(world):
    ana, _ = await world.people("ana", "ben")
    await brings(world, ana, ["ben@localhost"])
    with pytest.raises(ImportGoing):
        await brings(world, ana, ["ben@localhost"])
    await brings(world, ana, ["ben@localhost"], ImportKind.MUTES)
    await takes_turns(world)
    await brings(world, ana, ["ben@localhost"])


async def test_who_is_suspended_imports_nothing_more(world):
    ana, _ = await world.people("ana", "ben")
    found = await brings(world, ana, ["ben@localhost"])
    await suspend_account(world.app, ana.id, by=OPERATOR)
    await takes_turns(world)
    assert (await get_import(world.app, ana.id, found.id)).state == "stopped"
    assert (await tally(world, found)).waiting == 1


async def test_bookmarks_are_fetched_and_what_nobody_may_see_is_named(world):
    ana, ben = await world.people("ana", "ben")
    bo = await FarPerson(world, "bo", "far.example").arrives()
    hidden = await ben.publishes("for friends", visibility="private")
    uri = "https://far.example/users/bo/posts/1"
    world.app.resolver = book = AddressBook(bo)

    async def fetched():
        post_id = await bo.publishes("hello", tail="1")
        return await find_post(world.app.db.reader, post_id)

    book.posts[uri] = fetched
    rows = [
        ReadRow(1, "far.example", uri),
        ReadRow(2, "localhost", hidden["uri"]),
        ReadRow(3, "far.example", f"{uri}0"),
    ]
    draft = await read_import(world.app, ana.id, ImportKind.BOOKMARKS, batches(rows), overwrites=False)
    await start_import(world.app, ana.id, draft.id)
    await takes_turns(world)
    [kept] = await ana.calls("GET", "/api/v1/bookmarks")
    assert kept["uri"] == uri
    failed = await list_rows(world.app.db.reader, draft.id, RowState.FAILED, -1, 10)
    assert [one.line for one in failed] == [2, 3]
    assert len({one.error for one in failed}) == 1  # hidden and absent read the same


async def test_old_imports_are_forgotten(world):
    ana, _ = await world.people("ana", "ben")
    reader = world.app.db.reader
    ended = await brings(world, ana, ["ben@localhost"])
    await takes_turns(world)
    draft = await brings(world, ana, ["ben@localhost"], begins=False)
    for days, left in ((0, [draft.id, ended.id]), (2, [ended.id]), (30, [])):
        async with world.app.db.transaction() as tx:
            await tx.run(AGE_IMPORTS, by=days * DAY_US)
        await forget_old_imports(world.app)
        assert [one.id for one in await list_imports(reader, ana.id, 10)] == left
    assert await reader.all("SELECT 1 FROM import_rows") == []
