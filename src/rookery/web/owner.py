"""The owner's pages: the door, who waits at it, and the log of what was done.

Owns: `/admin`, `/admin/waiting`, `/admin/log`, what all of these pages need. Only admins and the owner get here (K6);
whom they may govern is decided by the actions. Members, invitations and emoji have modules of their own.
"""

from __future__ import annotations

from typing import Any

from rookery.actions.governing import approve_member, reject_member
from rookery.actions.registrations import choose_registrations, find_registrations, list_warnings
from rookery.model.audit import Governor
from rookery.model.errors import Conflict, Invalid, NotAllowed, NotSignedIn
from rookery.model.ids import AccountId
from rookery.model.members import RegistrationMode
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import list_accounts
from rookery.storage.audit import list_entries
from rookery.storage.members import count_by_state, list_members
from rookery.web.fields import Fields
from rookery.web.lists import older_link, window_of
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PAGE_WAITING = 30
PAGE_LOG = 50


def governor_of(visit: Visit) -> Governor:
    """Return who acts, with the role that their member has now. Raises NotSignedIn."""
    if visit.member is None:
        raise NotSignedIn("please sign in first")
    return Governor(visit.member.account_id, visit.member.role)


async def owner_page(visit: Visit, template: str, section: str, /, *, error: str = "", **values: Any) -> Response:
    """Render one of the owner's pages. error: why a form did nothing."""
    counts = await count_by_state(visit.face.app.db.reader)
    values = {"waiting_count": counts.get("pending", 0), "counts": counts, "saved": "", **values}
    return visit.page(template, 422 if error else 200, section=section, error=error, **values)


@routes.page("/admin", who="admin")
async def show_owner(visit: Visit) -> Answer:
    """What needs mending, and the door."""
    app = visit.face.app
    return await owner_page(
        visit,
        "owner.html",
        "",
        warnings=[visit.say(one) for one in await list_warnings(app)],
        registrations=await find_registrations(app),
        saved=visit.query.get("saved", ""),
    )


@routes.form("/admin/registrations", who="admin", limit=API)
async def choose_door(visit: Visit, fields: Fields) -> Answer:
    """Open or close the door; anything but a mode goes back to the settings."""
    raw = fields.text("mode")
    mode = RegistrationMode(raw) if raw in list(RegistrationMode) else None
    await choose_registrations(visit.face.app, mode, by=governor_of(visit))
    return visit.go("/admin?saved=1")


@routes.page("/admin/waiting", who="admin")
async def show_waiting(visit: Visit) -> Answer:
    """Who asks to join."""
    return await answer_waiting(visit)


async def answer_waiting(visit: Visit, error: str = "") -> Response:
    """Render the queue."""
    reader, window = visit.face.app.db.reader, window_of(visit, PAGE_WAITING)
    waiting = await list_members(reader, before=window.before, limit=window.limit, state="pending")
    accounts = await list_accounts(reader, [one.account_id for one in waiting])
    people = [(one, Person.of(accounts[one.account_id])) for one in waiting if one.account_id in accounts]
    older = older_link(visit, [one.account_id for one in waiting], PAGE_WAITING)
    return await owner_page(visit, "owner_waiting.html", "waiting", error=error, people=people, older=older)


@routes.form("/admin/waiting", who="admin", limit=API)
async def decide(visit: Visit, fields: Fields) -> Answer:
    """Let somebody in, or turn them away with a word."""
    app, by, account_id = visit.face.app, governor_of(visit), AccountId(fields.number("account", 0))
    try:
        if fields.text("answer") == "approve":
            await approve_member(app, account_id, by=by)
        else:
            await reject_member(app, account_id, by=by, reason=fields.text("reason"))
    except (Invalid, NotAllowed, Conflict) as refusal:
        return await answer_waiting(visit, visit.say(str(refusal)))
    return visit.go("/admin/waiting")


@routes.page("/admin/log", who="admin")
async def show_log(visit: Visit) -> Answer:
    """Who did what to whom, and when."""
    window = window_of(visit, PAGE_LOG)
    entries = await list_entries(visit.face.app.db.reader, before=window.before, limit=window.limit)
    older = older_link(visit, [one.id for one in entries], PAGE_LOG)
    return await owner_page(visit, "owner_log.html", "log", entries=entries, older=older)
