"""Which members may be due a notice by mail, and up to where they were told, in SQL.

Owns: the tables `mail_due` and `mail_progress`. A row of `mail_due` is a reason to look, not yet a mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rookery.model.mailing import USUAL_KINDS, MailChoice
from rookery.storage.database import Reader, Transaction
from rookery.storage.mailchoices import kinds_from_text

USUAL = "," + "".join(f"{kind}," for kind in sorted(USUAL_KINDS))
PLAN_MAILS = f"""
    INSERT INTO mail_due (account_id, due_at)
    SELECT DISTINCT n.account_id, CAST(:due_at AS {{int}}) FROM notifications n
    JOIN members m ON m.account_id = n.account_id AND m.state = 'active'
    LEFT JOIN mail_choices c ON c.account_id = n.account_id
    WHERE n.id IN (:ids...) AND n.is_filtered = 0 AND n.created_at > :since
    AND coalesce(c.kinds, '{USUAL}') LIKE '%,' || n.kind || ',%'
    ON CONFLICT DO NOTHING
"""
TAKE_DUE = """
    -- Index: mail_due_at (due_at, account_id)
    SELECT d.account_id, m.state, a.suspended_at, coalesce(m.last_seen_at, m.created_at), c.kinds, c.is_always,
        coalesce(g.told_through, 0), coalesce(g.mailed_at, 0), coalesce(r.last_read_id, 0)
    FROM mail_due d JOIN members m ON m.account_id = d.account_id JOIN accounts a ON a.id = d.account_id
    LEFT JOIN mail_choices c ON c.account_id = d.account_id LEFT JOIN mail_progress g ON g.account_id = d.account_id
    LEFT JOIN markers r ON r.account_id = d.account_id AND r.timeline = 'notifications'
    WHERE d.due_at <= :now ORDER BY d.due_at, d.account_id LIMIT :limit
"""
POSTPONE_DUE = "UPDATE mail_due SET due_at = :due_at WHERE account_id = :account_id"
DELETE_DUE = "DELETE FROM mail_due WHERE account_id = :account_id"
PUT_PROGRESS = """
    INSERT INTO mail_progress (account_id, told_through, mailed_at) VALUES (:account_id, :told_through, :now)
    ON CONFLICT (account_id) DO UPDATE SET told_through = excluded.told_through, mailed_at = excluded.mailed_at
"""
COUNT_WAITING = """
    -- Mails that wait to leave, `most` at the most. Index: jobs_due (kind, run_at, id) WHERE state = 'waiting'
    SELECT count(*) FROM (
        SELECT 1 AS one FROM jobs WHERE state = 'waiting' AND kind IN (:kinds...text) LIMIT :most
    ) AS waiting
"""


@dataclass(frozen=True, slots=True)
class DueMember:
    """A member whom there may be something to tell. read_through: how far they have read, a notification's id."""

    account_id: int
    may_act: bool
    last_seen_us: int
    choice: MailChoice
    told_through: int
    mailed_us: int
    read_through: int


async def plan_mails(tx: Transaction, notification_ids: Sequence[int], *, due_at_us: int, since_us: int) -> int:
    """Have looked after those who want mail of these notifications; return how many that were not yet to be."""
    return await tx.run(PLAN_MAILS, ids=list(notification_ids), due_at=due_at_us, since=since_us)


async def list_due(reader: Reader, now_us: int, limit: int) -> list[DueMember]:
    """Return whom to look after, those who waited longest first."""
    return [
        DueMember(
            row[0],
            row[1] == "active" and row[2] is None,
            row[3],
            MailChoice(kinds_from_text(row[4]), bool(row[5])) if row[4] is not None else MailChoice(),
            row[6],
            row[7],
            row[8],
        )
        for row in await reader.all(TAKE_DUE, now=now_us, limit=limit)
    ]


async def postpone_due(tx: Transaction, account_id: int, due_at_us: int) -> None:
    """Look again at a later moment."""
    await tx.run(POSTPONE_DUE, account_id=account_id, due_at=due_at_us)


async def delete_due(tx: Transaction, account_id: int) -> bool:
    """Look no more until something happens; False when another process was first."""
    return await tx.run(DELETE_DUE, account_id=account_id) == 1


async def put_progress(tx: Transaction, account_id: int, told_through: int, now_us: int) -> None:
    """Note up to which notification a member has been told by mail."""
    await tx.run(PUT_PROGRESS, account_id=account_id, told_through=told_through, now=now_us)


async def count_waiting(reader: Reader, kinds: Sequence[str], most: int) -> int:
    """Return how many jobs of some kinds wait, `most` when there are more."""
    row = await reader.one(COUNT_WAITING, kinds=list(kinds), most=most)
    return int(row[0]) if row else 0
