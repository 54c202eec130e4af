"""Marks: what one account did to one post: like, bookmark, pin, muted thread, repost.

Owns: the table `marks`. A repost is a post as well; its mark carries the same id, so that one query tells a viewer's
relation to a page of posts. The mark's id orders lists of likes and bookmarks.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag

from rookery.model.ids import AccountId, PostId
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE


class Mark(IntFlag):
    """Kinds of marks; together they tell all that a viewer did to a post."""

    LIKE = 1
    BOOKMARK = 2
    PIN = 4
    MUTE = 8
    REPOST = 16


INSERT_MARK = """
    INSERT INTO marks (account_id, post_id, kind, id) VALUES (:account_id, :post_id, :kind, :id) ON CONFLICT DO NOTHING
"""
DELETE_MARK = "DELETE FROM marks WHERE account_id = :account_id AND post_id = :post_id AND kind = :kind RETURNING id"
LOCK_MARK = "SELECT id FROM marks WHERE account_id = :account_id AND post_id = :post_id AND kind = :kind {for_update}"
DELETE_MARKS_OF_POST = "DELETE FROM marks WHERE post_id = :post_id"
MARKS_ON_POSTS = "SELECT post_id, kind FROM marks WHERE account_id = :viewer AND post_id IN (:ids...)"
MARKS_SINCE = "SELECT post_id, kind FROM marks WHERE account_id = :viewer AND (post_id >= :floor OR kind = 8)"
ALL_MARKS = "SELECT post_id, kind FROM marks WHERE account_id = :account_id LIMIT :limit"
COUNT_MARKS = "SELECT count(*) FROM marks WHERE account_id = :account_id AND kind = :kind"
COUNT_LIKES = (
    "UPDATE posts SET like_count = {greatest}(like_count + :step, 0), version = version + 1 WHERE id = :post_id"
)
MARKED_POSTS = PageQuery(f"""
    -- Posts that the viewer liked or bookmarked, newest mark first. Index: marks_of_account (account_id, kind, id DESC)
    SELECT m.id, m.post_id FROM marks m JOIN posts p ON p.id = m.post_id
    WHERE m.account_id = :viewer AND m.kind = :kind AND m.id < :before AND m.id > :after AND {VISIBLE}
    ORDER BY m.id {{order}} LIMIT :limit
""")
PINNED_POSTS = f"""
    SELECT p.id FROM marks m JOIN posts p ON p.id = m.post_id
    WHERE m.account_id = :author AND m.kind = 4 AND p.author_id = :author AND {VISIBLE} ORDER BY m.id DESC LIMIT 20
"""
MARKERS_OF_POST = PageQuery("""
    -- Who liked or reposted, newest first. Index: marks_of_post (post_id, kind, id DESC)
    SELECT m.id, m.account_id FROM marks m JOIN accounts a ON a.id = m.account_id
    WHERE m.post_id = :post_id AND m.kind = :kind AND m.id < :before AND m.id > :after AND a.suspended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = m.account_id AND b.other_id = :viewer)
    AND NOT EXISTS (SELECT 1 FROM blocks c WHERE c.account_id = :viewer AND c.other_id = m.account_id)
    ORDER BY m.id {order} LIMIT :limit
""")


async def insert_mark(tx: Transaction, account_id: AccountId, post_id: PostId, mark: Mark, mark_id: int) -> bool:
    """Store a mark; False when it was there already."""
    return await tx.run(INSERT_MARK, account_id=account_id, post_id=post_id, kind=int(mark), id=mark_id) == 1


async def delete_mark(tx: Transaction, account_id: AccountId, post_id: PostId, mark: Mark) -> int:
    """Take a mark back; return its id, 0 when there was none."""
    gone = await tx.all(DELETE_MARK, account_id=account_id, post_id=post_id, kind=int(mark))
    return int(gone[0][0]) if gone else 0


async def lock_mark(tx: Transaction, account_id: int, post_id: int, mark: Mark) -> int:
    """Hold a mark until the transaction ends; return its id, 0 when there is none."""
    row = await tx.one(LOCK_MARK, account_id=account_id, post_id=post_id, kind=int(mark))
    return row[0] if row else 0


async def delete_marks_of_post(tx: Transaction, post_id: PostId) -> None:
    """Forget everything that anybody did to a post."""
    await tx.run(DELETE_MARKS_OF_POST, post_id=post_id)


async def list_marks(reader: Reader, viewer: int, post_ids: Iterable[int]) -> dict[int, int]:
    """Return what the viewer did to these posts, as Mark bits by post id; unmarked ones are absent."""
    return bits_by_post(await reader.all(MARKS_ON_POSTS, viewer=viewer, ids=list(post_ids)))


async def list_marks_since(reader: Reader, viewer: int, floor: int) -> dict[int, int]:
    """Return all the viewer's marks on posts whose id is at least floor, and every thread that they muted."""
    return bits_by_post(await reader.all(MARKS_SINCE, viewer=viewer, floor=floor))


def bits_by_post(rows: Iterable[Row]) -> dict[int, int]:
    """Fold (post, kind) rows."""
    bits: dict[int, int] = {}
    for row in rows:
        bits[row[0]] = bits.get(row[0], 0) | row[1]
    return bits


async def count_marks(reader: Reader, account_id: AccountId, mark: Mark) -> int:
    """How many marks of this kind an account has made."""
    row = await reader.one(COUNT_MARKS, account_id=account_id, kind=int(mark))
    return row[0] if row else 0


async def count_likes(tx: Transaction, post_id: PostId, step: int) -> None:
    """Add to a post's likes."""
    await tx.run(COUNT_LIKES, post_id=post_id, step=step)


async def list_marked(reader: Reader, viewer: int, mark: Mark, window: Window) -> list[tuple[int, int]]:
    """Return (mark id, post id) of the viewer's marks, newest first; the window is over mark ids."""
    rows = await list_rows(reader, MARKED_POSTS, window, viewer=viewer, kind=int(mark))
    return [(row[0], row[1]) for row in rows]


async def list_pinned(reader: Reader, author: int, viewer: int) -> list[int]:
    """Return the ids of an author's pinned posts that the viewer may see."""
    return [row[0] for row in await reader.all(PINNED_POSTS, author=author, viewer=viewer)]


async def list_markers(reader: Reader, post_id: int, mark: Mark, viewer: int, window: Window) -> list[tuple[int, int]]:
    """Return (mark id, account id) of who marked a post, newest first."""
    rows = await list_rows(reader, MARKERS_OF_POST, window, post_id=post_id, kind=int(mark), viewer=viewer)
    return [(row[0], row[1]) for row in rows]


async def list_all_marks(reader: Reader, account_id: int, limit: int) -> list[tuple[int, int]]:
    """Return (post, kind) of marks that an account made; for taking them back."""
    return [(row[0], row[1]) for row in await reader.all(ALL_MARKS, account_id=account_id, limit=limit)]
