"""When we last went to other servers for more than they sent, in SQL.

Owns: the table `far_visits`: one row per account or thread and purpose, so that nobody's server is asked again and
again. The rows are a memory of questions, not of answers; old ones are forgotten.
"""

from __future__ import annotations

from rookery.storage.database import Reader, Transaction

PLANNED = "SELECT 1 FROM far_visits WHERE kind = :kind AND subject_id = :subject AND planned_at >= :since"
CLAIM = """
    -- One plan in a while: a younger one than :since stays as it is.
    INSERT INTO far_visits (kind, subject_id, planned_at) VALUES (:kind, :subject, :now)
    ON CONFLICT (kind, subject_id) DO UPDATE SET planned_at = excluded.planned_at, done_at = NULL, found_count = 0
    WHERE far_visits.planned_at < :since
"""
NOTE_FOUND = """
    UPDATE far_visits SET found_count = found_count + :count WHERE kind = :kind AND subject_id = :subject
"""
FINISH = "UPDATE far_visits SET done_at = :now WHERE kind = :kind AND subject_id = :subject"
FIND = "SELECT planned_at, done_at, found_count FROM far_visits WHERE kind = :kind AND subject_id = :subject"
FORGET = "DELETE FROM far_visits WHERE planned_at < :before"


async def is_planned(reader: Reader, kind: str, subject_id: int, since_us: int) -> bool:
    """True when a visit was planned since a moment."""
    return await reader.one(PLANNED, kind=kind, subject=subject_id, since=since_us) is not None


async def claim_visit(tx: Transaction, kind: str, subject_id: int, now_us: int, since_us: int) -> bool:
    """Plan a visit; False when one was planned since a moment."""
    return await tx.run(CLAIM, kind=kind, subject=subject_id, now=now_us, since=since_us) == 1


async def note_found(tx: Transaction, kind: str, subject_id: int, count: int) -> None:
    """Count what a visit brought."""
    await tx.run(NOTE_FOUND, kind=kind, subject=subject_id, count=count)


async def finish_visit(tx: Transaction, kind: str, subject_id: int, now_us: int) -> None:
    """Note that a visit is over."""
    await tx.run(FINISH, kind=kind, subject=subject_id, now=now_us)


async def find_visit(reader: Reader, kind: str, subject_id: int) -> tuple[int, int | None, int] | None:
    """Return when a visit was planned, when it was over (None: not yet), and how much it brought."""
    row = await reader.one(FIND, kind=kind, subject=subject_id)
    return (row[0], row[1], row[2]) if row else None


async def forget_visits(tx: Transaction, before_us: int) -> None:
    """Forget visits that were planned before a moment."""
    await tx.run(FORGET, before=before_us)
