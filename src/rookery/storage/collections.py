"""Collections in SQL.

Owns: the tables `collections` and `collection_items`, and who in a collection is seen by whom: nobody who is suspended,
does not want to be found, or stands apart by a block from the curator or the viewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rookery.model.collections import Collection, CollectionItem
from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

COLUMNS = """
    c.id, c.account_id, c.name, c.description, c.language, c.tag, c.is_sensitive, c.is_discoverable, c.updated_at
"""
CURATOR_ALLOWS = """
    NOT EXISTS (SELECT 1 FROM accounts o WHERE o.id = c.account_id AND o.suspended_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = c.account_id AND b.other_id = :viewer)
"""
FIND_COLLECTION = f"SELECT {COLUMNS} FROM collections c WHERE c.id = :id AND {CURATOR_ALLOWS}"
FIND_COLLECTIONS = f"SELECT {COLUMNS} FROM collections c WHERE c.id IN (:ids...) AND {CURATOR_ALLOWS}"
COLLECTIONS_OF = f"""
    -- Newest first; to others only those that may be found. Index: collections_account (account_id, id DESC)
    SELECT {COLUMNS} FROM collections c WHERE c.account_id = :account
    AND (c.is_discoverable = 1 OR c.account_id = :viewer) AND {CURATOR_ALLOWS}
    ORDER BY c.id DESC LIMIT :limit OFFSET :offset
"""
ITEM_SHOWS = """
    i.state = 'accepted' AND a.suspended_at IS NULL AND a.is_discoverable = 1
    AND NOT EXISTS (SELECT 1 FROM blocks x WHERE (x.account_id = i.account_id AND x.other_id = c.account_id)
        OR (x.account_id = c.account_id AND x.other_id = i.account_id))
    AND NOT EXISTS (SELECT 1 FROM blocks y WHERE (y.account_id = :viewer AND y.other_id = i.account_id)
        OR (y.account_id = i.account_id AND y.other_id = :viewer))
"""
COLLECTIONS_WITH = f"""
    -- Index: collection_items_account (account_id, collection_id DESC) WHERE state = 'accepted'
    SELECT {COLUMNS} FROM collection_items i JOIN collections c ON c.id = i.collection_id
    JOIN accounts a ON a.id = i.account_id WHERE i.account_id = :account AND {ITEM_SHOWS}
    AND (c.is_discoverable = 1 OR i.account_id = :viewer OR c.account_id = :viewer) AND {CURATOR_ALLOWS}
    ORDER BY c.id DESC LIMIT :limit OFFSET :offset
"""
ITEMS = f"""
    -- In the order in which they were added.
    SELECT i.id, i.collection_id, i.account_id, i.state FROM collection_items i
    JOIN collections c ON c.id = i.collection_id JOIN accounts a ON a.id = i.account_id
    WHERE i.collection_id IN (:ids...) AND {ITEM_SHOWS} ORDER BY i.id
"""
FIND_ITEM = "SELECT id, collection_id, account_id, state FROM collection_items WHERE collection_id = :of AND id = :id"
ITEM_OF = """
    SELECT id, collection_id, account_id, state FROM collection_items
    WHERE collection_id = :of AND account_id = :account
"""
LOCK_COLLECTION = "SELECT id FROM collections WHERE id = :id {for_update}"
COUNT_COLLECTIONS = "SELECT count(*) FROM collections WHERE account_id = :account"
COUNT_ITEMS = "SELECT count(*) FROM collection_items WHERE collection_id = :of AND state = 'accepted'"
INSERT_COLLECTION = """
    INSERT INTO collections (id, account_id, name, description, language, tag, is_sensitive, is_discoverable,
        updated_at)
    VALUES (:id, :account, :name, :description, :language, :tag, :is_sensitive, :is_discoverable, :updated_at)
"""
UPDATE_COLLECTION = """
    UPDATE collections SET name = :name, description = :description, language = :language, tag = :tag,
        is_sensitive = :is_sensitive, is_discoverable = :is_discoverable, updated_at = :updated_at
    WHERE id = :id AND account_id = :account
