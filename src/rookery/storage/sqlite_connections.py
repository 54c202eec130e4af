"""Connections to SQLite: durability settings, statements, reads inline and on threads.

Owns: how a text of ours becomes a statement, and SQLite's errors ours. Never: a transaction (storage/sqlite.py).
"""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw

from rookery.storage.database import Duplicate, StorageBusy, StorageFull
from rookery.storage.sql import Row, SqliteText

PRAGMAS = """
    PRAGMA journal_mode=WAL;
    PRAGMA synchronous=FULL;
    PRAGMA foreign_keys=ON;
    PRAGMA temp_store=MEMORY;
    PRAGMA cache_size=-16000;
    PRAGMA mmap_size=0;
    PRAGMA journal_size_limit=67108864;
"""
COMPILED: dict[str, SqliteText] = {}
KEY_EXISTS = (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID)
DISK_FULL = "the server's disk is full, failing or read-only; nothing was saved, try again later"


def compiled(sql: str) -> SqliteText:
    """Return the text for SQLite, compiled once per process."""
    text = COMPILED.get(sql)
    if text is None:
        text = COMPILED[sql] = SqliteText(sql)
    return text


def execute(connection: apsw.Connection, sql: str, params: dict[str, Any]) -> apsw.Cursor:
    """Run one statement with named parameters. Raises Duplicate, StorageFull, StorageBusy."""
    text = compiled(sql)
    for name in text.lists:
        params[name] = json.dumps(list(params[name]))
    try:
        return connection.execute(text.text, params)
    except apsw.ConstraintError as error:
        if getattr(error, "extendedresult", 0) not in KEY_EXISTS:
            raise
        raise Duplicate(str(error)) from error
    except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError) as error:
        raise StorageFull(DISK_FULL) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StorageBusy("the database is busy; nothing was saved, try again") from error


def open_connection(path: Path, *, is_reader: bool) -> apsw.Connection:
    """Open the file with our durability settings; a reader cannot write."""
    connection = apsw.Connection(str(path), statementcachesize=400)
    connection.set_busy_timeout(5000)
    # Without it SQLite prepares a statement anew for each new value of a bound LIMIT: 700 µs where 20 do (3.54, STAT4).
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.execute(PRAGMAS).fetchall()  # a cursor stops at the first row, here the answer of journal_mode
    if is_reader:
        connection.execute("PRAGMA query_only=ON")
    return connection


class InlineReader:
    """Reads on the event loop's own connection: for queries of microseconds."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection

    async def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of the query."""
        rows: list[Row] = list(execute(self.connection, sql, params))
        return rows

    async def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        cursor = execute(self.connection, sql, params)
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row


class ThreadReader:
    """Reads on a few threads, each with its own connection: for queries that would hold the loop."""

    def __init__(self, path: Path, pool: ThreadPoolExecutor) -> None:
        self.path, self.pool = path, pool
        self.local = threading.local()
        self.opened: list[apsw.Connection] = []

    def fetch(self, sql: str, params: dict[str, Any]) -> list[Row]:
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = open_connection(self.path, is_reader=True)
            self.opened.append(connection)
        return list(execute(connection, sql, params))

    async def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of the query."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.fetch, sql, params)

    async def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        rows = await self.all(sql, **params)
        return rows[0] if rows else None
