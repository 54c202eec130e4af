"""Conversations in SQL: one row per person and thread of posts for mentioned people.

Owns: the table `conversations`. A row says that its owner takes part and where the thread stands in their list; which
of its posts the owner sees is asked anew at each reading (K5), so a block, a mute or a deletion shows at once.
timelines/conversations.py writes the rows after the event log.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.conversations import Conversation
from rookery.model.ids import AccountId, PostId
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE, WANTED

MENTIONED = 3  # Audience.MENTIONED
SHOWN = f"""
    (SELECT p.id FROM posts p WHERE p.thread_id = c.thread_id AND p.audience = {MENTIONED} AND {VISIBLE} AND {WANTED}
        ORDER BY p.id DESC LIMIT 1)
"""
COLUMNS = "id, account_id, last_post_id, is_unread, shown_id"
CONVERSATION_PAGE = PageQuery(f"""
    -- The thread with the newest post first. Index: conversations_account (account_id, last_post_id DESC), posts_thread
    SELECT {COLUMNS} FROM (
        SELECT c.id, c.account_id, c.last_post_id, c.is_unread, {SHOWN} AS shown_id FROM conversations c
        WHERE c.account_id = :viewer AND c.last_post_id < :before AND c.last_post_id > :after
    ) AS found WHERE shown_id IS NOT NULL ORDER BY last_post_id {{order}} LIMIT :limit
""")
ONE_CONVERSATION = f"""
    SELECT {COLUMNS} FROM (
        SELECT c.id, c.account_id, c.last_post_id, c.is_unread, {SHOWN} AS shown_id FROM conversations c
        WHERE c.id = :id AND c.account_id = :viewer
    ) AS found WHERE shown_id IS NOT NULL
"""
TAKING_PART = """
    -- Who takes part in some posts: the author first, then whom they name.
    SELECT id, author_id, 0 AS place FROM posts WHERE id IN (:posts...)
    UNION ALL SELECT m.post_id, m.account_id, 1 FROM mentions m WHERE m.post_id IN (:posts...)
    ORDER BY 1, 3, 2
"""
RECEIVERS = f"""
    -- The members in a post for mentioned people who may see it and want to. Index: mentions (post_id, account_id)
    SELECT v.id FROM posts p JOIN accounts v ON v.domain = '' AND v.id IN (
        SELECT m.account_id FROM mentions m WHERE m.post_id = :post_id
        UNION SELECT q.author_id FROM posts q WHERE q.id = :post_id)
    WHERE p.id = :post_id AND p.audience = {MENTIONED}
    AND {VISIBLE.replace(":viewer", "v.id")} AND {WANTED.replace(":viewer", "v.id")}
"""
PLACE = f"SELECT author_id, thread_id FROM posts WHERE id = :post_id AND audience = {MENTIONED}"
PUT_CONVERSATION = """
    -- An older post, which a reader meets again, moves nothing.
    INSERT INTO conversations (id, account_id, thread_id, last_post_id, is_unread)
    VALUES (:id, :account_id, :thread_id, :post_id, :is_unread)
    ON CONFLICT (account_id, thread_id) DO UPDATE SET last_post_id = excluded.last_post_id,
        is_unread = excluded.is_unread WHERE conversations.last_post_id < excluded.last_post_id
    RETURNING id
"""
ENDING_WITH = "SELECT id, account_id, thread_id FROM conversations WHERE last_post_id = :post_id"
NEWEST_LEFT = f"""
    -- The newest post of a thread in which somebody takes part. Index: posts_thread (thread_id, id)
    SELECT p.id FROM posts p WHERE p.thread_id = :thread_id AND p.audience = {MENTIONED} AND (p.author_id = :account_id
        OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.account_id = :account_id))
    ORDER BY p.id DESC LIMIT 1
"""
MOVE_CONVERSATION = "UPDATE conversations SET last_post_id = :post_id WHERE id = :id"
FORGET_CONVERSATION = "DELETE FROM conversations WHERE id = :id"
SET_UNREAD = """
    UPDATE conversations SET is_unread = :is_unread
    WHERE id = :id AND account_id = :account_id AND is_unread <> :is_unread
"""
DELETE_CONVERSATION = "DELETE FROM conversations WHERE id = :id AND account_id = :account_id"
DELETE_ALL = "DELETE FROM conversations WHERE account_id = :account_id"
COUNT_UNREAD = f"""
    -- Index: conversations_unread (account_id) WHERE is_unread = 1
    SELECT count(*) FROM (SELECT {SHOWN} AS shown_id FROM conversations c
        WHERE c.account_id = :viewer AND c.is_unread = 1 LIMIT :limit) AS found WHERE shown_id IS NOT NULL
