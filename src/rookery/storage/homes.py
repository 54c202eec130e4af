"""The rule of home timelines in SQL, in both directions.

Owns: HOME_RULE, on a follow `f` and a post `p`. Both queries carry VISIBLE and WANTED (K5); in the direction from a
post to its owners the viewer is the follower of each row.
"""

from __future__ import annotations

from rookery.model.paging import Window
from rookery.storage.database import Reader
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.visibility import VISIBLE, WANTED

HOME_RULE = """
    f.state = 'active'
    AND (p.repost_of_id IS NULL OR f.shows_reposts = 1)
    AND (f.languages = '[]' OR p.language IS NULL OR f.languages LIKE '%"' || p.language || '"%')
    AND (p.reply_to_author_id IS NULL OR p.reply_to_author_id IN (p.author_id, f.follower_id)
        OR EXISTS (SELECT 1 FROM follows hf WHERE hf.follower_id = f.follower_id
            AND hf.followed_id = p.reply_to_author_id AND hf.state = 'active'))
    AND NOT EXISTS (SELECT 1 FROM lists hl JOIN list_members hm ON hm.list_id = hl.id
        WHERE hl.account_id = f.follower_id AND hl.is_exclusive = 1 AND hm.account_id = p.author_id)
"""
HOME_IDS = PageQuery(f"""
    -- Posts of whom the viewer follows, the viewer's own, and those with followed hashtags, in a window of time.
    -- Indexes: follows_follower, posts_author (author_id, id DESC), post_tags (tag, post_id)
    SELECT id, target FROM (
        SELECT p.id AS id, coalesce(p.repost_of_id, p.id) AS target
        FROM follows f JOIN posts p ON p.author_id = f.followed_id
        WHERE f.follower_id = :viewer AND {HOME_RULE} AND p.id < :before AND p.id > :after AND {VISIBLE} AND {WANTED}
        UNION
        SELECT p.id, coalesce(p.repost_of_id, p.id) FROM posts p
        WHERE p.author_id = :viewer AND p.id < :before AND p.id > :after AND {VISIBLE}
        UNION
        SELECT p.id, p.id FROM followed_tags ft JOIN post_tags t ON t.tag = ft.tag JOIN posts p ON p.id = t.post_id
        WHERE ft.account_id = :viewer AND t.post_id < :before AND t.post_id > :after AND p.audience = 0
        AND {VISIBLE} AND {WANTED}
    ) AS entries ORDER BY id {{order}} LIMIT :limit
""")
AS_FOLLOWER = "f.follower_id"
HOME_OWNERS = f"""
    -- Whose home takes a post. Index: follows (follower_id, followed_id)
    SELECT f.follower_id FROM posts p JOIN follows f ON f.followed_id = p.author_id
    WHERE p.id = :post_id AND f.followed_id = :author AND f.follower_id IN (:owners...) AND {HOME_RULE}
    AND {VISIBLE.replace(":viewer", AS_FOLLOWER)} AND {WANTED.replace(":viewer", AS_FOLLOWER)}
    UNION
    SELECT ft.account_id FROM post_tags t JOIN posts p ON p.id = t.post_id JOIN followed_tags ft ON ft.tag = t.tag
    WHERE t.post_id = :post_id AND p.audience = 0 AND ft.account_id IN (:owners...)
    AND {VISIBLE.replace(":viewer", "ft.account_id")} AND {WANTED.replace(":viewer", "ft.account_id")}
"""
NEXT_MUTE_END = "SELECT min(expires_at) FROM mutes WHERE account_id = :viewer AND expires_at > :now"


async def find_next_mute_end(reader: Reader, viewer: int, now_us: int) -> int | None:
    """Return when the viewer's home next takes somebody back by itself, or None."""
    row = await reader.one(NEXT_MUTE_END, viewer=viewer, now=now_us)
    return row[0] if row else None


async def list_home_ids(reader: Reader, viewer: int, window: Window, now_us: int) -> list[tuple[int, int]]:
    """Return (post, what it shows) of a window, newest first."""
    rows = await list_rows(reader, HOME_IDS, window, viewer=viewer, now=now_us)
    return [(row[0], row[1]) for row in rows]


async def list_home_owners(reader: Reader, post_id: int, author: int, owners: list[int], now_us: int) -> set[int]:
    """Return those of the owners whose home takes the post; the author is not among them."""
    rows = await reader.all(HOME_OWNERS, post_id=post_id, author=author, owners=owners, now=now_us)
    return {row[0] for row in rows}
