"""Posts for later in the client API.

Owns: the routes under /api/v1/scheduled_statuses, the ScheduledStatus shape. Scheduling itself is a parameter of a new
post (mastodon/posts.py). Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rookery.actions.scheduled_posts import cancel_scheduled, check_future, get_scheduled, move_scheduled
from rookery.mastodon.accounts_json import VISIBILITIES
from rookery.mastodon.dates import date_from_us, parse_date
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.mastodon.posts_json import json_from_media
from rookery.model.media import Attachment
from rookery.model.posts import Draft, PollDraft
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.media import list_own_media
from rookery.storage.scheduled_posts import list_scheduled

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:statuses read", "write:statuses write"


def json_from_scheduled(post: ScheduledPost, uploads: Mapping[int, Attachment], base_url: str) -> Any:
    """Return the ScheduledStatus entity. uploads: the author's, by id; one that is gone is left out."""
    return {
        "id": str(post.id),
        "scheduled_at": date_from_us(post.publish_at_us),
        "params": json_from_draft(post.draft),
        "media_attachments": [
            json_from_media(uploads[media_id], base_url) for media_id in post.draft.media_ids if media_id in uploads
        ],
    }


def json_from_draft(draft: Draft) -> Any:
    """Return the parameters as an app sent them; numbers stay texts, as ids do everywhere."""
    return {
        "text": draft.text,
        "poll": json_from_poll_draft(draft.poll) if draft.poll else None,
        "media_ids": [str(media_id) for media_id in draft.media_ids] or None,
        "sensitive": draft.is_sensitive,
        "spoiler_text": draft.content_warning or None,
        "visibility": VISIBILITIES[draft.audience],
        "language": draft.language,
        "in_reply_to_id": str(draft.reply_to_id) if draft.reply_to_id else None,
        "application_id": draft.app_id,
        "allowed_mentions": None
        if draft.allowed_mentions is None
        else [str(account_id) for account_id in draft.allowed_mentions],
        "scheduled_at": None,
        "idempotency": None,
        "with_rate_limit": False,
    }


def json_from_poll_draft(poll: PollDraft) -> Any:
    """Return a poll as it was asked for; its time begins with the publication."""
    return {
        "options": list(poll.options),
        "expires_in": poll.lasts_s,
        "multiple": poll.is_multiple,
        "hide_totals": poll.hides_totals,
    }


async def answer_scheduled(face: MastodonFace, post: ScheduledPost) -> Answer:
    """Answer one ScheduledStatus."""
    uploads = await list_own_media(face.app.db.reader, post.account_id, post.draft.media_ids)
    return json_response(json_from_scheduled(post, uploads, face.app.settings.base_url))


@routes.route("GET", "/api/v1/scheduled_statuses", who="user", scope=READ)
async def list_scheduled_statuses(face: MastodonFace, request: Request) -> Answer:
    """What waits for its time. Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/#get"""
    window, reader = read_query(request).window(20, 40), face.app.db.reader
    found = await list_scheduled(reader, person(request), window)
    ids = [media_id for post in found for media_id in post.draft.media_ids]
    uploads = await list_own_media(reader, person(request), ids) if ids else {}
    shown = [json_from_scheduled(post, uploads, face.app.settings.base_url) for post in found]
    headers = link_headers(face, request, [post.id for post in found], limit=window.limit)
    return json_response(shown, headers=headers)


@routes.route("GET", "/api/v1/scheduled_statuses/{id}", who="user", scope=READ)
async def get_scheduled_status(face: MastodonFace, request: Request) -> Answer:
    """One of them. Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/#get-one"""
    return await answer_scheduled(face, await get_scheduled(face.app, person(request), path_id(request)))


@routes.route("PUT PATCH", "/api/v1/scheduled_statuses/{id}", who="user", scope=WRITE)
async def move_scheduled_status(face: MastodonFace, request: Request) -> Answer:
    """Give it another time. Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/#update"""
    form = await read_form(request)
    post = await get_scheduled(face.app, person(request), path_id(request))
    if form.has("scheduled_at"):
        publish_at_us = check_future(parse_date(form.text("scheduled_at")))
        post = await move_scheduled(face.app, person(request), post.id, publish_at_us)
    return await answer_scheduled(face, post)


@routes.route("DELETE", "/api/v1/scheduled_statuses/{id}", who="user", scope=WRITE)
async def cancel_scheduled_status(face: MastodonFace, request: Request) -> Answer:
    """Publish it never. Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/#cancel"""
    await cancel_scheduled(face.app, person(request), path_id(request))
    return json_response({})
