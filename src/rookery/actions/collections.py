"""Curating collections, and leaving those of others.

Owns: who may be in a collection: people of this server who want to be found, whom no block parts from the curator, and
who did not take themselves out before. A far account's consent cannot be asked for yet, so it is refused. Who is put in
hears of it, and of other words; for the rest, pages and apps read collections as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.collections import (
    ACCEPTED,
    MAX_COLLECTIONS,
    MAX_ITEMS,
    REVOKED,
    Collection,
    CollectionItem,
    CollectionNotFound,
    CollectionRefused,
    NotYourCollection,
    check_collection,
)
from rookery.model.events import CollectionGrew, CollectionReworded, NotificationsChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.tags import Tag
from rookery.storage import collections
from rookery.storage.accounts import find_account, lock_accounts
from rookery.storage.database import Reader, Transaction
from rookery.storage.notification_rules import FORGET_COLLECTION, forget
from rookery.storage.relations import list_relations
from rookery.storage.tags import ensure_tag


async def get_collection(reader: Reader, collection_id: int, viewer: int) -> Collection:
    """Return a collection that the viewer may see. Raises CollectionNotFound."""
    found = await collections.find_collection(reader, collection_id, viewer)
    if found is None:
        raise CollectionNotFound
    return found


async def get_own(tx: Transaction, collection_id: int, owner_id: AccountId) -> Collection:
    """Return a collection to change, held. Raises CollectionNotFound, NotYourCollection."""
    await collections.lock_collection(tx, collection_id)
    found = await get_collection(tx, collection_id, owner_id)
    if found.owner_id != owner_id:
        raise NotYourCollection
    return found


async def keep_tag(app: App, tx: Transaction, tag: Tag | None) -> str | None:
    """Return the key of a collection's hashtag, which exists from now on."""
    if tag is None:
        return None
    await ensure_tag(tx, tag, app.ids.next_id())
    return tag.name


@repeatable
async def create_collection(
    app: App, draft: Collection, *, tag: Tag | None = None, account_ids: Sequence[int] = ()
) -> Collection:
    """Make a collection, with people in it at once. draft.id does not matter. Raises CollectionRefused."""
    check_collection(draft)
    made = replace(draft, id=app.ids.next_id(), updated_at_us=now_us())
    async with app.db.transaction() as tx:
        await lock_accounts(tx, made.owner_id, made.owner_id)
        if await collections.count_collections(tx, made.owner_id) >= MAX_COLLECTIONS:
            raise CollectionRefused(f"you have {MAX_COLLECTIONS} collections already; delete one first")
        made = replace(made, tag=await keep_tag(app, tx, tag))
        await collections.insert_collection(tx, made)
        await put_in(app, tx, made, list(dict.fromkeys(account_ids)))
    return made


@repeatable
async def change_collection(app: App, changed: Collection, *, tag: Tag | None) -> Collection:
    """Store other texts and choices. Raises CollectionNotFound, NotYourCollection, CollectionRefused."""
    check_collection(changed)
    async with app.db.transaction() as tx:
        before = await get_own(tx, changed.id, changed.owner_id)
        stored = replace(changed, tag=await keep_tag(app, tx, tag), updated_at_us=now_us())
        await collections.update_collection(tx, stored)
        if (before.name, before.description) != (stored.name, stored.description):
            await record_event(app, tx, CollectionReworded(stored.id, stored.owner_id))
    return stored


@repeatable
async def delete_collection(app: App, owner_id: AccountId, collection_id: int) -> None:
    """Delete a collection. Raises CollectionNotFound, NotYourCollection."""
    async with app.db.transaction() as tx:
        found = await get_own(tx, collection_id, owner_id)
        await forget_told(app, tx, found.id, 0)
        await collections.delete_collection(tx, found.id)


@repeatable
async def add_to_collection(app: App, owner_id: AccountId, collection_id: int, account_id: int) -> CollectionItem:
    """Put somebody in; once more changes nothing. Raises CollectionNotFound, NotYourCollection, CollectionRefused."""
    async with app.db.transaction() as tx:
        found = await get_own(tx, collection_id, owner_id)
        known = await collections.find_item_of(tx, found.id, account_id)
        if known and known.state == ACCEPTED:
            return known
        [item] = await put_in(app, tx, found, [account_id])
    return item


async def put_in(app: App, tx: Transaction, into: Collection, account_ids: Sequence[int]) -> list[CollectionItem]:
    """Put people in who may be. Raises CollectionRefused."""
    if not account_ids:
        return []
    if await collections.count_items(tx, into.id) + len(account_ids) > MAX_ITEMS:
        raise CollectionRefused(f"a collection holds at most {MAX_ITEMS} accounts")
    relations = await list_relations(tx, into.owner_id, account_ids, now_us())
    items = []
    for account_id in account_ids:
        account = await find_account(tx, account_id)
        between = relations.get(account_id)
        is_apart = between is not None and (between.is_blocking or between.is_blocked_by)
        if account is None or account.suspended_at_us or account.domain or not account.is_discoverable or is_apart:
            raise CollectionRefused("this account cannot be put into a collection: it is not here or does not want it")
        known = await collections.find_item_of(tx, into.id, account_id)
        if known and known.state == REVOKED:
            raise CollectionRefused("this account took itself out of the collection")
        items.append(CollectionItem(app.ids.next_id(), into.id, account.id))
    await collections.insert_items(tx, items, now_us())
    await record_event(app, tx, CollectionGrew(into.id, into.owner_id, tuple(item.account_id for item in items)))
    return items


@repeatable
async def remove_from_collection(app: App, owner_id: AccountId, collection_id: int, item_id: int) -> None:
    """Take somebody out. Raises CollectionNotFound, NotYourCollection."""
    async with app.db.transaction() as tx:
        found = await get_own(tx, collection_id, owner_id)
        item = await get_item(tx, found.id, item_id)
        await collections.delete_item(tx, item, now_us())
        await forget_told(app, tx, found.id, item.account_id)


@repeatable
async def leave_collection(app: App, account_id: AccountId, collection_id: int, item_id: int) -> None:
    """Take oneself out for good, whatever stands between oneself and the curator.

    Raises CollectionNotFound, NotYourCollection for the place of somebody else.
    """
    async with app.db.transaction() as tx:
        await collections.lock_collection(tx, collection_id)
        item = await get_item(tx, collection_id, item_id)
        if item.account_id != account_id:
            raise NotYourCollection
        await collections.revoke_item(tx, item, now_us())
        await forget_told(app, tx, collection_id, account_id)


async def forget_told(app: App, tx: Transaction, collection_id: int, account_id: int) -> None:
    """Remove what was told of a collection to one account, or to all (0)."""
    for told_id in await forget(tx, FORGET_COLLECTION, collection=collection_id, account=account_id):
        await record_event(app, tx, NotificationsChanged(AccountId(told_id)))


async def get_item(reader: Reader, collection_id: int, item_id: int) -> CollectionItem:
    """Return one item. Raises CollectionNotFound."""
    item = await collections.find_item(reader, collection_id, item_id)
    if item is None:
        raise CollectionNotFound
    return item
