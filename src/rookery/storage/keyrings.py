"""The key pairs with which accounts of ours, and the server itself, sign what they send, in SQL.

Owns: the table `keyrings`. A row holds an RSA and an Ed25519 pair; account_id is NULL for the server's own. One row of
an owner stands (replaced_at is NULL); one that was replaced keeps its public halves for a while and no private one.
Never: makes, seals or opens a key (activitypub/keys.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

COLUMNS = "id, account_id, rsa_public, ed25519_public, sealed, created_at, replaced_at"
FIND_KEYRING = f"""
    -- Index: keyrings_standing (coalesce(account_id, 0)) WHERE replaced_at IS NULL
    SELECT {COLUMNS} FROM keyrings WHERE coalesce(account_id, 0) = :owner AND replaced_at IS NULL
"""
LIST_REPLACED = f"""
    -- Newest first. Index: keyrings_replaced (coalesce(account_id, 0), replaced_at) WHERE replaced_at IS NOT NULL
    SELECT {COLUMNS} FROM keyrings WHERE coalesce(account_id, 0) = :owner AND replaced_at IS NOT NULL
    ORDER BY replaced_at DESC LIMIT :limit
"""
INSERT_KEYRING = f"""
    INSERT INTO keyrings ({COLUMNS}) VALUES (:id, :account_id, :rsa_public, :ed25519_public, :sealed, :created_at, NULL)
    ON CONFLICT DO NOTHING
"""
REPLACE_KEYRING = """
    UPDATE keyrings SET replaced_at = :now, sealed = ''
    WHERE coalesce(account_id, 0) = :owner AND replaced_at IS NULL AND id = :id
"""
LIST_WITHOUT = """
    -- Members in the order of their ids. Index: primary key of members
    SELECT m.account_id FROM members m WHERE m.account_id > :after AND m.state = 'active'
    AND NOT EXISTS (SELECT 1 FROM keyrings k WHERE coalesce(k.account_id, 0) = m.account_id AND k.replaced_at IS NULL)
    ORDER BY m.account_id LIMIT :limit
"""
PRUNE_REPLACED = "DELETE FROM keyrings WHERE replaced_at IS NOT NULL AND replaced_at < :before"


@dataclass(frozen=True, slots=True)
class KeyringRow:
    """One owner's pairs as they are stored. rsa_public: PEM; ed25519_public: multibase; sealed: '' when replaced."""

    id: int
    account_id: int | None
    rsa_public: str
    ed25519_public: str
    sealed: str
    created_at_us: int
    replaced_at_us: int | None = None


def keyring_from_row(row: Row) -> KeyringRow:
    """Build a KeyringRow from COLUMNS."""
    return KeyringRow(*row)


async def find_keyring(reader: Reader, account_id: int | None) -> KeyringRow | None:
    """Return the pairs that stand, None when there are none yet. account_id: None for the server's own."""
    row = await reader.one(FIND_KEYRING, owner=account_id or 0)
    return keyring_from_row(row) if row else None


async def list_replaced(reader: Reader, account_id: int | None, limit: int = 10) -> list[KeyringRow]:
    """Return the pairs that were replaced lately, newest first."""
    return [keyring_from_row(row) for row in await reader.all(LIST_REPLACED, owner=account_id or 0, limit=limit)]


async def insert_keyring(tx: Transaction, row: KeyringRow) -> bool:
    """Store new pairs; False when the owner has some that stand."""
    inserted = await tx.run(
        INSERT_KEYRING,
        id=row.id,
        account_id=row.account_id,
        rsa_public=row.rsa_public,
        ed25519_public=row.ed25519_public,
        sealed=row.sealed,
        created_at=row.created_at_us,
    )
    return inserted == 1


async def replace_keyring(tx: Transaction, standing: KeyringRow, now_us: int) -> bool:
    """End these pairs and forget their private halves; False when they do not stand any more."""
    ended = await tx.run(REPLACE_KEYRING, owner=standing.account_id or 0, id=standing.id, now=now_us)
    return ended == 1


async def list_members_without(reader: Reader, after: int, limit: int) -> list[int]:
    """Return active members above an id who have no pairs yet, in the order of their ids."""
    return [row[0] for row in await reader.all(LIST_WITHOUT, after=after, limit=limit)]


async def prune_replaced(tx: Transaction, before_us: int) -> int:
    """Forget pairs that were replaced before a moment; return how many."""
    return await tx.run(PRUNE_REPLACED, before=before_us)
