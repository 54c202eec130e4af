"""Notifications of the client API, one by one.

Owns: the routes under /api/v1/notifications that show and forget; rendering, which streams use too. A page is one
query; heads, accounts and posts come from caches and are joined as bytes.
Spec: https://docs.joinmastodon.org/methods/notifications/
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rookery.actions.notifications import clear_notifications, dismiss_notification
from rookery.mastodon.collections_json import load_collections
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.fallbacks import json_from_fallback, needs_fallback, supported_from_form
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.notifications_json import kinds_from_words, notification_head
from rookery.mastodon.pages import link_headers
from rookery.mastodon.push_words import language_of
from rookery.mastodon.reports_json import render_reports
from rookery.model.notifications import Notification, NotificationNotFound
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.members import find_member
from rookery.storage.notifications import (
    NotificationChoice,
    count_unread,
    get_notification,
    list_notification_rows,
)
from rookery.storage.sql import Row

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:notifications read", "write:notifications write"


async def render_notifications(
    face: MastodonFace, viewer: int, rows: Sequence[Row], supported: frozenset[str] | None = None
) -> list[bytes]:
    """Return one Notification entity per row whose account, post and collection are there.

    rows: COLUMNS of storage/notifications.py; call live.catch_up() before reading them. supported: see fallbacks.py.
    """
    filters = await face.filters.of(viewer, "notifications")
    accounts = await face.renders.load_accounts({row[2] for row in rows})
    post_ids = list({row[3]: None for row in rows if row[3] is not None})
    posts = await face.renders.by_id(post_ids, viewer, filters) if post_ids else {}
    reports = await render_reports(face, viewer, [row[6] for row in rows if row[6] is not None])
    shown = await load_told(face, viewer, [row[7] for row in rows if row[7] is not None])
    behind = [(row[1], accounts[row[2]]) for row in rows if row[2] in accounts]
    words = await load_fallbacks(face, viewer, behind, supported)
    found = []
    for row in rows:
        account, post_id = accounts.get(row[2]), row[3]
        is_gone = (post_id is not None and post_id not in posts) or (row[7] is not None and row[7] not in shown)
        if account is None or is_gone:
            continue
        end = b"" if post_id is None else b',"status":' + posts[post_id]
        if row[6] in reports:
            end = b',"report":' + reports[row[6]]
        end += shown.get(row[7], b"") + words.get((row[1], account), b"") + b"}"
        found.append(notification_head(row[0], row[1], row[4], row[5]) + account + end)
    return found


async def load_told(face: MastodonFace, viewer: int, ids: Sequence[int]) -> dict[int, bytes]:
    """Return `collection` of what tells of collections, by their ids."""
    if not ids:
        return {}
    found = await load_collections(face.app.db.reader, face.renders.base_url, ids, viewer)
    return {one: b',"collection":' + ENCODE_JSON(entity) for one, entity in found.items()}


async def load_fallbacks(
    face: MastodonFace, viewer: int, behind: Sequence[tuple[str, bytes]], supported: frozenset[str] | None
) -> dict[tuple[str, bytes], bytes]:
    """Return `fallback` by kind and Account entity, for kinds that the app does not know."""
    wanted = {one for one in behind if needs_fallback(one[0], supported)}
    if not wanted:
        return {}
    member = await find_member(face.app.db.reader, viewer)
    language, base_url = language_of(member.preferences.locale if member else None), face.renders.base_url
    return {
        (kind, account): b',"fallback":'
        + ENCODE_JSON(json_from_fallback(kind, msgspec.json.decode(account), language, base_url))
        for kind, account in wanted
    }


async def render_notification(
    face: MastodonFace, viewer: int, notification_id: int, supported: frozenset[str] | None = None
) -> bytes | None:
    """Return one Notification entity, None when it is gone: for streams too."""
    await face.live.catch_up()
    try:
        found = await get_notification(face.app.db.reader, viewer, notification_id)
    except NotificationNotFound:
        return None
    rendered = await render_notifications(face, viewer, [row_of(found)], supported)
    return rendered[0] if rendered else None


def row_of(found: Notification) -> Row:
    """Spell a Notification as COLUMNS."""
    about = (found.report_id, found.collection_id)
    return (found.id, found.kind, found.from_id, found.post_id, found.group_key, found.created_at_us, *about)


def choice_from_form(form: Form) -> NotificationChoice:
    """Read which notifications are wanted."""
    if not form.pairs:
        return NotificationChoice()
    kinds = kinds_from_words(form.texts("types"), form.texts("exclude_types"))
    return NotificationChoice(kinds, form.find_id("account_id") or 0, form.flag("include_filtered"))


@routes.route("GET", "/api/v1/notifications", who="user", scope=READ)
async def list_notifications(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#get."""
    form, viewer = read_query(request), person(request)
    window, choice = form.window(40, 80), choice_from_form(form)
    await face.live.catch_up()
    rows = await face.notification_pages.of(
        viewer, (window, choice), lambda: list_notification_rows(face.app.db.reader, viewer, window, choice)
    )
    shown = await render_notifications(face, viewer, rows, supported_from_form(form))
    body = b"[" + b",".join(shown) + b"]"
    return json_bytes(body, headers=link_headers(face, request, [row[0] for row in rows]))


@routes.route("GET", "/api/v1/notifications/unread_count", who="user", scope=READ)
async def show_unread_count(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#unread-count."""
    form = read_query(request)
    limit = min(max(form.number("limit", 100), 1), 1000)
    counts = await count_unread(face.app.db.reader, person(request), choice_from_form(form), (), limit)
    return json_response({"count": counts[0]})


@routes.route("GET", "/api/v1/notifications/{id}", who="user", scope=READ)
async def show_notification(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#get-one."""
    supported = supported_from_form(read_query(request))
    found = await render_notification(face, person(request), path_id(request), supported)
    if found is None:
        raise NotificationNotFound
    return json_bytes(found)


@routes.route("POST", "/api/v1/notifications/clear", who="user", scope=WRITE)
async def clear_all(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#clear."""
    await clear_notifications(face.app, person(request))
    return json_response({})


@routes.route("POST", "/api/v1/notifications/{id}/dismiss", who="user", scope=WRITE)
async def dismiss_one(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#dismiss."""
    await dismiss_notification(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("POST", "/api/v1/notifications/dismiss", who="user", scope=WRITE)
async def dismiss_by_parameter(face: MastodonFace, request: Request) -> Answer:
    """The spelling before 1.3, which old apps still send."""
    form = await read_form(request)
    await dismiss_notification(face.app, person(request), form.find_id("id") or 0)
    return json_response({})
