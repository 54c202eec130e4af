"""Notifications of the client API, one by one.

Owns: the routes under /api/v1/notifications that show and forget; rendering, which streams use too. A page is one
query; heads, accounts and posts come from caches and are joined as bytes.
Spec: https://docs.joinmastodon.org/methods/notifications/
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.actions.notifications import clear_notifications, dismiss_notification
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.notifications_json import kinds_from_words, notification_head
from rookery.mastodon.pages import link_headers
from rookery.mastodon.reports_json import render_reports
from rookery.model.notifications import Notification, NotificationNotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.notifications import (
    NotificationChoice,
    count_unread,
    get_notification,
    list_notification_rows,
)
from rookery.storage.sql import Row

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:notifications read", "write:notifications write"


async def render_notifications(face: MastodonFace, viewer: int, rows: Sequence[Row]) -> list[bytes]:
    """Return one Notification entity per row whose account and post are there.

    rows: COLUMNS of storage/notifications.py; call live.catch_up() before reading them.
    """
    filters = await face.filters.of(viewer, "notifications")
    accounts = await face.renders.load_accounts({row[2] for row in rows})
    post_ids = list({row[3]: None for row in rows if row[3] is not None})
    posts = await face.renders.by_id(post_ids, viewer, filters) if post_ids else {}
    reports = await render_reports(face, viewer, [row[6] for row in rows if row[6] is not None])
    found = []
    for row in rows:
        account, post_id = accounts.get(row[2]), row[3]
        if account is None or (post_id is not None and post_id not in posts):
            continue
        end = b"}" if post_id is None else b',"status":' + posts[post_id] + b"}"
        if row[6] in reports:
            end = b',"report":' + reports[row[6]] + b"}"
        found.append(notification_head(row[0], row[1], row[4], row[5]) + account + end)
    return found


async def render_notification(face: MastodonFace, viewer: int, notification_id: int) -> bytes | None:
    """Return one Notification entity, None when it is gone: for streams."""
    await face.live.catch_up()
    try:
        found = await get_notification(face.app.db.reader, viewer, notification_id)
    except NotificationNotFound:
        return None
    rendered = await render_notifications(face, viewer, [row_of(found)])
    return rendered[0] if rendered else None


def row_of(found: Notification) -> Row:
    """Spell a Notification as COLUMNS."""
    return (found.id, found.kind, found.from_id, found.post_id, found.group_key, found.created_at_us, found.report_id)


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
    body = b"[" + b",".join(await render_notifications(face, viewer, rows)) + b"]"
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
    found = await render_notification(face, person(request), path_id(request))
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
