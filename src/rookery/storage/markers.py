"""How far a person has read, per timeline.

Owns: the table `markers`. version rises with each change, so that two apps at the same moment are noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction

MARKERS = """
    SELECT timeline, last_read_id, version, updated_at FROM markers
    WHERE account_id = :account AND timeline IN (:timelines...text)
"""
INSERT_MARKER = """
    INSERT INTO markers (account_id, timeline, last_read_id, version, updated_at)
    VALUES (:account, :timeline, :last_read_id, :version, :updated_at) ON CONFLICT DO NOTHING
"""
UPDATE_MARKER = """
    -- Only while nobody changed it meanwhile.
    UPDATE markers SET last_read_id = :last_read_id, version = :version, updated_at = :updated_at
    WHERE account_id = :account AND timeline = :timeline AND version = :version - 1
"""


@dataclass(frozen=True, slots=True)
class Marker:
    """One place. version: 0 for the first."""

    timeline: str
    last_read_id: int
    version: int
    updated_at_us: int


async def list_markers(reader: Reader, account: int, timelines: Iterable[str]) -> dict[str, Marker]:
    """Return the places that an account has kept, by timeline."""
    rows = await reader.all(MARKERS, account=account, timelines=list(timelines))
    return {row[0]: Marker(*row) for row in rows}


async def put_marker(tx: Transaction, account: int, marker: Marker) -> bool:
    """Store a place as the next version; False when another version came in between."""
    changed = await tx.run(
        INSERT_MARKER if marker.version == 0 else UPDATE_MARKER,
        account=account,
        timeline=marker.timeline,
        last_read_id=marker.last_read_id,
        version=marker.version,
        updated_at=marker.updated_at_us,
    )
    return changed == 1
