"""Posts in SQL: storing, changing, deleting, and reading whole posts by id.

Owns: the table `posts` with its mentions, tags, versions and counts. Pages of ids come from storage/pages.py, which
asks who may see; the readers here take ids that passed that gate, or the viewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rookery.model.ids import PostId
from rookery.model.media import Attachment
from rookery.model.posts import Audience, Mention, Poll, Post, PostNotFound, PostVersion
from rookery.model.quotes import QuotePolicy, QuoteState, policy_within
from rookery.storage.cards import list_cards_of_posts
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_facets, decode_media, decode_texts, encode
from rookery.storage.media import list_media_of_posts
from rookery.storage.polls import list_polls
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE

# All pictures of some authors are sensitive, whatever they say themselves.
IS_SENSITIVE = """
    CASE WHEN EXISTS (SELECT 1 FROM account_measures sm WHERE sm.account_id = p.author_id
        AND sm.sensitive_at IS NOT NULL) THEN 1 ELSE p.is_sensitive END
"""
COLUMNS = f"""
    p.id, p.author_id, p.audience, p.text, p.html, p.facets, p.content_warning, {IS_SENSITIVE}, p.language,
    p.reply_to_id, p.reply_to_author_id, p.thread_id, p.repost_of_id, p.published_at, p.edited_at, p.version,
    p.reply_count, p.repost_count, p.like_count, p.is_local, p.uri, p.url, a.name, a.website, p.has_media,
    p.quote_of_id, p.quote_state, p.quote_policy, p.quote_count
"""
POSTS_BY_ID = f"SELECT {COLUMNS} FROM posts p LEFT JOIN apps a ON a.id = p.app_id WHERE p.id IN (:ids...)"
VISIBLE_IDS = f"SELECT p.id FROM posts p WHERE p.id IN (:ids...) AND {VISIBLE}"
MENTIONS_OF_POSTS = """
    SELECT m.post_id, m.account_id, a.username, a.domain FROM mentions m JOIN accounts a ON a.id = m.account_id
    WHERE m.post_id IN (:ids...) AND m.is_silent = 0
"""
INSERT_POST = """
    INSERT INTO posts (id, author_id, audience, text, html, facets, content_warning, is_sensitive, language,
        reply_to_id, reply_to_author_id, thread_id, repost_of_id, published_at, edited_at, is_local, is_listed,
        has_media, uri, url, app_id, quote_of_id, quote_state, quote_policy)
    VALUES (:id, :author_id, :audience, :text, :html, :facets, :content_warning, :is_sensitive, :language,
        :reply_to_id, :reply_to_author_id, :thread_id, :repost_of_id, :published_at, :edited_at, :is_local, :is_listed,
        :has_media, :uri, :url, :app_id, :quote_of_id, :quote_state, :quote_policy)
    ON CONFLICT DO NOTHING
"""
UPDATE_POST = """
    UPDATE posts SET text = :text, html = :html, facets = :facets, content_warning = :content_warning,
        is_sensitive = :is_sensitive, language = :language, has_media = :has_media, edited_at = :edited_at,
        version = version + 1
    WHERE id = :id
"""
TOUCH_POST = "UPDATE posts SET version = version + 1 WHERE id = :id"
LOCK_POST = "SELECT id FROM posts WHERE id = :id {for_update}"
LOCK_TEXT = "SELECT edited_at FROM posts WHERE id = :id {for_update}"
DELETE_POST = "DELETE FROM posts WHERE id = :id"
# Pictures of ours stay for a redraft; links of others have nothing to stay for.
DELETE_LINKS = "DELETE FROM media WHERE post_id = :id AND remote_url <> ''"
INSERT_TOMBSTONE = """
    INSERT INTO tombstones (post_id, author_id, uri, deleted_at) VALUES (:id, :author_id, :uri, :deleted_at)
    ON CONFLICT DO NOTHING
"""
INSERT_MENTION = """
    INSERT INTO mentions (post_id, account_id, is_silent) VALUES (:post_id, :account_id, :is_silent)
    ON CONFLICT (post_id, account_id) DO UPDATE SET is_silent = 0 WHERE excluded.is_silent = 0
