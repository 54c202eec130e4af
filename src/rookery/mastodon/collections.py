"""Collections of the client API: people recommended together.

Owns: the routes under /api/v1/collections, an account's collections and those that it is in. Whom a block hides is in
no answer. Spec: https://docs.joinmastodon.org/methods/collections/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rookery.actions import collections as acts
from rookery.mastodon.collections_json import json_from_item, shown_collections
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import Offset, offset_from, offset_links
from rookery.model.accounts import AccountNotFound
from rookery.model.collections import MAX_ITEMS, Collection, CollectionRefused
from rookery.model.ids import AccountId
from rookery.model.tags import Tag, TagNotFound, parse_tag
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage import collections
from rookery.storage.accounts import get_account
from rookery.storage.tags import list_tags

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:collections read", "write:collections write"
USUAL, MOST = 40, 80
PREVIEWED = 4


async def wrapped(face: MastodonFace, one: Collection, viewer: int) -> Answer:
    """Answer `{"collection": …}`."""
    [shown], _ = await shown_collections(face.app.db.reader, face.renders.base_url, [one], viewer)
    return json_response({"collection": shown})


def tag_from_form(form: Form) -> Tag | None:
    """Return the hashtag that a form names, None for an empty one. Raises CollectionRefused."""
    raw = form.text("tag_name").strip()
    try:
        return parse_tag(raw) if raw else None
    except TagNotFound:
        raise CollectionRefused("Tag is invalid; use one hashtag without spaces") from None


def with_form(collection: Collection, form: Form) -> Collection:
    """Return a collection with what a form changes of it."""
    language = form.text("language") if form.has("language") else collection.language
    return replace(
        collection,
        name=form.text("name", collection.name).strip(),
        description=form.text("description", collection.description).strip(),
        language=language or None,
        is_sensitive=form.flag("sensitive", collection.is_sensitive),
        is_discoverable=form.flag("discoverable", collection.is_discoverable),
    )


@routes.route("POST", "/api/v1/collections", who="user", scope=WRITE)
async def make_collection(face: MastodonFace, request: Request) -> Answer:
    """Recommend people together. Spec: https://docs.joinmastodon.org/methods/collections/#create"""
    form, me = await read_form(request), person(request)
    asked = form.ids("account_ids", limit=MAX_ITEMS + 1)
    draft = with_form(Collection(0, me, ""), form)
    made = await acts.create_collection(face.app, draft, tag=tag_from_form(form), account_ids=asked)
    return await wrapped(face, made, me)


@routes.route("GET", "/api/v1/collections/{id}", who="anyone", scope=READ)
async def show_collection(face: MastodonFace, request: Request) -> Answer:
    """One collection with its people. Spec: https://docs.joinmastodon.org/methods/collections/#get_collection"""
    viewer = request.caller.account_id or 0
    await face.live.catch_up()
    found = await acts.get_collection(face.app.db.reader, path_id(request), viewer)
    [shown], items = await shown_collections(face.app.db.reader, face.renders.base_url, [found], viewer)
    ids = [found.owner_id, *(item.account_id for item in items.get(found.id, []))]
    accounts = await face.renders.load_accounts(ids)
    people = b",".join(accounts[one] for one in dict.fromkeys(ids) if one in accounts)
    return json_bytes(b'{"collection":' + ENCODE_JSON(shown) + b',"accounts":[' + people + b"]}")


@routes.route("PUT PATCH", "/api/v1/collections/{id}", who="user", scope=WRITE)
async def edit_collection(face: MastodonFace, request: Request) -> Answer:
    """Change texts and choices. Spec: https://docs.joinmastodon.org/methods/collections/#update_collection"""
    form, me = await read_form(request), person(request)
    reader = face.app.db.reader
    found = await acts.get_collection(reader, path_id(request), me)
    tag = tag_from_form(form) if form.has("tag_name") else None
    if not form.has("tag_name") and found.tag:
        tag = (await list_tags(reader, [found.tag])).get(found.tag)
    changed = replace(with_form(found, form), owner_id=me)
    return await wrapped(face, await acts.change_collection(face.app, changed, tag=tag), me)


