"""Browser sessions in SQL.

Owns: the table `sessions`. Never: sees a session's secret, only its SHA-256. Ending one is the matter of
actions/revocation.py alone (K7).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId, SessionId
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

FIND_SESSION = """
    -- Index: sessions (token_hash). Everything that a caller is, in one look-up.
    SELECT s.id, s.account_id, s.last_seen_at, m.role, m.state, a.suspended_at
    FROM sessions s JOIN members m ON m.account_id = s.account_id JOIN accounts a ON a.id = s.account_id
    WHERE s.token_hash = :token_hash
"""
LIST_SESSIONS = """
    -- Newest first. Index: sessions_account (account_id, id)
    SELECT id, account_id, user_agent, address, created_at, last_seen_at FROM sessions
    WHERE account_id = :account_id ORDER BY id DESC
"""
INSERT_SESSION = """
    INSERT INTO sessions (id, account_id, token_hash, user_agent, address, created_at, last_seen_at)
    VALUES (:id, :account_id, :token_hash, :user_agent, :address, :now, :now)
"""
TOUCH_SESSIONS = "UPDATE sessions SET last_seen_at = :now WHERE id IN (:ids...)"
DELETE_SESSIONS = "DELETE FROM sessions WHERE account_id = :account_id AND id IN (:ids...) RETURNING id"
DELETE_EVERY_SESSION = "DELETE FROM sessions WHERE account_id = :account_id AND id <> :kept_id RETURNING id"
LIST_IDLE_SESSIONS = """
    -- For the daily sweep: sessions that nobody used for long.
    SELECT account_id, id FROM sessions WHERE last_seen_at < :before ORDER BY id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. user_agent, address: as at sign-in."""

    id: SessionId
    account_id: AccountId
    user_agent: str
    address: str
    created_at_us: int
    last_seen_at_us: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What a session's secret stands for."""

    id: SessionId
    account_id: AccountId
    last_seen_at_us: int
    role: str
    state: str
    suspended_at_us: int | None


async def find_session(reader: Reader, token_hash: str) -> SessionRow | None:
    """Return what the hash of a session's secret stands for, or None."""
    row: Row | None = await reader.one(FIND_SESSION, token_hash=token_hash)
    return SessionRow(*row) if row else None


async def list_sessions(reader: Reader, account_id: int) -> list[Session]:
    """Return a member's sessions, newest first."""
    rows = await reader.all(LIST_SESSIONS, account_id=account_id)
    return [Session(*row) for row in rows]


async def insert_session(tx: Transaction, session: Session, token_hash: str) -> None:
    """Store a new session."""
    await tx.run(
        INSERT_SESSION,
        id=session.id,
        account_id=session.account_id,
        token_hash=token_hash,
        user_agent=session.user_agent,
        address=session.address,
        now=session.created_at_us,
    )


async def touch_sessions(tx: Transaction, ids: list[int], now_us: int) -> None:
    """Note that these sessions are in use."""
    await tx.run(TOUCH_SESSIONS, ids=ids, now=now_us)


async def delete_sessions(tx: Transaction, account_id: int, ids: list[int]) -> list[int]:
    """End some of a member's sessions; return those that existed."""
    return [row[0] for row in await tx.all(DELETE_SESSIONS, account_id=account_id, ids=ids)]


async def delete_every_session(tx: Transaction, account_id: int, *, kept_id: int = 0) -> list[int]:
    """End all of a member's sessions but one; return those that existed."""
    return [row[0] for row in await tx.all(DELETE_EVERY_SESSION, account_id=account_id, kept_id=kept_id)]


async def list_idle_sessions(reader: Reader, before_us: int, limit: int = 500) -> list[tuple[int, int]]:
    """Return (account, session) of sessions that were last used before a moment."""
    return [(row[0], row[1]) for row in await reader.all(LIST_IDLE_SESSIONS, before=before_us, limit=limit)]
