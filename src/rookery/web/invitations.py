"""Invitations on pages: one's own among the settings, everybody's on the owner's pages.

Owns: `/settings/invitations`, `/admin/invitations`. Never: who may invite (actions/invitations.py).
"""

from __future__ import annotations

from rookery.actions.invitations import (
    MAX_USES,
    create_invitation,
    list_every_invitation,
    list_own_invitations,
    may_invite,
    withdraw_any_invitation,
    withdraw_invitation,
)
from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.ids import now_us
from rookery.model.members import Role
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import list_accounts
from rookery.storage.invitations import Invitation
from rookery.web.fields import Fields
from rookery.web.owner import governor_of, owner_page
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
DAY_S = 86_400
USES = (1, 5, 25, 100, MAX_USES)
DAYS = (1, 7, 30, 365)


async def rows_of(visit: Visit, found: list[Invitation]) -> list[tuple[Invitation, Person | None, bool, str]]:
    """Return invitations with who made them, whether they are good, and the link to pass on."""
    accounts = await list_accounts(visit.face.app.db.reader, {one.created_by_id for one in found})
    people = {key: Person.of(account) for key, account in accounts.items()}
    base_url, now = visit.face.base_url, now_us()
    return [
        (one, people.get(one.created_by_id), one.is_good(now), f"{base_url}/join?invitation={one.code}")
        for one in found
    ]


async def create_from(visit: Visit, fields: Fields) -> str:
    """Make an invitation as the form says; return why not, '' when it is made."""
    uses, days = fields.number("uses", 0), fields.number("days", 0)
    try:
        await create_invitation(
            visit.face.app, visit.account_id, max_uses=uses or None, lifetime_s=days * DAY_S if days else None
        )
    except (Invalid, NotAllowed) as refusal:
        return visit.say(str(refusal))
    return ""


@routes.page("/settings/invitations", who="member")
async def show_own(visit: Visit) -> Answer:
    """The visitor's invitations, and a form for another one where they may invite."""
    return await answer_own(visit)


async def answer_own(visit: Visit, error: str = "") -> Response:
    """Render one's own invitations."""
    app, role = visit.face.app, visit.member.role if visit.member else Role.MEMBER
    return visit.page(
        "settings_invitations.html",
        422 if error else 200,
        section="invitations",
        rows=await rows_of(visit, await list_own_invitations(app, visit.account_id)),
        may_invite=await may_invite(app, role),
        uses=USES,
        days=DAYS,
        error=error,
        saved="",
    )


@routes.form("/settings/invitations", limit=API)
async def change_own(visit: Visit, fields: Fields) -> Answer:
    """Make an invitation or take one back."""
    if code := fields.line("withdraw"):
        await withdraw_invitation(visit.face.app, visit.account_id, code)
    elif error := await create_from(visit, fields):
        return await answer_own(visit, error)
    return visit.go("/settings/invitations")


@routes.page("/admin/invitations", who="admin")
async def show_every(visit: Visit) -> Answer:
    """The invitations of all members."""
    return await answer_every(visit)


async def answer_every(visit: Visit, error: str = "") -> Response:
    """Render everybody's invitations."""
    app, by = visit.face.app, governor_of(visit)
    return await owner_page(
        visit,
        "owner_invitations.html",
        "invitations",
        error=error,
        rows=await rows_of(visit, await list_every_invitation(app)),
        may_invite=await may_invite(app, by.role),
        uses=USES,
        days=DAYS,
    )


@routes.form("/admin/invitations", who="admin", limit=API)
async def change_every(visit: Visit, fields: Fields) -> Answer:
    """Make an invitation, or take back anybody's."""
    if code := fields.line("withdraw"):
        try:
            await withdraw_any_invitation(visit.face.app, code, by=governor_of(visit))
        except NotFound as refusal:
            return await answer_every(visit, visit.say(str(refusal)))
    elif error := await create_from(visit, fields):
        return await answer_every(visit, error)
    return visit.go("/admin/invitations")
