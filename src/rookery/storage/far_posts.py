"""Posts of other servers in SQL: what only they have.

Owns: posts by their uri, what they answer or quote while that is not known here (`far_links`), what shall not come
back (`far_deletions` beside the tombstones), the change of a far post. Never: decides who may read; the readers here
are asked by actions, and what they find is for rules, not for an answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.ids import AccountId, PostId
from rookery.model.posts import Post
from rookery.storage.database import Reader, Transaction
from rookery.storage.posts import values_of_edit

ID_BY_URI = "SELECT id FROM posts WHERE uri = :uri"
PUT_LINK = """
    INSERT INTO far_links (post_id, kind, uri) VALUES (:post_id, :kind, :uri)
    ON CONFLICT (post_id, kind) DO UPDATE SET uri = excluded.uri
"""
LINKED = "SELECT post_id FROM far_links WHERE uri = :uri AND kind = :kind ORDER BY post_id LIMIT :limit"
LINKS_OF = "SELECT kind, uri FROM far_links WHERE post_id = :post_id"
CONSENTS = "SELECT post_id, uri FROM far_links WHERE kind = 'consent' AND post_id IN (:ids...)"
DELETE_LINK = "DELETE FROM far_links WHERE post_id = :post_id AND kind = :kind"
JOIN_REPLY = """
    UPDATE posts SET reply_to_id = :reply_to_id, reply_to_author_id = :author_id, version = version + 1,
        is_listed = CASE WHEN audience = 0 AND repost_of_id IS NULL AND author_id = :author_id THEN 1 ELSE 0 END
    WHERE id = :id
"""
MOVE_THREAD = "UPDATE posts SET thread_id = :after WHERE thread_id = :before"
# A conversation that both threads had stays with the newer thread; mutes of the former hold for the joined one.
DROP_TALKS = """
    DELETE FROM conversations WHERE thread_id = :before AND account_id IN
        (SELECT c.account_id FROM conversations c WHERE c.thread_id = :after)
"""
MOVE_TALKS = "UPDATE conversations SET thread_id = :after WHERE thread_id = :before"
JOIN_MUTES = """
    INSERT INTO marks (account_id, post_id, kind, id)
    SELECT m.account_id, CAST(:after AS {int}), 8, m.id FROM marks m WHERE m.post_id = :before AND m.kind = 8
    ON CONFLICT DO NOTHING
"""
JOIN_QUOTE = "UPDATE posts SET quote_of_id = :quoted, quote_state = :state, version = version + 1 WHERE id = :id"
UPDATE_POST = """
    UPDATE posts SET text = :text, html = :html, facets = :facets, content_warning = :content_warning,
        is_sensitive = :is_sensitive, language = :language, has_media = :has_media, edited_at = :edited_at,
        audience = :audience, is_listed = CASE WHEN CAST(:audience AS {int}) = 0 THEN is_listed ELSE 0 END, url = :url,
        version = version + 1
    WHERE id = :id
"""
SET_COUNTS = """
    UPDATE posts SET like_count = coalesce(:likes, like_count), repost_count = coalesce(:reposts, repost_count)
    WHERE id = :id
"""
HAS_VERSION = "SELECT 1 FROM post_versions WHERE post_id = :post_id AND written_at = :written_at"
IS_KEPT_OUT = """
    -- Indexes: far_deletions primary key, tombstones_uri
    SELECT 1 FROM far_deletions WHERE uri = :uri AND by_uri = :by_uri
    UNION SELECT 1 FROM tombstones WHERE uri = :uri
"""
IS_DELETED = """
    SELECT 1 FROM far_deletions WHERE uri = :uri UNION SELECT 1 FROM tombstones WHERE uri = :uri
"""
KEEP_OUT = """
    INSERT INTO far_deletions (uri, by_uri, deleted_at) VALUES (:uri, :by_uri, :now) ON CONFLICT DO NOTHING
"""
FORGET_DELETIONS = "DELETE FROM far_deletions WHERE deleted_at < :before"
REMOVE_MEDIA = "DELETE FROM media WHERE post_id = :post_id AND NOT id IN (:ids...)"
PLACE_MEDIA = "UPDATE media SET post_id = :post_id, position = :position WHERE id = :id"
WITNESSES = """
    -- Far people who have a post of ours: they liked or repeated, answered or quoted it.
    -- Indexes: marks_of_post, posts_reply, posts_quote
    SELECT x.account_id FROM (
        SELECT m.account_id FROM marks m WHERE m.post_id = :post_id AND m.kind IN (1, 16)
        UNION SELECT p.author_id FROM posts p WHERE p.reply_to_id = :post_id
        UNION SELECT p.author_id FROM posts p WHERE p.quote_of_id = :post_id
    ) x JOIN far_accounts fa ON fa.account_id = x.account_id ORDER BY x.account_id LIMIT :limit
