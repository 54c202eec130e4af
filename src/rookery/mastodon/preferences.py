"""A person's preferences and reading places in the client API.

Owns: /api/v1/preferences, /api/v1/markers. Spec: https://docs.joinmastodon.org/methods/preferences/, …/methods/markers/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rookery.actions.markers import TIMELINES, keep_places
from rookery.mastodon.accounts_json import QUOTE_POLICIES, VISIBILITIES
from rookery.mastodon.dates import date_from_us
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import read_form, read_query
from rookery.model.members import Preferences
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.markers import Marker, list_markers
from rookery.storage.members import find_member

routes: RouteTable[MastodonFace] = RouteTable()


def json_from_preferences(preferences: Preferences) -> dict[str, Any]:
    """Return the Preferences entity."""
    return {
        "posting:default:visibility": VISIBILITIES[Audience(preferences.default_audience)],
        "posting:default:sensitive": preferences.default_sensitive,
        "posting:default:language": preferences.default_language,
        "posting:default:quote_policy": QUOTE_POLICIES[QuotePolicy(preferences.default_quote_policy)],
        "reading:expand:media": preferences.expands_media,
        "reading:expand:spoilers": preferences.expands_warnings,
        "reading:autoplay:gifs": preferences.autoplays,
    }


def json_from_markers(markers: Mapping[str, Marker]) -> dict[str, Any]:
    """Return Marker entities by timeline; `{}` for none."""
    return {
        timeline: {
            "last_read_id": str(marker.last_read_id),
            "version": marker.version,
            "updated_at": date_from_us(marker.updated_at_us),
        }
        for timeline, marker in markers.items()
    }


@routes.route("GET", "/api/v1/preferences", who="user", scope="read:accounts read")
async def show_preferences(face: MastodonFace, request: Request) -> Answer:
    """How you write and read. Spec: https://docs.joinmastodon.org/methods/preferences/#get"""
    member = await find_member(face.app.db.reader, person(request))
    return json_response(json_from_preferences(member.preferences if member else Preferences()))


@routes.route("GET", "/api/v1/markers", who="user", scope="read:statuses read")
async def show_markers(face: MastodonFace, request: Request) -> Answer:
    """How far you have read. Spec: https://docs.joinmastodon.org/methods/markers/#get"""
    asked = [name for name in read_query(request).texts("timeline") if name in TIMELINES]
    return json_response(json_from_markers(await list_markers(face.app.db.reader, person(request), asked)))


@routes.route("POST", "/api/v1/markers", who="user", scope="write:statuses write")
async def keep_markers(face: MastodonFace, request: Request) -> Answer:
    """Keep how far you have read. Spec: https://docs.joinmastodon.org/methods/markers/#create"""
    form = await read_form(request)
    places = {name: form.under(name).find_id("last_read_id") for name in TIMELINES}
    sent = {name: place for name, place in places.items() if place is not None}
    return json_response(json_from_markers(await keep_places(face.app, person(request), sent)))
