"""Hashtags in SQL: the known ones, who follows and features them. How much they were used: storage/trends.py.

Owns: the tables `tags`, `followed_tags`, `featured_tags`. Which posts carry a tag is written by storage/posts.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.paging import Window
from rookery.model.tags import FeaturedTag, Tag, TagNotFound, TagRule
from rookery.model.trends import TrendKind, Verdict
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row
from rookery.storage.trends import list_verdicts, save_verdict

TAGS_BY_NAME = "SELECT name, shown, id FROM tags WHERE name IN (:names...text)"
ENSURE_TAG = """
    INSERT INTO tags (id, name, shown, last_used_at) VALUES (:id, :name, :shown, 0) ON CONFLICT (name) DO NOTHING
"""
FOLLOW_TAG = "INSERT INTO followed_tags (account_id, tag, id) VALUES (:account, :tag, :id) ON CONFLICT DO NOTHING"
UNFOLLOW_TAG = "DELETE FROM followed_tags WHERE account_id = :account AND tag = :tag"
COUNT_FOLLOWED = "SELECT count(*) FROM followed_tags WHERE account_id = :account"
FOLLOWED_TAGS = PageQuery("""
    -- Newest first. Index: followed_tags (account_id, tag)
    SELECT f.id, t.name, t.shown, t.id FROM followed_tags f JOIN tags t ON t.name = f.tag
    WHERE f.account_id = :account AND f.id < :before AND f.id > :after ORDER BY f.id {order} LIMIT :limit
""")
FOLLOWED_AMONG = "SELECT tag FROM followed_tags WHERE account_id = :account AND tag IN (:names...text)"
FEATURED_AMONG = "SELECT tag FROM featured_tags WHERE account_id = :account AND tag IN (:names...text)"
FEATURE_TAG = "INSERT INTO featured_tags (account_id, tag, id) VALUES (:account, :tag, :id) ON CONFLICT DO NOTHING"
UNFEATURE_TAG = "DELETE FROM featured_tags WHERE account_id = :account AND tag = :tag"
FEATURED_BY_ID = "SELECT tag FROM featured_tags WHERE account_id = :account AND id = :id"
FEATURED_TAGS = """
    -- An account's featured hashtags with what it wrote under them. Index: post_tags (tag, post_id)
    SELECT f.id, t.name, t.shown, t.id,
        (SELECT count(*) FROM post_tags c JOIN posts p ON p.id = c.post_id
            WHERE c.tag = f.tag AND p.author_id = f.account_id AND p.audience <= 1),
        (SELECT max(p.published_at) FROM post_tags c JOIN posts p ON p.id = c.post_id
            WHERE c.tag = f.tag AND p.author_id = f.account_id AND p.audience <= 1)
    FROM featured_tags f JOIN tags t ON t.name = f.tag WHERE f.account_id = :account ORDER BY f.id
"""
TAG_BY_ID = "SELECT name FROM tags WHERE id = :id"
RECENT_TAGS = """
    -- What an account used in its newest public posts and does not feature. Index: posts_author (author_id, id DESC)
    SELECT t.name, t.shown, t.id FROM (
        SELECT p.id AS id FROM posts p WHERE p.author_id = :account AND p.audience <= 1 ORDER BY p.id DESC LIMIT 200
    ) AS recent JOIN post_tags pt ON pt.post_id = recent.id JOIN tags t ON t.name = pt.tag
    WHERE NOT EXISTS (SELECT 1 FROM featured_tags f WHERE f.account_id = :account AND f.tag = t.name)
    GROUP BY t.name, t.shown, t.id ORDER BY count(*) DESC, max(recent.id) DESC LIMIT :limit
"""


TAG_PAGE = PageQuery("""
    -- Newest first. Index: tags (id)
    SELECT name, shown, id FROM tags WHERE id < :before AND id > :after ORDER BY id {order} LIMIT :limit
""")
TAG_BY_ID = "SELECT name, shown, id FROM tags WHERE id = :id"
RULES = "SELECT tag, is_usable, is_listable FROM tag_rules WHERE tag IN (:names...text)"
PUT_RULE = """
    INSERT INTO tag_rules (tag, is_usable, is_listable, reviewed_at) VALUES (:tag, :is_usable, :is_listable, :now)
    ON CONFLICT (tag) DO UPDATE SET is_usable = excluded.is_usable, is_listable = excluded.is_listable,
        reviewed_at = excluded.reviewed_at
