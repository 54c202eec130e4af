"""The owner's page of announcements: write one for now, for later or for nobody yet; change, publish, withdraw, delete.

Owns: `/admin/announcements`, `/admin/announcements/{id}`. Times in its forms are UTC and say so. Never: a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from rookery.actions.announcements import (
    change_announcement,
    make_announcement,
    publish_announcement,
    remove_announcement,
    withdraw_announcement,
)
from rookery.model.announcements import Announcement, AnnouncementDraft, AnnouncementNotFound, AnnouncementRefused
from rookery.model.errors import Invalid
from rookery.model.ids import us_from_datetime
from rookery.model.permissions import Permission
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.announcements import find_any, list_announcements
from rookery.web.fields import Fields, number_from
from rookery.web.owner import governor_of, owner_page
from rookery.web.routing import PageTable
from rookery.web.templates import field_time
from rookery.web.visits import Visit

routes = PageTable()
HERE = "/admin/announcements"
ANNOUNCE = Permission.MANAGE_ANNOUNCEMENTS
ACTS = {"publish": publish_announcement, "withdraw": withdraw_announcement, "delete": remove_announcement}


@dataclass(frozen=True, slots=True)
class Writing:
    """What the form holds, as it was typed. id: of the announcement that is changed, 0 for a new one."""

    id: int = 0
    text: str = ""
    starts_at: str = ""
    ends_at: str = ""
    publish_at: str = ""
    is_all_day: bool = False
    is_published: bool = False


def writing_of(one: Announcement) -> Writing:
    """Return the form of an announcement."""
    starts_at, ends_at, publish_at = (
        field_time(at) if at is not None else "" for at in (one.starts_at_us, one.ends_at_us, one.publish_at_us)
    )
    return Writing(
        one.id, one.text, starts_at, ends_at, publish_at, one.is_all_day, is_published=one.published_at_us is not None
    )


def writing_from(fields: Fields, before: Announcement | None = None) -> Writing:
    """Read the form."""
    return Writing(
        before.id if before else 0,
        fields.text("text"),
        fields.line("starts_at"),
        fields.line("ends_at"),
        fields.line("publish_at"),
        fields.is_on("is_all_day"),
        before is not None and before.published_at_us is not None,
    )


def draft_from(writing: Writing) -> AnnouncementDraft:
    """Return what was typed. Raises AnnouncementRefused for what is no time."""
    starts_at, ends_at = (moment_of(raw, is_day=writing.is_all_day) for raw in (writing.starts_at, writing.ends_at))
    return AnnouncementDraft(writing.text, starts_at, ends_at, writing.is_all_day, moment_of(writing.publish_at))


def moment_of(raw: str, *, is_day: bool = False) -> int | None:
    """Read `2026-12-24T18:00` in UTC; is_day: the hours do not count. Raises AnnouncementRefused."""
    if not raw:
        return None
    try:
        moment = datetime.fromisoformat(raw).replace(tzinfo=UTC)
    except ValueError:
        raise AnnouncementRefused("a time is written like 2026-12-24T18:00") from None
    return us_from_datetime(moment.replace(hour=0, minute=0, second=0, microsecond=0) if is_day else moment)


@routes.page(HERE, who="admin", permission=ANNOUNCE)
async def show_announcements(visit: Visit) -> Answer:
    """All of them, and a form for another one."""
    return await answer_announcements(visit, Writing())


async def answer_announcements(visit: Visit, writing: Writing, error: str = "") -> Response:
    """Render the form with what was typed; below a new one, what there is."""
    found = [] if writing.id else await list_announcements(visit.face.app.db.reader)
    saved = visit.query.get("saved", "")
    return await owner_page(
        visit, "owner_announcements.html", "announcements", error=error, writing=writing, found=found, saved=saved
    )


@routes.form(HERE, who="admin", limit=API, permission=ANNOUNCE)
async def write(visit: Visit, fields: Fields) -> Answer:
    """Announce something, or keep it for later."""
    writing = writing_from(fields)
    is_kept = fields.text("how") == "keep"
    try:
        await make_announcement(visit.face.app, draft_from(writing), by=governor_of(visit), is_kept=is_kept)
    except Invalid as refusal:
        return await answer_announcements(visit, writing, visit.say(str(refusal)))
    return visit.go(f"{HERE}?saved=1")


async def find_one(visit: Visit) -> Announcement:
    """Return the announcement of the path. Raises AnnouncementNotFound."""
    found = await find_any(visit.face.app.db.reader, number_from(visit.value("id")) or 0)
    if found is None:
        raise AnnouncementNotFound
    return found


@routes.page(f"{HERE}/{{id}}", who="admin", permission=ANNOUNCE)
async def show_one(visit: Visit) -> Answer:
    """One to change."""
    return await answer_announcements(visit, writing_of(await find_one(visit)))


@routes.form(f"{HERE}/{{id}}", who="admin", limit=API, permission=ANNOUNCE)
async def change(visit: Visit, fields: Fields) -> Answer:
    """Store other words and times."""
    before = await find_one(visit)
    writing = writing_from(fields, before)
    try:
        await change_announcement(visit.face.app, before.id, draft_from(writing), by=governor_of(visit))
    except Invalid as refusal:
        return await answer_announcements(visit, writing, visit.say(str(refusal)))
    return visit.go(f"{HERE}?saved=1")


@routes.form(f"{HERE}/{{id}}/{{act}}", who="admin", limit=API, permission=ANNOUNCE)
async def carry_out(visit: Visit, fields: Fields) -> Answer:
    """Publish, withdraw or delete one."""
    act = ACTS.get(visit.value("act"))
    if act is None:
        raise AnnouncementNotFound
    await act(visit.face.app, (await find_one(visit)).id, by=governor_of(visit))
    return visit.go(HERE)
