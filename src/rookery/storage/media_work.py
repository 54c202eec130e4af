"""Recordings that wait to be prepared, in SQL: a queue that survives a restart and goes round between people.

Owns: the table `media_work`, turns, leases. Never: opens a file. A person's uploads queue behind their own: each gets
the turn after their last one, but none earlier than the turn that is served now. So a person with one upload waits for
one of everybody else's, not for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId, MediaId
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

LEASE_S = 60
SECOND_US = 1_000_000

NEXT_TURN = """
    -- The turn that is served, the one after the person's own last, how many wait, how many of theirs.
    SELECT coalesce(min(turn), 0), coalesce(max(CASE WHEN account_id = :account_id THEN turn + 1 END), 0),
        count(*), count(CASE WHEN account_id = :account_id THEN 1 END)
    FROM media_work
"""
INSERT_WORK = """
    INSERT INTO media_work (media_id, account_id, raw_key, aim, turn)
    VALUES (:media_id, :account_id, :raw_key, :aim, :turn)
"""
CLAIM_WORK = """
    -- Whose turn it is. Index: media_work_turn (turn, media_id)
    WITH due AS MATERIALIZED (
        SELECT media_id FROM media_work WHERE taken_until <= :now ORDER BY turn, media_id LIMIT 1 {skip_locked}
    )
    UPDATE media_work SET taken_until = :lease_end, attempt_count = attempt_count + 1
    WHERE media_id IN (SELECT media_id FROM due) RETURNING media_id, account_id, raw_key, aim, attempt_count
"""
HOLD_WORK = """
    UPDATE media_work SET taken_until = :until WHERE media_id = :media_id AND attempt_count = :attempt_count
"""
DELETE_WORK = "DELETE FROM media_work WHERE media_id = :media_id AND attempt_count = :attempt_count"
RAW_KEYS = "SELECT raw_key FROM media_work WHERE media_id IN (:ids...)"
COUNT_WORK = "SELECT count(*) FROM media_work"


@dataclass(frozen=True, slots=True)
class Work:
    """One recording to prepare. raw_key: the upload as it came. attempt_count: 1 at the first try."""

    media_id: MediaId
    account_id: AccountId
    raw_key: str
    aim: str
    attempt_count: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new upload of somebody would queue. waiting: of everybody; own: of theirs."""

    turn: int
    waiting: int
    own: int


async def find_place(reader: Reader, account_id: AccountId) -> Place:
    """Return where the next upload of this account queues."""
    row: Row = await reader.one(NEXT_TURN, account_id=account_id) or (0, 0, 0, 0)
    return Place(max(row[0], row[1]), row[2], row[3])


async def insert_work(tx: Transaction, work: Work, turn: int) -> None:
    """Have a recording prepared after the commit."""
    await tx.run(
        INSERT_WORK,
        media_id=work.media_id,
        account_id=work.account_id,
        raw_key=work.raw_key,
        aim=work.aim,
        turn=turn,
    )


async def claim_work(tx: Transaction, now_us: int) -> Work | None:
    """Take the recording whose turn it is; nobody else gets it until the lease is over."""
    rows = await tx.all(CLAIM_WORK, now=now_us, lease_end=now_us + LEASE_S * SECOND_US)
    return Work(*rows[0]) if rows else None


async def hold_work(tx: Transaction, work: Work, until_us: int) -> bool:
    """Prolong the lease, or give it back from a moment on; False when it was lost."""
    return await tx.run(HOLD_WORK, media_id=work.media_id, attempt_count=work.attempt_count, until=until_us) == 1


async def delete_work(tx: Transaction, work: Work) -> bool:
    """Strike it from the queue; False when the lease was lost."""
    return await tx.run(DELETE_WORK, media_id=work.media_id, attempt_count=work.attempt_count) == 1


async def list_raw_keys(reader: Reader, media_ids: list[MediaId]) -> list[str]:
    """Return the keys of uploads as they came, of those that still wait."""
    return [row[0] for row in await reader.all(RAW_KEYS, ids=media_ids)] if media_ids else []


async def count_work(reader: Reader) -> int:
    """How many recordings wait."""
    row = await reader.one(COUNT_WORK)
    return row[0] if row else 0
