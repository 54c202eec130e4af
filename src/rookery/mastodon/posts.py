"""Statuses of the client API: reading, writing, and what people do to them.

Owns: the routes under /api/v1/statuses, favourites and bookmarks lists. Handlers parse, call one action, translate.
Spec: https://docs.joinmastodon.org/methods/statuses/
"""

from __future__ import annotations

from typing import Any

import msgspec

from rookery.actions.edits import EditDraft, edit_post
from rookery.actions.marks import mark_post, repost_post, undo_repost, unmark_post
from rookery.actions.posts import publish_post
from rookery.actions.removals import delete_post
from rookery.actions.scheduled_posts import schedule_post
from rookery.mastodon.accounts_json import AUDIENCES
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import accounts_page, posts_page
from rookery.mastodon.post_forms import draft_from_form, edit_from_form, time_from_form
from rookery.mastodon.scheduled_posts import answer_scheduled
from rookery.mastodon.versions_json import json_from_versions
from rookery.model.ids import PostId, now_us
from rookery.model.posts import Audience, PostNotFound
from rookery.network.limits import DELETING, POSTING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.marks import Mark, list_marked, list_markers
from rookery.storage.members import find_member
from rookery.storage.posts import get_visible_post, list_versions, list_visible_ids

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:statuses read", "write:statuses write"


async def answer_post(face: MastodonFace, request: Request, post_id: int) -> Answer:
    """Answer one Status as its viewer sees it."""
    viewer = request.caller.account_id
    filters = await face.filters.of(viewer, "thread") if viewer is not None else None
    body = await face.renders.post(post_id, viewer, filters)
    if body is None:
        raise PostNotFound
    return json_bytes(body)


@routes.route("POST", "/api/v1/statuses", who="user", scope=WRITE, limit=POSTING)
async def create_status(face: MastodonFace, request: Request) -> Answer:
    """Publish a post, now or at a later time. Spec: https://docs.joinmastodon.org/methods/statuses/#create"""
    form = await read_form(request)
    member = await find_member(face.app.db.reader, person(request))
    draft = draft_from_form(form, request.caller, member.preferences if member else None)
    key = request.header("idempotency-key") or None
    if (publish_at_us := time_from_form(form, now_us())) is not None:
        scheduled = await schedule_post(face.app, draft, publish_at_us, idempotency_key=key)
        return await answer_scheduled(face, scheduled)
    post = await face.renders.keep_new(publish_post(face.app, draft, idempotency_key=key))
    return await answer_post(face, request, post.id)


@routes.route("GET", "/api/v1/statuses", who="anyone", scope=READ)
async def list_statuses(face: MastodonFace, request: Request) -> Answer:
    """Several posts by id. Spec: https://docs.joinmastodon.org/methods/statuses/#index"""
    ids = read_query(request).ids("id", limit=20)
    await face.live.catch_up()
    visible = await list_visible_ids(face.app.db.reader, ids, request.caller.account_id or 0)
    viewer = request.caller.account_id
    filters = await face.filters.of(viewer, "thread") if viewer is not None else None
    return json_bytes(await face.renders.page([i for i in ids if i in visible], viewer, filters))


@routes.route("GET", "/api/v1/statuses/{id}", who="anyone", scope=READ)
async def get_status(face: MastodonFace, request: Request) -> Answer:
    """One post. Spec: https://docs.joinmastodon.org/methods/statuses/#get"""
    return await answer_post(face, request, await visible_id(face, request))


async def visible_id(face: MastodonFace, request: Request) -> int:
    """Return the path's post id when the viewer may see it. Raises PostNotFound."""
    post_id = path_id(request)
    await face.live.catch_up()
    if not await list_visible_ids(face.app.db.reader, [post_id], request.caller.account_id or 0):
        raise PostNotFound
    return post_id


@routes.route("PUT PATCH", "/api/v1/statuses/{id}", who="user", scope=WRITE)
async def edit_status(face: MastodonFace, request: Request) -> Answer:
    """Change an own post. Spec: https://docs.joinmastodon.org/methods/statuses/#edit"""
    form = await read_form(request)
    before = await get_visible_post(face.app.db.reader, path_id(request), person(request))
    edit: EditDraft = edit_from_form(form, before)
    post = await edit_post(face.app, person(request), before.id, edit)
    return await answer_post(face, request, post.id)


