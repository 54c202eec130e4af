"""Hashtags of the client API: looking at them, following them, showing some on a profile.

Owns: the routes under /api/v1/tags, /api/v1/followed_tags, /api/v1/featured_tags.
Spec: https://docs.joinmastodon.org/methods/tags/, …/methods/followed_tags/, …/methods/featured_tags/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rookery.actions.tags import feature_tag, follow_tag, unfeature_by_id, unfeature_tag, unfollow_tag
from rookery.mastodon.accounts_json import profile_url
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.mastodon.tags_json import DAY_S, json_from_featured, json_from_tag
from rookery.model.accounts import AccountNotFound
from rookery.model.ids import now_us
from rookery.model.tags import HISTORY_DAYS, Tag, TagNotFound, TagRefused, parse_tag
from rookery.model.trends import TrendKind
from rookery.network.limits import FOLLOWING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage import tags
from rookery.storage.accounts import get_account
from rookery.storage.trends import list_days

routes: RouteTable[MastodonFace] = RouteTable()
FOLLOW = "write:follows follow write"
READ, WRITE = "read:accounts read", "write:accounts write"


async def shown_tags(face: MastodonFace, found: Sequence[Tag], viewer: int | None) -> list[dict[str, Any]]:
    """Return Tag entities with a week of uses, and for a person whether they follow and feature them."""
    reader, names = face.app.db.reader, [tag.name for tag in found]
    today = now_us() // 1_000_000 // DAY_S
    uses = await list_days(reader, TrendKind.TAG, names, today - HISTORY_DAYS + 1)
    base_url = face.app.settings.base_url
    shown = [json_from_tag(tag, base_url, uses.get(tag.name, ()), today) for tag in found]
    if viewer is not None:
        followed = await tags.list_followed_among(reader, viewer, names)
        featured = await tags.list_featured_among(reader, viewer, names)
        for tag, values in zip(found, shown, strict=True):
            values |= {"following": tag.name in followed, "featuring": tag.name in featured}
    return shown


async def answer_tag(face: MastodonFace, request: Request) -> Answer:
    """Answer the path's hashtag, also one that nobody used yet. Raises TagNotFound for what cannot be one."""
    asked = parse_tag(request.path_values["name"])
    known = await tags.list_tags(face.app.db.reader, [asked.name])
    [shown] = await shown_tags(face, [known.get(asked.name, asked)], request.caller.account_id)
    return json_response(shown)


@routes.route("GET", "/api/v1/tags/{name}", who="anyone")
async def show_tag(face: MastodonFace, request: Request) -> Answer:
    """One hashtag. Spec: https://docs.joinmastodon.org/methods/tags/#get"""
    return await answer_tag(face, request)


@routes.route("POST", "/api/v1/tags/{name}/follow", who="user", scope=FOLLOW, limit=FOLLOWING)
async def follow_hashtag(face: MastodonFace, request: Request) -> Answer:
    """Follow a hashtag. Spec: https://docs.joinmastodon.org/methods/tags/#follow"""
    await follow_tag(face.app, person(request), parse_tag(request.path_values["name"]))
    return await answer_tag(face, request)


@routes.route("POST", "/api/v1/tags/{name}/unfollow", who="user", scope=FOLLOW)
async def unfollow_hashtag(face: MastodonFace, request: Request) -> Answer:
    """Stop following a hashtag. Spec: https://docs.joinmastodon.org/methods/tags/#unfollow"""
    await unfollow_tag(face.app, person(request), parse_tag(request.path_values["name"]))
    return await answer_tag(face, request)


@routes.route("POST", "/api/v1/tags/{name}/feature", who="user", scope=WRITE)
async def feature_hashtag(face: MastodonFace, request: Request) -> Answer:
    """Show a hashtag on your profile. Spec: https://docs.joinmastodon.org/methods/tags/#feature"""
    await feature_tag(face.app, person(request), parse_tag(request.path_values["name"]))
    return await answer_tag(face, request)


@routes.route("POST", "/api/v1/tags/{name}/unfeature", who="user", scope=WRITE)
async def unfeature_hashtag(face: MastodonFace, request: Request) -> Answer:
    """Take a hashtag off your profile. Spec: https://docs.joinmastodon.org/methods/tags/#unfeature"""
    await unfeature_tag(face.app, person(request), parse_tag(request.path_values["name"]))
    return await answer_tag(face, request)


@routes.route("GET", "/api/v1/followed_tags", who="user", scope="read:follows follow read")
async def list_followed_hashtags(face: MastodonFace, request: Request) -> Answer:
    """Which hashtags you follow. Spec: https://docs.joinmastodon.org/methods/followed_tags/#get"""
    window = read_query(request).window(100, 200)
    rows = await tags.list_followed_tags(face.app.db.reader, person(request), window)
    headers = link_headers(face, request, [row[0] for row in rows], limit=window.limit)
    return json_response(await shown_tags(face, [row[1] for row in rows], person(request)), headers=headers)


@routes.route("GET", "/api/v1/featured_tags", who="user", scope=READ)
async def list_own_featured_tags(face: MastodonFace, request: Request) -> Answer:
    """What your profile shows. Spec: https://docs.joinmastodon.org/methods/featured_tags/#get"""
    return json_response(await featured_json(face, person(request)))


async def featured_json(face: MastodonFace, account_id: int) -> list[dict[str, Any]]:
    """Return an account's FeaturedTag entities. Raises AccountNotFound."""
    account = await get_account(face.app.db.reader, account_id)
    if account.suspended_at_us:
        raise AccountNotFound
    profile = profile_url(account, face.app.settings.base_url)
    found = await tags.list_featured_tags(face.app.db.reader, account.id)
    return [json_from_featured(one, profile) for one in found]


@routes.route("POST", "/api/v1/featured_tags", who="user", scope=WRITE)
async def add_featured_tag(face: MastodonFace, request: Request) -> Answer:
    """Show a hashtag on your profile. Spec: https://docs.joinmastodon.org/methods/featured_tags/#feature"""
    try:
        tag = parse_tag((await read_form(request)).required("name"))
    except TagNotFound:
        raise TagRefused("Hashtag is invalid") from None
    await feature_tag(face.app, person(request), tag)
    found = await tags.list_featured_tags(face.app.db.reader, person(request))
    account = await get_account(face.app.db.reader, person(request))
    added = next(one for one in found if one.tag.name == tag.name)
    return json_response(json_from_featured(added, profile_url(account, face.app.settings.base_url)))


@routes.route("DELETE", "/api/v1/featured_tags/{id}", who="user", scope=WRITE)
async def remove_featured_tag(face: MastodonFace, request: Request) -> Answer:
    """Take a hashtag off your profile. Spec: https://docs.joinmastodon.org/methods/featured_tags/#unfeature"""
    await unfeature_by_id(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("GET", "/api/v1/featured_tags/suggestions", who="user", scope=READ)
async def suggest_featured_tags(face: MastodonFace, request: Request) -> Answer:
    """Hashtags that you use most of late. Spec: https://docs.joinmastodon.org/methods/featured_tags/#suggestions"""
    found = await tags.list_recent_tags(face.app.db.reader, person(request), 10)
    return json_response(await shown_tags(face, found, person(request)))


@routes.route("GET", "/api/v1/accounts/{id}/featured_tags", who="anyone")
async def list_featured_tags(face: MastodonFace, request: Request) -> Answer:
    """Hashtags on a profile. Spec: https://docs.joinmastodon.org/methods/accounts/#featured_tags"""
    return json_response(await featured_json(face, path_id(request)))
