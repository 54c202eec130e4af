"""The secrets inside links that we mail, in SQL.

Owns: the table `mail_tokens`. Never: sees a secret, only its SHA-256. A link works once: using it deletes every link of
the same person and purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction

INSERT_LINK = """
    INSERT INTO mail_tokens (token_hash, account_id, purpose, email, expires_at)
    VALUES (:token_hash, :account_id, :purpose, :email, :expires_at)
"""
FIND_LINK = """
    SELECT account_id, purpose, email FROM mail_tokens
    WHERE token_hash = :token_hash AND purpose = :purpose AND expires_at > :now
"""
TAKE_LINK = """
    DELETE FROM mail_tokens WHERE token_hash = :token_hash AND purpose = :purpose AND expires_at > :now
    RETURNING account_id, purpose, email
"""
DELETE_LINKS = """
    -- Index: mail_tokens_account (account_id, purpose)
    DELETE FROM mail_tokens WHERE account_id = :account_id AND purpose = :purpose
"""
DELETE_ADDRESS_CHANGES = """
    -- Links to addresses that are not the member's yet. Index: mail_tokens_account (account_id, purpose)
    DELETE FROM mail_tokens WHERE account_id = :account_id AND purpose = 'confirm'
    AND email <> (SELECT email FROM members WHERE account_id = :account_id)
"""
PRUNE_LINKS = "DELETE FROM mail_tokens WHERE expires_at < :before"


@dataclass(frozen=True, slots=True)
class MailToken:
    """What a mailed link stands for. purpose: confirm or reset. email: the address that it was sent to."""

    account_id: AccountId
    purpose: str
    email: str


async def insert_mail_token(tx: Transaction, token: MailToken, token_hash: str, expires_at_us: int) -> None:
    """Store a new link's hash."""
    await tx.run(
        INSERT_LINK,
        token_hash=token_hash,
        account_id=token.account_id,
        purpose=token.purpose,
        email=token.email,
        expires_at=expires_at_us,
    )


async def find_mail_token(reader: Reader, token_hash: str, purpose: str, now_us: int) -> MailToken | None:
    """Return what a link stands for while it is good, or None. It stays good."""
    row = await reader.one(FIND_LINK, token_hash=token_hash, purpose=purpose, now=now_us)
    return MailToken(*row) if row else None


async def take_mail_token(tx: Transaction, token_hash: str, purpose: str, now_us: int) -> MailToken | None:
    """Spend a link, with every other one of the same person and purpose; None when it is not good."""
    row = await tx.one(TAKE_LINK, token_hash=token_hash, purpose=purpose, now=now_us)
    if row is None:
        return None
    await delete_mail_tokens(tx, row[0], purpose)
    return MailToken(*row)


async def delete_mail_tokens(tx: Transaction, account_id: int, purpose: str) -> None:
    """Make a person's links of one purpose void."""
    await tx.run(DELETE_LINKS, account_id=account_id, purpose=purpose)


async def delete_address_changes(tx: Transaction, account_id: int) -> None:
    """Make the links void with which another address would become a person's; that of a new member stays good."""
    await tx.run(DELETE_ADDRESS_CHANGES, account_id=account_id)


async def prune_mail_tokens(tx: Transaction, before_us: int) -> int:
    """Drop links that expired before a moment; return how many."""
    return await tx.run(PRUNE_LINKS, before=before_us)
