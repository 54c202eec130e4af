"""Hashtags: the public posts that carry one.

Owns: `/tags/{tag}`.
"""

from __future__ import annotations

from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.model.text import is_tag, tag_key
from rookery.network.responses import Answer
from rookery.storage.pages import TagChoice, list_tagged
from rookery.web.lists import show_posts
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


@routes.page("/tags/{tag}")
async def show_tag(visit: Visit) -> Answer:
    """Newest posts with a hashtag."""
    tag = visit.value("tag").removeprefix("#")
    if not is_tag(tag) or len(tag) > 100:
        raise NotFound("no such hashtag")
    choice = TagChoice((tag_key(tag),))
    reader, viewer = visit.face.app.db.reader, visit.viewer_or_nobody
    shown = await show_posts(visit, lambda window: list_tagged(reader, viewer, window, now_us(), choice))
    return visit.page("tag.html", is_public=True, tag=tag, shown=shown)
