"""Search: the durable reader that keeps the index, and what a query finds.

Owns: which events change the index, resolving `from:`, reading a query for a viewer. Never: the grammar
(model/search.py), SQL. Queries run beside the requests (long_reader), because a common word may take milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rookery.model.accounts import AccountNotFound, split_handle, username_key
from rookery.model.events import AccountChanged, Event, MemberJoined, PostDeleted, PostEdited, PostPublished
from rookery.model.ids import MAX_ID, floor_id, now_us
from rookery.model.paging import Window
from rookery.model.search import (
    AuthorWish,
    SearchQuery,
    Term,
    author_mark,
    name_terms,
    searchable_from_names,
    searchable_from_post,
)
from rookery.storage.accounts import find_account_by_name, list_accounts
from rookery.storage.database import Database, Transaction
from rookery.storage.log import Numbered
from rookery.storage.posts import list_posts
from rookery.storage.search import (
    PostSearch,
    find_accounts,
    find_posts,
    forget_accounts,
    forget_posts,
    index_accounts,
    index_posts,
)

CHUNK = 40  # posts read and indexed before others get the loop
NOTHING = Term(("§nothing",))


class SearchReader:
    """Keeps the index. See timelines/readers.py for the contract."""

    name = "search"
    rest_s = 0.1

    def wants(self, event: Event) -> bool:
        """Whatever changes words; reposts have none."""
        match event:
            case PostPublished() | PostDeleted():
                return event.repost_of_id is None
            case PostEdited() | AccountChanged() | MemberJoined():
                return True
            case _:
                return False

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Index each post and account once, as it is now; what is gone leaves the index."""
        post_ids: dict[int, None] = {}
        account_ids: dict[int, None] = {}
        for entry in events:
            match entry.event:
                case PostPublished(post_id=post_id) | PostEdited(post_id=post_id) | PostDeleted(post_id=post_id):
                    post_ids[post_id] = None
                case AccountChanged(account_id=account_id) | MemberJoined(account_id=account_id):
                    account_ids[account_id] = None
                case _:
                    pass
        for part in parts_of(post_ids):
            await refresh_posts(tx, part)
            await asyncio.sleep(0)
        for part in parts_of(account_ids):
            await refresh_accounts(tx, part)
        return bool(post_ids or account_ids)


def parts_of(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield ids in lists of CHUNK."""
    left = iter(ids)
    while part := list(islice(left, CHUNK)):
        yield part


async def refresh_posts(tx: Transaction, ids: list[int]) -> None:
    """Make the index say what some posts are now."""
    found = await list_posts(tx, ids)
    await index_posts(tx, [searchable_from_post(post) for post in found.values() if post.repost_of_id is None])
    await forget_posts(tx, [post_id for post_id in ids if post_id not in found])


async def refresh_accounts(tx: Transaction, ids: list[int]) -> None:
    """Make the index say what some accounts are now."""
    found = await list_accounts(tx, ids)
    await index_accounts(
        tx, [searchable_from_names(a.id, a.username, a.domain, a.display_name) for a in found.values()]
    )
    await forget_accounts(tx, [account_id for account_id in ids if account_id not in found])


async def search_posts(
    db: Database,
    viewer: int,
    query: SearchQuery,
    window: Window,
    *,
    here: str,
    author_id: int | None = None,
    offset: int = 0,
) -> list[int]:
    """Return ids of posts that the viewer finds, newest first. here: our domain; author_id: only of this account."""
    terms = [*query.terms, *[await author_term(db, wish, viewer, here) for wish in query.authors]]
    if author_id is not None:
        terms.append(Term((author_mark(author_id),)))
    if query.is_empty:
        return []
    now = now_us()
    bounded = Window(
        window.limit,
        min(window.before, floor_id(query.before_us) if query.before_us is not None else MAX_ID),
        max(window.after, floor_id(query.since_us) - 1 if query.since_us is not None else 0),
        window.above,
    )
    search = PostSearch(viewer, tuple(terms), query.only_library, offset)
    return await find_posts(db.long_reader, db.dialect, search, bounded, now)


async def author_term(db: Database, wish: AuthorWish, viewer: int, here: str) -> Term:
    """Return the term of a `from:`; somebody unknown has written nothing."""
    if wish.handle.lower() == "me":
        return Term((author_mark(viewer),), is_excluded=wish.is_excluded)
    try:
        name, domain = split_handle(wish.handle, here)
    except AccountNotFound:
        return Term(NOTHING.words, is_excluded=wish.is_excluded)
    account = await find_account_by_name(db.reader, name, domain)
    words = (author_mark(account.id),) if account else NOTHING.words
    return Term(words, is_excluded=wish.is_excluded)


async def search_accounts(
    db: Database, viewer: int, text: str, *, here: str, limit: int, offset: int = 0, only_followed: bool = False
) -> list[int]:
    """Return ids of people by handle or name, an exact user name first; every word may go on."""
    name, domain = handle_parts(text, here)
    terms = name_terms(f"{name} {domain}")
    if not terms:
        return []
    return await find_accounts(
        db.long_reader,
        db.dialect,
        terms,
        viewer,
        exact=username_key(name),
        limit=limit,
        offset=offset,
        only_followed=only_followed,
    )


def handle_parts(text: str, here: str) -> tuple[str, str]:
    """Split a handle; what is none is a name as a whole."""
    try:
        return split_handle(text, here)
    except AccountNotFound:
        return text, ""
