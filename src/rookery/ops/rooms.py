"""Which rooms a server has, what they share, and which paths speak in their words.

Owns: `mount_rooms` and the list of tables for the documentation. Never: decides what lives as long as the server
(ops/app.py), or which routes a room has. A new face is one function here and one line in `mount_rooms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rookery.actions.app import App
from rookery.actions.callers import CallerCache
from rookery.actions.far_files import FarRoom
from rookery.actions.media import MediaRoom
from rookery.actions.passwords import PasswordPool
from rookery.activitypub import tables as wire
from rookery.activitypub.admitting import Porter
from rookery.activitypub.face import WireFace
from rookery.activitypub.inbox_intake import Inbox
from rookery.mastodon import tables as client_api
from rookery.mastodon.assembly import build_face
from rookery.mastodon.streaming import mount_streaming
from rookery.network.routes import Route
from rookery.network.server import Server
from rookery.ops import health
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.timelines.streams import Streams
from rookery.timelines.usage import UsageCache
from rookery.web import tables as pages
from rookery.web.assembly import build_web_face

# The routes of every room, by the name that the documentation gives it.
ROUTES: dict[str, tuple[Route[Any], ...]] = {
    "Pages": pages.ROUTES,
    "Client API": client_api.ROUTES,
    "Other servers": wire.ROUTES,
    "Watching": tuple(health.routes.routes),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """What faces share."""

    app: App
    live: Live
    homes: Homes
    marks: MarkCache
    callers: CallerCache
    passwords: PasswordPool
    media: MediaRoom
    far: FarRoom
    streams: Streams


def mount_rooms(server: Server, reach: Reach, inbox: Inbox, porter: Porter) -> None:
    """Give every face its routes. The face of `/` comes last: it answers for paths that nobody else has."""
    usage = mount_client_api(server, reach)
    mount_wire(server, reach, usage, inbox, porter)
    server.mount(health.routes.routes, health.HealthFace(reach.app.db), prefixes=("/health",))
    mount_pages(server, reach)


def mount_pages(server: Server, reach: Reach) -> None:
    """The room that people see."""
    face = build_web_face(
        reach.app,
        reach.live,
        reach.homes,
        reach.marks,
        callers=reach.callers,
        passwords=reach.passwords,
        media=reach.media,
        far=reach.far,
    )
    server.mount(pages.ROUTES, face, prefixes=pages.PREFIXES)


def mount_wire(server: Server, reach: Reach, usage: UsageCache, inbox: Inbox, porter: Porter) -> None:
    """The room that other servers read. usage: the numbers of the client API, so that both tell the same."""
    server.mount(wire.ROUTES, WireFace(reach.app, usage, inbox, porter), prefixes=wire.PREFIXES)


def mount_client_api(server: Server, reach: Reach) -> UsageCache:
    """The room that apps speak to; return the numbers that it tells."""
    face = build_face(
        reach.app,
        reach.live,
        reach.homes,
        reach.marks,
        streams=reach.streams,
        callers=reach.callers,
        passwords=reach.passwords,
        media=reach.media,
    )
    server.mount(client_api.ROUTES, face, prefixes=client_api.PREFIXES)
    mount_streaming(server, face)
    return face.usage
