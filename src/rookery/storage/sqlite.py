"""SQLite, the embedded engine: one writer with group commit, short reads inline, long ones on threads.

Owns: transactions, when they are durable. Never: SQL of a feature, a connection's settings
(storage/sqlite_connections.py).

How a write becomes durable: bodies of transactions run one after the other on the event loop, each in a savepoint of
one outer transaction; statements take microseconds there, a thread hop would cost ten of them. While other bodies wait
their turn the outer transaction stays open, at most MAX_GROUP of them; then COMMIT with its fsync runs on the writer
thread, during which the loop goes on serving reads. Every body of the group returns after that one fsync.

Another process may write as well: a command on the same data. While it does, the next group waits between short tries,
so that reads go on; a body that has waited LOCK_WAIT_S since it asked is refused.
"""

from __future__ import annotations

import asyncio
import collections
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw

from rookery.model.events import Event
from rookery.storage.database import DatabaseRefused, StorageBusy, StorageFull
from rookery.storage.eventrows import APPEND_EVENT, NEWEST_EVENT, row_from_event
from rookery.storage.sql import SQLITE
from rookery.storage.sqlite_connections import DISK_FULL, InlineReader, ThreadReader, execute, open_connection

MAX_GROUP = 64
LONG_READERS = 2
LOCK_WAIT_S = 5.0
TRY_AGAIN_S, LONGEST_TRY_S = 0.001, 0.02


class SqliteTransaction(InlineReader):
    """One body inside the group. Events wait here until the body is done."""

    dialect = SQLITE

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self.events: list[Event] = []

    async def run(self, sql: str, /, **params: Any) -> int:
        """Carry out one statement; return how many rows it touched."""
        if not self.connection.in_transaction:
            raise StorageFull(DISK_FULL)  # SQLite undid the whole group; this would commit by itself
        before = self.connection.total_changes()
        execute(self.connection, sql, params)
        return self.connection.total_changes() - before

    async def run_many(self, sql: str, rows: list[dict[str, Any]], /) -> None:
        """Carry out one statement per row."""
        for row in rows:
            execute(self.connection, sql, row)

    def append(self, event: Event) -> None:
        """Queue an event for the commit."""
        self.events.append(event)


class Group:
    """The bodies that one COMMIT will make durable."""

    __slots__ = ("done", "head", "members")

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.done, self.members, self.head = done, 0, 0

    def fail(self, error: BaseException) -> None:
        """Tell every body that nothing of the group was kept."""
        self.done.set_exception(error)
        self.done.exception()  # retrieved here too: a cancelled body leaves nobody to read it


class Turn:
    """`async with` of one transaction body; see the header of this module."""

    __slots__ = ("db", "tx")

    def __init__(self, db: SqliteDatabase) -> None:
        self.db = db

    async def __aenter__(self) -> SqliteTransaction:
        patient_until = asyncio.get_running_loop().time() + self.db.lock_wait_s
        await self.db.take_turn()
        try:
            await self.db.enter_group(patient_until)
        except BaseException:
            self.db.give_turn()
            raise
        self.tx = SqliteTransaction(self.db.writer)
        return self.tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        db, group = self.db, self.db.group
        assert group is not None
        try:
            if kind is None:
                db.keep_body(self.tx.events, group)
            else:
                db.undo_body()
        finally:
            db.give_turn()
        if kind is None:
            await asyncio.shield(group.done)


