"""Notifications of the client API in groups: ten likes of one post are one entry.

Owns: the routes under /api/v2/notifications but the policy's. Spec:
https://docs.joinmastodon.org/methods/grouped_notifications/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rookery.actions.notifications import clear_notifications, dismiss_group
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.fallbacks import supported_from_form
from rookery.mastodon.forms import Form, read_query
from rookery.mastodon.notifications import READ, WRITE, choice_from_form, load_fallbacks, load_told
from rookery.mastodon.notifications_json import KINDS_BY_WORD, json_from_group
from rookery.mastodon.pages import accounts_page, link_headers
from rookery.mastodon.reports_json import render_reports
from rookery.model.ids import MAX_ID
from rookery.model.notifications import GROUPED_KINDS, NotificationGroup, NotificationNotFound
from rookery.model.paging import Window
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.notifications import (
    NotificationChoice,
    count_unread,
    find_group,
    list_groups,
    list_senders_of_group,
)

routes: RouteTable[MastodonFace] = RouteTable()
ENCODE = msgspec.json.Encoder().encode
PARTIAL = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static")


def grouped_from_form(form: Form) -> tuple[str, ...]:
    """Read which kinds the app can show in groups; all that we group, unless it says."""
    asked = form.texts("grouped_types")
    able = tuple(kind.value for kind in GROUPED_KINDS)
    return tuple(kind for kind in able if not asked or kind in {KINDS_BY_WORD.get(word) for word in asked})


async def render_groups(
    face: MastodonFace,
    viewer: int,
    made: Sequence[tuple[NotificationGroup, bytes]],
    supported: frozenset[str] | None,
    *,
    expands: str = "full",
) -> bytes:
    """Return the GroupedNotificationsResults entity. expands: full, or partial_avatars for less of most accounts.

    supported: see fallbacks.py.
    """
    filters = await face.filters.of(viewer, "notifications")
    groups = [group for group, _ in made]
    post_ids = list({g.newest.post_id: None for g in groups if g.newest.post_id is not None})
    posts = await face.renders.by_id(post_ids, viewer, filters) if post_ids else {}
    accounts = await face.renders.load_accounts({account for group in groups for account in group.from_ids})
    made = await with_collections(face, viewer, made)
    shown = [
        (g, entity)
        for g, entity in await with_fallbacks(face, viewer, made, accounts, supported)
        if (g.newest.post_id is None or g.newest.post_id in posts) and not accounts.keys().isdisjoint(g.from_ids)
    ]
    wanted = {account: None for group, _ in shown for account in group.from_ids if account in accounts}
    full = {group.from_ids[0]: None for group, _ in shown} if expands == "partial_avatars" else wanted
    pieces = {
        b"accounts": [accounts[account] for account in full if account in accounts],
        b"statuses": [posts[post_id] for post_id in post_ids if post_id in posts],
        b"notification_groups": [entity for _, entity in shown],
    }
    if expands == "partial_avatars":
        pieces[b"partial_accounts"] = [partial_account(accounts[i]) for i in wanted if i not in full]
    return b"{" + b",".join(b'"%b":[%b]' % (name, b",".join(each)) for name, each in pieces.items()) + b"}"


async def with_collections(
    face: MastodonFace, viewer: int, made: Sequence[tuple[NotificationGroup, bytes]]
) -> list[tuple[NotificationGroup, bytes]]:
    """Return the groups whose collection is still there for the viewer, with it inside."""
    ids = {g.newest.collection_id for g, _ in made if g.newest.collection_id is not None}
    told = await load_told(face, viewer, list(ids))
    return [
        (group, entity[:-1] + told.get(group.newest.collection_id or 0, b"") + b"}")
        for group, entity in made
        if group.newest.collection_id is None or group.newest.collection_id in told
    ]


async def with_fallbacks(
    face: MastodonFace,
    viewer: int,
    made: Sequence[tuple[NotificationGroup, bytes]],
    accounts: dict[int, bytes],
    supported: frozenset[str] | None,
) -> list[tuple[NotificationGroup, bytes]]:
    """Return the groups with words for those whose kind the app does not know."""
    behind = [(g.newest.kind, accounts.get(g.newest.from_id, b"")) for g, _ in made]
    words = await load_fallbacks(face, viewer, [one for one in behind if one[1]], supported)
    return [
        (group, entity[:-1] + words.get(one, b"") + b"}") for (group, entity), one in zip(made, behind, strict=True)
    ]


def partial_account(account: bytes) -> bytes:
    """Return the PartialAccountWithAvatar entity."""
    values: dict[str, Any] = msgspec.json.decode(account)
    return ENCODE({name: values[name] for name in PARTIAL})


@routes.route("GET", "/api/v2/notifications", who="user", scope=READ)
async def list_grouped(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/grouped_notifications/#get-grouped."""
    form, viewer = read_query(request), person(request)
    expands = form.choice("expand_accounts", ("full", "partial_avatars"), "full")
    window, grouped, choice = form.window(40, 80), grouped_from_form(form), choice_from_form(form)
    await face.live.catch_up()
    made = await face.notification_pages.of(
        viewer, (window, grouped, choice), lambda: make_groups(face, viewer, window, grouped, choice)
    )
    body = await render_groups(face, viewer, made, supported_from_form(form), expands=expands)
    return json_bytes(body, headers=link_headers(face, request, [group.newest.id for group, _ in made]))


