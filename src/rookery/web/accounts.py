"""The members of the server, as those who look after it see them.

Owns: `/admin/people`: the list with its search, suspending with its reasons, a link for who lost their password. Never:
whom one may govern (actions/governing.py); a button that would be refused is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from rookery.actions.governing import send_reset_link
from rookery.actions.strikes import Decision, take_measure, undo_measure
from rookery.model.errors import Conflict, Invalid, NotAllowed, NotFound
from rookery.model.ids import AccountId
from rookery.model.members import Member, outranks
from rookery.model.reports import Measure
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import get_account, list_accounts
from rookery.storage.members import search_members
from rookery.web.fields import Fields
from rookery.web.lists import older_link, window_of
from rookery.web.owner import governor_of, owner_page
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PAGE_MEMBERS = 30
MAX_ASKED_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One member of the list. is_below: the visitor may govern them."""

    member: Member
    person: Person
    post_count: int
    is_below: bool


@routes.page("/admin/people", who="admin")
async def show_members(visit: Visit) -> Answer:
    """Everybody, or those whose name or address holds what was asked."""
    return await answer_members(visit, visit.query.get("q", ""))


async def answer_members(visit: Visit, asked: str, *, error: str = "", link: str = "", name: str = "") -> Response:
    """Render the list. link: a new way in for `name`, shown this once."""
    reader, window, by = visit.face.app.db.reader, window_of(visit, PAGE_MEMBERS), governor_of(visit)
    asked = asked.strip().removeprefix("@")[:MAX_ASKED_CHARACTERS]
    found = await search_members(reader, asked, before=window.before, limit=window.limit)
    accounts = await list_accounts(reader, [one.account_id for one in found])
    rows = [
        Row(one, Person.of(account), account.post_count, outranks(by.role, one.role))
        for one in found
        if (account := accounts.get(one.account_id))
    ]
    older = older_link(visit, [one.account_id for one in found], PAGE_MEMBERS)
    return await owner_page(
        visit,
        "owner_people.html",
        "people",
        error=error,
        rows=rows,
        older=older,
        asked=asked,
        link=link,
        name=name,
        saved=visit.query.get("saved", ""),
    )


@routes.form("/admin/people/{act}", who="admin", limit=API)
async def govern(visit: Visit, fields: Fields) -> Answer:
    """Suspend with a statement of reasons, lift, or send a link for a new password."""
    app, by, account_id = visit.face.app, governor_of(visit), AccountId(fields.number("account", 0))
    asked = fields.line("q")
    try:
        match visit.value("act"):
            case "suspend":
                await take_measure(app, account_id, Decision(Measure.SUSPEND, fields.text("text")), by=by)
            case "lift":
                await undo_measure(app, account_id, Measure.SUSPEND, by=by)
            case "reset":
                if link := await send_reset_link(app, account_id, by=by):
                    account = await get_account(app.db.reader, account_id)
                    return await answer_members(visit, asked, link=link, name=account.username)
                return visit.go("/admin/people?" + urlencode({"q": asked, "saved": "reset"}))
            case _:
                raise NotFound("no such act")
    except (Invalid, NotAllowed, Conflict) as refusal:
        return await answer_members(visit, asked, error=visit.say(str(refusal)))
    return visit.go("/admin/people?" + urlencode({"q": asked, "saved": "1"}))
