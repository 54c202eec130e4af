"""What a database is to the rest of the house: readers that cannot write, transactions that can.

Owns: the contract that both engines fulfil and that `tests/contracts/` proves on both. Never: SQL of a feature.

A `Reader` sees committed rows. A `Transaction` sees its own changes, and either all of them commit, with its events,
or none; when `async with db.transaction()` returns, the rows survive kill -9 and a power cut (`synchronous=FULL`).
Only SQL and events belong inside: no network, no sleep, no hashing of passwords.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from rookery.model.errors import Refusal, Unavailable
from rookery.model.events import Event
from rookery.storage.sql import Row


class StorageBusy(Unavailable):
    """The database did not answer in time or lost the connection; whether the change happened is not known."""


class StorageConflict(StorageBusy):
    """Another transaction stood in the way of this one, which was undone whole: it may be done again from the start."""

    def __init__(self) -> None:
        super().__init__("too many people change the same thing at this moment; nothing was saved, try again", 1)


class StorageFull(Unavailable):
    """The disk is full or failing: reads go on, writes wait for room."""


class DatabaseRefused(Refusal):
    """The database cannot be opened at all; the sentence says what to look at."""


class Duplicate(Exception):
    """A unique key exists already; the transaction's savepoint is undone by its owner."""


class Reader(Protocol):
    """Reads committed rows. Rows are sequences in the order of the SELECT."""

    async def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of the query."""
        ...

    async def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        ...


class Transaction(Reader, Protocol):
    """Reads and writes; its events become visible together with its rows."""

    dialect: str

    async def run(self, sql: str, /, **params: Any) -> int:
        """Carry out one statement; return the number of rows that it touched. Raises Duplicate."""
        ...

    async def run_many(self, sql: str, rows: list[dict[str, Any]], /) -> None:
        """Carry out one statement once per row of parameters. Raises Duplicate."""
        ...

    def append(self, event: Event) -> None:
        """Put the event into the log, in the order of the calls, when the transaction commits."""
        ...


class Database(Protocol):
    """One engine. `head` is the number of the newest event that this process knows to be committed."""

    dialect: str
    head: int

    @property
    def reader(self) -> Reader:
        """For short indexed reads, a few hundred microseconds at most."""
        ...

    @property
    def long_reader(self) -> Reader:
        """For reads that may take long: search, exports, rebuilding a timeline."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin; commit at the end of the block, or undo everything when it raises."""
        ...

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return when `head` may be above `after`, or when the time is over."""
        ...

    async def refresh_statistics(self) -> None:
        """Let the planner look at what the tables hold now, where that helps: after a great change, and once a day."""
        ...

    async def close(self) -> None:
        """Finish what runs, then let go of the files or connections."""
        ...
