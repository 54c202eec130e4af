"""Collections as the client API shows them to a viewer.

Owns: the Collection and CollectionItem shapes, with whom the viewer sees in each; loading several by id for what points
at them: posts, notifications. Spec: https://docs.joinmastodon.org/entities/Collection/, …/CollectionItem/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from rookery.mastodon.dates import date_from_us
from rookery.model.collections import Collection, CollectionItem
from rookery.model.ids import MAX_ID, us_from_id
from rookery.model.tags import Tag
from rookery.storage.collections import list_collections_by_id, list_items
from rookery.storage.database import Reader
from rookery.storage.tags import list_tags

MOST_LINKED = 4


def json_from_item(item: CollectionItem) -> dict[str, Any]:
    """Return the CollectionItem entity. Spec: https://docs.joinmastodon.org/entities/CollectionItem/"""
    return {
        "id": str(item.id),
        "account_id": str(item.account_id),
        "state": item.state,
        "created_at": date_from_us(us_from_id(item.id)),
    }


async def load_collections(reader: Reader, base_url: str, ids: Iterable[int], viewer: int) -> dict[int, dict[str, Any]]:
    """Return the Collection entities of those that the viewer (0 for nobody) may see."""
    found = await list_collections_by_id(reader, ids, viewer)
    shown, _ = await shown_collections(reader, base_url, list(found.values()), viewer)
    return dict(zip(found, shown, strict=True))


async def shown_collections(
    reader: Reader, base_url: str, found: Sequence[Collection], viewer: int
) -> tuple[list[dict[str, Any]], dict[int, list[CollectionItem]]]:
    """Return Collection entities, and who is in them as the viewer sees it."""
    items = await list_items(reader, [one.id for one in found], viewer) if found else {}
    tags = await list_tags(reader, [one.tag for one in found if one.tag])
    return [json_from_collection(one, items.get(one.id, []), tags, base_url) for one in found], items


def json_from_collection(
    one: Collection, items: Sequence[CollectionItem], tags: dict[str, Tag], base_url: str
) -> dict[str, Any]:
    """Return the Collection entity. Spec: https://docs.joinmastodon.org/entities/Collection/"""
    tag = tags.get(one.tag or "")
    url = collection_url(one.id, base_url)
    return {
        "id": str(one.id),
        "account_id": str(one.owner_id),
        "uri": url,
        "url": url,
        "name": one.name,
        "description": one.description,
        "language": one.language,
        "local": True,
        "sensitive": one.is_sensitive,
        "discoverable": one.is_discoverable,
        "tag": {"name": tag.shown, "url": f"{base_url}/tags/{quote(tag.name)}"} if tag else None,
        "item_count": len(items),
        "items": [json_from_item(item) for item in items],
        "created_at": date_from_us(us_from_id(one.id)),
        "updated_at": date_from_us(one.updated_at_us),
    }


def collection_url(collection_id: int, base_url: str) -> str:
    """Address of one of our collections, for people and for programs."""
    return f"{base_url}/collections/{collection_id}"


def linked_collections(urls: Iterable[str], base_url: str) -> tuple[int, ...]:
    """Return the ids of our collections whose very addresses are among some links, each once, at most MOST_LINKED."""
    head = collection_url(0, base_url)[:-1]
    found: dict[int, None] = {}
    for url in urls:
        raw = url.removeprefix(head)
        if raw != url and raw.isascii() and raw.isdigit() and len(raw) <= 19 and 0 < int(raw) <= MAX_ID:
            found[int(raw)] = None
    return tuple(found)[:MOST_LINKED]
