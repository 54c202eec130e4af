"""Who of those that listen hears of a post: questions of open streams to SQL, each for all listeners at once.

Owns: the direction from one post to its listeners. Every rule is the one that the pages have: VISIBLE and WANTED (K5),
NOT_SILENCED, LIST_RULE, asked for each viewer of a set (`v`) instead of for one (`:viewer`). A post that is gone is
heard by nobody; who hears of its deletion is told by the author, the audience as it was and the follows as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.storage.database import Reader
from rookery.storage.pages import LIST_RULE, NOT_SILENCED
from rookery.storage.visibility import VISIBLE, WANTED

PLACE = """
    -- What decides the topics of a post. Index: primary key
    SELECT p.author_id, p.audience, p.is_listed, p.is_local, p.has_media FROM posts p WHERE p.id = :post_id
"""
FOR_STRANGERS = f"""
    -- Whether somebody without any relation meets a post in public lists. Index: primary key
    SELECT 1 FROM posts p WHERE p.id = :post_id AND p.audience = 0 AND {VISIBLE} AND {WANTED} AND {NOT_SILENCED}
"""
EACH = "v.id"
VIEWERS = f"""
    -- Who of some viewers may see a post and wants to. Index: primary keys
    SELECT v.id FROM posts p JOIN accounts v ON v.id IN (:viewers...)
    WHERE p.id = :post_id AND {VISIBLE.replace(":viewer", EACH)} AND {WANTED.replace(":viewer", EACH)}
"""
PUBLIC_VIEWERS = f"{VIEWERS} AND p.audience = 0 AND {NOT_SILENCED.replace(':viewer', EACH)}"
OWNER = "l.account_id"
OF_LIST = LIST_RULE.replace(":viewer", OWNER).replace(":list", "l.id").replace(":replies", "l.replies")
LISTS = f"""
    -- Which of some lists take a post, for their owners. Index: list_members_account (account_id)
    SELECT l.id FROM posts p JOIN list_members lm ON lm.account_id = p.author_id JOIN lists l ON l.id = lm.list_id
    WHERE p.id = :post_id AND l.id IN (:lists...) AND {OF_LIST}
    AND {VISIBLE.replace(":viewer", OWNER)} AND {WANTED.replace(":viewer", OWNER)}
"""
LISTS_OF_AUTHOR = """
    -- Which of some lists may have shown an author's post. Index: list_members_account (account_id)
    SELECT l.id FROM list_members lm JOIN lists l ON l.id = lm.list_id
    WHERE lm.account_id = :author AND l.id IN (:lists...) AND (l.account_id = :author
        OR EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = l.account_id AND f.followed_id = :author
            AND f.state = 'active'))
"""
FOLLOWERS = """
    -- Who of some follows an author. Index: primary key of follows
    SELECT follower_id FROM follows
    WHERE followed_id = :author AND follower_id IN (:owners...) AND state = 'active'
"""
UNBLOCKED = """
    -- Who of some neither blocks an author nor is blocked. Index: primary key of blocks
    SELECT v.id FROM accounts v WHERE v.id IN (:people...)
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = v.id AND b.other_id = :author)
    AND NOT EXISTS (SELECT 1 FROM blocks c WHERE c.account_id = :author AND c.other_id = v.id)
"""
TAG_FOLLOWERS = "SELECT account_id FROM followed_tags WHERE tag IN (:tags...text) AND account_id IN (:owners...)"
HAS_RELATIONS = """
    -- Whether anything could hide somebody's public post from a viewer, or them from each other.
    SELECT 1 WHERE EXISTS (SELECT 1 FROM blocks WHERE account_id = :viewer)
    OR EXISTS (SELECT 1 FROM blocks WHERE other_id = :viewer)
    OR EXISTS (SELECT 1 FROM mutes WHERE account_id = :viewer)
    OR EXISTS (SELECT 1 FROM blocked_domains WHERE account_id = :viewer)
"""
OWNS_LIST = "SELECT 1 FROM lists WHERE id = :list AND account_id = :owner"
WITH_MARKS = """
    -- Who of some viewers did anything to some posts. Index: primary keys of marks and votes
    SELECT account_id FROM marks WHERE post_id IN (:posts...) AND account_id IN (:viewers...)
    UNION SELECT account_id FROM votes WHERE post_id IN (:posts...) AND account_id IN (:viewers...)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What decides where a post is heard."""

    post_id: int
    author_id: int
    audience: int
    is_listed: bool
    is_local: bool
    has_media: bool


async def find_place(reader: Reader, post_id: int) -> Place | None:
    """Return where a post stands now, None when it is gone."""
    row = await reader.one(PLACE, post_id=post_id)
    return Place(post_id, row[0], row[1], bool(row[2]), bool(row[3]), bool(row[4])) if row else None


async def is_for_strangers(reader: Reader, post_id: int, now_us: int) -> bool:
    """True when a public post is met by somebody without any relation."""
    return await reader.one(FOR_STRANGERS, post_id=post_id, viewer=0, now=now_us) is not None


async def list_public_viewers(reader: Reader, post_id: int, viewers: Iterable[int], now_us: int) -> set[int]:
    """Return those who would meet a post in a public list."""
    return {row[0] for row in await reader.all(PUBLIC_VIEWERS, post_id=post_id, viewers=list(viewers), now=now_us)}


async def list_lists(reader: Reader, post_id: int, lists: Iterable[int], now_us: int) -> set[int]:
    """Return those of the lists that take a post."""
    return {row[0] for row in await reader.all(LISTS, post_id=post_id, lists=list(lists), now=now_us)}


async def list_lists_of_author(reader: Reader, author: int, lists: Iterable[int]) -> set[int]:
    """Return those of the lists that may have shown a post of an author, now that it is gone."""
    return {row[0] for row in await reader.all(LISTS_OF_AUTHOR, author=author, lists=list(lists))}


async def list_followers_among(reader: Reader, author: int, owners: Iterable[int]) -> set[int]:
    """Return those who follow an author."""
    return {row[0] for row in await reader.all(FOLLOWERS, author=author, owners=list(owners))}


async def list_unblocked_among(reader: Reader, author: int, people: Iterable[int]) -> set[int]:
    """Return those between whom and an author no block stands."""
    return {row[0] for row in await reader.all(UNBLOCKED, author=author, people=list(people))}


async def list_tag_followers_among(reader: Reader, tags: Iterable[str], owners: Iterable[int]) -> set[int]:
    """Return those who follow any of some hashtags (keys)."""
    return {row[0] for row in await reader.all(TAG_FOLLOWERS, tags=list(tags), owners=list(owners))}


async def has_relations(reader: Reader, viewer: int) -> bool:
    """True when the viewer blocks, mutes or is blocked by anybody, or blocks a domain."""
    return await reader.one(HAS_RELATIONS, viewer=viewer) is not None


async def is_list_owner(reader: Reader, list_id: int, owner: int) -> bool:
    """True when the list exists and is the account's."""
    return await reader.one(OWNS_LIST, list=list_id, owner=owner) is not None


async def list_markers_among(reader: Reader, posts: Iterable[int], viewers: Iterable[int]) -> set[int]:
    """Return those who marked any of some posts or voted in them: they see them with flags of their own."""
    rows = await reader.all(WITH_MARKS, posts=list(posts), viewers=list(viewers))
    return {row[0] for row in rows}
