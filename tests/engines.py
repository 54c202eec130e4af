"""A database for a test, on both engines: whoever asks for `db` runs twice.

Owns: the fixtures `db` and `each_engine`. Never: rows; a test makes its own people.

`each_engine` is a place where nothing is yet, for tests of beginnings. `db` has the newest schema and no rows; on
PostgreSQL it is one database for the whole session, emptied before each test, because making one takes as long as forty
tests.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import new_database

from rookery.model.ids import now_us
from rookery.storage.database import Database
from rookery.storage.migrations import migrate
from rookery.storage.postgres import open_postgres
from rookery.storage.sqlite import open_sqlite

SCHEMA: set[str] = set()
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
EMPTY_ALL = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_versions' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    ALTER SEQUENCE events_seq_seq RESTART;
END $$
"""


@pytest.fixture(params=["sqlite", "postgres"])
def each_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new, empty database lies: the path of a file, or a DSN."""
    if request.param == "sqlite":
        return tmp_path / "rookery.sqlite3"
    return request.getfixturevalue("fresh_postgres_database")


async def open_engine(place: Path | str) -> Database:
    """Open a database by its place and give it the newest schema."""
    db = await open_sqlite(place) if isinstance(place, Path) else await open_postgres(place, connections=4)
    await migrate(db, now_us=now_us())
    return db


async def prepare(dsn: str) -> None:
    """Give the database the newest schema and remember which tables are its own."""
    database = await open_engine(dsn)
    await database.close()
    connection = await asyncpg.connect(dsn)
    SCHEMA.update(row[0] for row in await connection.fetch(TABLES))
    await connection.close()


async def empty(dsn: str) -> None:
    """Drop the tables that a test made, delete every row but the schema's own."""
    connection = await asyncpg.connect(dsn)
    for row in await connection.fetch(TABLES):
        if row[0] not in SCHEMA:
            await connection.execute(f'DROP TABLE "{row[0]}" CASCADE')
    await connection.execute(EMPTY_ALL)
    await connection.close()


@pytest.fixture(scope="session")
def shared_postgres_database(postgres_dsn: str) -> Iterator[str]:
    """DSN of a database with the newest schema, for one test after the other."""
    with new_database(postgres_dsn) as dsn:
        asyncio.run(prepare(dsn))
        yield dsn


@pytest.fixture(params=["sqlite", "postgres"])
def ready_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a database without rows lies: the path of a new file, or the DSN of the session's, emptied."""
    if request.param == "sqlite":
        return tmp_path / "rookery.sqlite3"
    dsn: str = request.getfixturevalue("shared_postgres_database")
    asyncio.run(empty(dsn))
    return dsn


@pytest.fixture
async def db(ready_place: Path | str) -> AsyncIterator[Database]:
    database = await open_engine(ready_place)
    yield database
    await database.close()
