"""Conversations of the client API: threads of posts for mentioned people.

Owns: the routes under /api/v1/conversations, rendering, which streams use too.
Spec: https://docs.joinmastodon.org/methods/conversations/
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.actions.conversations import mark_conversation, remove_conversation
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_query
from rookery.mastodon.pages import link_headers
from rookery.model.conversations import Conversation, ConversationNotFound
from rookery.model.ids import now_us
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.conversations import find_conversation, list_conversations

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:statuses read", "write:conversations write"


async def render_conversations(face: MastodonFace, viewer: int, found: Sequence[Conversation]) -> list[bytes]:
    """Return the Conversation entities whose newest post is there."""
    filters = await face.filters.of(viewer, "home")
    posts = await face.renders.by_id([one.shown_id for one in found], viewer, filters)
    accounts = await face.renders.load_accounts({person for one in found for person in one.people})
    return [
        b'{"id":"%d","unread":%b,"accounts":[%b],"last_status":%b}'
        % (
            one.id,
            b"true" if one.is_unread else b"false",
            b",".join(accounts[person] for person in one.people if person in accounts),
            posts[one.shown_id],
        )
        for one in found
        if one.shown_id in posts
    ]


async def render_conversation(face: MastodonFace, viewer: int, conversation_id: int) -> bytes | None:
    """Return one Conversation entity, None when there is nothing in it to see: for streams."""
    await face.live.catch_up()
    found = await find_conversation(face.app.db.reader, viewer, conversation_id, now_us())
    rendered = await render_conversations(face, viewer, [found]) if found else []
    return rendered[0] if rendered else None


@routes.route("GET", "/api/v1/conversations", who="user", scope=READ)
async def list_own_conversations(face: MastodonFace, request: Request) -> Answer:
    """The newest first; the cursors are posts. Spec: https://docs.joinmastodon.org/methods/conversations/#get"""
    window, viewer = read_query(request).window(20, 40), person(request)
    await face.live.catch_up()
    found = await list_conversations(face.app.db.reader, viewer, window, now_us())
    body = b"[" + b",".join(await render_conversations(face, viewer, found)) + b"]"
    headers = link_headers(face, request, [one.place for one in found], limit=window.limit)
    return json_bytes(body, headers=headers)


async def answer_marked(face: MastodonFace, request: Request, *, is_unread: bool) -> Answer:
    """Mark a conversation and answer it. Raises ConversationNotFound."""
    viewer = person(request)
    one = await mark_conversation(face.app, viewer, path_id(request), is_unread=is_unread)
    await face.live.catch_up()
    rendered = await render_conversations(face, viewer, [one])
    if not rendered:
        raise ConversationNotFound
    return json_bytes(rendered[0])


@routes.route("POST", "/api/v1/conversations/{id}/read", who="user", scope=WRITE)
async def read_conversation(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/conversations/#read."""
    return await answer_marked(face, request, is_unread=False)


@routes.route("POST", "/api/v1/conversations/{id}/unread", who="user", scope=WRITE)
async def unread_conversation(face: MastodonFace, request: Request) -> Answer:
    """To be read again. Spec: Mastodon 4.2, api/v1/conversations_controller.rb."""
    return await answer_marked(face, request, is_unread=True)


@routes.route("DELETE", "/api/v1/conversations/{id}", who="user", scope=WRITE)
async def delete_conversation(face: MastodonFace, request: Request) -> Answer:
    """Take it off the list. Spec: https://docs.joinmastodon.org/methods/conversations/#delete"""
    await remove_conversation(face.app, person(request), path_id(request))
    return json_response({})
