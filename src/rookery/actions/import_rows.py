"""What one row of a person's file does: follows, blocks, mutes, lists, bookmarks, blocked servers, and their removal.

Owns: one function for each kind of row, in two tables. Each is harmless twice. Never: when a row is done, or again
(actions/importing.py). Whom a row names is asked for at their own server when they are not known here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from rookery.actions.app import App
from rookery.actions.finding import find_by_address, find_by_handle
from rookery.actions.follows import (
    FollowWishes,
    block_account,
    block_domain,
    follow_account,
    mute_account,
    unblock_account,
    unfollow_account,
    unmute_account,
)
from rookery.actions.lists import add_to_list, create_list, delete_list, remove_from_list
from rookery.actions.marks import mark_post, unmark_post
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.errors import NotFound, Refusal
from rookery.model.ids import AccountId, PostId
from rookery.model.imports import Import, ImportKind, ImportRow
from rookery.model.moves import NobodyThere
from rookery.model.posts import PostNotFound
from rookery.storage import imports, lists, relations
from rookery.storage.marks import Mark


async def carry_out(app: App, found: Import, row: ImportRow) -> int | None:
    """Do what a row asks for; return the account or post that it turned out to mean. Raises Refusal with the reason."""
    return await (REMOVING if row.line == 0 else ADDING)[found.kind](app, found, row)


# --- what a row adds -------------------------------------------------------------------------------------------------


async def find_person(app: App, row: ImportRow) -> Account:
    """Return whom a row names, asked for elsewhere when they are not known. Raises NobodyThere, Unavailable."""
    try:
        account = await find_by_handle(app, row.name)
    except NotFound:
        account = None
    if account is None or account.suspended_at_us:
        raise NobodyThere(row.name)
    return account


async def add_follow(app: App, found: Import, row: ImportRow) -> int:
    """Follow, or ask to."""
    other = await find_person(app, row)
    wishes = FollowWishes(
        bool(row.wishes.get("reposts", True)),
        bool(row.wishes.get("notify", False)),
        tuple(str(one) for one in texts_of(row.wishes.get("languages"))),
    )
    await follow_account(app, found.account_id, other.id, wishes)
    return other.id


def texts_of(value: object) -> list[object]:
    """Return a list as it is, anything else as none."""
    return value if isinstance(value, list) else []


async def add_block(app: App, found: Import, row: ImportRow) -> int:
    """Block somebody."""
    other = await find_person(app, row)
    await block_account(app, found.account_id, other.id)
    return other.id


async def add_mute(app: App, found: Import, row: ImportRow) -> int:
    """Mute somebody for good."""
    other = await find_person(app, row)
    await mute_account(app, found.account_id, other.id, hides_notifications=bool(row.wishes.get("hides", True)))
    return other.id


async def add_domain(app: App, found: Import, row: ImportRow) -> None:
    """Block a server for this person."""
    await block_domain(app, found.account_id, row.name, is_on=True)


async def make_lists(app: App, found: Import, rows: Iterable[ImportRow]) -> None:
    """Make the lists that some rows name and that are not there, before several rows want the same one at once.

    One that cannot be made is tried again by its rows, which then carry the reason.
    """
    known = {one.title for one in await lists.list_lists(app.db.reader, found.account_id)}
    for title in dict.fromkeys(row.title for row in rows if row.line):
        if title not in known:
            with suppress(Refusal):
                await create_list(app, found.account_id, title)


async def add_member(app: App, found: Import, row: ImportRow) -> int:
    """Put somebody into a list; who is not followed yet is."""
    titled = [one for one in await lists.list_lists(app.db.reader, found.account_id) if one.title == row.title]
    wanted = titled[0] if titled else await create_list(app, found.account_id, row.title)
    other = await find_person(app, row)
    if other.id != found.account_id and not await relations.find_follow(app.db.reader, found.account_id, other.id):
        await follow_account(app, found.account_id, other.id, FollowWishes())
    if not await lists.list_members_among(app.db.reader, wanted.id, [other.id]):
        await add_to_list(app, found.account_id, wanted.id, [other.id])
    return other.id


async def add_bookmark(app: App, found: Import, row: ImportRow) -> int:
    """Bookmark a post that the person may see."""
    try:
        post = await find_by_address(app, row.name)
    except NotFound:
        post = None
    if post is None:
        raise PostNotFound
    return await mark_post(app, found.account_id, post.id, Mark.BOOKMARK)


# --- what overwriting takes away -------------------------------------------------------------------------------------


async def remove_person(
    app: App, found: Import, row: ImportRow, remove: Callable[[App, AccountId, AccountId], Awaitable[None]]
) -> None:
    """Take a relation away, unless a row of the file meant the same account under another name."""
    if row.target_id is None or await imports.is_named(app.db.reader, found.id, row.target_id):
        return
    try:
        await remove(app, found.account_id, AccountId(row.target_id))
    except AccountNotFound:
        return


async def remove_follow(app: App, found: Import, row: ImportRow) -> None:
    """Follow somebody no more."""
    await remove_person(app, found, row, unfollow_account)


async def remove_block(app: App, found: Import, row: ImportRow) -> None:
    """Block somebody no more."""
    await remove_person(app, found, row, unblock_account)


async def remove_mute(app: App, found: Import, row: ImportRow) -> None:
    """Mute somebody no more."""
    await remove_person(app, found, row, unmute_account)


async def remove_domain(app: App, found: Import, row: ImportRow) -> None:
    """Block a server no more."""
    await block_domain(app, found.account_id, row.name, is_on=False)


async def remove_member(app: App, found: Import, row: ImportRow) -> None:
    """Take somebody out of a list, or delete a whole one. One that is gone is gone."""
    if row.target_id is None:
        return
    list_id = row.wishes.get("list")
    try:
        if isinstance(list_id, int):
            await remove_from_list(app, found.account_id, list_id, [row.target_id])
        else:
            await delete_list(app, found.account_id, row.target_id)
    except NotFound:
        return


async def remove_bookmark(app: App, found: Import, row: ImportRow) -> None:
    """Take a bookmark away, unless a row of the file meant the same post under another address."""
    if row.target_id is None or await imports.is_named(app.db.reader, found.id, row.target_id):
        return
    try:
        await unmark_post(app, found.account_id, PostId(row.target_id), Mark.BOOKMARK)
    except PostNotFound:
        return


Carry = Callable[[App, Import, ImportRow], Awaitable[int | None]]
ADDING: dict[ImportKind, Carry] = {
    ImportKind.FOLLOWS: add_follow,
    ImportKind.BLOCKS: add_block,
    ImportKind.MUTES: add_mute,
    ImportKind.DOMAINS: add_domain,
    ImportKind.LISTS: add_member,
    ImportKind.BOOKMARKS: add_bookmark,
}
REMOVING: dict[ImportKind, Carry] = {
    ImportKind.FOLLOWS: remove_follow,
    ImportKind.BLOCKS: remove_block,
    ImportKind.MUTES: remove_mute,
    ImportKind.DOMAINS: remove_domain,
    ImportKind.LISTS: remove_member,
    ImportKind.BOOKMARKS: remove_bookmark,
}
