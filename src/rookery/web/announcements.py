"""Announcements on the home page: what the people who run the server tell, until one has read it.

Owns: what home shows of them, and `/announcements` which dismisses. Reactions are for apps.
"""

from __future__ import annotations

from markupsafe import Markup

from rookery.actions.announcements import dismiss_announcement
from rookery.model.announcements import Announcement
from rookery.model.ids import now_us
from rookery.model.markup import render_html
from rookery.network.limits import API
from rookery.network.responses import Answer
from rookery.storage.announcements import list_current
from rookery.web.fields import Fields
from rookery.web.fragments import local_links
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


async def unread_announcements(visit: Visit) -> list[tuple[Announcement, Markup]]:
    """Return what the visitor has not dismissed, each with its text as HTML."""
    base_url = visit.face.base_url
    found = await list_current(visit.face.app.db.reader, visit.account_id, now_us())
    return [
        (one, Markup(local_links(render_html(one.text, one.facets, base_url), base_url)))  # noqa: S704 - escaped there
        for one, is_dismissed in found
        if not is_dismissed
    ]


@routes.form("/announcements", limit=API)
async def dismiss(visit: Visit, fields: Fields) -> Answer:
    """Show an announcement no more."""
    await dismiss_announcement(visit.face.app, visit.account_id, fields.number("id", 0))
    return visit.go("/home")
