"""Puts the client API's face together.

Owns: which caches and rooms the face reaches. Never: starts anything.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.media import MediaRoom
from rookery.actions.passwords import PasswordPool
from rookery.mastodon.face import Callers, MastodonFace
from rookery.mastodon.filters import FilterCache
from rookery.mastodon.renders import Renders
from rookery.mastodon.tables import ROUTES
from rookery.mastodon.voices import LineVoice, SocketVoice
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.lists import ListTimeline
from rookery.timelines.live import Live
from rookery.timelines.notification_pages import NotificationPages
from rookery.timelines.streams import Streams
from rookery.timelines.usage import UsageCache


def build_face(
    app: App,
    live: Live,
    homes: Homes,
    marks: MarkCache,
    *,
    streams: Streams,
    callers: Callers,
    passwords: PasswordPool,
    media: MediaRoom,
) -> MastodonFace:
    """Make the face. homes, marks and streams are shared with the other faces."""
    settings = app.settings
    renders = Renders(app.db, live, marks, settings.base_url, kept=settings.cache.posts)
    filters = FilterCache(app.db, live, kept=settings.cache.homes)
    lists, usage = ListTimeline(app.db, live), UsageCache(app.db, live)
    pages = NotificationPages(live, kept=settings.cache.homes // 2)
    face = MastodonFace(
        app, live, homes, marks, renders, callers, filters, media, passwords, lists, usage, streams, pages
    )
    face.routes = ROUTES
    face.voices.update(socket=SocketVoice(face), lines=LineVoice(face))
    return face
