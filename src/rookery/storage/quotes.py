"""Quotes in SQL: how a reader meets what is quoted, who quotes a post, and the author's say.

Owns: the columns quote_of_id, quote_state, quote_policy and quote_count of `posts`, except that storage/posts.py
inserts and reads them with the rest of the post. What leads a reader to a post carries VISIBLE (K5).
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.ids import PostId
from rookery.model.paging import Window
from rookery.model.quotes import QuotePolicy, QuoteState
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.visibility import VISIBLE, WANTED

# What stands between a reader and a post, nearest first.
MET = f"""
    CASE WHEN NOT ({VISIBLE}) THEN 'unauthorized'
    WHEN EXISTS (SELECT 1 FROM blocks mb WHERE mb.account_id = :viewer AND mb.other_id = p.author_id)
        THEN 'blocked_account'
    WHEN EXISTS (SELECT 1 FROM blocked_domains md JOIN accounts ma ON ma.domain = md.domain
        WHERE md.account_id = :viewer AND ma.id = p.author_id) THEN 'blocked_domain'
    WHEN EXISTS (SELECT 1 FROM mutes mm WHERE mm.account_id = :viewer AND mm.other_id = p.author_id
        AND (mm.expires_at IS NULL OR mm.expires_at > :now)) THEN 'muted_account'
    ELSE 'accepted' END
"""
MET_POSTS = f"""
    -- How one viewer meets some quoted posts. Index: primary key
    SELECT p.id, {MET} FROM posts p WHERE p.id IN (:ids...)
"""
MET_BY_EACH = f"""
    -- How each of some viewers meets one quoted post. Index: primary keys
    SELECT v.id, {MET.replace(":viewer", "v.id")} FROM posts p JOIN accounts v ON v.id IN (:viewers...)
    WHERE p.id = :post_id
"""
QUOTES_OF = PageQuery(f"""
    -- Newest quotes of a post, for whoever asks. The author's own page leaves nobody out whom they only mute or block.
    -- Index: posts_quote (quote_of_id, id DESC) WHERE quote_of_id IS NOT NULL
    SELECT p.id FROM posts p WHERE p.quote_of_id = :quoted AND p.quote_state = 'accepted'
    AND p.id < :before AND p.id > :after AND {VISIBLE} AND (:is_author = 1 OR ({WANTED}))
    ORDER BY p.id {{order}} LIMIT :limit
""")
QUOTES_BETWEEN = """
    -- Quotes that two accounts made of each other's posts. Index: posts_quoting (author_id)
    SELECT q.id, o.author_id FROM posts q JOIN posts o ON o.id = q.quote_of_id
    WHERE q.author_id IN (:pair...) AND o.author_id IN (:pair...) AND q.author_id <> o.author_id
    AND q.quote_of_id IS NOT NULL AND q.quote_state IN ('accepted', 'pending') ORDER BY q.id
"""
COUNT_QUOTES = "UPDATE posts SET quote_count = {greatest}(quote_count + :step, 0), version = version + 1 WHERE id = :id"
SET_STATE = "UPDATE posts SET quote_state = :state, version = version + 1 WHERE id = :id"
SET_POLICY = "UPDATE posts SET quote_policy = :policy, version = version + 1 WHERE id = :id AND quote_policy <> :policy"
FOLLOWED_AMONG = """
    -- Whom of some authors the viewer follows. Index: primary key of follows
    SELECT followed_id FROM follows WHERE follower_id = :viewer AND followed_id IN (:authors...) AND state = 'active'
"""


async def list_met(reader: Reader, ids: Iterable[int], viewer: int, now_us: int) -> dict[int, QuoteState]:
    """Return how a viewer (0 for nobody) meets posts that are quoted; a post that is gone is not there (K5)."""
    rows = await reader.all(MET_POSTS, ids=list(ids), viewer=viewer, now=now_us)
    return {row[0]: QuoteState(row[1]) for row in rows}


async def list_met_by_each(reader: Reader, post_id: int, viewers: Iterable[int], now_us: int) -> dict[int, QuoteState]:
    """Return how each of some accounts meets one quoted post."""
    rows = await reader.all(MET_BY_EACH, post_id=post_id, viewers=list(viewers), now=now_us)
    return {row[0]: QuoteState(row[1]) for row in rows}


async def list_quotes(
    reader: Reader, quoted: int, viewer: int, window: Window, now_us: int, *, is_author: bool
) -> list[int]:
    """Return ids of the newest quotes of a post that the viewer may see. is_author: of the quoted post."""
    rows = await list_rows(
        reader, QUOTES_OF, window, quoted=quoted, viewer=viewer, now=now_us, is_author=int(is_author)
    )
    return [row[0] for row in rows]


async def list_quotes_between(reader: Reader, pair: tuple[int, int]) -> list[tuple[int, int]]:
    """Return (quoting post, quoted author) of what holds or waits between two accounts."""
    rows = await reader.all(QUOTES_BETWEEN, pair=list(pair))
    return [(row[0], row[1]) for row in rows]


async def count_quotes(tx: Transaction, post_id: PostId, step: int) -> None:
    """Add to a post's quotes."""
    await tx.run(COUNT_QUOTES, id=post_id, step=step)


async def set_quote_state(tx: Transaction, post_id: PostId, state: QuoteState) -> None:
    """Store what became of a post's quote."""
    await tx.run(SET_STATE, id=post_id, state=state.value)


async def set_quote_policy(tx: Transaction, post_id: PostId, policy: QuotePolicy) -> bool:
    """Store who may quote a post; False when it was so already."""
    return await tx.run(SET_POLICY, id=post_id, policy=int(policy)) == 1


async def list_followed_among(reader: Reader, viewer: int, authors: Iterable[int]) -> set[int]:
    """Return those of the authors whom the viewer follows."""
    return {row[0] for row in await reader.all(FOLLOWED_AMONG, viewer=viewer, authors=list(authors))}
