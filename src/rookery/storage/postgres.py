"""PostgreSQL, the grown engine: a pool of connections, the same SQL text, the same promises.

Owns: connections, transactions, the order of the event log. Never: SQL of a feature.

Why the log needs care here: a sequence gives its number before the commit becomes visible, so a reader that has seen
number 8 could miss a number 7 that commits later. Therefore events wait until the body is done, and are appended under
one advisory lock that the transaction holds until it has committed: numbers become visible in their order.

Reads and transactions have pools of their own: a reader's connections refuse to write, and a transaction whose body
asks a reader cannot wait for a connection that another such transaction holds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg

from rookery.model.events import Event
from rookery.storage.database import DatabaseRefused, Duplicate, StorageBusy, StorageConflict, StorageFull
from rookery.storage.eventrows import NEWEST_EVENT, row_from_event
from rookery.storage.sql import POSTGRES, PostgresText, Row

LOG_LOCK = 0x726F6F6B  # "rook": one number for the one log of a database
LOCK_LOG = f"SELECT pg_advisory_xact_lock({LOG_LOCK})"
APPEND_EVENTS = """
    -- Numbers are given in the order of the sort.
    WITH added AS (
        INSERT INTO events (kind, body, happened_at)
        SELECT kind, body, happened_at FROM unnest($1::text[], $2::text[], $3::bigint[])
            WITH ORDINALITY AS event (kind, body, happened_at, place) ORDER BY place
        RETURNING seq
    )
    SELECT max(seq) FROM added
"""
ANALYZE_WITHIN_S = 1800
NEWS = "rookery_events"
SILENT = "the database does not answer; try again"
READERS = {"application_name": "rookery", "jit": "off", "default_transaction_read_only": "on"}
WRITERS = {"application_name": "rookery", "jit": "off"}
COMPILED: dict[str, PostgresText] = {}


def compiled(sql: str) -> PostgresText:
    """Return the text for PostgreSQL, compiled once per process."""
    text = COMPILED.get(sql)
    if text is None:
        text = COMPILED[sql] = PostgresText(sql)
    return text


@contextlib.contextmanager
def our_errors(*, is_reading: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours. Raises Duplicate, StorageFull, StorageConflict, StorageBusy.

    is_reading: outside a transaction; a conflict there says nothing of what the asker did before.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Duplicate(str(error)) from error
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise (StorageBusy(SILENT) if is_reading else StorageConflict()) from error
    except (asyncpg.DiskFullError, asyncpg.PostgresIOError) as error:
        raise StorageFull("the server's disk is full or failing; nothing was saved, try again later") from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # the driver's word for a connection that was cut in the middle of an answer
        asyncpg.TooManyConnectionsError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.QueryCanceledError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise StorageBusy(SILENT) from error


class PoolReader:
    """Reads on any free connection, none of which can write."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of the query."""
        text = compiled(sql)
        with our_errors(is_reading=True):
            async with self.pool.acquire(timeout=5) as connection:
                rows: list[Row] = await connection.fetch(text.text, *text.values(params))
        return rows

    async def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        text = compiled(sql)
        with our_errors(is_reading=True):
            async with self.pool.acquire(timeout=5) as connection:
                row: Row | None = await connection.fetchrow(text.text, *text.values(params))
        return row