"""
SPELL_TAG = "UPDATE tags SET shown = :shown WHERE name = :name"


async def list_every_tag(reader: Reader, window: Window) -> list[Tag]:
    """Return a page of all hashtags, newest first."""
    return [Tag(row[0], row[1], row[2]) for row in await list_rows(reader, TAG_PAGE, window)]


async def get_tag_by_id(reader: Reader, tag_id: int) -> Tag:
    """Return one hashtag. Raises TagNotFound."""
    row = await reader.one(TAG_BY_ID, id=tag_id)
    if row is None:
        raise TagNotFound
    return Tag(row[0], row[1], row[2])


async def find_tag_name(reader: Reader, tag_id: int) -> str | None:
    """Return the name (key) of a hashtag, or None."""
    row = await reader.one(TAG_BY_ID, id=tag_id)
    return row[0] if row else None


async def list_tag_rules(reader: Reader, names: Iterable[str]) -> dict[str, TagRule]:
    """Return what staff decided about some hashtags, the usual where nothing was decided."""
    wanted = list(names)
    found = {row[0]: row for row in await reader.all(RULES, names=wanted)}
    verdicts = await list_verdicts(reader, TrendKind.TAG, wanted)
    return {name: rule_from_row(found.get(name), verdicts.get(name)) for name in wanted}


def rule_from_row(row: Row | None, verdict: Verdict | None) -> TagRule:
    """Build a TagRule from RULES and what was decided about its trend."""
    is_trendable = None if verdict is None else verdict is Verdict.APPROVED
    return TagRule(bool(row[1]), is_trendable, bool(row[2])) if row else TagRule(is_trendable=is_trendable)


async def put_tag_rule(tx: Transaction, name: str, rule: TagRule, now_us: int) -> None:
    """Store what staff decided."""
    flags = {"is_usable": int(rule.is_usable), "is_listable": int(rule.is_listable)}
    await tx.run(PUT_RULE, tag=name, now=now_us, **flags)
    if rule.is_trendable is not None:
        verdict = Verdict.APPROVED if rule.is_trendable else Verdict.REJECTED
        await save_verdict(tx, TrendKind.TAG, name, verdict, now_us)


async def spell_tag(tx: Transaction, name: str, shown: str) -> None:
    """Store how a hashtag is written."""
    await tx.run(SPELL_TAG, name=name, shown=shown)


async def list_tags(reader: Reader, names: Iterable[str]) -> dict[str, Tag]:
    """Return the hashtags that somebody used or follows, by name (key)."""
    return {row[0]: Tag(row[0], row[1], row[2]) for row in await reader.all(TAGS_BY_NAME, names=list(names))}


async def ensure_tag(tx: Transaction, tag: Tag, tag_id: int) -> None:
    """Store a hashtag that nobody used yet."""
    await tx.run(ENSURE_TAG, id=tag_id, name=tag.name, shown=tag.shown)


async def follow_tag(tx: Transaction, account: int, name: str, row_id: int) -> bool:
    """Store that an account follows a hashtag; False when it does already."""
    return await tx.run(FOLLOW_TAG, account=account, tag=name, id=row_id) == 1


async def unfollow_tag(tx: Transaction, account: int, name: str) -> bool:
    """End it; False when the account did not follow."""
    return await tx.run(UNFOLLOW_TAG, account=account, tag=name) == 1


async def count_followed_tags(reader: Reader, account: int) -> int:
    """How many hashtags an account follows."""
    row = await reader.one(COUNT_FOLLOWED, account=account)
    return row[0] if row else 0


async def list_followed_tags(reader: Reader, account: int, window: Window) -> list[tuple[int, Tag]]:
    """Return (row id, hashtag) of what an account follows, newest first."""
    rows = await list_rows(reader, FOLLOWED_TAGS, window, account=account)
    return [(row[0], Tag(row[1], row[2], row[3])) for row in rows]


async def list_followed_among(reader: Reader, account: int, names: Iterable[str]) -> set[str]:
    """Return those of the hashtags that an account follows."""
    return {row[0] for row in await reader.all(FOLLOWED_AMONG, account=account, names=list(names))}


async def list_featured_among(reader: Reader, account: int, names: Iterable[str]) -> set[str]:
    """Return those of the hashtags that an account features."""
    return {row[0] for row in await reader.all(FEATURED_AMONG, account=account, names=list(names))}


async def feature_tag(tx: Transaction, account: int, name: str, row_id: int) -> bool:
    """Put a hashtag on an account's profile; False when it is there."""
    return await tx.run(FEATURE_TAG, account=account, tag=name, id=row_id) == 1


async def unfeature_tag(tx: Transaction, account: int, name: str) -> bool:
    """Take a hashtag off a profile; False when it is not there."""
    return await tx.run(UNFEATURE_TAG, account=account, tag=name) == 1


async def find_featured_name(reader: Reader, account: int, row_id: int) -> str | None:
    """Return the name of a featured hashtag by the id of its row, or None."""
    row = await reader.one(FEATURED_BY_ID, account=account, id=row_id)
    return row[0] if row else None


async def list_featured_tags(reader: Reader, account: int) -> list[FeaturedTag]:
    """Return the hashtags on an account's profile, oldest first."""
    rows = await reader.all(FEATURED_TAGS, account=account)
    return [FeaturedTag(row[0], Tag(row[1], row[2], row[3]), row[4], row[5]) for row in rows]


async def list_recent_tags(reader: Reader, account: int, limit: int) -> list[Tag]:
    """Return the hashtags that an account uses most of late and does not feature."""
    return [Tag(row[0], row[1], row[2]) for row in await reader.all(RECENT_TAGS, account=account, limit=limit)]