"""
TOUCH_COLLECTION = "UPDATE collections SET updated_at = :now WHERE id = :id"
DELETE_COLLECTION = "DELETE FROM collections WHERE id = :id"
INSERT_ITEM = "INSERT INTO collection_items (id, collection_id, account_id, state) VALUES (:id, :of, :account, :state)"
REVOKE_ITEM = "UPDATE collection_items SET state = 'revoked' WHERE id = :id"
DELETE_ITEM = "DELETE FROM collection_items WHERE id = :id AND state <> 'revoked'"


def collection_from_row(row: Row) -> Collection:
    """Build a Collection from COLUMNS."""
    return Collection(
        row[0], AccountId(row[1]), row[2], row[3], row[4], row[5], bool(row[6]), bool(row[7]), updated_at_us=row[8]
    )


def item_from_row(row: Row) -> CollectionItem:
    """Build an item."""
    return CollectionItem(row[0], row[1], AccountId(row[2]), row[3])


async def find_collection(reader: Reader, collection_id: int, viewer: int) -> Collection | None:
    """Return a collection that the viewer (0 for nobody) may see, or None."""
    row = await reader.one(FIND_COLLECTION, id=collection_id, viewer=viewer)
    return collection_from_row(row) if row else None


async def list_collections_by_id(reader: Reader, ids: Iterable[int], viewer: int) -> dict[int, Collection]:
    """Return those of the collections that the viewer (0 for nobody) may see."""
    rows = await reader.all(FIND_COLLECTIONS, ids=list(ids), viewer=viewer)
    return {row[0]: collection_from_row(row) for row in rows}


async def list_collections_of(
    reader: Reader, account: int, viewer: int, *, limit: int, offset: int = 0
) -> list[Collection]:
    """Return what an account curates, newest first."""
    rows = await reader.all(COLLECTIONS_OF, account=account, viewer=viewer, limit=limit, offset=offset)
    return [collection_from_row(row) for row in rows]


async def list_collections_with(
    reader: Reader, account: int, viewer: int, *, limit: int, offset: int = 0
) -> list[Collection]:
    """Return the collections in which an account is seen, newest first."""
    rows = await reader.all(COLLECTIONS_WITH, account=account, viewer=viewer, limit=limit, offset=offset)
    return [collection_from_row(row) for row in rows]


async def list_items(reader: Reader, collections: Iterable[int], viewer: int) -> dict[int, list[CollectionItem]]:
    """Return who is in some collections, as the viewer sees them."""
    found: dict[int, list[CollectionItem]] = {}
    for row in await reader.all(ITEMS, ids=list(collections), viewer=viewer):
        found.setdefault(row[1], []).append(item_from_row(row))
    return found


async def lock_collection(tx: Transaction, collection_id: int) -> None:
    """Let nobody else fill a collection until the transaction ends."""
    await tx.one(LOCK_COLLECTION, id=collection_id)


async def find_item(reader: Reader, collection_id: int, item_id: int) -> CollectionItem | None:
    """Return one item, or None."""
    row = await reader.one(FIND_ITEM, of=collection_id, id=item_id)
    return item_from_row(row) if row else None


async def find_item_of(reader: Reader, collection_id: int, account: int) -> CollectionItem | None:
    """Return the item of an account, also one that it revoked."""
    row = await reader.one(ITEM_OF, of=collection_id, account=account)
    return item_from_row(row) if row else None


async def count_collections(reader: Reader, account: int) -> int:
    """How many collections an account curates."""
    row = await reader.one(COUNT_COLLECTIONS, account=account)
    return row[0] if row else 0


async def count_items(reader: Reader, collection_id: int) -> int:
    """How many accounts are in a collection."""
    row = await reader.one(COUNT_ITEMS, of=collection_id)
    return row[0] if row else 0


async def insert_collection(tx: Transaction, made: Collection) -> None:
    """Store a new collection."""
    await tx.run(INSERT_COLLECTION, **params_of(made))


async def update_collection(tx: Transaction, changed: Collection) -> None:
    """Store a collection's texts and choices."""
    await tx.run(UPDATE_COLLECTION, **params_of(changed))


def params_of(collection: Collection) -> dict[str, object]:
    """Return the parameters of a whole row."""
    return {
        "id": collection.id,
        "account": collection.owner_id,
        "name": collection.name,
        "description": collection.description,
        "language": collection.language,
        "tag": collection.tag,
        "is_sensitive": int(collection.is_sensitive),
        "is_discoverable": int(collection.is_discoverable),
        "updated_at": collection.updated_at_us,
    }


async def delete_collection(tx: Transaction, collection_id: int) -> None:
    """Remove a collection with its items."""
    await tx.run(DELETE_COLLECTION, id=collection_id)


async def insert_items(tx: Transaction, items: Sequence[CollectionItem], now_us: int) -> None:
    """Put people into a collection."""
    for item in items:
        await tx.run(INSERT_ITEM, id=item.id, of=item.collection_id, account=item.account_id, state=item.state)
        await tx.run(TOUCH_COLLECTION, id=item.collection_id, now=now_us)


async def delete_item(tx: Transaction, item: CollectionItem, now_us: int) -> None:
    """Take somebody out; what they revoked themselves stays known, so that they are not added again."""
    await tx.run(DELETE_ITEM, id=item.id)
    await tx.run(TOUCH_COLLECTION, id=item.collection_id, now=now_us)


async def revoke_item(tx: Transaction, item: CollectionItem, now_us: int) -> None:
    """Take somebody out for good, at their own wish."""
    await tx.run(REVOKE_ITEM, id=item.id)
    await tx.run(TOUCH_COLLECTION, id=item.collection_id, now=now_us)
