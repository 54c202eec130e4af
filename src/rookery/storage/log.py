"""The event log: the one way to learn of change.

Owns: reading the log, durable cursors, setting a poisonous event aside. Never: knows what a reader does with an event.
Contract (tests/contracts/test_event_log.py): a reader that goes from cursor to cursor sees every event exactly once and
in order, with any number of writers, on both engines; no event that commits late is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from rookery.model.events import Event
from rookery.model.ids import now_us
from rookery.storage.database import Reader, Transaction
from rookery.storage.eventrows import NEWEST_EVENT, event_from_row
from rookery.storage.sql import Row

READ_EVENTS = "SELECT seq, kind, body, happened_at FROM events WHERE seq > :after ORDER BY seq LIMIT :limit"
GET_CURSOR = "SELECT seq FROM event_readers WHERE name = :name"
BEGIN_CURSOR = "INSERT INTO event_readers (name, seq) VALUES (:name, 0) ON CONFLICT DO NOTHING"
LOCK_CURSOR = "SELECT seq FROM event_readers WHERE name = :name {for_update}"
SAVE_CURSOR = """
    INSERT INTO event_readers (name, seq) VALUES (:name, :seq)
    ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
"""
SET_ASIDE = """
    INSERT INTO events_set_aside (reader, seq, error, set_aside_at) VALUES (:reader, :seq, :error, :now)
    ON CONFLICT DO NOTHING
"""
PRUNE_EVENTS = """
    -- Old events that every durable reader has passed.
    DELETE FROM events WHERE happened_at < :before AND seq <= (SELECT coalesce(min(seq), 0) FROM event_readers)
"""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event with its place in the log and its time."""

    seq: int
    event: Event
    happened_at_us: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of the log that this version cannot read: written by a newer one, or damaged."""

    seq: int
    error: str


def append_event(tx: Transaction, event: Event) -> Event:
    """Put the event into the log when the transaction commits; return it, so that wires can project it."""
    tx.append(event)
    return event


async def read_events(reader: Reader, after: int, limit: int = 500) -> list[Numbered]:
    """Return the next events above a cursor, in order."""
    rows = await reader.all(READ_EVENTS, after=after, limit=limit)
    return [Numbered(*event_from_row(row), row[3]) for row in rows]


async def read_tolerantly(reader: Reader, after: int, limit: int = 500) -> list[Numbered | Unreadable]:
    """Return the next rows above a cursor, in order, also those that cannot be read."""
    return [numbered_from_row(row) for row in await reader.all(READ_EVENTS, after=after, limit=limit)]


def numbered_from_row(row: Row) -> Numbered | Unreadable:
    """Build one entry."""
    try:
        return Numbered(*event_from_row(row), row[3])
    except (KeyError, msgspec.DecodeError) as error:
        return Unreadable(row[0], f"{type(error).__name__}: {error}")


async def newest_seq(reader: Reader) -> int:
    """Return the number of the newest committed event, 0 for an empty log."""
    row = await reader.one(NEWEST_EVENT)
    return row[0] if row and row[0] else 0


async def find_cursor(reader: Reader, name: str) -> int | None:
    """Return where a durable reader stands, or None when it never read."""
    row = await reader.one(GET_CURSOR, name=name)
    return row[0] if row else None


async def lock_cursor(tx: Transaction, name: str) -> int:
    """Return where a durable reader stands; nobody else moves it until the transaction ends. A new one stands at 0."""
    row = await tx.one(LOCK_CURSOR, name=name)
    if row is None:
        await tx.run(BEGIN_CURSOR, name=name)
        row = await tx.one(LOCK_CURSOR, name=name)
    return row[0] if row else 0


async def save_cursor(tx: Transaction, name: str, seq: int) -> None:
    """Remember that a durable reader is done up to and with seq."""
    await tx.run(SAVE_CURSOR, name=name, seq=seq)


async def set_aside(tx: Transaction, reader: str, seq: int, error: str) -> None:
    """Keep a poisonous event visible to an admin instead of stopping its reader."""
    await tx.run(SET_ASIDE, reader=reader, seq=seq, error=error[:2000], now=now_us())


async def prune_events(tx: Transaction, before_us: int) -> int:
    """Drop events older than a moment that every durable reader has passed; return how many."""
    return await tx.run(PRUNE_EVENTS, before=before_us)
