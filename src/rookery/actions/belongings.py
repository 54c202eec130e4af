"""What a person has that fits into files: follows, blocks, mutes, blocked servers, lists, bookmarks.

Owns: reading it page by page, as rows that an import would read. Never: writes a file (archives/exports.py does). A
follow that nobody has accepted and a mute that is over are not among it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec

from rookery.actions.app import App
from rookery.model.accounts import Account
from rookery.model.ids import AccountId, now_us, short_id
from rookery.model.imports import ImportKind, ReadRow
from rookery.storage import lists, ownarchives
from rookery.storage.accounts import list_accounts
from rookery.storage.marks import Mark
from rookery.storage.posts import list_posts, list_visible_ids

PAGE = 200
DECODE = msgspec.json.decode
Rows = AsyncIterator[list[ReadRow]]


def list_belongings(app: App, account_id: AccountId, kind: ImportKind) -> Rows:
    """Yield what a person has of a kind, oldest first, some rows at a time. line is 0, target_id what a row means.

    Lists come with a row of their own, without a name, before their members; its target_id is the list.
    """
    return READERS[kind](app, account_id)


async def pages_of(app: App, account_id: AccountId, name: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of one of OWN_ROWS."""
    after: int | None = 0
    while after is not None:
        page, after = await ownarchives.list_own_rows(app.db.long_reader, name, account_id, after, PAGE)
        if page:
            yield page


async def known_accounts(app: App, ids: Iterable[int]) -> dict[int, Account]:
    """Return the accounts of some ids."""
    return await list_accounts(app.db.long_reader, list(ids))


async def list_people(
    app: App, account_id: AccountId, table: str, column: str, wishes: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> Rows:
    """Yield the people of one table. wishes: what else a row says, None to pass it over."""
    async for page in pages_of(app, account_id, table):
        known = await known_accounts(app, (row[column] for row in page))
        found = [(known[row[column]], wishes(row)) for row in page if row[column] in known]
        yield [row_of(one, wish) for one, wish in found if wish is not None]


def row_of(account: Account, wishes: dict[str, Any], title: str = "") -> ReadRow:
    """Return a row that names an account."""
    return ReadRow(0, account.domain, account.handle, title, wishes, target_id=account.id)


def wishes_of_follow(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a follow says; None for one that nobody has accepted."""
    if row["state"] != "active":
        return None
    languages = DECODE(row["languages"])
    return {"reposts": bool(row["shows_reposts"]), "notify": bool(row["notifies"]), "languages": languages}


def wishes_of_mute(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a mute says; None for one that is over."""
    if row["expires_at"] is not None and row["expires_at"] <= now_us():
        return None
    return {"hides": bool(row["hides_notifications"])}


def list_follows(app: App, account_id: AccountId) -> Rows:
    """Yield whom a person follows."""
    return list_people(app, account_id, "follows", "followed_id", wishes_of_follow)


def list_blocks(app: App, account_id: AccountId) -> Rows:
    """Yield whom a person blocks."""
    return list_people(app, account_id, "blocks", "other_id", lambda row: {})


def list_mutes(app: App, account_id: AccountId) -> Rows:
    """Yield whom a person mutes."""
    return list_people(app, account_id, "mutes", "other_id", wishes_of_mute)


async def list_domains(app: App, account_id: AccountId) -> Rows:
    """Yield the servers that a person blocks."""
    async for page in pages_of(app, account_id, "blocked_domains"):
        yield [ReadRow(0, "", row["domain"]) for row in page]


async def list_list_members(app: App, account_id: AccountId) -> Rows:
    """Yield the lists, and who is in them."""
    yield [ReadRow(0, "", "", one.title, target_id=one.id) for one in await lists.list_lists(app.db.reader, account_id)]
    after = 0
    while page := await lists.list_all_members(app.db.long_reader, account_id, after, PAGE):
        known = await known_accounts(app, (row.account_id for row in page))
        yield [
            row_of(known[row.account_id], {"list": row.list_id}, row.title) for row in page if row.account_id in known
        ]
        after = page[-1].id


async def list_bookmarks(app: App, account_id: AccountId) -> Rows:
    """Yield the bookmarked posts that the person may still see, by address."""
    async for page in pages_of(app, account_id, "marks"):
        ids = [row["post_id"] for row in page if row["kind"] == Mark.BOOKMARK]
        visible = await list_visible_ids(app.db.long_reader, ids, account_id)
        posts = await list_posts(app.db.long_reader, visible)
        authors = await known_accounts(app, (post.author_id for post in posts.values()))
        yield [
            ReadRow(
                0, "", post.uri or f"{app.settings.base_url}/@{author.username}/{short_id(post.id)}", target_id=post.id
            )
            for post in (posts[one] for one in ids if one in posts)
            if (author := authors.get(post.author_id))
        ]


READERS: dict[ImportKind, Callable[[App, AccountId], Rows]] = {
    ImportKind.FOLLOWS: list_follows,
    ImportKind.BLOCKS: list_blocks,
    ImportKind.MUTES: list_mutes,
    ImportKind.DOMAINS: list_domains,
    ImportKind.LISTS: list_list_members,
    ImportKind.BOOKMARKS: list_bookmarks,
}
