"""What members want by mail, and when their weekly letter is due, in SQL.

Owns: the table `mail_choices`. A member without a row has the usual choices (model/mailing.py).
"""

from __future__ import annotations

from rookery.model.mailing import MailChoice, next_digest_us
from rookery.storage.database import Reader, Transaction

FIND_CHOICE = "SELECT kinds, is_always, digest_day FROM mail_choices WHERE account_id = :account_id"
PUT_CHOICE = """
    -- A digest that was sent stays noted, so that another weekday brings no second one.
    INSERT INTO mail_choices (account_id, kinds, is_always, digest_day, digest_at)
    VALUES (:account_id, :kinds, :is_always, :digest_day, :digest_at)
    ON CONFLICT (account_id) DO UPDATE SET kinds = excluded.kinds, is_always = excluded.is_always,
        digest_at = CASE WHEN mail_choices.digest_day = excluded.digest_day THEN mail_choices.digest_at
            ELSE excluded.digest_at END,
        digest_day = excluded.digest_day
"""
LIST_DUE_DIGESTS = """
    -- Index: mail_choices_digest (digest_at) WHERE digest_day >= 0
    SELECT c.account_id, c.digest_day, c.digest_at FROM mail_choices c
    WHERE c.digest_day >= 0 AND c.digest_at <= :now ORDER BY c.digest_at LIMIT :limit
"""
CLAIM_DIGEST = """
    -- One process claims it: the other finds another moment in the row.
    UPDATE mail_choices SET digest_at = :next WHERE account_id = :account_id AND digest_at = :seen AND digest_day >= 0
"""
BEGIN_DIGEST = """
    -- Once for each week, whatever happens afterwards.
    UPDATE mail_choices SET digest_sent = :week WHERE account_id = :account_id AND digest_sent < :week
    AND digest_day >= 0
"""
UNDO_DIGEST = """
    UPDATE mail_choices SET digest_sent = :before WHERE account_id = :account_id AND digest_sent = :week
"""
FIND_SENT = "SELECT digest_sent FROM mail_choices WHERE account_id = :account_id"


def kinds_from_text(text: str) -> frozenset[str]:
    """Read `,like,mention,`."""
    return frozenset(kind for kind in text.split(",") if kind)


async def get_choice(reader: Reader, account_id: int) -> MailChoice:
    """Return a member's choices, the usual ones where none were made."""
    row = await reader.one(FIND_CHOICE, account_id=account_id)
    return MailChoice(kinds_from_text(row[0]), bool(row[1]), row[2]) if row else MailChoice()


async def put_choice(tx: Transaction, account_id: int, choice: MailChoice, now_us: int) -> None:
    """Store a member's choices; a new weekday begins with its next morning."""
    await tx.run(
        PUT_CHOICE,
        account_id=account_id,
        kinds="," + "".join(f"{kind}," for kind in sorted(choice.kinds)),
        is_always=int(choice.is_always),
        digest_day=choice.digest_day,
        digest_at=next_digest_us(choice.digest_day, now_us) if choice.digest_day >= 0 else 0,
    )


async def list_due_digests(reader: Reader, now_us: int, limit: int) -> list[tuple[int, int, int]]:
    """Return (account, weekday, due moment) of weekly letters that are due, the oldest first."""
    rows = await reader.all(LIST_DUE_DIGESTS, now=now_us, limit=limit)
    return [(row[0], row[1], row[2]) for row in rows]


async def claim_digest(tx: Transaction, account_id: int, *, seen_us: int, next_us: int) -> bool:
    """Move a member's weekly letter to its next moment; False when somebody else did."""
    return await tx.run(CLAIM_DIGEST, account_id=account_id, seen=seen_us, next=next_us) == 1


async def begin_digest(tx: Transaction, account_id: int, week_us: int) -> int | None:
    """Note that the letter of a week goes out; return the note before it, None when it went out already."""
    row = await tx.one(FIND_SENT, account_id=account_id)
    if row is None or not await tx.run(BEGIN_DIGEST, account_id=account_id, week=week_us):
        return None
    return int(row[0])


async def undo_digest(tx: Transaction, account_id: int, week_us: int, before_us: int) -> None:
    """Take the note back: the mail server refused the letter, so nobody has it."""
    await tx.run(UNDO_DIGEST, account_id=account_id, week=week_us, before=before_us)
