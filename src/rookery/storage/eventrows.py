"""Events as rows of the log, as bodies of jobs, and back.

Owns: the two statements that engines need to append, the encoding. Never: reads the log (see storage/log.py).
"""

from __future__ import annotations

from typing import Any

import msgspec

from rookery.model.events import EVENT_KINDS, Event
from rookery.model.ids import now_us
from rookery.storage.sql import Row

APPEND_EVENT = "INSERT INTO events (kind, body, happened_at) VALUES (:kind, :body, :happened_at)"
NEWEST_EVENT = "SELECT max(seq) FROM events"
ENCODE = msgspec.json.Encoder().encode
DECODERS = {name: msgspec.json.Decoder(kind).decode for name, kind in EVENT_KINDS.items()}


def row_from_event(event: Event) -> dict[str, Any]:
    """Parameters of APPEND_EVENT."""
    return {"kind": type(event).__name__, "body": ENCODE(event).decode(), "happened_at": now_us()}


def event_from_row(row: Row) -> tuple[int, Event]:
    """(seq, event) from (seq, kind, body). Raises KeyError, msgspec.DecodeError for a row this version cannot read."""
    event: Event = DECODERS[row[1]](row[2])
    return row[0], event


def body_from_event(event: Event) -> dict[str, str]:
    """The body of a job that is about an event."""
    return {"kind": type(event).__name__, "event": ENCODE(event).decode()}


def event_from_body(body: dict[str, Any]) -> Event:
    """Raises KeyError, msgspec.DecodeError for an event that this version cannot read."""
    event: Event = DECODERS[body["kind"]](body["event"])
    return event