async def make_groups(
    face: MastodonFace, viewer: int, window: Window, grouped: tuple[str, ...], choice: NotificationChoice
) -> list[tuple[NotificationGroup, bytes]]:
    """Return a page of groups, each with its NotificationGroup entity, which depends on nothing but reports."""
    found = await list_groups(face.app.db.reader, viewer, window, grouped, choice)
    return await with_reports(face, viewer, found)


async def with_reports(
    face: MastodonFace, viewer: int, found: Sequence[NotificationGroup]
) -> list[tuple[NotificationGroup, bytes]]:
    """Return groups with their entities; staff reads in them what was reported."""
    ids = [group.newest.report_id for group in found if group.newest.report_id is not None]
    reports = await render_reports(face, viewer, ids)
    return [(group, ENCODE(json_from_group(group, reports.get(group.newest.report_id or 0)))) for group in found]


@routes.route("GET", "/api/v2/notifications/unread_count", who="user", scope=READ)
async def show_unread_groups(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/grouped_notifications/#unread-group-count."""
    form = read_query(request)
    limit = min(max(form.number("limit", 100), 1), 1000)
    choice, grouped = choice_from_form(form), grouped_from_form(form)
    # Many rows may be one group, so more of them are looked at.
    counts = await count_unread(face.app.db.reader, person(request), choice, grouped, limit * 5)
    return json_response({"count": min(counts[1], limit)})


@routes.route("GET", "/api/v2/notifications/{group_key}", who="user", scope=READ)
async def show_group(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/grouped_notifications/#get-notification-group."""
    await face.live.catch_up()
    group = await find_group(face.app.db.reader, person(request), request.path_values["group_key"], MAX_ID)
    viewer, supported = person(request), supported_from_form(read_query(request))
    return json_bytes(await render_groups(face, viewer, await with_reports(face, viewer, [group]), supported))


@routes.route("GET", "/api/v2/notifications/{group_key}/accounts", who="user", scope=READ)
async def list_group_accounts(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/grouped_notifications/#get-group-accounts."""
    window = read_query(request).window(40, 80)
    key = request.path_values["group_key"]
    rows = await list_senders_of_group(face.app.db.reader, person(request), key, window)
    if not rows and window.before == MAX_ID and not window.floor:
        raise NotificationNotFound
    return await accounts_page(face, request, rows, window.limit)


@routes.route("POST", "/api/v2/notifications/{group_key}/dismiss", who="user", scope=WRITE)
async def dismiss_whole_group(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/grouped_notifications/#dismiss-group."""
    await dismiss_group(face.app, person(request), request.path_values["group_key"])
    return json_response({})


@routes.route("POST", "/api/v2/notifications/clear", who="user", scope=WRITE)
async def clear_all(face: MastodonFace, request: Request) -> Answer:
    """The same as in v1."""
    await clear_notifications(face.app, person(request))
    return json_response({})
