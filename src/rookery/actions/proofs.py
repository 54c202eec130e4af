"""Proving once more who one is, before what a thief of an open browser would do first.

Owns: how long a proof lasts, the sentence of who must give one. A session's sign-in is its first proof; a password or a
passkey renews it for a quarter of an hour (`FRESH_S`). Never: a page.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.passwords import PasswordPool
from rookery.actions.repeating import repeatable
from rookery.model.accounts import AccountNotFound
from rookery.model.errors import NotAllowed
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Member
from rookery.storage import members, proofs

FRESH_S = 15 * 60
FRESH_US = FRESH_S * 1_000_000


class WrongPassword(NotAllowed):
    """The current password is not the one that was typed."""

    def __init__(self) -> None:
        super().__init__("this is not your current password")


class ProofNeeded(NotAllowed):
    """The last proof is older than FRESH_S."""

    def __init__(self) -> None:
        super().__init__("please prove once more that it is you; this page asks for it after a quarter of an hour")


async def is_fresh(app: App, account_id: AccountId, session_id: int | None) -> bool:
    """True while the session's last proof is young enough for what matters most."""
    if session_id is None:
        return False
    proved_at = await proofs.find_proof(app.db.reader, account_id, session_id)
    return proved_at is not None and now_us() - proved_at < FRESH_US


async def check_fresh(app: App, account_id: AccountId, session_id: int | None) -> None:
    """Raises ProofNeeded when the session's last proof is too old."""
    if not await is_fresh(app, account_id, session_id):
        raise ProofNeeded


async def prove_password(app: App, passwords: PasswordPool, account_id: AccountId, password: str) -> Member:
    """Return the member when the password is theirs; guesses are counted.

    Raises WrongPassword, AccountNotFound, TooMany.
    """
    member = await members.find_member(app.db.reader, account_id)
    if member is None:
        raise AccountNotFound
    if not await passwords.verify(account_id, member.password_hash, password):
        raise WrongPassword
    return member


@repeatable
async def renew_proof(app: App, passwords: PasswordPool, account_id: AccountId, session_id: int, password: str) -> None:
    """Note that the person of a session typed their password. Raises WrongPassword, TooMany, Unavailable."""
    await prove_password(app, passwords, account_id, password)
    async with app.db.transaction() as tx:
        await proofs.note_proof(tx, account_id, session_id, now_us())


async def prove_member(
    app: App, passwords: PasswordPool, account_id: AccountId, *, password: str | None, session_id: int | None
) -> Member:
    """Return the member who typed their password now, or whose session is fresh.

    Raises WrongPassword, ProofNeeded, AccountNotFound, TooMany.
    """
    if password is not None:
        return await prove_password(app, passwords, account_id, password)
    await check_fresh(app, account_id, session_id)
    member = await members.find_member(app.db.reader, account_id)
    if member is None:
        raise AccountNotFound
    return member
