"""What becomes of notifications from strangers, and who waits to be let through, in the client API.

Owns: the policy in both forms, the routes under /api/v1/notifications/requests. A request is named by the id of its
account, since it is all that one account caused. Spec: https://docs.joinmastodon.org/methods/notifications/#get-policy
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from rookery.actions.notifications import accept_requests, dismiss_requests, set_policy
from rookery.mastodon.dates import date_from_us
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.notifications import READ, WRITE
from rookery.mastodon.notifications_json import (
    OLD_POLICY_WORDS,
    POLICY_WORDS,
    VERDICTS_BY_WORD,
    json_from_old_policy,
    json_from_policy,
)
from rookery.mastodon.pages import link_headers
from rookery.model.notifications import NotificationNotFound, NotificationPolicy, NotificationRequest, Verdict
from rookery.model.paging import Window
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.notification_policies import get_policy
from rookery.storage.notifications import count_held, list_requests
from rookery.storage.posts import list_visible_ids

routes: RouteTable[MastodonFace] = RouteTable()
ENCODE = msgspec.json.Encoder().encode


@routes.route("GET", "/api/v2/notifications/policy", who="user", scope=READ)
async def show_policy(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#get-policy."""
    policy = await get_policy(face.app.db.reader, person(request))
    return json_response(json_from_policy(policy, await count_held(face.app.db.long_reader, person(request))))


@routes.route("PUT PATCH", "/api/v2/notifications/policy", who="user", scope=WRITE)
async def change_policy(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#update-the-filtering-policy-for-notifications."""
    form = await read_form(request)
    before = await get_policy(face.app.db.reader, person(request))
    await set_policy(face.app, person(request), policy_from_form(form, before))
    return await show_policy(face, request)


def policy_from_form(form: Form, before: NotificationPolicy) -> NotificationPolicy:
    """Return the policy with the answers that were sent. Raises Invalid for an answer that is none."""
    answers = {
        name: VERDICTS_BY_WORD[form.choice(name, VERDICTS_BY_WORD, "accept")]
        for name in POLICY_WORDS
        if form.text(name)
    }
    return replace(before, **answers)


@routes.route("GET", "/api/v1/notifications/policy", who="user", scope=READ)
async def show_old_policy(face: MastodonFace, request: Request) -> Answer:
    """The form before 4.3: one flag per question."""
    policy = await get_policy(face.app.db.reader, person(request))
    return json_response(json_from_old_policy(policy, await count_held(face.app.db.long_reader, person(request))))


@routes.route("PUT PATCH", "/api/v1/notifications/policy", who="user", scope=WRITE)
async def change_old_policy(face: MastodonFace, request: Request) -> Answer:
    """The form before 4.3: true filters; what drops already goes on to drop."""
    form = await read_form(request)
    policy = await get_policy(face.app.db.reader, person(request))
    for old, name in OLD_POLICY_WORDS.items():
        flag = form.find_flag(old)
        if flag is not None:
            verdict = max(Verdict.FILTER, getattr(policy, name)) if flag else Verdict.ACCEPT
            policy = replace(policy, **{name: verdict})
    await set_policy(face.app, person(request), policy)
    return await show_old_policy(face, request)


async def render_requests(face: MastodonFace, viewer: int, found: list[NotificationRequest]) -> list[bytes]:
    """Return one NotificationRequest entity per request whose account is there."""
    accounts = await face.renders.load_accounts({request.from_id for request in found})
    post_ids = [request.post_id for request in found if request.post_id]
    visible = await list_visible_ids(face.app.db.reader, post_ids, viewer) if post_ids else set()
    posts = await face.renders.by_id(list(visible), viewer) if visible else {}
    return [
        request_bytes(request, accounts[request.from_id], posts.get(request.post_id or 0))
        for request in found
        if request.from_id in accounts
    ]


def request_bytes(found: NotificationRequest, account: bytes, post: bytes | None) -> bytes:
    """Join one NotificationRequest entity."""
    head: dict[str, Any] = {
        "id": str(found.from_id),
        "created_at": date_from_us(found.first_at_us),
        "updated_at": date_from_us(found.newest_at_us),
        "notifications_count": str(found.count),
    }
    return ENCODE(head)[:-1] + b',"account":' + account + b',"last_status":' + (post or b"null") + b"}"


@routes.route("GET", "/api/v1/notifications/requests", who="user", scope=READ)
async def list_held(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#get-requests. Cursors are not the entities' ids."""
    window = read_query(request).window(40, 80)
    await face.live.catch_up()
    found = await list_requests(face.app.db.long_reader, person(request), window)
    body = b"[" + b",".join(await render_requests(face, person(request), found)) + b"]"
    headers = link_headers(face, request, [held.newest_id for held in found], limit=window.limit)
    return json_bytes(body, headers=headers)


@routes.route("GET", "/api/v1/notifications/requests/merged", who="user", scope=READ)
async def show_merged(face: MastodonFace, request: Request) -> Answer:
    """Always true: accepting a request moves its notifications at once.

    Spec: https://docs.joinmastodon.org/methods/notifications/#requests-merged
    """
    return json_response({"merged": True})


@routes.route("GET", "/api/v1/notifications/requests/{id}", who="user", scope=READ)
async def show_held(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#get-one-request."""
    await face.live.catch_up()
    found = await list_requests(face.app.db.reader, person(request), Window(limit=1), from_id=path_id(request) or -1)
    rendered = await render_requests(face, person(request), found)
    if not rendered:
        raise NotificationNotFound
    return json_bytes(rendered[0])


@routes.route("POST", "/api/v1/notifications/requests/{id}/accept", who="user", scope=WRITE)
async def accept_one(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#accept-request."""
    await need_request(face, request)
    await accept_requests(face.app, person(request), [path_id(request)])
    return json_response({})


@routes.route("POST", "/api/v1/notifications/requests/{id}/dismiss", who="user", scope=WRITE)
async def dismiss_one(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#dismiss-request."""
    await need_request(face, request)
    await dismiss_requests(face.app, person(request), [path_id(request)])
    return json_response({})


async def need_request(face: MastodonFace, request: Request) -> None:
    """Raises NotificationNotFound when nothing of that account is held back."""
    if not await list_requests(face.app.db.reader, person(request), Window(limit=1), from_id=path_id(request) or -1):
        raise NotificationNotFound


@routes.route("POST", "/api/v1/notifications/requests/accept", who="user", scope=WRITE)
async def accept_several(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#accept-multiple-requests."""
    await accept_requests(face.app, person(request), (await read_form(request)).ids("id"))
    return json_response({})


@routes.route("POST", "/api/v1/notifications/requests/dismiss", who="user", scope=WRITE)
async def dismiss_several(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/notifications/#dismiss-multiple-requests."""
    await dismiss_requests(face.app, person(request), (await read_form(request)).ids("id"))
    return json_response({})
