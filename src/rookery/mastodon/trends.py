"""Trends of the client API: hashtags, posts and links that many people meet now.

Owns: the routes under /api/v1/trends, paging by offset. Never: decides what trends (timelines/trends.py).
Spec: https://docs.joinmastodon.org/methods/trends/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import read_query
from rookery.mastodon.pages import Offset, offset_from, offset_links
from rookery.mastodon.tags import shown_tags
from rookery.mastodon.tags_json import DAY_S
from rookery.mastodon.trends_json import json_from_link
from rookery.model.ids import now_us
from rookery.model.trends import Trend, TrendKind
from rookery.network.requests import Request
from rookery.network.responses import Answer, Headers, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.cards import list_ready_cards
from rookery.storage.members import find_member
from rookery.timelines.trends import TrendChoice, list_trends, tags_of

routes: RouteTable[MastodonFace] = RouteTable()
POSTS = (20, 40)
OTHERS = (10, 20)


async def choice_of(
    face: MastodonFace, request: Request, sizes: tuple[int, int], *, for_staff: bool = False
) -> TrendChoice:
    """Read limit and offset, for whoever asks and in their languages. Raises Malformed. sizes: usual and most."""
    page = offset_from(read_query(request), *sizes)
    viewer = request.caller.account_id
    member = await find_member(face.app.db.reader, viewer) if viewer is not None else None
    spoken = (member.preferences.default_language, member.preferences.locale) if member else ()
    languages = tuple(code for code in spoken if code)
    return TrendChoice(viewer or 0, languages, page.limit, page.offset, for_staff)


async def read_trends(face: MastodonFace, kind: TrendKind, choice: TrendChoice) -> list[Trend]:
    """Return a page of trends."""
    return await list_trends(face.app.db.long_reader, kind, face.app.settings, choice)


async def trending_tags(face: MastodonFace, request: Request) -> tuple[list[dict[str, Any]], Headers]:
    """Return the Tag entities of a page, with its Link header."""
    choice = await choice_of(face, request, OTHERS)
    found = await read_trends(face, TrendKind.TAG, choice)
    named = await tags_of(face.app.db.reader, found)
    shown = await shown_tags(face, [tag for _, tag in named], request.caller.account_id)
    return shown, offset_links(face, request, Offset(choice.limit, choice.offset), len(found))


@routes.route("GET", "/api/v1/trends/tags", who="anyone")
async def list_trending_tags(face: MastodonFace, request: Request) -> Answer:
    """Hashtags that many people use now. Spec: https://docs.joinmastodon.org/methods/trends/#tags"""
    shown, headers = await trending_tags(face, request)
    return json_response(shown, headers=headers)


@routes.route("GET", "/api/v1/trends", who="anyone")
async def list_old_trends(face: MastodonFace, request: Request) -> Answer:
    """The older name of trending hashtags."""
    shown, headers = await trending_tags(face, request)
    return json_response(shown, headers=[*headers, *deprecated_since(2022, 3, 30)])


async def trending_posts(face: MastodonFace, ids: Sequence[int], viewer: int | None) -> list[bytes]:
    """Return Status entities, with the viewer's filters for public places."""
    filters = await face.filters.of(viewer, "public") if viewer is not None and ids else None
    return await face.renders.each(ids, viewer, filters)


@routes.route("GET", "/api/v1/trends/statuses", who="anyone")
async def list_trending_posts(face: MastodonFace, request: Request) -> Answer:
    """Posts that many people like, repeat and answer. Spec: https://docs.joinmastodon.org/methods/trends/#statuses"""
    await face.live.catch_up()
    choice = await choice_of(face, request, POSTS)
    found = await read_trends(face, TrendKind.POST, choice)
    posts = await trending_posts(face, [trend.id for trend in found], request.caller.account_id)
    return json_bytes(
        b"[" + b",".join(posts) + b"]",
        headers=offset_links(face, request, Offset(choice.limit, choice.offset), len(found)),
    )


async def shown_links(face: MastodonFace, found: Sequence[Trend]) -> list[dict[str, Any]]:
    """Return Trends::Link entities, with the card of each link that was fetched."""
    await face.live.catch_up()
    today, base_url = now_us() // 1_000_000 // DAY_S, face.renders.base_url
    cards = await list_ready_cards(face.app.db.reader, [trend.name for trend in found])
    writers = await face.renders.load_accounts({card.author_id for card in cards.values() if card.author_id})
    accounts = {account_id: msgspec.json.decode(account) for account_id, account in writers.items()}
    pairs = [(trend, cards.get(trend.name)) for trend in found]
    return [
        json_from_link(trend, card, accounts.get(card.author_id or 0) if card else None, base_url, today)
        for trend, card in pairs
    ]


@routes.route("GET", "/api/v1/trends/links", who="anyone")
async def list_trending_links(face: MastodonFace, request: Request) -> Answer:
    """Links that many people share. Spec: https://docs.joinmastodon.org/methods/trends/#links"""
    choice = await choice_of(face, request, OTHERS)
    found = await read_trends(face, TrendKind.LINK, choice)
    headers = offset_links(face, request, Offset(choice.limit, choice.offset), len(found))
    return json_response(await shown_links(face, found), headers=headers)
