"""What people are to each other in the client API: follow, block, mute, requests, notes, hidden servers.

Owns: those routes; each answers the Relationship as it is afterwards.
Spec: https://docs.joinmastodon.org/methods/accounts/, …/follow_requests/, …/blocks/, …/mutes/, …/domain_blocks/
"""

from __future__ import annotations

from rookery.actions.follows import (
    FollowWishes,
    answer_request,
    block_account,
    block_domain,
    follow_account,
    mute_account,
    note_account,
    remove_follower,
    unblock_account,
    unfollow_account,
    unmute_account,
)
from rookery.mastodon.accounts_json import json_from_relation
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import accounts_page, link_headers
from rookery.model.accounts import AccountNotFound
from rookery.model.ids import AccountId, now_us
from rookery.network.limits import FOLLOWING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.relations import BLOCKED, FOLLOWERS, MUTED, list_blocked_domains, list_pairs, list_relations

routes: RouteTable[MastodonFace] = RouteTable()
FOLLOW = "write:follows follow write"
BLOCK = "write:blocks follow write"
MUTE = "write:mutes follow write"


def other(request: Request) -> AccountId:
    """The account of the path."""
    return AccountId(path_id(request))


async def answer_relation(face: MastodonFace, request: Request) -> Answer:
    """Answer the Relationship to the path's account. Raises AccountNotFound."""
    found = await list_relations(face.app.db.reader, person(request), [other(request)], now_us())
    if other(request) not in found:
        raise AccountNotFound
    return json_response(json_from_relation(found[other(request)]))


@routes.route("POST", "/api/v1/accounts/{id}/follow", who="user", scope=FOLLOW, limit=FOLLOWING)
async def follow(face: MastodonFace, request: Request) -> Answer:
    """Follow, or change what you see. Spec: https://docs.joinmastodon.org/methods/accounts/#follow"""
    form = await read_form(request)
    languages = tuple(form.texts("languages")) if form.texts("languages") or form.has("languages[]") else None
    wishes = FollowWishes(form.find_flag("reblogs"), form.find_flag("notify"), languages)
    await follow_account(face.app, person(request), other(request), wishes)
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/unfollow", who="user", scope=FOLLOW)
async def unfollow(face: MastodonFace, request: Request) -> Answer:
    """Stop following. Spec: https://docs.joinmastodon.org/methods/accounts/#unfollow"""
    await unfollow_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/remove_from_followers", who="user", scope=FOLLOW)
async def remove_from_followers(face: MastodonFace, request: Request) -> Answer:
    """Make somebody stop following you.

    Spec: https://docs.joinmastodon.org/methods/accounts/#remove_from_followers
    """
    await remove_follower(face.app, person(request), other(request))
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/block", who="user", scope=BLOCK)
async def block(face: MastodonFace, request: Request) -> Answer:
    """Block. Spec: https://docs.joinmastodon.org/methods/accounts/#block"""
    await block_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/unblock", who="user", scope=BLOCK)
async def unblock(face: MastodonFace, request: Request) -> Answer:
    """End a block. Spec: https://docs.joinmastodon.org/methods/accounts/#unblock"""
    await unblock_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/mute", who="user", scope=MUTE)
async def mute(face: MastodonFace, request: Request) -> Answer:
    """Mute, for a time or for ever. Spec: https://docs.joinmastodon.org/methods/accounts/#mute"""
    form = await read_form(request)
    await mute_account(
        face.app,
        person(request),
        other(request),
        hides_notifications=form.flag("notifications", True),
        lasts_s=form.number("duration", 0),
    )
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/unmute", who="user", scope=MUTE)
async def unmute(face: MastodonFace, request: Request) -> Answer:
    """End a mute. Spec: https://docs.joinmastodon.org/methods/accounts/#unmute"""
    await unmute_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/accounts/{id}/note", who="user", scope="write:accounts write")
async def note(face: MastodonFace, request: Request) -> Answer:
    """Keep private words on somebody. Spec: https://docs.joinmastodon.org/methods/accounts/#note"""
    form = await read_form(request)
    await note_account(face.app, person(request), other(request), form.text("comment"))
    return await answer_relation(face, request)


@routes.route("GET", "/api/v1/follow_requests", who="user", scope="read:follows follow read")
async def list_follow_requests(face: MastodonFace, request: Request) -> Answer:
    """Who waits for your consent. Spec: https://docs.joinmastodon.org/methods/follow_requests/#get"""
    window = read_query(request).window(40, 80)
    rows = await list_pairs(
        face.app.db.reader, FOLLOWERS, person(request), window, state="requested", viewer=person(request)
    )
    return await accounts_page(face, request, rows, window.limit)


@routes.route("POST", "/api/v1/follow_requests/{id}/authorize", who="user", scope=FOLLOW)
async def authorize_follow_request(face: MastodonFace, request: Request) -> Answer:
    """Consent. Spec: https://docs.joinmastodon.org/methods/follow_requests/#accept"""
    await answer_request(face.app, person(request), other(request), "accept")
    return await answer_relation(face, request)


@routes.route("POST", "/api/v1/follow_requests/{id}/reject", who="user", scope=FOLLOW)
async def reject_follow_request(face: MastodonFace, request: Request) -> Answer:
    """Refuse. Spec: https://docs.joinmastodon.org/methods/follow_requests/#reject"""
    await answer_request(face.app, person(request), other(request), "reject")
    return await answer_relation(face, request)


@routes.route("GET", "/api/v1/blocks", who="user", scope="read:blocks follow read")
async def list_blocks(face: MastodonFace, request: Request) -> Answer:
    """Whom you block. Spec: https://docs.joinmastodon.org/methods/blocks/#get"""
    window = read_query(request).window(40, 80)
    rows = await list_pairs(face.app.db.reader, BLOCKED, person(request), window)
    return await accounts_page(face, request, rows, window.limit)


@routes.route("GET", "/api/v1/mutes", who="user", scope="read:mutes follow read")
async def list_mutes(face: MastodonFace, request: Request) -> Answer:
    """Whom you mute. Spec: https://docs.joinmastodon.org/methods/mutes/#get"""
    window = read_query(request).window(40, 80)
    rows = await list_pairs(face.app.db.reader, MUTED, person(request), window, now=now_us())
    return await accounts_page(face, request, rows, window.limit)


@routes.route("GET", "/api/v1/domain_blocks", who="user", scope="read:blocks follow read")
async def list_domain_blocks(face: MastodonFace, request: Request) -> Answer:
    """Which servers you hide. Spec: https://docs.joinmastodon.org/methods/domain_blocks/#get"""
    window = read_query(request).window(100, 200)
    rows = await list_blocked_domains(face.app.db.reader, person(request), window)
    headers = link_headers(face, request, [row[0] for row in rows], limit=window.limit)
    return json_response([row[1] for row in rows], headers=headers)


@routes.route("POST DELETE", "/api/v1/domain_blocks", who="user", scope=BLOCK)
async def change_domain_block(face: MastodonFace, request: Request) -> Answer:
    """Hide or show a whole server. Spec: https://docs.joinmastodon.org/methods/domain_blocks/#block"""
    form = await read_form(request)
    await block_domain(face.app, person(request), form.required("domain"), is_on=request.method == "POST")
    return json_response({})
