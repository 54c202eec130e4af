"""Making, changing and filling lists of people.

Owns: who may be in a list: the owner, and whom the owner follows or asked to follow; an ended follow ends the
membership. Each change is one transaction with ListChanged inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.events import ListChanged
from rookery.model.ids import AccountId, ListId
from rookery.model.lists import (
    MAX_LIST_COUNT,
    MAX_LIST_MEMBERS,
    ListNotFound,
    ListRefused,
    ListReplies,
    NotFollowed,
    PeopleList,
    check_title,
)
from rookery.storage import lists
from rookery.storage.database import Reader, Transaction


async def get_list(reader: Reader, owner_id: AccountId, list_id: int) -> PeopleList:
    """Return one of the owner's lists. Raises ListNotFound."""
    found = await lists.find_list(reader, owner_id, list_id)
    if found is None:
        raise ListNotFound
    return found


@repeatable
async def create_list(
    app: App, owner_id: AccountId, title: str, *, replies: ListReplies = ListReplies.LIST, is_exclusive: bool = False
) -> PeopleList:
    """Make an empty list. Raises ListRefused."""
    made = PeopleList(ListId(app.ids.next_id()), owner_id, check_title(title), replies, is_exclusive)
    async with app.db.transaction() as tx:
        if await lists.count_lists(tx, owner_id) >= MAX_LIST_COUNT:
            raise ListRefused(f"you have {MAX_LIST_COUNT} lists already; delete one first")
        await lists.insert_list(tx, made)
        await record_event(app, tx, ListChanged(made.id, owner_id))
    return made


@repeatable
async def change_list(
    app: App,
    owner_id: AccountId,
    list_id: int,
    *,
    title: str | None = None,
    replies: ListReplies | None = None,
    is_exclusive: bool | None = None,
) -> PeopleList:
    """Change title or rules; None keeps what was. Raises ListNotFound, ListRefused."""
    async with app.db.transaction() as tx:
        before = await get_list(tx, owner_id, list_id)
        after = replace(
            before,
            title=before.title if title is None else check_title(title),
            replies=before.replies if replies is None else replies,
            is_exclusive=before.is_exclusive if is_exclusive is None else is_exclusive,
        )
        await lists.update_list(tx, after)
        await record_event(app, tx, ListChanged(after.id, owner_id))
    return after


@repeatable
async def delete_list(app: App, owner_id: AccountId, list_id: int) -> None:
    """Delete a list. Raises ListNotFound."""
    async with app.db.transaction() as tx:
        if not await lists.delete_list(tx, owner_id, list_id):
            raise ListNotFound
        await record_event(app, tx, ListChanged(ListId(list_id), owner_id))


@repeatable
async def add_to_list(app: App, owner_id: AccountId, list_id: int, account_ids: Sequence[int]) -> None:
    """Put people into a list, all or none. Raises ListNotFound, NotFollowed, ListRefused for one who is in it."""
    async with app.db.transaction() as tx:
        found = await get_list(tx, owner_id, list_id)
        may_join = await lists.list_followed_among(tx, owner_id, account_ids) | {owner_id}
        if not may_join.issuperset(account_ids):
            raise NotFollowed
        if await lists.list_members_among(tx, found.id, account_ids):
            raise ListRefused("Account has already been taken")
        if await lists.count_members(tx, found.id) + len(account_ids) > MAX_LIST_MEMBERS:
            raise ListRefused(f"a list holds at most {MAX_LIST_MEMBERS} people")
        for account_id in account_ids:
            await lists.insert_member(tx, found.id, account_id, app.ids.next_id())
        await record_event(app, tx, ListChanged(found.id, owner_id))


@repeatable
async def remove_from_list(app: App, owner_id: AccountId, list_id: int, account_ids: Sequence[int]) -> None:
    """Take people out of a list; harmless for those who are not in it. Raises ListNotFound."""
    async with app.db.transaction() as tx:
        found = await get_list(tx, owner_id, list_id)
        if await lists.delete_members(tx, found.id, account_ids):
            await record_event(app, tx, ListChanged(found.id, owner_id))


async def leave_lists(app: App, tx: Transaction, owner_id: AccountId, account_id: AccountId) -> None:
    """Take somebody out of every list of the owner, when the follow between them ends."""
    for found in await lists.list_lists_with(tx, owner_id, account_id):
        await lists.delete_members(tx, found.id, [account_id])
        await record_event(app, tx, ListChanged(found.id, owner_id))
