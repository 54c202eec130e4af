"""Pages of post ids, each a query with its gate: public, hashtag, list, account, home, thread.

Owns: which posts a page holds, in which order, for which viewer. Every query carries VISIBLE (K5).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.paging import Window
from rookery.model.posts import Audience
from rookery.storage.database import Reader
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.visibility import AUTHOR_WANTED, LISTED_VISIBLE, VISIBLE, WANTED

BOUNDS = "p.id < :before AND p.id > :after"
PUBLIC = {
    "": "p.is_listed = 1",
    "local": "p.is_listed = 1 AND p.is_local = 1",
    "remote": "p.is_listed = 1 AND p.is_local = 0",
}
NOT_SILENCED = """
    NOT EXISTS (SELECT 1 FROM accounts x
        WHERE x.id = p.author_id AND x.silenced_at IS NOT NULL AND p.author_id <> :viewer
        AND NOT EXISTS (SELECT 1 FROM follows y WHERE y.follower_id = :viewer AND y.followed_id = p.author_id))
"""
PUBLIC_PAGES = {
    (side, only_media): PageQuery(f"""
        -- Newest public posts. Index: posts_listed (id DESC, author_id) WHERE is_listed = 1, or posts_listed_local
        SELECT p.id FROM posts p WHERE {condition} {"AND p.has_media = 1" if only_media else ""}
        AND {BOUNDS} AND {LISTED_VISIBLE} AND {AUTHOR_WANTED} AND {NOT_SILENCED} ORDER BY p.id {{order}} LIMIT :limit
    """)
    for side, condition in PUBLIC.items()
    for only_media in (False, True)
}
TAG_PAGE = PageQuery(f"""
    -- Newest public posts with any of some hashtags. Index: post_tags (tag, post_id)
    SELECT DISTINCT p.id FROM post_tags t JOIN posts p ON p.id = t.post_id
    WHERE t.tag IN (:any...text) AND t.post_id < :before AND t.post_id > :after AND p.audience = 0
    AND (:side = 0 OR (:side = 1 AND p.is_local = 1) OR (:side = 2 AND p.is_local = 0))
    AND (:only_media = 0 OR p.has_media = 1)
    AND (SELECT count(*) FROM post_tags ta WHERE ta.post_id = p.id AND ta.tag IN (:every...text)) = :every_count
    AND NOT EXISTS (SELECT 1 FROM post_tags tn WHERE tn.post_id = p.id AND tn.tag IN (:none...text))
    AND {VISIBLE} AND {WANTED} AND {NOT_SILENCED} ORDER BY p.id {{order}} LIMIT :limit
""")
# All rows are of one author, so what depends on the author alone is asked once per query.
VISIBLE_OF_AUTHOR = VISIBLE.replace("p.author_id", ":author")
ACCOUNT_PAGE = PageQuery(f"""
    -- Newest posts of one author. Index: posts_author (author_id, id DESC)
    SELECT p.id FROM posts p WHERE p.author_id = :author AND {BOUNDS}
    AND (:no_replies = 0 OR p.reply_to_author_id IS NULL OR p.reply_to_author_id = p.author_id)
    AND (:no_reposts = 0 OR p.repost_of_id IS NULL) AND p.audience <= :widest
    AND {VISIBLE_OF_AUTHOR} ORDER BY p.id {{order}} LIMIT :limit
""")
ACCOUNT_MEDIA_PAGE = PageQuery(f"""
    -- Newest posts of one author with pictures. Index: posts_author_media (author_id, id DESC) WHERE has_media = 1
    SELECT p.id FROM posts p WHERE p.author_id = :author AND p.has_media = 1 AND {BOUNDS}
    AND (:no_replies = 0 OR p.reply_to_author_id IS NULL OR p.reply_to_author_id = p.author_id)
    AND p.audience <= :widest AND {VISIBLE_OF_AUTHOR} ORDER BY p.id {{order}} LIMIT :limit
""")
ACCOUNT_TAG_PAGE = PageQuery(f"""
    SELECT p.id FROM posts p JOIN post_tags t ON t.post_id = p.id AND t.tag = :tag
    WHERE p.author_id = :author AND {BOUNDS} AND p.audience <= :widest
    AND {VISIBLE_OF_AUTHOR} ORDER BY p.id {{order}} LIMIT :limit
""")
LIST_RULE = """
    p.audience <= 2
    AND (p.author_id = :viewer OR EXISTS (SELECT 1 FROM follows lf WHERE lf.follower_id = :viewer
        AND lf.followed_id = p.author_id AND lf.state = 'active' AND (p.repost_of_id IS NULL OR lf.shows_reposts = 1)))
    AND (p.reply_to_author_id IS NULL OR p.reply_to_author_id IN (p.author_id, :viewer) OR (:replies = 'followed'
        AND EXISTS (SELECT 1 FROM follows rf WHERE rf.follower_id = :viewer AND rf.followed_id = p.reply_to_author_id
            AND rf.state = 'active'))
        OR (:replies = 'list' AND EXISTS (SELECT 1 FROM list_members rl WHERE rl.list_id = :list
            AND rl.account_id = p.reply_to_author_id)))