class SqliteDatabase:
    """The engine on one file. Open it with open_sqlite."""

    dialect = SQLITE

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock_wait_s = LOCK_WAIT_S
        self.writer = open_connection(path, is_reader=False)
        self.writer.set_busy_timeout(0)  # it lives on the event loop, which waits for nobody
        self.reader = InlineReader(open_connection(path, is_reader=True))
        self.threads = ThreadPoolExecutor(LONG_READERS, "long-read")
        self.commits = ThreadPoolExecutor(1, "commit")
        self.long_reader = ThreadReader(path, self.threads)
        self.group: Group | None = None
        self.queue: collections.deque[asyncio.Future[None]] = collections.deque()
        self.is_busy = self.is_closing = False
        self.head = 0
        self.news: asyncio.Event | None = None

    def transaction(self) -> Turn:
        """Begin a body; see the header of this module."""
        return Turn(self)

    async def take_turn(self) -> None:
        """Wait until no other body runs. Raises StorageBusy once the database closes."""
        if self.is_closing:
            raise StorageBusy("the server is stopping; nothing was saved, try again")
        if not self.is_busy:
            self.is_busy = True
            return
        turn = asyncio.get_running_loop().create_future()
        self.queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_turn()
            raise

    async def enter_group(self, patient_until: float) -> None:
        """Open the outer transaction when there is none, and this body's savepoint. Raises StorageBusy."""
        if self.group is None:
            await self.begin(patient_until)
            self.group = Group(asyncio.get_running_loop().create_future())
        self.writer.execute("SAVEPOINT body")

    async def begin(self, patient_until: float) -> None:
        """Open the outer transaction once no other process writes. patient_until: by the loop's clock."""
        pause_s = TRY_AGAIN_S
        while True:
            try:
                execute(self.writer, "BEGIN IMMEDIATE", {})
                return
            except StorageBusy:
                if asyncio.get_running_loop().time() >= patient_until:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_TRY_S)

    def keep_body(self, events: list[Event], group: Group) -> None:
        """Append the body's events and make it part of the group; undo it when that fails."""
        try:
            head = self.write_events(events)
            execute(self.writer, "RELEASE body", {})
        except BaseException:
            self.undo_body()
            raise
        group.members += 1
        group.head = head or group.head

    def undo_body(self) -> None:
        """Undo one body; there is nothing to undo when SQLite has undone the whole group, as on a full disk."""
        if self.writer.in_transaction:
            self.writer.execute("ROLLBACK TO body; RELEASE body")

    def give_turn(self) -> None:
        """After a body: commit when the group is full or nobody waits, else let the next body in."""
        group = self.group
        if group and not self.writer.in_transaction:
            group.fail(StorageFull(DISK_FULL))
            group = self.group = None
        while self.queue and self.queue[0].done():
            self.queue.popleft()
        if group and (not self.queue or group.members >= MAX_GROUP):
            self.group = None
            if group.members == 0:
                self.writer.execute("ROLLBACK")
                group.done.set_result(None)
                self.give_turn()
                return
            commit = asyncio.get_running_loop().run_in_executor(self.commits, self.commit)
            commit.add_done_callback(lambda outcome: self.end_group(group, outcome))
        elif self.queue:
            self.queue.popleft().set_result(None)
        else:
            self.is_busy = False

    def commit(self) -> None:
        """On the writer thread: make the group durable, or undo it whole."""
        try:
            execute(self.writer, "COMMIT", {})
        except BaseException:
            if not self.writer.get_autocommit():
                self.writer.execute("ROLLBACK")
            raise

    def end_group(self, group: Group, outcome: asyncio.Future[None]) -> None:
        """Tell every body of the group, wake the readers of the log, let the next group begin."""
        error = outcome.exception()
        if error:
            group.fail(error)
        else:
            group.done.set_result(None)
            self.wake_readers(group.head)
        self.give_turn()

    def write_events(self, events: list[Event]) -> int:
        """Append events and return the last number; they are in commit order because there is one writer."""
        for event in events:
            execute(self.writer, APPEND_EVENT, row_from_event(event))
        return self.writer.last_insert_rowid() if events else 0

    def wake_readers(self, head: int) -> None:
        """Remember the newest event and wake who waits for it."""
        if head > self.head:
            self.head = head
            if self.news:
                self.news.set()

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when head is above `after` or the time is over."""
        if self.head > after:
            return
        if self.news is None or self.news.is_set():
            self.news = asyncio.Event()
        try:
            await asyncio.wait_for(self.news.wait(), timeout_s)
        except TimeoutError:
            return

    async def refresh_statistics(self) -> None:
        """Keep the plans that every query was written for: SQLite chooses them by the indexes alone, and well.

        With statistics it read all posts for the ancestors of one, and, for as long as it believed the log to be short,
        all events for the newest (3.54, `PRAGMA optimize` on a seeded world).
        """

    async def close(self) -> None:
        """Let nobody in any more, wait for the last commit and close the file."""
        self.is_closing = True
        while self.is_busy:  # noqa: ASYNC110 - once, at the end of a process
            await asyncio.sleep(0.001)
        self.commits.shutdown()
        self.threads.shutdown()
        for connection in self.long_reader.opened:
            connection.close()
        self.reader.connection.close()
        self.writer.close()


async def open_sqlite(path: Path) -> SqliteDatabase:
    """Open or create the file; the schema is the migrations' matter. Raises DatabaseRefused."""
    try:
        database = SqliteDatabase(path)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise DatabaseRefused(f"{path} is damaged or no database; restore a backup, or move it away") from error
    except apsw.Error as error:
        raise DatabaseRefused(f"{path} cannot be opened: {error}; look at its owner and rights") from error
    if execute(database.writer, "SELECT 1 FROM sqlite_master WHERE name = 'events'", {}).fetchall():
        row = await database.reader.one(NEWEST_EVENT)
        database.head = row[0] if row and row[0] else 0
    return database
