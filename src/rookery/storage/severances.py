"""Follows between people here and people of another server: counted before they end, listed while they do.

Owns: those queries. Never: ends a follow (actions/severing.py).
"""

from __future__ import annotations

from rookery.storage.database import Reader

PAIRS = """
    -- Follows to or from a server that is suspended here, with everything below its name. A job asks, after a block.
    SELECT f.follower_id, f.followed_id FROM accounts a JOIN follows f ON f.follower_id = a.id OR f.followed_id = a.id
    WHERE (a.domain = :domain OR a.domain LIKE '%.' || CAST(:domain AS text)) AND a.suspended_at IS NOT NULL
    ORDER BY f.follower_id, f.followed_id LIMIT :limit
"""
BY_DOMAIN = """
    -- Of every other server: follows to and from it, and how many people here have one. Staff asks, seldom.
    SELECT domain, count(*), count(DISTINCT local_id) FROM (
        SELECT a.domain, f.follower_id AS local_id FROM follows f JOIN accounts a ON a.id = f.followed_id
        WHERE a.domain <> ''
        UNION ALL
        SELECT a.domain, f.followed_id FROM follows f JOIN accounts a ON a.id = f.follower_id WHERE a.domain <> ''
    ) AS pairs GROUP BY domain
"""


async def list_severed_pairs(reader: Reader, domain: str, limit: int) -> list[tuple[int, int]]:
    """Return (follower, followed) of some follows that a block ends."""
    return [(row[0], row[1]) for row in await reader.all(PAIRS, domain=domain, limit=limit)]


async def count_pairs_by_domain(reader: Reader) -> dict[str, tuple[int, int]]:
    """Return how many follows and people of ours each other server has."""
    return {row[0]: (row[1], row[2]) for row in await reader.all(BY_DOMAIN)}
