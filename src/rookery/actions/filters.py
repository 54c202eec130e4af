"""Making and changing filters, their keywords and their posts.

Owns: who may: the owner alone. Each change is one transaction with FiltersChanged inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.events import FiltersChanged
from rookery.model.filters import (
    MAX_FILTER_COUNT,
    MAX_FILTERED_POSTS,
    MAX_WORD_COUNT,
    Filter,
    FilterChange,
    FilterNotFound,
    FilterPost,
    FilterRefused,
    FilterWord,
    WordChange,
    check_filter,
    check_keyword,
)
from rookery.model.ids import AccountId, FilterId, PostId
from rookery.storage import filters
from rookery.storage.database import Reader, Transaction
from rookery.storage.posts import list_visible_ids


async def get_filter(reader: Reader, owner_id: AccountId, filter_id: int | None) -> Filter:
    """Return one of the owner's filters. Raises FilterNotFound."""
    found = next((one for one in await filters.list_filters(reader, owner_id) if one.id == filter_id), None)
    if found is None:
        raise FilterNotFound
    return found


async def get_filter_of_word(reader: Reader, owner_id: AccountId, word_id: int) -> tuple[Filter, FilterWord]:
    """Return one of the owner's keywords with its filter. Raises FilterNotFound."""
    found = await get_filter(reader, owner_id, await filters.find_filter_of_word(reader, owner_id, word_id))
    return found, next(word for word in found.words if word.id == word_id)


async def get_filter_of_post(reader: Reader, owner_id: AccountId, entry_id: int) -> tuple[Filter, FilterPost]:
    """Return one of the owner's filtered posts, by its entry's id, with its filter. Raises FilterNotFound."""
    found = await get_filter(reader, owner_id, await filters.find_filter_of_post(reader, owner_id, entry_id))
    return found, next(entry for entry in found.posts if entry.id == entry_id)


@repeatable
async def create_filter(app: App, owner_id: AccountId, change: FilterChange) -> Filter:
    """Make a filter with its keywords. Raises FilterRefused."""
    made = with_change(Filter(FilterId(app.ids.next_id()), owner_id, "", ()), change)
    async with app.db.transaction() as tx:
        if len(await filters.list_filters(tx, owner_id)) >= MAX_FILTER_COUNT:
            raise FilterRefused(f"you have {MAX_FILTER_COUNT} filters already; delete one first")
        await filters.insert_filter(tx, made)
        await change_words(app, tx, made, change.words)
        await record_event(app, tx, FiltersChanged(owner_id))
        return await get_filter(tx, owner_id, made.id)


@repeatable
async def change_filter(app: App, owner_id: AccountId, filter_id: int, change: FilterChange) -> Filter:
    """Change a filter and its keywords. Raises FilterNotFound, FilterRefused."""
    async with app.db.transaction() as tx:
        before = await get_filter(tx, owner_id, filter_id)
        after = with_change(before, change)
        await filters.update_filter(tx, after)
        await change_words(app, tx, after, change.words)
        await record_event(app, tx, FiltersChanged(owner_id))
        return await get_filter(tx, owner_id, filter_id)


def with_change(before: Filter, change: FilterChange) -> Filter:
    """Return the filter with its new title, contexts, action and end. Raises FilterRefused."""
    after = replace(
        before,
        title=before.title if change.title is None else change.title.strip(),
        contexts=before.contexts if change.contexts is None else change.contexts,
        action=change.action or before.action,
        expires_at_us=change.expires_at_us if change.sets_expiry else before.expires_at_us,
    )
    check_filter(after)
    return after


async def change_words(app: App, tx: Transaction, owned: Filter, changes: Sequence[WordChange]) -> None:
    """Add, change and remove keywords. Raises FilterNotFound for one of another filter, FilterRefused."""
    known = {word.id: word for word in owned.words}
    for change in changes:
        before = known.get(change.id) if change.id is not None else FilterWord(app.ids.next_id(), "")
        if before is None:
            raise FilterNotFound
        if change.is_removed:
            await filters.delete_word(tx, before.id)
            continue
        keyword = check_keyword(before.keyword if change.keyword is None else change.keyword)
        is_whole_word = before.is_whole_word if change.is_whole_word is None else change.is_whole_word
        await filters.put_word(tx, owned.id, FilterWord(before.id, keyword, is_whole_word))
    if changes and sum(len(one.words) for one in await filters.list_filters(tx, owned.account_id)) > MAX_WORD_COUNT:
        raise FilterRefused(f"all filters together have at most {MAX_WORD_COUNT} keywords")


@repeatable
async def delete_filter(app: App, owner_id: AccountId, filter_id: int) -> None:
    """Delete a filter. Raises FilterNotFound."""
    async with app.db.transaction() as tx:
        if not await filters.delete_filter(tx, owner_id, filter_id):
            raise FilterNotFound
        await record_event(app, tx, FiltersChanged(owner_id))


async def add_word(app: App, owner_id: AccountId, filter_id: int, change: WordChange) -> FilterWord:
    """Add a keyword to a filter. Raises FilterNotFound, FilterRefused."""
    before = await get_filter(app.db.reader, owner_id, filter_id)
    added = replace(change, id=None, keyword=change.keyword or "")
    after = await change_filter(app, owner_id, filter_id, FilterChange(words=(added,)))
    return next(word for word in reversed(after.words) if word not in before.words)


async def change_word(app: App, owner_id: AccountId, word_id: int, change: WordChange) -> FilterWord:
    """Change a keyword. Raises FilterNotFound, FilterRefused."""
    owned, _ = await get_filter_of_word(app.db.reader, owner_id, word_id)
    after = await change_filter(app, owner_id, owned.id, FilterChange(words=(replace(change, id=word_id),)))
    return next(word for word in after.words if word.id == word_id)


async def delete_word(app: App, owner_id: AccountId, word_id: int) -> None:
    """Delete a keyword; its filter stays. Raises FilterNotFound."""
    owned, _ = await get_filter_of_word(app.db.reader, owner_id, word_id)
    await change_filter(app, owner_id, owned.id, FilterChange(words=(WordChange(word_id, is_removed=True),)))


@repeatable
async def filter_post(app: App, owner_id: AccountId, filter_id: int, post_id: int) -> FilterPost:
    """Name a post in a filter. Raises FilterNotFound, FilterRefused for a post that the owner does not see."""
    async with app.db.transaction() as tx:
        owned = await get_filter(tx, owner_id, filter_id)
        if not await list_visible_ids(tx, [post_id], owner_id):
            raise FilterRefused("there is no such post")
        if len(owned.posts) >= MAX_FILTERED_POSTS:
            raise FilterRefused(f"a filter names at most {MAX_FILTERED_POSTS} posts")
        entry = FilterPost(app.ids.next_id(), PostId(post_id))
        if not await filters.insert_post(tx, owned.id, entry):
            raise FilterRefused("this filter names the post already")
        await record_event(app, tx, FiltersChanged(owner_id))
    return entry


@repeatable
async def unfilter_post(app: App, owner_id: AccountId, entry_id: int) -> None:
    """Take a post out of a filter, by its entry's id. Raises FilterNotFound."""
    async with app.db.transaction() as tx:
        await get_filter_of_post(tx, owner_id, entry_id)
        await filters.delete_post(tx, entry_id)
        await record_event(app, tx, FiltersChanged(owner_id))