@routes.route("DELETE", "/api/v1/statuses/{id}", who="user", scope=WRITE, limit=DELETING)
async def delete_status(face: MastodonFace, request: Request) -> Answer:
    """Delete an own post; the answer carries the source text, for a redraft.

    Spec: https://docs.joinmastodon.org/methods/statuses/#delete
    """
    post_id = path_id(request)
    form = await read_form(request)
    shown = await face.renders.post(await visible_id(face, request), person(request))
    deletes_media = form.flag("delete_media")
    post = await delete_post(face.app, person(request), PostId(post_id), keeps_media=not deletes_media)
    values = msgspec.json.decode(shown) if shown else {}
    values.pop("content", None)
    return json_response({**values, "text": post.text})


@routes.route("GET", "/api/v1/statuses/{id}/source", who="user", scope=READ)
async def get_source(face: MastodonFace, request: Request) -> Answer:
    """The text as it was written, of an own post. Spec: https://docs.joinmastodon.org/methods/statuses/#source"""
    post = await get_visible_post(face.app.db.reader, path_id(request), person(request))
    if post.author_id != person(request):
        raise PostNotFound
    return json_response({"id": str(post.id), "text": post.text, "spoiler_text": post.content_warning})


@routes.route("GET", "/api/v1/statuses/{id}/history", who="anyone", scope=READ)
async def get_history(face: MastodonFace, request: Request) -> Answer:
    """Every version of a post. Spec: https://docs.joinmastodon.org/methods/statuses/#history"""
    post = await get_visible_post(face.app.db.reader, path_id(request), request.caller.account_id or 0)
    versions = await list_versions(face.app.db.reader, post.id)
    account: Any = await face.renders.account(post.author_id)
    return json_response(json_from_versions(post, versions, account, face.app.settings.base_url, face.renders.emoji))


@routes.route("GET", "/api/v1/statuses/{id}/favourited_by", who="anyone", scope="read:accounts read")
async def list_favourited_by(face: MastodonFace, request: Request) -> Answer:
    """Who liked a post. Spec: https://docs.joinmastodon.org/methods/statuses/#favourited_by"""
    return await list_by(face, request, Mark.LIKE)


@routes.route("GET", "/api/v1/statuses/{id}/reblogged_by", who="anyone", scope="read:accounts read")
async def list_reblogged_by(face: MastodonFace, request: Request) -> Answer:
    """Who reposted a post. Spec: https://docs.joinmastodon.org/methods/statuses/#reblogged_by"""
    return await list_by(face, request, Mark.REPOST)


async def list_by(face: MastodonFace, request: Request, mark: Mark) -> Answer:
    """Answer the accounts that made a mark on a visible post."""
    post_id = await visible_id(face, request)
    window = read_query(request).window(40, 80)
    rows = await list_markers(face.app.db.reader, post_id, mark, request.caller.account_id or 0, window)
    return await accounts_page(face, request, rows, window.limit)


@routes.route("POST", "/api/v1/statuses/{id}/favourite", who="user", scope="write:favourites write")
async def favourite_status(face: MastodonFace, request: Request) -> Answer:
    """Like a post. Spec: https://docs.joinmastodon.org/methods/statuses/#favourite"""
    return await set_mark(face, request, Mark.LIKE)


@routes.route("POST", "/api/v1/statuses/{id}/unfavourite", who="user", scope="write:favourites write")
async def unfavourite_status(face: MastodonFace, request: Request) -> Answer:
    """Take a like back. Spec: https://docs.joinmastodon.org/methods/statuses/#unfavourite"""
    return await clear_mark(face, request, Mark.LIKE)


@routes.route("POST", "/api/v1/statuses/{id}/bookmark", who="user", scope="write:bookmarks write")
async def bookmark_status(face: MastodonFace, request: Request) -> Answer:
    """Keep a post for later. Spec: https://docs.joinmastodon.org/methods/statuses/#bookmark"""
    return await set_mark(face, request, Mark.BOOKMARK)