class PostgresTransaction:
    """One transaction on its own connection. Events wait here until the body is done."""

    dialect = POSTGRES

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.events: list[Event] = []

    async def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of the query."""
        text = compiled(sql)
        with our_errors():
            rows: list[Row] = await self.connection.fetch(text.text, *text.values(params))
        return rows

    async def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        text = compiled(sql)
        with our_errors():
            row: Row | None = await self.connection.fetchrow(text.text, *text.values(params))
        return row

    async def run(self, sql: str, /, **params: Any) -> int:
        """Carry out one statement; return how many rows it touched."""
        text = compiled(sql)
        with our_errors():
            outcome: str = await self.connection.execute(text.text, *text.values(params))
        count = outcome.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, sql: str, rows: list[dict[str, Any]], /) -> None:
        """Carry out one statement per row."""
        text = compiled(sql)
        with our_errors():
            await self.connection.executemany(text.text, [text.values(row) for row in rows])

    def append(self, event: Event) -> None:
        """Queue an event for the commit."""
        self.events.append(event)


class PostgresDatabase:
    """The engine on one database. Open it with open_postgres."""

    dialect = POSTGRES

    def __init__(self, pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
        self.pool, self.readers = pool, readers
        self.reader = PoolReader(readers)
        self.long_reader = self.reader
        self.head = 0
        self.running = 0
        self.is_closing = False
        self.news: asyncio.Event | None = None
        self.listener: asyncpg.Connection | None = None
        self.listening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """Begin; commit with the events at the end of the block. Raises StorageBusy once the database closes."""
        head = 0
        async with self.writer() as connection:
            with our_errors():
                async with connection.transaction():
                    tx = PostgresTransaction(connection)
                    yield tx
                    if tx.events:
                        head = await write_events(connection, tx.events)
            self.wake_readers(head)

    @contextlib.asynccontextmanager
    async def writer(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection that may write."""
        if self.is_closing:
            raise StorageBusy("the server is stopping; nothing was saved, try again")
        self.running += 1
        try:
            with our_errors():
                connection = await self.pool.acquire(timeout=5)
            try:
                yield connection
            finally:
                with contextlib.suppress(StorageBusy), our_errors():  # after the commit its loss changes nothing
                    await self.pool.release(connection)
        finally:
            self.running -= 1

    def wake_readers(self, head: int) -> None:
        """Remember the newest event and wake who waits for it."""
        if head > self.head:
            self.head = head
            if self.news:
                self.news.set()

    async def listen(self) -> None:
        """Hear of events that other processes commit; again when the connection was lost. Raises StorageBusy."""
        async with self.listening:
            if self.is_closing or (self.listener and not has_gone(self.listener)):
                return
            await self.stop_listening()
            with our_errors(is_reading=True):
                connection = await self.readers.acquire(timeout=5)
                try:
                    await connection.add_listener(NEWS, self.hear)
                except BaseException:
                    await self.readers.release(connection)
                    raise
            self.listener = connection

    async def stop_listening(self) -> None:
        """Return the connection that hears, whatever has become of it."""
        lost, self.listener = self.listener, None
        if lost:
            with contextlib.suppress(StorageBusy), our_errors(is_reading=True):  # it may be lost at this very moment
                if not has_gone(lost):
                    await lost.remove_listener(NEWS, self.hear)
            with contextlib.suppress(StorageBusy), our_errors(is_reading=True):
                await self.readers.release(lost)

    def hear(self, *message: Any) -> None:
        """Take a notice: (connection, process, channel, newest number)."""
        self.wake_readers(int(message[3]))

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when head is above `after` or the time is over; then ask the log itself, should a notice be lost."""
        if self.head > after:
            return
        if self.news is None or self.news.is_set():
            self.news = asyncio.Event()
        try:
            await asyncio.wait_for(self.news.wait(), timeout_s)
        except TimeoutError:
            await self.listen()
            row = await self.reader.one(NEWEST_EVENT)
            self.wake_readers(row[0] if row and row[0] else 0)

    async def refresh_statistics(self) -> None:
        """Look at samples of all tables; nobody waits for it."""
        async with self.writer() as connection:
            with our_errors():
                await connection.execute("ANALYZE", timeout=ANALYZE_WITHIN_S)

    async def close(self) -> None:
        """Let nobody in any more, wait for the last commit and return every connection."""
        self.is_closing = True
        while self.running:  # noqa: ASYNC110 - once, at the end of a process
            await asyncio.sleep(0.001)
        async with self.listening:
            await self.stop_listening()
        await self.pool.close()
        await self.readers.close()


def has_gone(connection: asyncpg.Connection) -> bool:
    """True for a lent connection that was lost; the pool may have taken its body away already."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def write_events(connection: asyncpg.Connection, events: list[Event]) -> int:
    """Append under the log's lock, which the transaction keeps until its commit is visible; return the last number."""
    await connection.execute(LOCK_LOG)
    rows = [row_from_event(event) for event in events]
    columns = [[row[name] for row in rows] for name in ("kind", "body", "happened_at")]
    head: int = await connection.fetchval(APPEND_EVENTS, *columns)
    await connection.execute("SELECT pg_notify($1, $2)", NEWS, str(head))
    return head


async def open_pool(dsn: str, most: int, settings: dict[str, str]) -> asyncpg.Pool:
    """Open one connection, more when they are needed. Raises DatabaseRefused with what the server says."""
    try:
        return await asyncpg.create_pool(dsn, min_size=1, max_size=most, command_timeout=60, server_settings=settings)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise DatabaseRefused(f"PostgreSQL cannot be used: {error}; look at the setting server.database") from error


async def open_postgres(dsn: str, *, connections: int = 12) -> PostgresDatabase:
    """Open the pools: a third of the connections write. dsn: postgresql://… Raises DatabaseRefused."""
    writers = max(2, connections // 3)
    pool = await open_pool(dsn, writers, WRITERS)
    try:
        database = PostgresDatabase(pool, await open_pool(dsn, max(2, connections - writers), READERS))
    except BaseException:
        await pool.close()
        raise
    if await pool.fetchval("SELECT to_regclass('events')"):
        database.head = await pool.fetchval(NEWEST_EVENT) or 0
    await database.listen()
    return database
