"""Aliases and moves of our accounts in SQL, and what any account says that it also is.

Owns: the tables `account_aliases` and `moves`. Never: decides who may move (actions/moving.py).
"""

from __future__ import annotations

from rookery.model.accounts import Account
from rookery.model.ids import AccountId
from rookery.model.moves import Move
from rookery.storage.accounts import list_accounts
from rookery.storage.database import Reader, Transaction
from rookery.storage.far_accounts import find_far_account

ALIASES = "SELECT uri FROM account_aliases WHERE account_id = :account ORDER BY id"
PUT_ALIAS = """
    INSERT INTO account_aliases (account_id, uri, id) VALUES (:account, :uri, :id) ON CONFLICT DO NOTHING
"""
DELETE_ALIAS = "DELETE FROM account_aliases WHERE account_id = :account AND uri = :uri"
INSERT_MOVE = """
    INSERT INTO moves (id, account_id, target_id, moved_at, follower_count)
    VALUES (:id, :account, :target, :now, :follower_count)
"""
UNDO_MOVES = "UPDATE moves SET undone_at = :now WHERE account_id = :account AND undone_at IS NULL"
LAST_MOVE = """
    -- Index: moves_account (account_id, moved_at)
    SELECT id, account_id, target_id, moved_at, follower_count, undone_at FROM moves WHERE account_id = :account
    ORDER BY moved_at DESC, id DESC LIMIT 1
"""
MOVED_TO = "SELECT moved_to_id FROM accounts WHERE id = :account"


async def list_aliases(reader: Reader, account_id: int) -> list[str]:
    """Return the addresses of the accounts that one of ours also is, in the order of naming."""
    return [row[0] for row in await reader.all(ALIASES, account=account_id)]


async def list_told_aliases(reader: Reader, account: Account) -> list[str]:
    """Return the addresses that an account, here or elsewhere, says it also is."""
    if account.is_local:
        return await list_aliases(reader, account.id)
    far = await find_far_account(reader, account.id)
    return list(far.also_known_as) if far else []


async def put_alias(tx: Transaction, account_id: int, uri: str, alias_id: int) -> bool:
    """Add an alias; False when it was there already."""
    return await tx.run(PUT_ALIAS, account=account_id, uri=uri, id=alias_id) == 1


async def delete_alias(tx: Transaction, account_id: int, uri: str) -> bool:
    """Take an alias away; False when there was none."""
    return await tx.run(DELETE_ALIAS, account=account_id, uri=uri) == 1


async def insert_move(tx: Transaction, move: Move) -> None:
    """Note a move."""
    await tx.run(
        INSERT_MOVE,
        id=move.id,
        account=move.account_id,
        target=move.target_id,
        now=move.moved_at_us,
        follower_count=move.follower_count,
    )


async def undo_moves(tx: Transaction, account_id: int, now_us: int) -> bool:
    """Note that an account came back; False when it was here."""
    return await tx.run(UNDO_MOVES, account=account_id, now=now_us) >= 1


async def find_last_move(reader: Reader, account_id: int) -> Move | None:
    """Return the newest move of an account, also one that was undone."""
    row = await reader.one(LAST_MOVE, account=account_id)
    return Move(row[0], AccountId(row[1]), AccountId(row[2]), *row[3:]) if row else None


async def find_new_home(reader: Reader, account_id: int) -> Account | None:
    """Return the account that this one has moved to, or None."""
    row = await reader.one(MOVED_TO, account=account_id)
    return (await list_accounts(reader, [row[0]])).get(row[0]) if row and row[0] else None
