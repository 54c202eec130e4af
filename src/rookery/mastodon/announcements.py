"""Announcements of the client API.

Owns: the routes under /api/v1/announcements, the Announcement and Reaction shapes, which streams use too.
Spec: https://docs.joinmastodon.org/methods/announcements/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from rookery.actions.announcements import dismiss_announcement, react, take_reaction_back
from rookery.mastodon.dates import date_from_us, find_date
from rookery.mastodon.emoji import Emoji, emoji_from_texts
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_query
from rookery.model.announcements import Announcement, Reaction
from rookery.model.ids import now_us
from rookery.model.markup import render_html
from rookery.model.text import FacetKind, tag_key
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import list_accounts
from rookery.storage.announcements import find_announcement, list_current, list_reactions

routes: RouteTable[MastodonFace] = RouteTable()
REACT = "write:favourites write"


async def json_from_announcements(
    face: MastodonFace, viewer: int, found: Iterable[tuple[Announcement, bool]]
) -> list[Any]:
    """Return Announcement entities. found: each with whether the viewer dismissed it."""
    shown = list(found)
    catalogue, reader = await face.renders.learn_emoji(), face.app.db.reader
    reactions: dict[int, list[Reaction]] = {}
    for one in await list_reactions(reader, [announcement.id for announcement, _ in shown], viewer):
        reactions.setdefault(one.announcement_id, []).append(one)
    named = {facet.account_id for announcement, _ in shown for facet in announcement.facets if facet.account_id}
    accounts = await list_accounts(reader, named)
    base_url = face.app.settings.base_url
    return [
        {
            "id": str(one.id),
            "content": render_html(one.text, one.facets, base_url),
            "starts_at": find_date(one.starts_at_us),
            "ends_at": find_date(one.ends_at_us),
            "all_day": one.is_all_day,
            "published": True,
            "published_at": find_date(one.published_at_us),
            "updated_at": date_from_us(one.updated_at_us),
            "read": is_dismissed,
            "mentions": [
                {
                    "id": str(account.id),
                    "username": account.username,
                    "url": f"{base_url}/@{account.handle}",
                    "acct": account.handle,
                }
                for account in (accounts[i] for i in mentioned_in(one) if i in accounts)
            ],
            "statuses": [],
            "tags": [{"name": name, "url": f"{base_url}/tags/{name}"} for name in tags_in(one)],
            "emojis": emoji_from_texts(catalogue, one.text),
            "reactions": [json_from_reaction(reaction, catalogue) for reaction in reactions.get(one.id, ())],
        }
        for one, is_dismissed in shown
    ]


def mentioned_in(announcement: Announcement) -> list[int]:
    """Return the accounts that the text names, each once."""
    return list(dict.fromkeys(facet.account_id for facet in announcement.facets if facet.account_id))


def tags_in(announcement: Announcement) -> list[str]:
    """Return the keys of the hashtags, each once."""
    return list(dict.fromkeys(tag_key(one.value) for one in announcement.facets if one.kind is FacetKind.TAG))


def json_from_reaction(reaction: Reaction, catalogue: dict[str, Emoji]) -> Any:
    """Return the Reaction entity; with pictures when it is one of our own emoji."""
    values: dict[str, Any] = {"name": reaction.name, "count": reaction.count, "me": reaction.is_own}
    if emoji := catalogue.get(reaction.name):
        values |= {"url": emoji["url"], "static_url": emoji["static_url"]}
    return values


async def render_announcement(face: MastodonFace, announcement_id: int) -> Any:
    """Return one Announcement entity as somebody meets it first, None when it is gone: for streams."""
    await face.live.catch_up()
    found = await find_announcement(face.app.db.reader, announcement_id, now_us())
    return (await json_from_announcements(face, 0, [(found, False)]))[0] if found else None


@routes.route("GET", "/api/v1/announcements", who="user")
async def list_announcements(face: MastodonFace, request: Request) -> Answer:
    """What is announced now. Spec: https://docs.joinmastodon.org/methods/announcements/#get"""
    with_dismissed, viewer = read_query(request).flag("with_dismissed"), person(request)
    await face.live.catch_up()
    found = await list_current(face.app.db.reader, viewer, now_us())
    chosen = [pair for pair in found if with_dismissed or not pair[1]]
    return json_response(await json_from_announcements(face, viewer, chosen))


@routes.route("POST", "/api/v1/announcements/{id}/dismiss", who="user", scope="write:accounts write")
async def dismiss(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/announcements/#dismiss."""
    await dismiss_announcement(face.app, person(request), path_id(request))
    return json_response({})


def reaction_of(request: Request) -> str:
    """Return the emoji that the path names, also when its escapes were escaped again."""
    return unquote(request.path_values["name"])


@routes.route("PUT PATCH", "/api/v1/announcements/{id}/reactions/{name}", who="user", scope=REACT)
async def add_reaction(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/announcements/#put-reactions."""
    await react(face.app, person(request), path_id(request), reaction_of(request))
    return json_response({})


@routes.route("DELETE", "/api/v1/announcements/{id}/reactions/{name}", who="user", scope=REACT)
async def remove_reaction(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/announcements/#delete-reactions."""
    await take_reaction_back(face.app, person(request), path_id(request), reaction_of(request))
    return json_response({})
