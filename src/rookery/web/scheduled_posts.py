"""Posts that wait for their time: seeing, moving and cancelling them.

Owns: `/scheduled` and its forms. Never: writes a post (web/writing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.scheduled_posts import cancel_scheduled, check_future, move_scheduled
from rookery.model.errors import Invalid
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.media import list_own_media
from rookery.storage.scheduled_posts import list_coming
from rookery.web.fields import Fields
from rookery.web.fragments import Picture
from rookery.web.routing import PageTable
from rookery.web.times import read_time
from rookery.web.visits import Visit

routes = PageTable()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One post of the list. pictures: those that are still there. error: why it was not published, in words."""

    post: ScheduledPost
    pictures: list[Picture]
    error: str


@routes.page("/scheduled", who="member")
async def show_scheduled(visit: Visit) -> Answer:
    """What waits, the next first."""
    return await answer_scheduled(visit)


async def answer_scheduled(visit: Visit, error: str = "", about: int = 0) -> Response:
    """Render the list. error: a sentence about one of the posts."""
    reader = visit.face.app.db.reader
    posts = await list_coming(reader, visit.account_id)
    ids = [media_id for post in posts for media_id in post.draft.media_ids]
    found = await list_own_media(reader, visit.account_id, ids) if ids else {}
    waiting = [
        Waiting(
            post,
            [Picture.of(found[media_id]) for media_id in post.draft.media_ids if media_id in found],
            visit.say(post.error) if post.error else "",
        )
        for post in posts
    ]
    code = 422 if error else 200
    script = visit.face.static.url("composer.js")
    return visit.page("scheduled.html", code, waiting=waiting, error=error, about=about, script=script)


@routes.form("/scheduled/move", limit=API)
async def move(visit: Visit, fields: Fields) -> Answer:
    """Give a post another time."""
    scheduled_id = fields.number("id", 0)
    try:
        publish_at_us = check_future(read_time(fields.line("publish_at"), fields.line("zone")))
        await move_scheduled(visit.face.app, visit.account_id, scheduled_id, publish_at_us)
    except Invalid as refusal:
        return await answer_scheduled(visit, visit.say(str(refusal)), scheduled_id)
    return visit.go("/scheduled")


@routes.form("/scheduled/cancel", limit=API)
async def cancel(visit: Visit, fields: Fields) -> Answer:
    """Publish it never."""
    await cancel_scheduled(visit.face.app, visit.account_id, fields.number("id", 0))
    return visit.go("/scheduled")
