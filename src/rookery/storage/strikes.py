"""Decisions about accounts and what was said against them, in SQL.

Owns: the tables `strikes` and `appeals`. Never: decides.
"""

from __future__ import annotations

import msgspec

from rookery.model.reports import Appeal, Measure, Strike, StrikeNotFound
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.sql import Row

DECODE_IDS = msgspec.json.Decoder(tuple[int, ...]).decode
COLUMNS = """
    s.id, s.account_id, s.report_id, s.measure, s.statement, s.post_ids, s.by_id, s.created_at, s.overruled_at,
    p.words, p.created_at, p.decided_at, p.is_granted
"""
FROM = "FROM strikes s LEFT JOIN appeals p ON p.strike_id = s.id"
OF_ACCOUNT = f"""
    -- Newest first. Index: strikes_account (account_id, id DESC)
    SELECT {COLUMNS} {FROM} WHERE s.account_id = :account_id ORDER BY s.id DESC LIMIT 100
"""
ONE = f"SELECT {COLUMNS} {FROM} WHERE s.id = :id"
LOCK = "SELECT 1 FROM strikes WHERE id = :id {for_update}"
APPEALED = f"""
    -- What waits for a decision, oldest first; nobody decides about themselves. Index: appeals_open
    SELECT {COLUMNS} {FROM} WHERE p.decided_at IS NULL AND p.strike_id IS NOT NULL AND s.account_id <> :staff
    ORDER BY s.id LIMIT 100
"""
INSERT = """
    INSERT INTO strikes (id, account_id, report_id, measure, statement, post_ids, by_id, created_at)
    VALUES (:id, :account_id, :report_id, :measure, :statement, :post_ids, :by_id, :now)
"""
INSERT_APPEAL = """
    INSERT INTO appeals (strike_id, words, created_at) VALUES (:id, :words, :now) ON CONFLICT DO NOTHING
"""
DECIDE = """
    UPDATE appeals SET decided_at = :now, decided_by_id = :staff, is_granted = :is_granted
    WHERE strike_id = :id AND decided_at IS NULL
"""
OVERRULE = "UPDATE strikes SET overruled_at = :now WHERE id = :id"


def strike_from_row(row: Row) -> Strike:
    """Build a Strike from COLUMNS."""
    appeal = None
    if row[10] is not None:
        appeal = Appeal(row[9], row[10], row[11], None if row[12] is None else bool(row[12]))
    measure, post_ids = Measure(row[3]), DECODE_IDS(row[5])
    return Strike(row[0], row[1], row[2], measure, row[4], post_ids, row[6], row[7], row[8], appeal)


async def list_strikes(reader: Reader, account_id: int) -> list[Strike]:
    """Return the decisions about an account, newest first."""
    return [strike_from_row(row) for row in await reader.all(OF_ACCOUNT, account_id=account_id)]


async def list_appealed(reader: Reader, *, staff: int) -> list[Strike]:
    """Return the decisions whose appeal waits, oldest first."""
    return [strike_from_row(row) for row in await reader.all(APPEALED, staff=staff)]


async def get_strike(reader: Reader, strike_id: int) -> Strike:
    """Return one decision. Raises StrikeNotFound."""
    row = await reader.one(ONE, id=strike_id)
    if row is None:
        raise StrikeNotFound
    return strike_from_row(row)


async def get_locked_strike(tx: Transaction, strike_id: int) -> Strike:
    """The same, held until the transaction ends."""
    await tx.one(LOCK, id=strike_id)
    return await get_strike(tx, strike_id)


async def insert_strike(tx: Transaction, strike: Strike) -> None:
    """Store a decision."""
    await tx.run(
        INSERT,
        id=strike.id,
        account_id=strike.account_id,
        report_id=strike.report_id,
        measure=strike.measure.value,
        statement=strike.text,
        post_ids=encode(strike.post_ids),
        by_id=strike.by_id,
        now=strike.created_at_us,
    )


async def insert_appeal(tx: Transaction, strike_id: int, words: str, now_us: int) -> bool:
    """Store an appeal; False when there is one."""
    return await tx.run(INSERT_APPEAL, id=strike_id, words=words, now=now_us) == 1


async def decide_appeal(tx: Transaction, strike_id: int, staff: int | None, *, is_granted: bool, now_us: int) -> bool:
    """Store the decision; False when there is one."""
    return await tx.run(DECIDE, id=strike_id, staff=staff, is_granted=int(is_granted), now=now_us) == 1


async def overrule_strike(tx: Transaction, strike_id: int, now_us: int) -> None:
    """Note that a decision does not hold any more."""
    await tx.run(OVERRULE, id=strike_id, now=now_us)
