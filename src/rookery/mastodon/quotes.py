"""Quotes of the client API: who quotes a post, taking a post out of a quote, who may quote it.

Owns: the three routes below /api/v1/statuses/:id. Quoting is a parameter of a new post (mastodon/post_forms.py).
Spec: https://docs.joinmastodon.org/methods/statuses/#quotes
"""

from __future__ import annotations

from rookery.actions.quotes import change_quote_policy, revoke_quote
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import posts_page
from rookery.mastodon.post_forms import POLICY, policy_from_form
from rookery.mastodon.posts import READ, WRITE, answer_post, visible_id
from rookery.model.ids import PostId, now_us
from rookery.model.quotes import QuoteNotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.posts import get_visible_post, list_visible_ids
from rookery.storage.quotes import list_quotes

routes: RouteTable[MastodonFace] = RouteTable()


@routes.route("GET", "/api/v1/statuses/{id}/quotes", who="anyone", scope=READ)
async def list_quoting(face: MastodonFace, request: Request) -> Answer:
    """Who quotes a post. Spec: https://docs.joinmastodon.org/methods/statuses/#quotes"""
    reader, viewer = face.app.db.reader, request.caller.account_id or 0
    quoted = await get_visible_post(reader, await visible_id(face, request), viewer)
    window = read_query(request).window(20, 40)
    is_author = quoted.author_id == viewer
    ids = await list_quotes(reader, quoted.id, viewer, window, now_us(), is_author=is_author)
    return await posts_page(face, request, ids, "thread")


@routes.route("POST", "/api/v1/statuses/{id}/quotes/{quoting}/revoke", who="user", scope=WRITE)
async def revoke(face: MastodonFace, request: Request) -> Answer:
    """Take an own post out of a quote; the answer is the quoting post without it.

    Spec: https://docs.joinmastodon.org/methods/statuses/#revoke_quote
    """
    viewer, quoting_id = person(request), PostId(path_id(request, "quoting"))
    if not await list_visible_ids(face.app.db.reader, [quoting_id], viewer):
        raise QuoteNotFound
    await revoke_quote(face.app, viewer, PostId(path_id(request)), quoting_id)
    return await answer_post(face, request, quoting_id)


@routes.route("PUT PATCH", "/api/v1/statuses/{id}/interaction_policy", who="user", scope=WRITE)
async def change_policy(face: MastodonFace, request: Request) -> Answer:
    """Say who may quote an own post. Spec: https://docs.joinmastodon.org/methods/statuses/#edit_interaction_policy"""
    post = await get_visible_post(face.app.db.reader, path_id(request), person(request))
    policy = policy_from_form(await read_form(request), POLICY, post.quote_policy)
    await change_quote_policy(face.app, person(request), post.id, policy)
    return await answer_post(face, request, post.id)
