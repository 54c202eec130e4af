"""Trends for those who look after the server: what is on its way, and their verdicts.

Owns: the routes under /api/v1/admin/trends; moderators and above, with an app that may. Never: forgets a verdict.
Spec: https://docs.joinmastodon.org/methods/admin/trends/
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rookery.actions.trends import decide_trend
from rookery.mastodon.admin_accounts import governor
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.pages import Offset, offset_links
from rookery.mastodon.tags import shown_tags
from rookery.mastodon.trends import OTHERS, POSTS, choice_of, read_trends, shown_links
from rookery.mastodon.trends_json import json_from_publisher, review_json
from rookery.model.permissions import Permission
from rookery.model.tags import TagRule
from rookery.model.trends import Trend, TrendKind, TrendNotFound, Verdict
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, json_bytes
from rookery.network.routes import RouteTable
from rookery.storage.tags import list_tag_rules
from rookery.timelines.trends import TrendChoice, list_named, tags_of

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE, TAXONOMIES = "admin:read", "admin:write", Permission.MANAGE_TAXONOMIES
Shown = Callable[[MastodonFace, Request, list[Trend]], Awaitable[list[bytes]]]


async def tags_shown(face: MastodonFace, request: Request, trends: list[Trend]) -> list[bytes]:
    """Return Admin::Tag entities."""
    named = await tags_of(face.app.db.reader, trends)
    shown = await shown_tags(face, [tag for _, tag in named], person(request))
    rules = await list_tag_rules(face.app.db.reader, [tag.name for _, tag in named])
    return [
        ENCODE_JSON({**values, **rule_json(rules[tag.name]), **review_json(trend.verdict)})
        for (trend, tag), values in zip(named, shown, strict=True)
    ]


def rule_json(rule: TagRule) -> dict[str, bool]:
    """Return what may happen with a hashtag beside trending."""
    return {"usable": rule.is_usable, "listable": rule.is_listable}


async def posts_shown(face: MastodonFace, request: Request, trends: list[Trend]) -> list[bytes]:
    """Return Status entities that say whether they wait for a verdict."""
    await face.live.catch_up()
    found = await face.renders.by_id([trend.id for trend in trends], person(request))
    return [with_fields(found[trend.id], review_json(trend.verdict)) for trend in trends if trend.id in found]


async def links_shown(face: MastodonFace, request: Request, trends: list[Trend]) -> list[bytes]:
    """Return Trends::Link entities with their ids."""
    shown = await shown_links(face, trends)
    return [
        ENCODE_JSON({"id": str(trend.id), **values, **review_json(trend.verdict)})
        for trend, values in zip(trends, shown, strict=True)
    ]


async def publishers_shown(face: MastodonFace, request: Request, trends: list[Trend]) -> list[bytes]:
    """Return the sites that links lead to."""
    return [ENCODE_JSON(json_from_publisher(trend)) for trend in trends]


def with_fields(entity: bytes, fields: dict[str, Any]) -> bytes:
    """Return a JSON object with more fields."""
    return entity[:-1] + b"," + ENCODE_JSON(fields)[1:]


KINDS: dict[str, tuple[TrendKind, Shown, tuple[int, int]]] = {
    "tags": (TrendKind.TAG, tags_shown, OTHERS),
    "statuses": (TrendKind.POST, posts_shown, POSTS),
    "links": (TrendKind.LINK, links_shown, OTHERS),
    "links/publishers": (TrendKind.PUBLISHER, publishers_shown, OTHERS),
}


async def answer_list(face: MastodonFace, request: Request, place: str) -> Answer:
    """Answer everything of one kind that is counted, whatever was decided."""
    kind, show, sizes = KINDS[place]
    choice = await choice_of(face, request, sizes, for_staff=True)
    found = await read_trends(face, kind, choice)
    shown = await show(face, request, found)
    return json_bytes(
        b"[" + b",".join(shown) + b"]",
        headers=offset_links(face, request, Offset(choice.limit, choice.offset), len(found)),
    )


async def answer_verdict(face: MastodonFace, request: Request, place: str, verdict: Verdict) -> Answer:
    """Decide, and answer the entity as it is now."""
    kind, show, _ = KINDS[place]
    name = await decide_trend(face.app, kind, path_id(request), verdict, by=governor(request))
    reader, choice = face.app.db.reader, TrendChoice(person(request), for_staff=True)
    shown = await show(face, request, await list_named(reader, kind, [name], face.app.settings, choice))
    if not shown:
        raise TrendNotFound
    return json_bytes(shown[0])


@routes.route("GET", "/api/v1/admin/trends/tags", who="user", scope=READ, permission=TAXONOMIES)
async def list_tags_for_staff(face: MastodonFace, request: Request) -> Answer:
    """Hashtags, decided or not. Spec: https://docs.joinmastodon.org/methods/admin/trends/#tags"""
    return await answer_list(face, request, "tags")


