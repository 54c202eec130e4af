"""A database for a test, on both engines: whoever asks for `db` runs twice.

Owns: the fixtures `db` and `each_engine`. Never: rows; a test makes its own people.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rookery.model.ids import now_us
from rookery.storage.database import Database
from rookery.storage.migrations import migrate
from rookery.storage.postgres import open_postgres
from rookery.storage.sqlite import open_sqlite


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


@pytest.fixture
async def db(each_engine: Path | str) -> AsyncIterator[Database]:
    database = await open_engine(each_engine)
    yield database
    await database.close()