"""
DELETE_TAGS = "DELETE FROM post_tags WHERE post_id = :post_id"
INSERT_TAG = "INSERT INTO post_tags (tag, post_id) VALUES (:tag, :post_id) ON CONFLICT DO NOTHING"
TOUCH_TAG = """
    INSERT INTO tags (id, name, shown, last_used_at) VALUES (:id, :name, :shown, :now)
    ON CONFLICT (name) DO UPDATE SET last_used_at = excluded.last_used_at
"""
COUNT_REPLIES = (
    "UPDATE posts SET reply_count = {greatest}(reply_count + :step, 0), version = version + 1 WHERE id = :id"
)
COUNT_REPOSTS = """
    UPDATE posts SET repost_count = {greatest}(repost_count + :step, 0), version = version + 1 WHERE id = :id
"""
REPOSTS_OF = "SELECT id, author_id, audience FROM posts WHERE repost_of_id = :post_id"
FIND_REPOST = "SELECT id FROM posts WHERE repost_of_id = :post_id AND author_id = :author_id"
INSERT_VERSION = """
    INSERT INTO post_versions (post_id, number, text, content_warning, is_sensitive, facets, media, poll_options,
        written_at)
    VALUES (:post_id, (SELECT coalesce(max(number), 0) + 1 FROM post_versions WHERE post_id = :post_id), :text,
        :content_warning, :is_sensitive, :facets, :media, :poll_options, :written_at)
"""
VERSIONS = """
    SELECT text, content_warning, is_sensitive, facets, media, poll_options, written_at FROM post_versions
    WHERE post_id = :post_id ORDER BY written_at, number
"""
GET_IDEMPOTENT = "SELECT post_id FROM idempotency WHERE account_id = :account_id AND key = :key AND created_at > :since"
CLAIM_IDEMPOTENT = """
    -- Of two at the same moment one waits for the other and gets nothing.
    INSERT INTO idempotency (account_id, key, post_id, created_at) VALUES (:account_id, :key, :post_id, :now)
    ON CONFLICT (account_id, key) DO UPDATE SET post_id = excluded.post_id, created_at = excluded.created_at
    WHERE idempotency.created_at <= :since
"""
PUT_IDEMPOTENT = """
    INSERT INTO idempotency (account_id, key, post_id, created_at) VALUES (:account_id, :key, :post_id, :now)
    ON CONFLICT (account_id, key) DO UPDATE SET post_id = excluded.post_id, created_at = excluded.created_at