@routes.route("GET", "/api/v1/admin/trends/statuses", who="user", scope=READ, permission=TAXONOMIES)
async def list_posts_for_staff(face: MastodonFace, request: Request) -> Answer:
    """Posts, decided or not. Spec: https://docs.joinmastodon.org/methods/admin/trends/#statuses"""
    return await answer_list(face, request, "statuses")


@routes.route("GET", "/api/v1/admin/trends/links", who="user", scope=READ, permission=TAXONOMIES)
async def list_links_for_staff(face: MastodonFace, request: Request) -> Answer:
    """Links, decided or not. Spec: https://docs.joinmastodon.org/methods/admin/trends/#links"""
    return await answer_list(face, request, "links")


@routes.route("GET", "/api/v1/admin/trends/links/publishers", who="user", scope=READ, permission=TAXONOMIES)
async def list_publishers_for_staff(face: MastodonFace, request: Request) -> Answer:
    """Sites that links lead to, decided or not."""
    return await answer_list(face, request, "links/publishers")


@routes.route("POST", "/api/v1/admin/trends/tags/{id}/approve", who="user", scope=WRITE, permission=TAXONOMIES)
async def approve_tag(face: MastodonFace, request: Request) -> Answer:
    """Let a hashtag trend."""
    return await answer_verdict(face, request, "tags", Verdict.APPROVED)


@routes.route("POST", "/api/v1/admin/trends/tags/{id}/reject", who="user", scope=WRITE, permission=TAXONOMIES)
async def reject_tag(face: MastodonFace, request: Request) -> Answer:
    """Never let a hashtag trend."""
    return await answer_verdict(face, request, "tags", Verdict.REJECTED)


@routes.route("POST", "/api/v1/admin/trends/statuses/{id}/approve", who="user", scope=WRITE, permission=TAXONOMIES)
async def approve_post(face: MastodonFace, request: Request) -> Answer:
    """Let a post trend."""
    return await answer_verdict(face, request, "statuses", Verdict.APPROVED)


@routes.route("POST", "/api/v1/admin/trends/statuses/{id}/reject", who="user", scope=WRITE, permission=TAXONOMIES)
async def reject_post(face: MastodonFace, request: Request) -> Answer:
    """Never let a post trend."""
    return await answer_verdict(face, request, "statuses", Verdict.REJECTED)


@routes.route("POST", "/api/v1/admin/trends/links/{id}/approve", who="user", scope=WRITE, permission=TAXONOMIES)
async def approve_link(face: MastodonFace, request: Request) -> Answer:
    """Let a link trend."""
    return await answer_verdict(face, request, "links", Verdict.APPROVED)


@routes.route("POST", "/api/v1/admin/trends/links/{id}/reject", who="user", scope=WRITE, permission=TAXONOMIES)
async def reject_link(face: MastodonFace, request: Request) -> Answer:
    """Never let a link trend."""
    return await answer_verdict(face, request, "links", Verdict.REJECTED)


@routes.route(
    "POST", "/api/v1/admin/trends/links/publishers/{id}/approve", who="user", scope=WRITE, permission=TAXONOMIES
)
async def approve_publisher(face: MastodonFace, request: Request) -> Answer:
    """Let the links of a site trend."""
    return await answer_verdict(face, request, "links/publishers", Verdict.APPROVED)


@routes.route(
    "POST", "/api/v1/admin/trends/links/publishers/{id}/reject", who="user", scope=WRITE, permission=TAXONOMIES
)
async def reject_publisher(face: MastodonFace, request: Request) -> Answer:
    """Never let the links of a site trend."""
    return await answer_verdict(face, request, "links/publishers", Verdict.REJECTED)
