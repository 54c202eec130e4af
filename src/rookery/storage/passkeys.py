"""Passkeys in SQL: public keys of a member's devices, and when they were used.

Owns: the table `passkeys`. Never: checks a signature (actions/passkeys.py). Only public keys are stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

COLUMNS = "id, account_id, credential_id, credential, name, sign_count, is_backed_up, created_at, last_used_at"
LIST_PASSKEYS = f"""
    -- Oldest first. Index: passkeys_account (account_id, id)
    SELECT {COLUMNS} FROM passkeys WHERE account_id = :account_id ORDER BY id
"""
FIND_PASSKEY = f"SELECT {COLUMNS} FROM passkeys WHERE credential_id = :credential_id"
COUNT_PASSKEYS = "SELECT count(*) FROM passkeys WHERE account_id = :account_id"
INSERT_PASSKEY = f"""
    INSERT INTO passkeys ({COLUMNS}) VALUES (:id, :account_id, :credential_id, :credential, :name, :sign_count,
        :is_backed_up, :now, NULL)
    ON CONFLICT DO NOTHING
"""
NOTE_USE = """
    -- A counter that stands still or falls is a copy of the key; a key that does not count says 0 always.
    UPDATE passkeys SET sign_count = :sign_count, is_backed_up = :is_backed_up, last_used_at = :now
    WHERE id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0))
"""
RENAME_PASSKEY = "UPDATE passkeys SET name = :name WHERE id = :id AND account_id = :account_id"
DELETE_PASSKEY = "DELETE FROM passkeys WHERE id = :id AND account_id = :account_id"


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key. credential_id: hex. credential: hex of the attested credential data, see WebAuthn §6.5.2."""

    id: int
    account_id: AccountId
    credential_id: str
    credential: str
    name: str
    sign_count: int
    is_backed_up: bool
    created_at_us: int
    last_used_at_us: int | None


def passkey_from_row(row: Row) -> Passkey:
    """Build a Passkey from COLUMNS."""
    return Passkey(row[0], AccountId(row[1]), row[2], row[3], row[4], row[5], bool(row[6]), row[7], row[8])


async def list_passkeys(reader: Reader, account_id: int) -> list[Passkey]:
    """Return a member's passkeys, oldest first."""
    return [passkey_from_row(row) for row in await reader.all(LIST_PASSKEYS, account_id=account_id)]


async def find_passkey(reader: Reader, credential_id: str) -> Passkey | None:
    """Return the passkey with this id, whoever's it is, or None."""
    row = await reader.one(FIND_PASSKEY, credential_id=credential_id)
    return passkey_from_row(row) if row else None


async def count_passkeys(reader: Reader, account_id: int) -> int:
    """Return how many passkeys a member has."""
    row = await reader.one(COUNT_PASSKEYS, account_id=account_id)
    return row[0] if row else 0


async def insert_passkey(tx: Transaction, passkey: Passkey) -> bool:
    """Store a new passkey; False when its id is known already."""
    inserted = await tx.run(
        INSERT_PASSKEY,
        id=passkey.id,
        account_id=passkey.account_id,
        credential_id=passkey.credential_id,
        credential=passkey.credential,
        name=passkey.name,
        sign_count=passkey.sign_count,
        is_backed_up=int(passkey.is_backed_up),
        now=passkey.created_at_us,
    )
    return inserted == 1


async def note_use(tx: Transaction, passkey_id: int, *, sign_count: int, is_backed_up: bool, now_us: int) -> bool:
    """Note a signature; False when its count says that there are two of this key."""
    changed = await tx.run(NOTE_USE, id=passkey_id, sign_count=sign_count, is_backed_up=int(is_backed_up), now=now_us)
    return changed == 1


async def rename_passkey(tx: Transaction, account_id: int, passkey_id: int, name: str) -> bool:
    """Give one of a member's passkeys another name; False when it is not theirs."""
    return await tx.run(RENAME_PASSKEY, id=passkey_id, account_id=account_id, name=name) == 1


async def delete_passkey(tx: Transaction, account_id: int, passkey_id: int) -> bool:
    """Forget one of a member's passkeys; False when it is not theirs."""
    return await tx.run(DELETE_PASSKEY, id=passkey_id, account_id=account_id) == 1
