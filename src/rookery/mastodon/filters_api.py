"""Filters of the client API, second version: filters with keywords and posts.

Owns: the routes under /api/v2/filters, the spelling of their parameters.
Spec: https://docs.joinmastodon.org/methods/filters/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.filters import (
    add_word,
    change_filter,
    change_word,
    create_filter,
    delete_filter,
    delete_word,
    filter_post,
    get_filter,
    get_filter_of_post,
    get_filter_of_word,
    unfilter_post,
)
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.filters_json import json_from_entry, json_from_filter, json_from_word
from rookery.mastodon.forms import Form, read_form
from rookery.model.filters import FilterAction, FilterChange, WordChange
from rookery.model.ids import now_us
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.filters import list_filters

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:filters read", "write:filters write"
MOST_SECONDS = 100 * 366 * 86_400


def expiry_from_form(form: Form) -> dict[str, Any]:
    """Return when the filter ends: `expires_in` seconds from now, empty or null for never; nothing when not sent."""
    if not form.has("expires_in"):
        return {}
    if not form.text("expires_in").strip():
        return {"sets_expiry": True, "expires_at_us": None}
    seconds = min(max(form.number("expires_in", 0), 0), MOST_SECONDS)
    return {"sets_expiry": True, "expires_at_us": now_us() + seconds * 1_000_000}


def contexts_from_form(form: Form) -> tuple[str, ...] | None:
    """Return the contexts, each once; None when they were not sent."""
    if not any(form.has(name) for name in ("context", "context[]", "context[0]")):
        return None
    return tuple(dict.fromkeys(word.strip() for word in form.texts("context") if word.strip()))


def word_from_form(form: Form) -> WordChange:
    """Read one keyword."""
    return WordChange(
        id=form.find_id("id"),
        keyword=form.text("keyword") if form.has("keyword") else None,
        is_whole_word=form.find_flag("whole_word"),
        is_removed=form.flag("_destroy"),
    )


def is_blank(change: WordChange) -> bool:
    """True for an empty row of a form, which says nothing."""
    return change.id is None and not (change.keyword or "").strip()


def change_from_form(form: Form) -> FilterChange:
    """Read a filter. Raises Invalid."""
    action = None
    if form.text("filter_action"):
        action = FilterAction(form.choice("filter_action", tuple(FilterAction), FilterAction.WARN))
    words = (word_from_form(record) for record in form.records("keywords_attributes"))
    return FilterChange(
        title=form.text("title") if form.has("title") else None,
        contexts=contexts_from_form(form),
        action=action,
        words=tuple(word for word in words if not is_blank(word)),
        **expiry_from_form(form),
    )


@routes.route("GET", "/api/v2/filters", who="user", scope=READ)
async def list_own_filters(face: MastodonFace, request: Request) -> Answer:
    """Your filters. Spec: https://docs.joinmastodon.org/methods/filters/#get"""
    found = await list_filters(face.app.db.reader, person(request))
    return json_response([json_from_filter(one) for one in found])


@routes.route("POST", "/api/v2/filters", who="user", scope=WRITE)
async def make_filter(face: MastodonFace, request: Request) -> Answer:
    """Make a filter. Spec: https://docs.joinmastodon.org/methods/filters/#create"""
    change = change_from_form(await read_form(request))
    return json_response(json_from_filter(await create_filter(face.app, person(request), change)))


@routes.route("GET", "/api/v2/filters/{id}", who="user", scope=READ)
async def show_filter(face: MastodonFace, request: Request) -> Answer:
    """One filter. Spec: https://docs.joinmastodon.org/methods/filters/#get-one"""
    return json_response(json_from_filter(await get_filter(face.app.db.reader, person(request), path_id(request))))


@routes.route("PUT PATCH", "/api/v2/filters/{id}", who="user", scope=WRITE)
async def edit_filter(face: MastodonFace, request: Request) -> Answer:
    """Change a filter and its keywords. Spec: https://docs.joinmastodon.org/methods/filters/#update"""
    change = change_from_form(await read_form(request))
    after = await change_filter(face.app, person(request), path_id(request), change)
    return json_response(json_from_filter(after))


