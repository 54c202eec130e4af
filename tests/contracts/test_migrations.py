"""The schema: from nothing, twice, by two at once, after an interruption, and refused when it is not ours."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines import open_engine

from rookery.model.ids import now_us
from rookery.storage import migrations
from rookery.storage.migrations import NEWEST, STEPS, SchemaTooNew, SchemaTooOld, check_schema, migrate, read_schema
from rookery.storage.migrations.step import Step
from rookery.storage.postgres import open_postgres
from rookery.storage.sqlite import open_sqlite

COLUMNS = {
    "sqlite": """
        SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' ORDER BY 1, 2
    """,
    "postgres": """
        SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY 1, 2
    """,
}
NEXT = Step(NEWEST + 1, "a test", "before", "none", "none", 1, ("CREATE TABLE one (id {id})",))
BROKEN = r"(?i)syntax|incomplete"


async def open_empty(place):
    return await open_sqlite(place) if isinstance(place, Path) else await open_postgres(place, connections=4)


@pytest.fixture
async def empty(each_engine):
    db = await open_empty(each_engine)
    yield db
    await db.close()


async def shape(db):
    return [tuple(row) for row in await db.reader.all(COLUMNS[db.dialect])]


async def test_an_empty_database_gets_every_step_once(empty):
    assert (await read_schema(empty.reader, empty.dialect)).number == 0
    with pytest.raises(SchemaTooOld, match=f"schema 0, this version needs {NEWEST}: run `rookery migrate`"):
        await check_schema(empty)
    assert await migrate(empty, now_us=now_us()) == list(STEPS)
    await check_schema(empty)
    before = await shape(empty)
    assert await migrate(empty, now_us=now_us()) == []
    assert await shape(empty) == before
    state = await read_schema(empty.reader, empty.dialect)
    assert (state.number, state.oldest_compatible) == (NEWEST, STEPS[-1].oldest_compatible)


async def test_both_engines_have_the_same_tables_and_columns(tmp_path, fresh_postgres_database):
    one, other = await open_engine(tmp_path / "x.sqlite3"), await open_engine(fresh_postgres_database)
    names = []
    for db in (one, other):
        rows = [(table, column) for table, column, _ in await shape(db)]
        names.append([row for row in rows if not row[0].startswith(("sqlite_", "post_search", "account_search"))])
        await db.close()
    assert names[0] == names[1]


async def test_a_step_that_breaks_in_the_middle_leaves_nothing_and_can_be_repeated(empty, monkeypatch):
    await migrate(empty, now_us=now_us())
    before = await shape(empty)
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, replace(NEXT, statements=(NEXT.statements[0], "CREATE TABLE ("))))
    with pytest.raises(Exception, match=BROKEN):
        await migrate(empty, now_us=now_us())
    assert await shape(empty) == before
    assert (await read_schema(empty.reader, empty.dialect)).number == NEWEST
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, replace(NEXT, statements=NEXT.statements)))
    assert [step.number for step in await migrate(empty, now_us=now_us())] == [NEWEST + 1]
    assert ("one", "id") in [row[:2] for row in await shape(empty)]


async def test_a_first_migration_that_is_interrupted_is_repeated_whole(empty, monkeypatch):
    broken = replace(STEPS[0], statements=(*STEPS[0].statements[:20], "CREATE TABLE ("))
    monkeypatch.setattr(migrations, "STEPS", (broken,))
    with pytest.raises(Exception, match=BROKEN):
        await migrate(empty, now_us=now_us())
    assert await shape(empty) == []
    monkeypatch.setattr(migrations, "STEPS", STEPS)
    assert await migrate(empty, now_us=now_us()) == list(STEPS)
    await check_schema(empty)


@pytest.mark.parametrize(("oldest", "is_refused"), [(NEWEST, False), (NEWEST + 1, True)])
async def test_data_of_a_later_version_is_refused_only_when_it_says_so(empty, oldest, is_refused):
    await migrate(empty, now_us=now_us())
    async with empty.transaction() as tx:
        await tx.run(migrations.RECORD_VERSION, number=NEWEST + 1, oldest=oldest, now=1)
    if not is_refused:
        await check_schema(empty)
        assert await migrate(empty, now_us=now_us()) == []
        return
    sentence = f"needs a version of Rookery that knows schema {oldest}, this one knows {NEWEST}: install the newer"
    with pytest.raises(SchemaTooNew, match=sentence):
        await check_schema(empty)
    with pytest.raises(SchemaTooNew, match=sentence):
        await migrate(empty, now_us=now_us())


MIGRATE = """
import asyncio, sys
from pathlib import Path
from tests.contracts.test_migrations import open_empty
from rookery.storage.migrations import migrate

async def main(place):
    db = await open_empty(Path(place) if "://" not in place else place)
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(await migrate(db, now_us=1)), flush=True)
    await db.close()

asyncio.run(main(sys.argv[1]))
"""


async def test_two_processes_at_once_apply_every_step_once(each_engine):
    if isinstance(each_engine, Path):
        await (await open_empty(each_engine)).close()
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", MIGRATE, str(each_engine)]
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(2)
    ]
    for one in both:
        assert await asyncio.to_thread(one.stdout.readline) == "ready\n"
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    counts = sorted([int((await asyncio.to_thread(one.communicate))[0]) for one in both])
    assert counts == [0, len(STEPS)]
    db = await open_empty(each_engine)
    await check_schema(db)
    await db.close()


def test_every_step_says_why_and_how_to_go_back():
    assert [step.number for step in STEPS] == list(range(1, NEWEST + 1))
    assert all(step.why and step.lock and step.undo and 1 <= step.oldest_compatible <= step.number for step in STEPS)
