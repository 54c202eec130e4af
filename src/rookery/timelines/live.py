"""What this process keeps in memory follows the event log: caches forget, streams hear, homes grow.

Owns: one cursor for all in-memory listeners, and the promise that a read sees at least what was committed before it
began: every read that uses a cache calls `catch_up` first, which costs one comparison when nothing is new. In-memory
listeners begin at the head of the log, because a new process has nothing to forget. Readers that write rows keep
durable cursors instead (timelines/readers.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from rookery.model.events import Event
from rookery.storage.database import Database
from rookery.storage.log import Numbered, Unreadable, read_tolerantly

LOG = logging.getLogger("rookery.live")
BATCH = 500


class Listener(Protocol):
    """Hears every event once, in order, without waiting for anything."""

    def on_event(self, event: Event) -> None:
        """Take note. Must not raise and must not block."""
        ...


class Live:
    """The cursor of this process's memory. Listeners hear in the order in which they were added."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.listeners: list[Listener] = []
        self.cursor = db.head
        self.lock = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None

    def add(self, listener: Listener) -> None:
        """Let a listener hear from now on."""
        self.listeners.append(listener)

    async def catch_up(self) -> None:
        """Return when every event that was committed before the call has been heard."""
        if self.cursor >= self.db.head:
            return
        target = self.db.head
        async with self.lock:
            while self.cursor < target:
                batch = await read_tolerantly(self.db.reader, self.cursor, BATCH)
                for entry in batch:
                    self.take(entry)
                if not batch:
                    self.cursor = target

    def take(self, entry: Numbered | Unreadable) -> None:
        """Tell an event and move behind it. What a newer version wrote means nothing to the listeners of this one."""
        if isinstance(entry, Numbered):
            self.tell(entry.event)
        else:
            LOG.warning("event %d cannot be read by this version and is skipped: %s", entry.seq, entry.error)
        self.cursor = entry.seq

    def tell(self, event: Event) -> None:
        """Tell one event to all; a listener that fails is logged and does not stop the others."""
        for listener in self.listeners:
            try:
                listener.on_event(event)
            except Exception:
                LOG.exception("%s failed on %r", type(listener).__name__, event)

    async def run(self) -> None:
        """Follow the log until cancelled, for streams that wait without reading."""
        while True:
            try:
                await self.db.wait_for_events(self.cursor, 1.0)
                await self.catch_up()
            except Exception:
                LOG.exception("the event log cannot be read; trying again")
                await asyncio.sleep(1)

    def start(self) -> None:
        """Begin to follow in the background."""
        self.task = asyncio.create_task(self.run(), name="live")

    async def stop(self) -> None:
        """End the background work."""
        if self.task:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