"""
LIST_PAGE = PageQuery(f"""
    -- Newest posts of a list's members in a window of time, of whom the viewer follows and their own.
    -- Index: posts_author (author_id, id DESC)
    SELECT p.id FROM list_members lm JOIN posts p ON p.author_id = lm.account_id
    WHERE lm.list_id = :list AND {BOUNDS} AND {LIST_RULE}
    AND {VISIBLE} AND {WANTED} ORDER BY p.id {{order}} LIMIT :limit
""")
ANCESTORS = f"""
    -- The posts above one, nearest first. Index: primary key
    WITH RECURSIVE up (id, depth) AS (
        SELECT reply_to_id, 1 FROM posts WHERE id = :post_id
        UNION ALL
        SELECT q.reply_to_id, up.depth + 1 FROM up JOIN posts q ON q.id = up.id WHERE up.depth < :depth
    )
    SELECT p.id FROM up JOIN posts p ON p.id = up.id WHERE {VISIBLE} ORDER BY up.depth
"""
DESCENDANTS = f"""
    -- The posts below one, with whom each answers. Index: posts_reply (reply_to_id)
    WITH RECURSIVE down (id, depth) AS (
        SELECT id, 1 FROM posts WHERE reply_to_id = :post_id
        UNION ALL
        SELECT q.id, down.depth + 1 FROM down JOIN posts q ON q.reply_to_id = down.id WHERE down.depth < :depth
    )
    SELECT p.id, p.reply_to_id, p.author_id FROM posts p
    WHERE p.id IN (SELECT id FROM down) AND {VISIBLE} AND {WANTED} ORDER BY p.id LIMIT :limit
"""
REPLIES_PAGE = PageQuery(f"""
    -- Newest answers to one post. Index: posts_reply (reply_to_id)
    SELECT p.id FROM posts p WHERE p.reply_to_id = :post_id AND {BOUNDS}
    AND {VISIBLE} ORDER BY p.id {{order}} LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class TagChoice:
    """Which hashtag posts: any of some, all of others, none of some. side: '', local or remote."""

    any_of: tuple[str, ...]
    every: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    side: str = ""
    only_media: bool = False


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """Which posts of an author. no_letters: without those that only the people named in them read."""

    only_media: bool = False
    no_replies: bool = False
    no_reposts: bool = False
    no_letters: bool = False
    tag: str | None = None


async def list_public(
    reader: Reader, viewer: int, window: Window, now_us: int, *, side: str = "", only_media: bool = False
) -> list[int]:
    """Return ids of the newest listed posts. side: '', local or remote."""
    rows = await list_rows(reader, PUBLIC_PAGES[side, only_media], window, viewer=viewer, now=now_us)
    return [row[0] for row in rows]


async def list_tagged(reader: Reader, viewer: int, window: Window, now_us: int, choice: TagChoice) -> list[int]:
    """Return ids of the newest public posts with hashtags (keys)."""
    rows = await list_rows(
        reader,
        TAG_PAGE,
        window,
        viewer=viewer,
        now=now_us,
        any=choice.any_of,
        every=choice.every,
        every_count=len(choice.every),
        none=choice.none,
        side=("", "local", "remote").index(choice.side),
        only_media=int(choice.only_media),
    )
    return [row[0] for row in rows]


async def list_of_account(reader: Reader, author: int, viewer: int, window: Window, choice: AccountChoice) -> list[int]:
    """Return ids of an author's newest posts that the viewer may see."""
    about: dict[str, int | str] = {
        "author": author,
        "viewer": viewer,
        "widest": int(Audience.FOLLOWERS if choice.no_letters else Audience.MENTIONED),
    }
    if choice.tag is not None:
        query, about["tag"] = ACCOUNT_TAG_PAGE, choice.tag
    elif choice.only_media:
        query, about["no_replies"] = ACCOUNT_MEDIA_PAGE, int(choice.no_replies)
    else:
        query = ACCOUNT_PAGE
        about |= {"no_replies": int(choice.no_replies), "no_reposts": int(choice.no_reposts)}
    return [row[0] for row in await list_rows(reader, query, window, **about)]


async def list_of_list(
    reader: Reader, list_id: int, viewer: int, window: Window, now_us: int, *, replies: str
) -> list[int]:
    """Return ids of the newest posts of a list's members. replies: to whom replies may go: none, list or followed."""
    rows = await list_rows(reader, LIST_PAGE, window, list=list_id, viewer=viewer, now=now_us, replies=replies)
    return [row[0] for row in rows]


async def list_ancestors(reader: Reader, post_id: int, viewer: int, *, depth: int = 200) -> list[int]:
    """Return the ids above a post, root first."""
    rows = await reader.all(ANCESTORS, post_id=post_id, viewer=viewer, depth=depth)
    return [row[0] for row in reversed(rows)]


async def list_descendants(
    reader: Reader, post_id: int, viewer: int, now_us: int, *, depth: int = 60, limit: int = 1000
) -> list[tuple[int, int, int]]:
    """Return (id, answers, author) of the posts below one, oldest first."""
    rows = await reader.all(DESCENDANTS, post_id=post_id, viewer=viewer, now=now_us, depth=depth, limit=limit)
    return [(row[0], row[1], row[2]) for row in rows]


async def list_replies(reader: Reader, post_id: int, viewer: int, window: Window) -> list[int]:
    """Return the ids of the answers to one post, newest first; not the answers to these."""
    return [row[0] for row in await list_rows(reader, REPLIES_PAGE, window, post_id=post_id, viewer=viewer)]
