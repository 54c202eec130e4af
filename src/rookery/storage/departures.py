"""Members who are leaving, in SQL, and the rows that go with them at the end.

Owns: the table `departures`, the list of private tables that a purge empties in small pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction

FIND_DEPARTURE = "SELECT account_id, left_at, purge_at FROM departures WHERE account_id = :account_id"
INSERT_DEPARTURE = """
    INSERT INTO departures (account_id, left_at, purge_at) VALUES (:account_id, :left_at, :purge_at)
"""
DELETE_DEPARTURE = "DELETE FROM departures WHERE account_id = :account_id"
LIST_DUE = """
    -- Whose time is over, longest first. Index: departures_due (purge_at)
    SELECT account_id, left_at, purge_at FROM departures WHERE purge_at <= :now ORDER BY purge_at LIMIT :limit
"""
COUNT_OWNERS = "SELECT count(*) FROM members WHERE role = 'owner' AND state = 'active'"
# Table -> (the column that says whose it is, a column that names a row within it). Deleted piece by piece, because one
# statement over all rows of somebody busy would hold the database for seconds.
PIECES: dict[str, tuple[str, str]] = {
    "blocks": ("account_id", "other_id"),
    "mutes": ("account_id", "other_id"),
    "blocked_domains": ("account_id", "id"),
    "account_notes": ("account_id", "other_id"),
    "list_members": ("account_id", "list_id"),
    "lists": ("account_id", "id"),
    "filters": ("account_id", "id"),
    "followed_tags": ("account_id", "id"),
    "featured_tags": ("account_id", "id"),
    "endorsements": ("account_id", "other_id"),
    "dismissed_suggestions": ("account_id", "other_id"),
    "markers": ("account_id", "last_read_id"),
    "notifications": ("account_id", "id"),
    "notification_policies": ("account_id", "account_id"),
    "notification_permissions": ("account_id", "from_id"),
    "idempotency": ("account_id", "created_at"),
    "votes": ("account_id", "post_id"),
    "mentions": ("account_id", "post_id"),
    "invitations": ("created_by_id", "created_at"),
    "grants": ("account_id", "app_id"),
    "access_tokens": ("account_id", "id"),
    "sessions": ("account_id", "id"),
    "mail_tokens": ("account_id", "expires_at"),
    "scheduled_posts": ("account_id", "id"),
    "conversations": ("account_id", "id"),
    "announcement_dismissals": ("account_id", "announcement_id"),
    "announcement_reactions": ("account_id", "id"),
    "push_subscriptions": ("account_id", "id"),
    "collections": ("account_id", "id"),
    "collection_items": ("account_id", "id"),
    "member_days": ("account_id", "day"),
    "mail_choices": ("account_id", "account_id"),
    "mail_progress": ("account_id", "account_id"),
    "mail_due": ("account_id", "account_id"),
    "account_aliases": ("account_id", "id"),
    "moves": ("account_id", "id"),
    "imports": ("account_id", "id"),
    "waiting_acts": ("account_id", "kept_at"),
    "undone_acts": ("account_id", "undone_at"),
}
DELETE_PIECE = {
    table: f"""
    DELETE FROM {table} WHERE {owner} = :account_id
    AND {key} IN (SELECT {key} FROM {table} WHERE {owner} = :account_id LIMIT :limit)
"""
    for table, (owner, key) in PIECES.items()
}


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who is leaving. left_at_us: also what their account's suspended_at says while nobody else hides it."""

    account_id: AccountId
    left_at_us: int
    purge_at_us: int


async def find_departure(reader: Reader, account_id: int) -> Departure | None:
    """Return when somebody left and until when they may come back, or None."""
    row = await reader.one(FIND_DEPARTURE, account_id=account_id)
    return Departure(AccountId(row[0]), row[1], row[2]) if row else None


async def insert_departure(tx: Transaction, departure: Departure) -> None:
    """Note that somebody is leaving."""
    await tx.run(
        INSERT_DEPARTURE,
        account_id=departure.account_id,
        left_at=departure.left_at_us,
        purge_at=departure.purge_at_us,
    )


async def delete_departure(tx: Transaction, account_id: int) -> None:
    """Note that somebody stays."""
    await tx.run(DELETE_DEPARTURE, account_id=account_id)


async def list_due(reader: Reader, now_us: int, limit: int = 100) -> list[Departure]:
    """Return whose time to come back is over."""
    rows = await reader.all(LIST_DUE, now=now_us, limit=limit)
    return [Departure(AccountId(row[0]), row[1], row[2]) for row in rows]


async def count_owners(reader: Reader) -> int:
    """Return how many owners may act."""
    row = await reader.one(COUNT_OWNERS)
    return row[0] if row else 0


async def delete_piece(tx: Transaction, table: str, account_id: int, limit: int) -> int:
    """Delete some of an account's rows of a table of PIECES; return how many. 0: none is left."""
    return await tx.run(DELETE_PIECE[table], account_id=account_id, limit=limit)
