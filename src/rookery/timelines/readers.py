"""Durable readers: what must follow every event of the log exactly once, over restarts and on many processes.

Owns: the runner with its cursor, batches, poison. Never: knows what a reader does with an event.

How it is exactly once: a reader writes in the transaction that moves its cursor, under a lock on the cursor's row, so
of two processes one waits and then sees how far the other came. A batch without effect moves the cursor in memory only
and saves it now and then; reading such events again after a crash has no effect either.
How a poisonous event does not stop it: a batch that fails is read again event by event; the one that fails alone is set
aside (storage/log.py), where an admin sees it, and the reader goes on. A database that does not answer is no poison:
the reader waits and tries the same events again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from rookery.model.errors import Unavailable
from rookery.model.events import Event
from rookery.storage.database import Database, Transaction
from rookery.storage.log import (
    Numbered,
    Unreadable,
    find_cursor,
    lock_cursor,
    read_tolerantly,
    save_cursor,
    set_aside,
)

LOG = logging.getLogger("rookery.readers")
BATCH = 500
SAVE_EVERY_S = 1.0
RETRY_S = 1.0


class DurableReader(Protocol):
    """Writes rows that follow from events. rest_s: pause after a batch, so that under load few transactions do."""

    name: str
    rest_s: float

    def wants(self, event: Event) -> bool:
        """Say whether the event may have an effect; pure and fast. Unwanted events cost no transaction."""
        ...

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Write what follows from the events, in order; return whether anything was written.

        What it raises undoes the batch. It must be harmless to begin at an old event: ids in events may be gone.
        """
        ...


class Runner:
    """One reader's progress in this process. cursor: done up to here; saved: what the database knows of that."""

    def __init__(self, db: Database, reader: DurableReader) -> None:
        self.db, self.reader = db, reader
        self.cursor: int | None = None
        self.saved = 0
        self.saved_at_s = 0.0
        self.lock = asyncio.Lock()

    async def step(self) -> bool:
        """Read one batch; False when there was nothing new. Raises Unavailable."""
        async with self.lock:
            if self.cursor is None:
                self.cursor = self.saved = await find_cursor(self.db.reader, self.reader.name) or 0
            head = self.db.head
            batch = await read_tolerantly(self.db.reader, self.cursor, BATCH)
            if batch:
                await self.take(batch)
            else:
                self.cursor = max(self.cursor, head)  # what is missing below the head was pruned
            await self.save_if_due()
            return bool(batch)

    async def take(self, batch: Sequence[Numbered | Unreadable]) -> None:
        """Carry out a batch whole, or event by event when it fails."""
        readable = [entry for entry in batch if isinstance(entry, Numbered)]
        events = [entry for entry in readable if self.reader.wants(entry.event)]
        if len(readable) < len(batch):
            await self.take_singly(batch)
            return
        if not events:
            self.cursor = batch[-1].seq
            return
        try:
            await self.commit(events, batch[-1].seq)
        except Unavailable:
            raise
        except Exception:
            LOG.warning("%s failed on a batch; trying its events one by one", self.reader.name, exc_info=True)
            await self.take_singly(batch)

    async def take_singly(self, batch: Sequence[Numbered | Unreadable]) -> None:
        """Carry out each event in a transaction of its own; set aside what fails or cannot be read."""
        for entry in batch:
            if isinstance(entry, Unreadable):
                await self.give_up(entry.seq, entry.error)
            elif self.reader.wants(entry.event):
                await self.take_one(entry)
            else:
                self.cursor = entry.seq

    async def take_one(self, entry: Numbered) -> None:
        """Carry out one event, or set it aside."""
        try:
            await self.commit([entry], entry.seq)
        except Unavailable:
            raise
        except Exception as error:
            LOG.exception("%s cannot read event %d; it is set aside", self.reader.name, entry.seq)
            await self.give_up(entry.seq, f"{type(error).__name__}: {error}")

    async def commit(self, events: Sequence[Numbered], last: int) -> None:
        """Write the effects of events and the cursor together; skip what another process did meanwhile."""
        is_saved = False
        async with self.db.transaction() as tx:
            stands = await lock_cursor(tx, self.reader.name)
            fresh = [entry for entry in events if entry.seq > stands]
            wrote = await self.reader.read(tx, fresh) if fresh else False
            if stands < last and (wrote or self.is_due()):
                await save_cursor(tx, self.reader.name, last)
                is_saved = True
        self.cursor = max(last, stands)
        if is_saved:
            self.note_saved(last)

    async def give_up(self, seq: int, error: str) -> None:
        """Set an event aside and move behind it."""
        async with self.db.transaction() as tx:
            if await lock_cursor(tx, self.reader.name) < seq:
                await set_aside(tx, self.reader.name, seq, error)
                await save_cursor(tx, self.reader.name, seq)
        self.cursor = seq
        self.note_saved(seq)

    def is_due(self) -> bool:
        """True when the saved cursor may be behind for long enough."""
        return time.monotonic() - self.saved_at_s > SAVE_EVERY_S

    def note_saved(self, seq: int) -> None:
        """Remember what the database knows."""
        self.saved, self.saved_at_s = seq, time.monotonic()

    async def save_if_due(self) -> None:
        """Save a cursor that moved without effects, at most once a second."""
        cursor = self.cursor or 0
        if cursor <= self.saved or not self.is_due():
            return
        async with self.db.transaction() as tx:
            if await lock_cursor(tx, self.reader.name) < cursor:
                await save_cursor(tx, self.reader.name, cursor)
        self.note_saved(cursor)

    async def run_until_idle(self) -> None:
        """Read until nothing is new."""
        while await self.step():
            pass

    async def run(self) -> None:
        """Follow the log until cancelled."""
        while True:
            try:
                if await self.step():
                    await asyncio.sleep(self.reader.rest_s)
                else:
                    await self.db.wait_for_events(self.cursor or 0, SAVE_EVERY_S)
            except Unavailable as error:
                LOG.warning("%s waits for the database: %s", self.reader.name, error)
                await asyncio.sleep(RETRY_S)


class Runners:
    """All durable readers of a process."""

    def __init__(self, db: Database, readers: Sequence[DurableReader]) -> None:
        self.each = [Runner(db, reader) for reader in readers]

    async def run_until_idle(self) -> None:
        """Read until no reader finds anything new; one reader's effects may be another's news."""
        while True in [await runner.step() for runner in self.each]:
            pass

    async def run(self) -> None:
        """Follow the log until cancelled."""
        async with asyncio.TaskGroup() as group:
            for runner in self.each:
                group.create_task(runner.run(), name=f"reader {runner.reader.name}")
