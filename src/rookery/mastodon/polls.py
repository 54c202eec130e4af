"""Polls of the client API.

Owns: reading a poll, voting. A poll's id is its post's. Spec: https://docs.joinmastodon.org/methods/polls/
"""

from __future__ import annotations

from rookery.actions.polls import VoteRefused, cast_votes
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form
from rookery.mastodon.posts_json import json_from_poll
from rookery.model.ids import PostId
from rookery.model.posts import PostNotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.polls import list_votes
from rookery.storage.posts import get_visible_post

routes: RouteTable[MastodonFace] = RouteTable()


@routes.route("GET", "/api/v1/polls/{id}", who="anyone", scope="read:statuses read")
async def get_poll(face: MastodonFace, request: Request) -> Answer:
    """One poll. Spec: https://docs.joinmastodon.org/methods/polls/#get"""
    viewer = request.caller.account_id
    reader = face.app.db.reader
    post = await get_visible_post(reader, path_id(request), viewer or 0)
    if post.poll is None:
        raise PostNotFound
    votes = None
    if viewer is not None:
        votes = (await list_votes(reader, viewer, [post.id])).get(post.id, [])
    return json_response(
        json_from_poll(post.poll, await face.renders.learn_emoji(), votes, is_own=post.author_id == viewer)
    )


@routes.route("POST", "/api/v1/polls/{id}/votes", who="user", scope="write:statuses write")
async def create_vote(face: MastodonFace, request: Request) -> Answer:
    """Vote. Spec: https://docs.joinmastodon.org/methods/polls/#vote"""
    choices = (await read_form(request)).texts("choices")[:100]
    if not all(choice.isascii() and choice.isdigit() and len(choice) < 4 for choice in choices):
        raise VoteRefused("the chosen vote option does not exist")
    chosen = tuple(dict.fromkeys(int(choice) for choice in choices))
    await cast_votes(face.app, person(request), PostId(path_id(request)), chosen)
    return await get_poll(face, request)