"""
MOST_WITNESSES = 1000  # many of them share a server
MOST_JOINED = 500  # posts that learn at once what they answer or quote


async def find_post_id(reader: Reader, uri: str) -> PostId | None:
    """Return the far post, or repost, of a uri."""
    row = await reader.one(ID_BY_URI, uri=uri)
    return PostId(row[0]) if row else None


async def put_link(tx: Transaction, post_id: PostId, kind: str, uri: str) -> None:
    """Remember what a post answers or quotes until that is known, or what proves that it may quote.

    kind: reply, quote, consented, consent.
    """
    await tx.run(PUT_LINK, post_id=post_id, kind=kind, uri=uri)


async def list_linked(reader: Reader, uri: str, kind: str) -> list[PostId]:
    """Return the posts that wait for a uri."""
    return [PostId(row[0]) for row in await reader.all(LINKED, uri=uri, kind=kind, limit=MOST_JOINED)]


async def list_links(reader: Reader, post_id: PostId) -> dict[str, str]:
    """Return the uris that a post waits for, by kind."""
    return {row[0]: row[1] for row in await reader.all(LINKS_OF, post_id=post_id)}


async def list_consents(reader: Reader, ids: Iterable[int]) -> dict[int, str]:
    """Return what proves that posts may quote what they quote, by post, where far authors gave a proof."""
    return {row[0]: row[1] for row in await reader.all(CONSENTS, ids=list(ids))}


async def delete_link(tx: Transaction, post_id: PostId, kind: str) -> None:
    """The post is known, or will never be."""
    await tx.run(DELETE_LINK, post_id=post_id, kind=kind)


async def join_reply(tx: Transaction, post: Post, answered: Post) -> None:
    """Put a post, with what answers it, below another one."""
    await tx.run(JOIN_REPLY, id=post.id, reply_to_id=answered.id, author_id=answered.author_id)
    if post.thread_id == answered.thread_id:
        return
    for statement in (MOVE_THREAD, DROP_TALKS, MOVE_TALKS, JOIN_MUTES):
        await tx.run(statement, before=post.thread_id, after=answered.thread_id)


async def join_quote(tx: Transaction, post_id: PostId, quoted_id: PostId, state: str) -> None:
    """Store what a post quotes."""
    await tx.run(JOIN_QUOTE, id=post_id, quoted=quoted_id, state=state)


async def update_far_post(tx: Transaction, post: Post) -> None:
    """Store the newest text of a far post. Its audience only ever narrows; see actions/receiving_posts.py."""
    await tx.run(UPDATE_POST, **values_of_edit(post), audience=int(post.audience), url=post.url)


async def set_counts(tx: Transaction, post_id: PostId, likes: int | None, reposts: int | None) -> None:
    """Store the counts that the post's own server tells; None keeps what was."""
    await tx.run(SET_COUNTS, id=post_id, likes=likes, reposts=reposts)


async def has_version(reader: Reader, post_id: PostId, written_at_us: int) -> bool:
    """True when the history holds the text of that moment."""
    return await reader.one(HAS_VERSION, post_id=post_id, written_at=written_at_us) is not None


async def is_kept_out(reader: Reader, uri: str, by_uri: str) -> bool:
    """True when the author, or staff here, deleted the post of this uri, whether it had arrived or not."""
    return await reader.one(IS_KEPT_OUT, uri=uri, by_uri=by_uri) is not None


async def is_deleted(reader: Reader, uri: str) -> bool:
    """True when somebody deleted this uri, so that nothing needs to wait for it."""
    return await reader.one(IS_DELETED, uri=uri) is not None


async def keep_out(tx: Transaction, uri: str, by_uri: str, now_us: int) -> None:
    """Let nothing of this uri in that says it is by that account."""
    await tx.run(KEEP_OUT, uri=uri, by_uri=by_uri, now=now_us)


async def forget_deletions(tx: Transaction, before_us: int) -> None:
    """Forget deletions of what never came."""
    await tx.run(FORGET_DELETIONS, before=before_us)


async def list_witnesses(reader: Reader, post_id: PostId) -> list[AccountId]:
    """Return the far people who met a post of ours although it was not sent to them."""
    rows = await reader.all(WITNESSES, post_id=post_id, limit=MOST_WITNESSES)
    return [AccountId(row[0]) for row in rows]


async def replace_media(tx: Transaction, post_id: PostId, ids: Iterable[int]) -> None:
    """Give a far post these links to pictures, which are rows already, in this order; it loses all others."""
    kept = list(ids)
    await tx.run(REMOVE_MEDIA, post_id=post_id, ids=kept)
    for place, media_id in enumerate(kept):
        await tx.run(PLACE_MEDIA, id=media_id, post_id=post_id, position=place)
