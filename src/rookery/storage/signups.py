"""Sign-ups in SQL: how many there were lately, and which came without work.

Owns: the table `unproved_sign_ups`.
"""

from __future__ import annotations

from rookery.model.ids import floor_id
from rookery.storage.database import Reader, Transaction

COUNT_RECENT = """
    -- Members whose account is younger than a moment, `limit` at most. Index: members (account_id), ids are times
    SELECT count(*) FROM (SELECT 1 FROM members WHERE account_id >= :since LIMIT :limit) AS recent
"""
NOTE_UNPROVED = "INSERT INTO unproved_sign_ups (account_id) VALUES (:account_id) ON CONFLICT DO NOTHING"
IS_UNPROVED = "SELECT 1 FROM unproved_sign_ups WHERE account_id = :account_id"


async def count_recent(reader: Reader, since_us: int, limit: int = 10_000) -> int:
    """Return how many members signed up since a moment, at most `limit`."""
    row = await reader.one(COUNT_RECENT, since=floor_id(since_us), limit=limit)
    return row[0] if row else 0


async def note_unproved(tx: Transaction, account_id: int) -> None:
    """Note that somebody must wait for approval, because no work came with their sign-up."""
    await tx.run(NOTE_UNPROVED, account_id=account_id)


async def is_unproved(reader: Reader, account_id: int) -> bool:
    """True for somebody who must wait."""
    return await reader.one(IS_UNPROVED, account_id=account_id) is not None