@routes.route("POST", "/api/v1/statuses/{id}/unbookmark", who="user", scope="write:bookmarks write")
async def unbookmark_status(face: MastodonFace, request: Request) -> Answer:
    """Drop a bookmark. Spec: https://docs.joinmastodon.org/methods/statuses/#unbookmark"""
    return await clear_mark(face, request, Mark.BOOKMARK)


@routes.route("POST", "/api/v1/statuses/{id}/mute", who="user", scope="write:mutes write")
async def mute_status(face: MastodonFace, request: Request) -> Answer:
    """No more notifications from a thread. Spec: https://docs.joinmastodon.org/methods/statuses/#mute"""
    return await set_mark(face, request, Mark.MUTE)


@routes.route("POST", "/api/v1/statuses/{id}/unmute", who="user", scope="write:mutes write")
async def unmute_status(face: MastodonFace, request: Request) -> Answer:
    """Notifications from a thread again. Spec: https://docs.joinmastodon.org/methods/statuses/#unmute"""
    return await clear_mark(face, request, Mark.MUTE)


@routes.route("POST", "/api/v1/statuses/{id}/pin", who="user", scope="write:accounts write")
async def pin_status(face: MastodonFace, request: Request) -> Answer:
    """Show a post on top of the own profile. Spec: https://docs.joinmastodon.org/methods/statuses/#pin"""
    return await set_mark(face, request, Mark.PIN)


@routes.route("POST", "/api/v1/statuses/{id}/unpin", who="user", scope="write:accounts write")
async def unpin_status(face: MastodonFace, request: Request) -> Answer:
    """Unpin a post. Spec: https://docs.joinmastodon.org/methods/statuses/#unpin"""
    return await clear_mark(face, request, Mark.PIN)


async def set_mark(face: MastodonFace, request: Request, mark: Mark) -> Answer:
    """Make a mark and answer the post."""
    post_id = await mark_post(face.app, person(request), PostId(path_id(request)), mark)
    return await answer_post(face, request, post_id)


async def clear_mark(face: MastodonFace, request: Request, mark: Mark) -> Answer:
    """Take a mark back and answer the post."""
    post_id = await unmark_post(face.app, person(request), PostId(path_id(request)), mark)
    return await answer_post(face, request, post_id)


@routes.route("POST", "/api/v1/statuses/{id}/reblog", who="user", scope=WRITE, limit=POSTING)
async def reblog_status(face: MastodonFace, request: Request) -> Answer:
    """Repost; the answer is the repost with its own id. Spec: https://docs.joinmastodon.org/methods/statuses/#boost"""
    form = await read_form(request)
    audience = AUDIENCES.get(form.text("visibility"), Audience.PUBLIC)
    repost_id = await repost_post(face.app, person(request), PostId(path_id(request)), audience)
    return await answer_post(face, request, repost_id)


@routes.route("POST", "/api/v1/statuses/{id}/unreblog", who="user", scope=WRITE, limit=DELETING)
async def unreblog_status(face: MastodonFace, request: Request) -> Answer:
    """Take a repost back; the answer is the original. Spec: https://docs.joinmastodon.org/methods/statuses/#unreblog"""
    post_id = await undo_repost(face.app, person(request), PostId(path_id(request)))
    return await answer_post(face, request, post_id)


@routes.route("GET", "/api/v1/favourites", who="user", scope="read:favourites read")
async def list_favourites(face: MastodonFace, request: Request) -> Answer:
    """Posts you liked. Spec: https://docs.joinmastodon.org/methods/favourites/"""
    return await list_own_marks(face, request, Mark.LIKE)


@routes.route("GET", "/api/v1/bookmarks", who="user", scope="read:bookmarks read")
async def list_bookmarks(face: MastodonFace, request: Request) -> Answer:
    """Posts you kept. Spec: https://docs.joinmastodon.org/methods/bookmarks/"""
    return await list_own_marks(face, request, Mark.BOOKMARK)


async def list_own_marks(face: MastodonFace, request: Request, mark: Mark) -> Answer:
    """Answer posts by the order of the marks; the cursors are the marks' ids."""
    await face.live.catch_up()
    window = read_query(request).window(20, 40)
    rows = await list_marked(face.app.db.reader, person(request), mark, window)
    return await posts_page(face, request, [row[1] for row in rows], "", cursors=[row[0] for row in rows])