"""


async def with_people(reader: Reader, rows: list[Row]) -> list[Conversation]:
    """Build Conversations from COLUMNS."""
    people: dict[int, list[AccountId]] = {}
    if rows:
        for post_id, account_id, _ in await reader.all(TAKING_PART, posts=[row[4] for row in rows]):
            people.setdefault(post_id, []).append(AccountId(account_id))
    return [
        Conversation(
            row[0],
            AccountId(row[1]),
            PostId(row[2]),
            bool(row[3]),
            PostId(row[4]),
            others_in(people.get(row[4], []), row[1]),
        )
        for row in rows
    ]


def others_in(people: Iterable[AccountId], owner: int) -> tuple[AccountId, ...]:
    """Return who takes part beside the owner, each once; the owner alone when nobody does."""
    return tuple(dict.fromkeys(one for one in people if one != owner)) or (AccountId(owner),)


async def list_conversations(reader: Reader, viewer: int, window: Window, now_us: int) -> list[Conversation]:
    """Return a page, the thread with the newest post first; the window is over `place`."""
    return await with_people(reader, await list_rows(reader, CONVERSATION_PAGE, window, viewer=viewer, now=now_us))


async def find_conversation(reader: Reader, viewer: int, conversation_id: int, now_us: int) -> Conversation | None:
    """Return one of the viewer's in which there is something to see, or None."""
    row = await reader.one(ONE_CONVERSATION, id=conversation_id, viewer=viewer, now=now_us)
    return (await with_people(reader, [row]))[0] if row else None


async def count_unread_conversations(reader: Reader, viewer: int, now_us: int, limit: int) -> int:
    """Return how many are unread, looking at `limit` at most."""
    row = await reader.one(COUNT_UNREAD, viewer=viewer, now=now_us, limit=limit)
    return row[0] if row else 0


async def find_place(reader: Reader, post_id: int) -> tuple[int, int] | None:
    """Return (author, thread) of a post for mentioned people, None for any other or one that is gone."""
    row = await reader.one(PLACE, post_id=post_id)
    return (row[0], row[1]) if row else None


async def list_receivers(reader: Reader, post_id: int, now_us: int) -> list[int]:
    """Return the members who take part in a post for mentioned people, may see it and want to."""
    return [row[0] for row in await reader.all(RECEIVERS, post_id=post_id, now=now_us)]


async def put_conversation(
    tx: Transaction, row_id: int, account_id: int, thread_id: int, post_id: int, *, is_unread: bool
) -> int | None:
    """Let a thread of somebody's begin or go on with a post; return the row's id, None when nothing changed."""
    row = await tx.one(
        PUT_CONVERSATION,
        id=row_id,
        account_id=account_id,
        thread_id=thread_id,
        post_id=post_id,
        is_unread=int(is_unread),
    )
    return row[0] if row else None


async def list_ending_with(reader: Reader, post_id: int) -> list[tuple[int, int, int]]:
    """Return (row, account, thread) of the conversations that end with a post."""
    return [(row[0], row[1], row[2]) for row in await reader.all(ENDING_WITH, post_id=post_id)]


async def settle_end(tx: Transaction, row_id: int, account_id: int, thread_id: int) -> bool:
    """Let a conversation end with the newest post that is left; False when none is and the row went too."""
    row = await tx.one(NEWEST_LEFT, thread_id=thread_id, account_id=account_id)
    if row is None:
        await tx.run(FORGET_CONVERSATION, id=row_id)
        return False
    await tx.run(MOVE_CONVERSATION, id=row_id, post_id=row[0])
    return True


async def set_unread(tx: Transaction, account_id: int, conversation_id: int, *, is_unread: bool) -> bool:
    """Store whether a conversation is unread; False when it was so already, or is not there."""
    changed = await tx.run(SET_UNREAD, id=conversation_id, account_id=account_id, is_unread=int(is_unread))
    return changed == 1


async def delete_conversation(tx: Transaction, account_id: int, conversation_id: int) -> bool:
    """Take a conversation off its owner's list; False when there is none. The posts stay."""
    return await tx.run(DELETE_CONVERSATION, id=conversation_id, account_id=account_id) == 1


async def delete_all_conversations(tx: Transaction, account_id: int) -> None:
    """Take everything off somebody's list."""
    await tx.run(DELETE_ALL, account_id=account_id)
