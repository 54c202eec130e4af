"""The page of a collection: who recommends whom, and the way out for who is in it.

Owns: `/collections/{id}`. Making and filling them is done with an app. Never: shows whom a block hides.
"""

from __future__ import annotations

from rookery.actions.collections import get_collection, leave_collection
from rookery.model.collections import CollectionNotFound
from rookery.model.ids import InvalidId, parse_id
from rookery.network.limits import API
from rookery.network.responses import Answer
from rookery.storage.accounts import get_account
from rookery.storage.collections import list_items
from rookery.storage.tags import list_tags
from rookery.web.discovery import cards_of
from rookery.web.fields import Fields
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


def id_of(visit: Visit) -> int:
    """Return the id in the address. Raises CollectionNotFound."""
    try:
        return parse_id(visit.value("id"))
    except InvalidId:
        raise CollectionNotFound from None


@routes.page("/collections/{id}")
async def show_collection(visit: Visit) -> Answer:
    """People whom somebody recommends."""
    reader, viewer = visit.face.app.db.reader, visit.viewer_or_nobody
    found = await get_collection(reader, id_of(visit), viewer)
    items = (await list_items(reader, [found.id], viewer)).get(found.id, [])
    tags = await list_tags(reader, [found.tag]) if found.tag else {}
    answer = visit.page(
        "collection.html",
        is_public=True,
        collection=found,
        curator=Person.of(await get_account(reader, found.owner_id)),
        cards=await cards_of(visit, [item.account_id for item in items]),
        tag=tags.get(found.tag or ""),
        own_item=next((item.id for item in items if item.account_id == visit.viewer), None),
    )
    answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer


@routes.form("/collections/{id}/leave", limit=API)
async def leave(visit: Visit, fields: Fields) -> Answer:
    """Take oneself out."""
    await leave_collection(visit.face.app, visit.account_id, id_of(visit), fields.number("item", 0))
    return visit.go(f"/collections/{id_of(visit)}")