"""
IDS_OF_AUTHOR = "SELECT id FROM posts WHERE author_id = :author_id ORDER BY id DESC LIMIT :limit"
TAGS_OF_POST = "SELECT tag FROM post_tags WHERE post_id = :post_id"


async def list_posts(reader: Reader, ids: Iterable[int]) -> dict[int, Post]:
    """Return whole posts by id, with media, mentions and polls; no gate here (see the header)."""
    wanted = list(ids)
    rows = await reader.all(POSTS_BY_ID, ids=wanted)
    own_ids = [row[0] for row in rows if row[12] is None]
    mentions: dict[int, list[Mention]] = {}
    for row in await reader.all(MENTIONS_OF_POSTS, ids=own_ids):
        mentions.setdefault(row[0], []).append(Mention(row[1], row[2], row[3]))
    media = await list_media_of_posts(reader, [row[0] for row in rows if row[24]])
    polls = await list_polls(reader, own_ids)
    found = {
        row[0]: post_from_row(row, media.get(row[0], ()), tuple(mentions.get(row[0], ())), polls.get(row[0]))
        for row in rows
    }
    cards = await list_cards_of_posts(reader, own_ids)
    return found | {post_id: replace(found[post_id], card=card) for post_id, card in cards.items()}


def post_from_row(row: Row, media: Sequence[Attachment], mentions: tuple[Mention, ...], poll: Poll | None) -> Post:
    """Build a Post from COLUMNS and what belongs to it."""
    return Post(  # type: ignore[call-arg]  # the stars hide how many values COLUMNS has
        row[0],
        row[1],
        Audience(row[2]),
        row[3],
        row[4],
        decode_facets(row[5]),
        row[6],
        bool(row[7]),
        *row[8:19],
        bool(row[19]),
        *row[20:24],
        tuple(media),
        mentions,
        poll,
        None,
        row[25],
        QuoteState(row[26]) if row[26] else None,
        policy_within(row[2], QuotePolicy(row[27])),
        row[28],
    )


async def list_visible_ids(reader: Reader, ids: Iterable[int], viewer: int) -> set[int]:
    """Return those of the ids that the viewer may see (K5)."""
    return {row[0] for row in await reader.all(VISIBLE_IDS, ids=list(ids), viewer=viewer)}


async def get_visible_post(reader: Reader, post_id: int, viewer: int) -> Post:
    """Return one post that the viewer may see. Raises PostNotFound, the same for absent and hidden."""
    if not await list_visible_ids(reader, [post_id], viewer):
        raise PostNotFound
    post = (await list_posts(reader, [post_id])).get(post_id)
    if post is None:
        raise PostNotFound
    return post


async def find_post(reader: Reader, post_id: int) -> Post | None:
    """Return one post whoever asks; for rules inside actions, never for an answer."""
    return (await list_posts(reader, [post_id])).get(post_id)


async def insert_post(tx: Transaction, post: Post, *, app_id: int | None = None) -> bool:
    """Store a post and its mentions; False when the id, URI or repost exists."""
    is_listed = (
        post.audience is Audience.PUBLIC
        and post.repost_of_id is None
        and post.reply_to_author_id in (None, post.author_id)
    )
    inserted = await tx.run(
        INSERT_POST,
        id=post.id,
        author_id=post.author_id,
        audience=int(post.audience),
        text=post.text,
        html=post.html,
        facets=encode(post.facets) if post.facets else "[]",
        content_warning=post.content_warning,
        is_sensitive=int(post.is_sensitive),
        language=post.language,
        reply_to_id=post.reply_to_id,
        reply_to_author_id=post.reply_to_author_id,
        thread_id=post.thread_id,
        repost_of_id=post.repost_of_id,
        published_at=post.published_at_us,
        edited_at=post.edited_at_us,
        is_local=int(post.is_local),
        is_listed=int(is_listed),
        has_media=int(bool(post.media)),
        uri=post.uri,
        url=post.url,
        app_id=app_id,
        quote_of_id=post.quote_of_id,
        quote_state=post.quote_state.value if post.quote_state else None,
        quote_policy=int(post.quote_policy),
    )
    if inserted == 1:
        await put_mentions(tx, post)
    return inserted == 1


async def update_post(tx: Transaction, post: Post) -> None:
    """Store the author's new text and what belongs to it."""
    await tx.run(UPDATE_POST, **values_of_edit(post))
    await put_mentions(tx, post)


def values_of_edit(post: Post) -> dict[str, Any]:
    """Return what an edit may change, by the names of the parameters."""
    return {
        "id": post.id,
        "text": post.text,
        "html": post.html,
        "facets": encode(post.facets),
        "content_warning": post.content_warning,
        "is_sensitive": int(post.is_sensitive),
        "language": post.language,
        "has_media": int(bool(post.media)),
        "edited_at": post.edited_at_us,
    }


async def put_mentions(tx: Transaction, post: Post) -> None:
    """Store whom a post names, beside those whom it named before."""
    for mention in post.mentions:
        await tx.run(INSERT_MENTION, post_id=post.id, account_id=mention.account_id, is_silent=int(mention.is_silent))


async def delete_post(tx: Transaction, post: Post, deleted_at_us: int) -> None:
    """Remove a post; a tombstone remembers that it must not come back."""
    if not post.is_local:
        await tx.run(DELETE_LINKS, id=post.id)
    await tx.run(DELETE_POST, id=post.id)
    await tx.run(INSERT_TOMBSTONE, id=post.id, author_id=post.author_id, uri=post.uri, deleted_at=deleted_at_us)


async def lock_post(tx: Transaction, post_id: int) -> bool:
    """Let nobody else change or delete a post until the transaction ends; False when it is gone."""
    return await tx.one(LOCK_POST, id=post_id) is not None


async def find_held_post(tx: Transaction, post_id: int | None) -> Post | None:
    """Return a post that nobody else changes or deletes until the transaction ends; None when it is gone."""
    return await find_post(tx, PostId(post_id)) if post_id and await lock_post(tx, post_id) else None


