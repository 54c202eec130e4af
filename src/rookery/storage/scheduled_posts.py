"""Scheduled posts in SQL, and the uploads that they hold.

Owns: the tables `scheduled_posts` and `scheduled_media`. An upload that is held belongs to no post yet, and neither
another post nor the housework takes it (storage/media.py).
"""

from __future__ import annotations

import msgspec

from rookery.model.ids import AccountId
from rookery.model.paging import Window
from rookery.model.posts import Draft
from rookery.model.scheduled_posts import DAY_US, ScheduledPost
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row

DECODE_DRAFT = msgspec.json.Decoder(Draft).decode
COLUMNS = "id, account_id, publish_at, draft, error"
INSERT_SCHEDULED = """
    INSERT INTO scheduled_posts (id, account_id, publish_at, draft) VALUES (:id, :account_id, :publish_at, :draft)
"""
HOLD_MEDIA = """
    -- Only an own upload that no post has.
    INSERT INTO scheduled_media (media_id, scheduled_id)
    SELECT id, :scheduled_id FROM media WHERE id = :media_id AND account_id = :account_id AND post_id IS NULL
    ON CONFLICT DO NOTHING
"""
FIND_SCHEDULED = f"SELECT {COLUMNS} FROM scheduled_posts WHERE id = :id AND account_id = :account_id"
SCHEDULED_PAGE = PageQuery(f"""
    -- The latest made first. Index: scheduled_posts_account (account_id, id DESC)
    SELECT {COLUMNS} FROM scheduled_posts WHERE account_id = :account_id AND id < :before AND id > :after
    ORDER BY id {{order}} LIMIT :limit
""")
COMING_SCHEDULED = f"""
    -- Those that failed, then by time. Reads all of one account's, 300 at most.
    SELECT {COLUMNS} FROM scheduled_posts WHERE account_id = :account_id ORDER BY publish_at, id
"""
DUE_SCHEDULED = f"""
    -- Index: scheduled_posts_due (publish_at) WHERE error IS NULL
    SELECT {COLUMNS} FROM scheduled_posts WHERE error IS NULL AND publish_at <= :now ORDER BY publish_at LIMIT :limit
"""
COUNT_SCHEDULED = """
    SELECT count(*), count(CASE WHEN publish_at >= :day AND publish_at < :next_day THEN 1 END) FROM scheduled_posts
    WHERE account_id = :account_id AND id <> :besides
"""
COUNT_FAILED = "SELECT count(*) FROM scheduled_posts WHERE account_id = :account_id AND error IS NOT NULL"
MOVE_SCHEDULED = """
    UPDATE scheduled_posts SET publish_at = :publish_at, error = NULL WHERE id = :id AND account_id = :account_id
"""
TAKE_SCHEDULED = """
    -- Of two who publish it at the same moment one gets it; one that was moved meanwhile is not due.
    DELETE FROM scheduled_posts WHERE id = :id AND publish_at <= :now AND error IS NULL
"""
FAIL_SCHEDULED = "UPDATE scheduled_posts SET error = :error WHERE id = :id AND publish_at <= :now"
DELETE_SCHEDULED = "DELETE FROM scheduled_posts WHERE id = :id AND account_id = :account_id"


def scheduled_from_row(row: Row) -> ScheduledPost:
    """Build a ScheduledPost from COLUMNS."""
    return ScheduledPost(row[0], AccountId(row[1]), row[2], DECODE_DRAFT(row[3]), row[4])


async def insert_scheduled(tx: Transaction, post: ScheduledPost) -> None:
    """Store a post that waits."""
    await tx.run(
        INSERT_SCHEDULED,
        id=post.id,
        account_id=post.account_id,
        publish_at=post.publish_at_us,
        draft=encode(post.draft),
    )


async def hold_media(tx: Transaction, account_id: int, media_id: int, scheduled_id: int) -> bool:
    """Keep an own upload for a post that waits; False when it is not there or taken."""
    return await tx.run(HOLD_MEDIA, account_id=account_id, media_id=media_id, scheduled_id=scheduled_id) == 1


async def find_scheduled(reader: Reader, account_id: int, scheduled_id: int) -> ScheduledPost | None:
    """Return one of an account's posts that wait, or None."""
    row = await reader.one(FIND_SCHEDULED, id=scheduled_id, account_id=account_id)
    return scheduled_from_row(row) if row else None


async def list_scheduled(reader: Reader, account_id: int, window: Window) -> list[ScheduledPost]:
    """Return a page of what waits, the latest made first."""
    rows = await list_rows(reader, SCHEDULED_PAGE, window, account_id=account_id)
    return [scheduled_from_row(row) for row in rows]


async def list_coming(reader: Reader, account_id: int) -> list[ScheduledPost]:
    """Return everything of an account that waits, the next first."""
    return [scheduled_from_row(row) for row in await reader.all(COMING_SCHEDULED, account_id=account_id)]


async def list_due(reader: Reader, now_us: int, limit: int = 50) -> list[ScheduledPost]:
    """Return what should be published by now, the longest overdue first."""
    return [scheduled_from_row(row) for row in await reader.all(DUE_SCHEDULED, now=now_us, limit=limit)]


async def count_scheduled(reader: Reader, account_id: int, publish_at_us: int, *, besides: int = 0) -> tuple[int, int]:
    """Return how many posts of an account wait, in all and for the day (UTC) of a moment, without one of them."""
    day = publish_at_us // DAY_US * DAY_US
    row = await reader.one(COUNT_SCHEDULED, account_id=account_id, day=day, next_day=day + DAY_US, besides=besides)
    return (row[0], row[1]) if row else (0, 0)


async def count_failed(reader: Reader, account_id: int) -> int:
    """Return how many posts of an account could not be published."""
    row = await reader.one(COUNT_FAILED, account_id=account_id)
    return row[0] if row else 0


async def move_scheduled(tx: Transaction, account_id: int, scheduled_id: int, publish_at_us: int) -> bool:
    """Give a post another time, and forget that it failed; False when it is gone."""
    return await tx.run(MOVE_SCHEDULED, id=scheduled_id, account_id=account_id, publish_at=publish_at_us) == 1


async def take_scheduled(tx: Transaction, scheduled_id: int, now_us: int) -> bool:
    """Remove a due post for its publication, once; its uploads are free in the same transaction."""
    # An engine may count the held uploads that go with the row.
    return await tx.run(TAKE_SCHEDULED, id=scheduled_id, now=now_us) > 0


async def fail_scheduled(tx: Transaction, scheduled_id: int, error: str, now_us: int) -> bool:
    """Keep a due post with the reason why it cannot be published; False when it was moved or is gone."""
    return await tx.run(FAIL_SCHEDULED, id=scheduled_id, error=error[:500], now=now_us) == 1


async def delete_scheduled(tx: Transaction, account_id: int, scheduled_id: int) -> bool:
    """Cancel one; False when there is none."""
    return await tx.run(DELETE_SCHEDULED, id=scheduled_id, account_id=account_id) > 0
