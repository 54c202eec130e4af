"""Followers between two servers, in SQL: those of one account at one host, and ours of a far account.

Owns: those queries. Never: decides who may read them.
"""

from __future__ import annotations

from rookery.storage.database import Reader

AT_HOST = """
    -- Index: far_accounts_host (host, account_id), primary key of follows
    SELECT a.uri FROM far_accounts fa JOIN accounts a ON a.id = fa.account_id
    JOIN follows f ON f.follower_id = fa.account_id AND f.followed_id = :account AND f.state = 'active'
    WHERE fa.host = :host AND a.uri IS NOT NULL AND a.suspended_at IS NULL ORDER BY a.id LIMIT :limit
"""
FAR = """
    -- Index: follows_followed (followed_id, state, id DESC)
    SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :account AND f.state = 'active' AND a.uri IS NOT NULL AND a.suspended_at IS NULL
    ORDER BY f.id LIMIT :limit
"""
OURS = """
    -- Index: follows_followed (followed_id, state, id DESC)
    SELECT a.id, a.username, f.id, f.state FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :account AND a.domain = '' ORDER BY f.id DESC LIMIT :limit
"""
MOST = 50_000


async def list_followers_at(reader: Reader, account_id: int, host: str) -> list[str]:
    """Return the ids of an account's followers whose server receives at a host."""
    return [row[0] for row in await reader.all(AT_HOST, account=account_id, host=host, limit=MOST)]


async def list_far_followers(reader: Reader, account_id: int) -> list[str]:
    """Return the ids of all far followers of an account; none of one that has more than can be compared."""
    rows = await reader.all(FAR, account=account_id, limit=MOST + 1)
    return [row[0] for row in rows] if len(rows) <= MOST else []


async def list_our_followers(reader: Reader, account_id: int) -> list[tuple[int, str, int, str]]:
    """Return (account id, username, follow id, state) of people here who follow a far account, or ask to."""
    return [(row[0], row[1], row[2], row[3]) for row in await reader.all(OURS, account=account_id, limit=MOST)]