@routes.route("DELETE", "/api/v1/collections/{id}", who="user", scope=WRITE)
async def remove_collection(face: MastodonFace, request: Request) -> Answer:
    """Delete a collection. Spec: https://docs.joinmastodon.org/methods/collections/#delete_collection"""
    await acts.delete_collection(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("POST", "/api/v1/collections/{id}/items", who="user", scope=WRITE)
async def add_item(face: MastodonFace, request: Request) -> Answer:
    """Put somebody in. Spec: https://docs.joinmastodon.org/methods/collections/#add_account"""
    account_id = (await read_form(request)).find_id("account_id")
    if account_id is None:
        raise CollectionRefused("`account_id` parameter is missing")
    item = await acts.add_to_collection(face.app, person(request), path_id(request), account_id)
    return json_response({"collection_item": json_from_item(item)})


@routes.route("DELETE", "/api/v1/collections/{id}/items/{item}", who="user", scope=WRITE)
async def remove_item(face: MastodonFace, request: Request) -> Answer:
    """Take somebody out. Spec: https://docs.joinmastodon.org/methods/collections/#remove_account"""
    await acts.remove_from_collection(face.app, person(request), path_id(request), path_id(request, "item"))
    return json_response({})


@routes.route("POST", "/api/v1/collections/{id}/items/{item}/revoke", who="user", scope=WRITE)
async def revoke_item(face: MastodonFace, request: Request) -> Answer:
    """Take yourself out for good. Spec: https://docs.joinmastodon.org/methods/collections/#revoke_item"""
    await acts.leave_collection(face.app, person(request), path_id(request), path_id(request, "item"))
    return json_response({})


async def answer_collections(face: MastodonFace, request: Request, found: Sequence[Collection], page: Offset) -> Answer:
    """Answer a list with the curators and the first people of each."""
    viewer = request.caller.account_id or 0
    shown, items = await shown_collections(face.app.db.reader, face.renders.base_url, found, viewer)
    ids = [one.owner_id for one in found]
    ids += [item.account_id for one in found for item in items.get(one.id, [])[:PREVIEWED]]
    await face.live.catch_up()
    accounts = await face.renders.load_accounts(ids)
    people = b",".join(accounts[one] for one in dict.fromkeys(ids) if one in accounts)
    body = b'{"collections":' + ENCODE_JSON(shown) + b',"partial_accounts":[' + people + b"]}"
    return json_bytes(body, headers=offset_links(face, request, page, len(found)))


async def subject_of(face: MastodonFace, request: Request) -> AccountId:
    """Return the account of the path. Raises AccountNotFound for one that is suspended."""
    account = await get_account(face.app.db.reader, path_id(request))
    if account.suspended_at_us:
        raise AccountNotFound
    return account.id


@routes.route("GET", "/api/v1/accounts/{id}/collections", who="anyone", scope=READ)
async def list_collections_of(face: MastodonFace, request: Request) -> Answer:
    """What somebody curates. Spec: https://docs.joinmastodon.org/methods/collections/#get_collections"""
    page, account_id = offset_from(read_query(request), USUAL, MOST), await subject_of(face, request)
    found = await collections.list_collections_of(
        face.app.db.reader, account_id, request.caller.account_id or 0, limit=page.limit, offset=page.offset
    )
    return await answer_collections(face, request, found, page)


@routes.route("GET", "/api/v1/accounts/{id}/in_collections", who="user", scope=READ)
async def list_collections_with(face: MastodonFace, request: Request) -> Answer:
    """Where somebody is recommended. Spec: https://docs.joinmastodon.org/methods/collections/#in_collections"""
    page, account_id = offset_from(read_query(request), USUAL, MOST), await subject_of(face, request)
    found = await collections.list_collections_with(
        face.app.db.reader, account_id, request.caller.account_id or 0, limit=page.limit, offset=page.offset
    )
    return await answer_collections(face, request, found, page)
