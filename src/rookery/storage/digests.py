"""What a weekly letter is made of, in SQL: the posts that people liked most among those one follows, new followers.

Owns: two reads, both through the visibility gate (K5) and the reader's own blocks and mutes.
"""

from __future__ import annotations

from rookery.storage.database import Reader
from rookery.storage.visibility import VISIBLE, WANTED

BEST_POSTS = f"""
    -- Posts of a span by people whom the viewer follows, the most liked, repeated and answered first; no answers to
    -- others, no repetitions. A like counts 1, a reply 2, a repost 3. Index: posts_author (author_id, id DESC)
    SELECT p.id, p.author_id FROM follows f JOIN posts p ON p.author_id = f.followed_id
    WHERE f.follower_id = :viewer AND f.state = 'active' AND p.id > :after AND p.id <= :upto AND p.audience <= 2
    AND p.repost_of_id IS NULL AND (p.reply_to_author_id IS NULL OR p.reply_to_author_id = p.author_id)
    AND p.like_count + 2 * p.reply_count + 3 * p.repost_count > 0
    AND {VISIBLE} AND {WANTED}
    ORDER BY p.like_count + 2 * p.reply_count + 3 * p.repost_count DESC, p.id DESC LIMIT :limit
"""
WELCOME_FOLLOWER = """
    a.suspended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b1 WHERE b1.account_id = :viewer AND b1.other_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM blocks b2 WHERE b2.account_id = a.id AND b2.other_id = :viewer)
    AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :viewer AND m.other_id = a.id
        AND (m.expires_at IS NULL OR m.expires_at > :now))
    AND NOT EXISTS (SELECT 1 FROM blocked_domains d WHERE d.account_id = :viewer AND d.domain = a.domain
        AND a.domain <> '')
"""
NEW_FOLLOWERS = f"""
    -- Who began to follow within a span, newest first. Index: follows_followed (followed_id, state, id DESC)
    SELECT f.follower_id, count(*) OVER () FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :viewer AND f.state = 'active' AND f.id > :after AND f.id <= :upto AND {WELCOME_FOLLOWER}
    ORDER BY f.id DESC LIMIT :limit
"""


async def list_best_posts(
    reader: Reader, viewer: int, *, after: int, upto: int, now_us: int, limit: int
) -> list[tuple[int, int]]:
    """Return (post, author) of a span of ids, best first."""
    rows = await reader.all(BEST_POSTS, viewer=viewer, after=after, upto=upto, now=now_us, limit=limit)
    return [(row[0], row[1]) for row in rows]


async def list_new_followers(
    reader: Reader, viewer: int, *, after: int, upto: int, now_us: int, limit: int
) -> tuple[list[int], int]:
    """Return the newest followers of a span of ids, and how many there are in all."""
    rows = await reader.all(NEW_FOLLOWERS, viewer=viewer, after=after, upto=upto, now=now_us, limit=limit)
    return [row[0] for row in rows], int(rows[0][1]) if rows else 0
