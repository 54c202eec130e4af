"""The event log: the one way to learn of change.

Owns: reading the log, durable cursors, setting a poisonous event aside. Never: knows what a reader does with an event.
Contract (tests/contracts/test_event_log.py): a reader that goes from cursor to cursor sees every event exactly once and
in order, with any number of writers, on both engines; no event that commits late is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.events import Event
from rookery.model.ids import now_us
from rookery.storage.database import Reader, Transaction
from rookery.storage.eventrows import NEWEST_EVENT, event_from_row

READ_EVENTS = "SELECT seq, kind, body FROM events WHERE seq > :after ORDER BY seq LIMIT :limit"
GET_CURSOR = "SELECT seq FROM event_readers WHERE name = :name"
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
    """An event with its place in the log."""

    seq: int
    event: Event


def append_event(tx: Transaction, event: Event) -> Event:
    """Put the event into the log when the transaction commits; return it, so that wires can project it."""
    tx.append(event)
    return event


async def read_events(reader: Reader, after: int, limit: int = 500) -> list[Numbered]:
    """Return the next events above a cursor, in order."""
    rows = await reader.all(READ_EVENTS, after=after, limit=limit)
    return [Numbered(*event_from_row(row)) for row in rows]


async def newest_seq(reader: Reader) -> int:
    """Return the number of the newest committed event, 0 for an empty log."""
    row = await reader.one(NEWEST_EVENT)
    return row[0] if row and row[0] else 0


async def find_cursor(reader: Reader, name: str) -> int | None:
    """Return where a durable reader stands, or None when it never read."""
    row = await reader.one(GET_CURSOR, name=name)
    return row[0] if row else None


async def save_cursor(tx: Transaction, name: str, seq: int) -> None:
    """Remember that a durable reader is done up to and with seq."""
    await tx.run(SAVE_CURSOR, name=name, seq=seq)


async def set_aside(tx: Transaction, reader: str, seq: int, error: str) -> None:
    """Keep a poisonous event visible to an admin instead of stopping its reader."""
    await tx.run(SET_ASIDE, reader=reader, seq=seq, error=error[:2000], now=now_us())


async def prune_events(tx: Transaction, before_us: int) -> int:
    """Drop events older than a moment that every durable reader has passed; return how many."""
    return await tx.run(PRUNE_EVENTS, before=before_us)