async def is_still(tx: Transaction, post: Post) -> bool | None:
    """Hold a post until the transaction ends: True when its text is this one, False when another, None when gone."""
    row = await tx.one(LOCK_TEXT, id=post.id)
    return None if row is None else row[0] == post.edited_at_us


async def touch_post(tx: Transaction, post_id: int) -> None:
    """Say that something shown with the post has changed."""
    await tx.run(TOUCH_POST, id=post_id)


async def replace_tags(tx: Transaction, post_id: PostId, tags: dict[str, str], tag_id: int, now_us: int) -> None:
    """Store the hashtags of a post: key -> as written. tag_id: an id for the first new tag, the next ones follow."""
    await tx.run(DELETE_TAGS, post_id=post_id)
    for place, (name, shown) in enumerate(tags.items()):
        await tx.run(INSERT_TAG, tag=name, post_id=post_id)
        await tx.run(TOUCH_TAG, id=tag_id + place, name=name, shown=shown, now=now_us)


async def list_tags_of_post(reader: Reader, post_id: int) -> list[str]:
    """Return the keys of a post's hashtags."""
    return [row[0] for row in await reader.all(TAGS_OF_POST, post_id=post_id)]


async def count_replies(tx: Transaction, post_id: PostId, step: int) -> None:
    """Add to a post's replies."""
    await tx.run(COUNT_REPLIES, id=post_id, step=step)


async def count_reposts(tx: Transaction, post_id: PostId, step: int) -> None:
    """Add to a post's reposts."""
    await tx.run(COUNT_REPOSTS, id=post_id, step=step)


async def list_reposts(reader: Reader, post_id: PostId) -> list[tuple[int, int, int]]:
    """Return (id, author, audience) of every repost of a post."""
    return [(row[0], row[1], row[2]) for row in await reader.all(REPOSTS_OF, post_id=post_id)]


async def find_repost(reader: Reader, post_id: int, author_id: int) -> PostId | None:
    """Return the id of an author's repost of a post, or None."""
    row = await reader.one(FIND_REPOST, post_id=post_id, author_id=author_id)
    return PostId(row[0]) if row else None


async def insert_version(tx: Transaction, post: Post) -> None:
    """Keep the text that is about to be replaced."""
    await tx.run(
        INSERT_VERSION,
        post_id=post.id,
        text=post.text,
        content_warning=post.content_warning,
        is_sensitive=int(post.is_sensitive),
        facets=encode(post.facets),
        media=encode(post.media),
        poll_options=encode([option.title for option in post.poll.options] if post.poll else []),
        written_at=post.edited_at_us or post.published_at_us,
    )


async def list_versions(reader: Reader, post_id: int) -> list[PostVersion]:
    """Return the former texts of a post, oldest first; without the present one."""
    rows = await reader.all(VERSIONS, post_id=post_id)
    return [
        PostVersion(
            row[0],
            row[1],
            bool(row[2]),
            decode_facets(row[3]),
            decode_media(row[4]),
            decode_texts(row[5]),
            row[6],
        )
        for row in rows
    ]


async def find_idempotent(reader: Reader, account_id: int, key: str, since_us: int) -> PostId | None:
    """Return the post that this key made since a moment, or None."""
    row = await reader.one(GET_IDEMPOTENT, account_id=account_id, key=key, since=since_us)
    return PostId(row[0]) if row else None


async def claim_idempotent(
    tx: Transaction, account_id: int, key: str, post_id: PostId, *, now_us: int, since_us: int
) -> bool:
    """Take a key for a post; False when another post has had it since a moment."""
    claimed = await tx.run(
        CLAIM_IDEMPOTENT, account_id=account_id, key=key, post_id=post_id, now=now_us, since=since_us
    )
    return claimed == 1


async def put_idempotent(tx: Transaction, account_id: int, key: str, post_id: PostId, now_us: int) -> None:
    """Remember which post a key made."""
    await tx.run(PUT_IDEMPOTENT, account_id=account_id, key=key, post_id=post_id, now=now_us)


async def list_ids_of_author(reader: Reader, author_id: int, limit: int) -> list[int]:
    """Return the newest posts and reposts of an author, whoever may see them; for deleting them."""
    return [row[0] for row in await reader.all(IDS_OF_AUTHOR, author_id=author_id, limit=limit)]
