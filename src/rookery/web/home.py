"""Home: the front page, the composer, the newest posts of the people one follows.

Owns: `/`, `/home`, `/bookmarks`, `/about`. Never: who gets which post (timelines/homes.py).
"""

from __future__ import annotations

from typing import Any

from rookery.actions.registrations import registration_mode
from rookery.model.ids import now_us, short_id
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.limits import POSTING
from rookery.network.responses import Answer
from rookery.storage.accounts import find_account
from rookery.storage.marks import Mark, list_marked
from rookery.storage.members import count_members, find_owner_id
from rookery.storage.pages import list_public
from rookery.storage.scheduled_posts import count_failed
from rookery.web.announcements import unread_announcements
from rookery.web.discovery import find_company
from rookery.web.fields import Fields
from rookery.web.guards import safe_path
from rookery.web.lists import show_marked, show_posts
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.trends import SHOWN_IN_LINE, trending_tags
from rookery.web.visits import Visit
from rookery.web.writing import UPLOAD_BYTES, Writing, composer_choices, empty_writing, publish_writing

routes = PageTable()
FRONT_POSTS = 10


@routes.page("/")
async def show_front(visit: Visit) -> Answer:
    """For strangers: what this nest is, and its newest public posts. Members go home."""
    if visit.member:
        return visit.go("/home")
    reader = visit.face.app.db.reader
    shown = await show_posts(
        visit, lambda window: list_public(reader, 0, window, now_us(), side="local"), limit=FRONT_POSTS
    )
    mode, trends = await registration_mode(visit.face.app), await trending_tags(visit, SHOWN_IN_LINE)
    return visit.page("front.html", is_public=True, shown=shown, mode=mode, trends=trends)


@routes.page("/home", who="member")
async def show_home(visit: Visit) -> Answer:
    """The newest posts, and a place to write."""
    return await answer_home(visit, empty_writing(visit.preferences, visit.words.language))


async def answer_home(visit: Visit, writing: Writing) -> Answer:
    """Render home with what stands in the composer."""
    shown = await show_posts(visit, lambda window: visit.face.homes.page(visit.account_id, window))
    company = await find_company(visit) if shown.is_first else []
    trends = await trending_tags(visit, SHOWN_IN_LINE) if shown.is_first else []
    code = 422 if writing.error else 200
    failed = await count_failed(visit.face.app.db.reader, visit.account_id)
    announcements = await unread_announcements(visit)
    values: dict[str, Any] = {
        "company": company,
        "failed_count": failed,
        "announcements": announcements,
        "trends": trends,
    }
    return visit.page("home.html", code, shown=shown, writing=writing, **values, **composer_choices(visit))


@routes.form("/home", limit=POSTING, body_limit=UPLOAD_BYTES)
async def publish(visit: Visit, fields: Fields) -> Answer:
    """Publish a post."""
    outcome = await publish_writing(visit, fields)
    if isinstance(outcome, Writing):
        return await answer_home(visit, outcome)
    if isinstance(outcome, ScheduledPost):
        return visit.go("/scheduled")
    return visit.go(f"{safe_path(fields.text('back'), '/home')}#p-{short_id(outcome.id)}")


@routes.page("/bookmarks", who="member")
async def show_bookmarks(visit: Visit) -> Answer:
    """What one kept for later."""
    reader = visit.face.app.db.reader
    shown = await show_marked(visit, lambda window: list_marked(reader, visit.account_id, Mark.BOOKMARK, window))
    return visit.page("bookmarks.html", shown=shown)


@routes.page("/about")
async def show_about(visit: Visit) -> Answer:
    """Who runs the place, its rules, its size."""
    reader = visit.face.app.db.reader
    owner_id = await find_owner_id(reader)
    owner = await find_account(reader, owner_id) if owner_id else None
    return visit.page(
        "about.html",
        is_public=True,
        owner=Person.of(owner) if owner else None,
        member_count=await count_members(reader),
        mode=await registration_mode(visit.face.app),
    )