@routes.route("DELETE", "/api/v2/filters/{id}", who="user", scope=WRITE)
async def remove_filter(face: MastodonFace, request: Request) -> Answer:
    """Delete a filter. Spec: https://docs.joinmastodon.org/methods/filters/#delete"""
    await delete_filter(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("GET", "/api/v2/filters/{id}/keywords", who="user", scope=READ)
async def list_keywords(face: MastodonFace, request: Request) -> Answer:
    """A filter's keywords. Spec: https://docs.joinmastodon.org/methods/filters/#keywords-get"""
    found = await get_filter(face.app.db.reader, person(request), path_id(request))
    return json_response([json_from_word(word) for word in found.words])


@routes.route("POST", "/api/v2/filters/{id}/keywords", who="user", scope=WRITE)
async def add_keyword(face: MastodonFace, request: Request) -> Answer:
    """Add a keyword. Spec: https://docs.joinmastodon.org/methods/filters/#keywords-create"""
    form = await read_form(request)
    change = WordChange(keyword=form.text("keyword"), is_whole_word=form.find_flag("whole_word"))
    return json_response(json_from_word(await add_word(face.app, person(request), path_id(request), change)))


@routes.route("GET", "/api/v2/filters/keywords/{id}", who="user", scope=READ)
async def show_keyword(face: MastodonFace, request: Request) -> Answer:
    """One keyword. Spec: https://docs.joinmastodon.org/methods/filters/#keywords-get-one"""
    _, word = await get_filter_of_word(face.app.db.reader, person(request), path_id(request))
    return json_response(json_from_word(word))


@routes.route("PUT PATCH", "/api/v2/filters/keywords/{id}", who="user", scope=WRITE)
async def edit_keyword(face: MastodonFace, request: Request) -> Answer:
    """Change a keyword. Spec: https://docs.joinmastodon.org/methods/filters/#keywords-update"""
    change = word_from_form(await read_form(request))
    change = WordChange(keyword=change.keyword, is_whole_word=change.is_whole_word)
    return json_response(json_from_word(await change_word(face.app, person(request), path_id(request), change)))


@routes.route("DELETE", "/api/v2/filters/keywords/{id}", who="user", scope=WRITE)
async def remove_keyword(face: MastodonFace, request: Request) -> Answer:
    """Delete a keyword. Spec: https://docs.joinmastodon.org/methods/filters/#keywords-delete"""
    await delete_word(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("GET", "/api/v2/filters/{id}/statuses", who="user", scope=READ)
async def list_filtered_statuses(face: MastodonFace, request: Request) -> Answer:
    """The posts that a filter names. Spec: https://docs.joinmastodon.org/methods/filters/#statuses-get"""
    found = await get_filter(face.app.db.reader, person(request), path_id(request))
    return json_response([json_from_entry(entry) for entry in found.posts])


@routes.route("POST", "/api/v2/filters/{id}/statuses", who="user", scope=WRITE)
async def add_filtered_status(face: MastodonFace, request: Request) -> Answer:
    """Name a post in a filter. Spec: https://docs.joinmastodon.org/methods/filters/#statuses-add"""
    post_id = (await read_form(request)).find_id("status_id") or 0
    return json_response(json_from_entry(await filter_post(face.app, person(request), path_id(request), post_id)))


@routes.route("GET", "/api/v2/filters/statuses/{id}", who="user", scope=READ)
async def show_filtered_status(face: MastodonFace, request: Request) -> Answer:
    """One filtered post. Spec: https://docs.joinmastodon.org/methods/filters/#statuses-get-one"""
    _, entry = await get_filter_of_post(face.app.db.reader, person(request), path_id(request))
    return json_response(json_from_entry(entry))


@routes.route("DELETE", "/api/v2/filters/statuses/{id}", who="user", scope=WRITE)
async def remove_filtered_status(face: MastodonFace, request: Request) -> Answer:
    """Take a post out of a filter. Spec: https://docs.joinmastodon.org/methods/filters/#statuses-remove"""
    await unfilter_post(face.app, person(request), path_id(request))
    return json_response({})
