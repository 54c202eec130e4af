"""Puts the pages' face together.

Owns: which caches and rooms the face reaches. Never: starts anything.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.far_files import FarRoom
from rookery.actions.media import MediaRoom
from rookery.actions.passwords import PasswordPool
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.web.emoji import EmojiShelf
from rookery.web.face import Callers, WebFace
from rookery.web.renders import PageRenders
from rookery.web.static_files import StaticFiles
from rookery.web.templates import Templates


def build_web_face(
    app: App,
    live: Live,
    homes: Homes,
    marks: MarkCache,
    *,
    callers: Callers,
    passwords: PasswordPool,
    media: MediaRoom,
    far: FarRoom,
) -> WebFace:
    """Make the face. homes and marks are shared with the other faces."""
    static, emoji = StaticFiles(), EmojiShelf(app.db)
    live.add(emoji)
    templates = Templates(app.settings, static, emoji)
    renders = PageRenders(app.db, live, marks, templates, kept=app.settings.cache.posts)
    return WebFace(app, live, homes, marks, callers, passwords, media, far, static, templates, renders)
