"""Filters in SQL.

Owns: the tables `filters`, `filter_words`, `filter_posts`. Every look-up names the owner, so that nobody reaches
another's filter, keyword or filtered post.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.filters import Filter, FilterAction, FilterPost, FilterWord
from rookery.model.ids import AccountId, FilterId, PostId
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_texts, encode

COLUMNS = "id, account_id, title, contexts, action, expires_at"
FILTERS_OF_OWNER = f"""
    -- Oldest first. Index: filters_account (account_id, id)
    SELECT {COLUMNS} FROM filters WHERE account_id = :owner ORDER BY id
"""
OWNERS_AMONG = """
    -- Index: filters_account (account_id, id)
    SELECT DISTINCT account_id FROM filters WHERE account_id IN (:accounts...)
"""
WORDS_OF_OWNER = """
    -- Index: filter_words_filter (filter_id, id)
    SELECT w.filter_id, w.id, w.keyword, w.is_whole_word FROM filters f JOIN filter_words w ON w.filter_id = f.id
    WHERE f.account_id = :owner ORDER BY w.id
"""
POSTS_OF_OWNER = """
    -- Index: filter_posts (filter_id, post_id)
    SELECT q.filter_id, q.id, q.post_id FROM filters f JOIN filter_posts q ON q.filter_id = f.id
    WHERE f.account_id = :owner ORDER BY q.id
"""
FILTER_OF_WORD = """
    SELECT w.filter_id FROM filter_words w JOIN filters f ON f.id = w.filter_id
    WHERE w.id = :id AND f.account_id = :owner
"""
FILTER_OF_POST = """
    SELECT q.filter_id FROM filter_posts q JOIN filters f ON f.id = q.filter_id
    WHERE q.id = :id AND f.account_id = :owner
"""
INSERT_FILTER = """
    INSERT INTO filters (id, account_id, title, contexts, action, expires_at)
    VALUES (:id, :owner, :title, :contexts, :action, :expires_at)
"""
UPDATE_FILTER = """
    UPDATE filters SET title = :title, contexts = :contexts, action = :action, expires_at = :expires_at
    WHERE id = :id AND account_id = :owner
"""
DELETE_FILTER = "DELETE FROM filters WHERE id = :id AND account_id = :owner"
PUT_WORD = """
    INSERT INTO filter_words (id, filter_id, keyword, is_whole_word) VALUES (:id, :filter, :keyword, :is_whole_word)
    ON CONFLICT (id) DO UPDATE SET keyword = excluded.keyword, is_whole_word = excluded.is_whole_word
"""
DELETE_WORD = "DELETE FROM filter_words WHERE id = :id"
INSERT_POST = "INSERT INTO filter_posts (id, filter_id, post_id) VALUES (:id, :filter, :post) ON CONFLICT DO NOTHING"
DELETE_POST = "DELETE FROM filter_posts WHERE id = :id"


async def list_filters(reader: Reader, owner: int) -> list[Filter]:
    """Return every filter of an account with its keywords and posts, oldest first, expired ones too."""
    rows = await reader.all(FILTERS_OF_OWNER, owner=owner)
    if not rows:
        return []
    words: dict[int, list[FilterWord]] = {}
    for row in await reader.all(WORDS_OF_OWNER, owner=owner):
        words.setdefault(row[0], []).append(FilterWord(row[1], row[2], bool(row[3])))
    posts: dict[int, list[FilterPost]] = {}
    for row in await reader.all(POSTS_OF_OWNER, owner=owner):
        posts.setdefault(row[0], []).append(FilterPost(row[1], PostId(row[2])))
    return [
        Filter(
            FilterId(row[0]),
            AccountId(row[1]),
            row[2],
            decode_texts(row[3]),
            FilterAction(row[4]),
            row[5],
            tuple(words.get(row[0], ())),
            tuple(posts.get(row[0], ())),
        )
        for row in rows
    ]


async def list_filter_owners(reader: Reader, accounts: Iterable[int]) -> set[int]:
    """Return which of some accounts have a filter, if only an expired one."""
    return {row[0] for row in await reader.all(OWNERS_AMONG, accounts=list(accounts))}


async def find_filter_of_word(reader: Reader, owner: int, word_id: int) -> int | None:
    """Return which of the owner's filters has a keyword, or None."""
    row = await reader.one(FILTER_OF_WORD, owner=owner, id=word_id)
    return row[0] if row else None


async def find_filter_of_post(reader: Reader, owner: int, entry_id: int) -> int | None:
    """Return which of the owner's filters has a filtered post, by the id of the entry, or None."""
    row = await reader.one(FILTER_OF_POST, owner=owner, id=entry_id)
    return row[0] if row else None


async def insert_filter(tx: Transaction, made: Filter) -> None:
    """Store a new filter, without keywords."""
    await tx.run(INSERT_FILTER, **params_of(made))


async def update_filter(tx: Transaction, changed: Filter) -> None:
    """Store title, contexts, action and end of a filter as they stand."""
    await tx.run(UPDATE_FILTER, **params_of(changed))


def params_of(written: Filter) -> dict[str, int | str | None]:
    """Parameters of INSERT_FILTER and UPDATE_FILTER."""
    return {
        "id": written.id,
        "owner": written.account_id,
        "title": written.title,
        "contexts": encode(written.contexts),
        "action": written.action.value,
        "expires_at": written.expires_at_us,
    }


async def delete_filter(tx: Transaction, owner: int, filter_id: int) -> bool:
    """Delete a filter with all it looks for; False when the owner has none like it."""
    return await tx.run(DELETE_FILTER, owner=owner, id=filter_id) >= 1


async def put_word(tx: Transaction, filter_id: int, word: FilterWord) -> None:
    """Store a keyword, or what it has become."""
    await tx.run(PUT_WORD, id=word.id, filter=filter_id, keyword=word.keyword, is_whole_word=int(word.is_whole_word))


async def delete_word(tx: Transaction, word_id: int) -> None:
    """Delete a keyword."""
    await tx.run(DELETE_WORD, id=word_id)


async def insert_post(tx: Transaction, filter_id: int, entry: FilterPost) -> bool:
    """Store a filtered post; False when the filter has it already."""
    return await tx.run(INSERT_POST, id=entry.id, filter=filter_id, post=entry.post_id) == 1


async def delete_post(tx: Transaction, entry_id: int) -> None:
    """Delete a filtered post."""
    await tx.run(DELETE_POST, id=entry_id)
