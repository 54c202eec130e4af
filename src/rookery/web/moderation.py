"""The pages of moderators: the queue of reports, one report, one account with its history, appeals.

Owns: `/moderation` but the blocks. Text comes first; pictures are blurred until a click. Never: whom one may govern
(actions/strikes.py); a report about oneself is not there.
"""

from __future__ import annotations

from typing import Any

from rookery.actions.governing import approve_member, reject_member
from rookery.actions.reports import assign_report, close_report, note_on_account, reopen_report
from rookery.actions.strikes import Decision, decide_appeal, take_measure, undo_measure
from rookery.model.errors import Conflict, Invalid, NotAllowed, NotFound
from rookery.model.ids import AccountId, now_us
from rookery.model.permissions import Permission, may
from rookery.model.reports import Measure
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import get_account, list_accounts
from rookery.storage.measures import list_sensitive
from rookery.storage.members import find_member
from rookery.storage.posts import list_posts
from rookery.storage.reports import ReportChoice, count_open_reports, get_report, list_notes, list_reports
from rookery.storage.strikes import list_appealed, list_strikes
from rookery.web.fields import Fields, number_from
from rookery.web.fragments import pictures_of
from rookery.web.lists import older_link, window_of
from rookery.web.owner import governor_of
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PAGE_REPORTS = 30
REPORTS, USERS = Permission.MANAGE_REPORTS, Permission.MANAGE_USERS


async def moderation_page(visit: Visit, template: str, section: str, /, *, error: str = "", **values: Any) -> Response:
    """Render one of the pages. error: why a form did nothing."""
    reader, by = visit.face.app.db.reader, governor_of(visit)
    values = {
        "open_count": await count_open_reports(reader, staff=visit.account_id),
        "appeal_count": len(await list_appealed(reader, staff=visit.account_id)),
        "may_govern": may(by.role, USERS),
        "may_federate": may(by.role, Permission.MANAGE_FEDERATION),
        "may_block": may(by.role, Permission.MANAGE_BLOCKS),
        **values,
    }
    return visit.page(template, 422 if error else 200, section=section, error=error, **values)


async def find_persons(visit: Visit, ids: list[int | None]) -> dict[int, Person]:
    """Return people by id, suspended ones too."""
    found = await list_accounts(visit.face.app.db.reader, {one for one in ids if one})
    await visit.face.templates.emoji.learn_people(found.values())
    return {account_id: Person.of(account) for account_id, account in found.items()}


@routes.page("/moderation", who="member", permission=REPORTS)
async def show_queue(visit: Visit) -> Answer:
    """Open reports, or those that are done."""
    is_closed = visit.query.get("list") == "done"
    choice = ReportChoice(is_open=not is_closed, is_closed=is_closed)
    window = window_of(visit, PAGE_REPORTS)
    reports = await list_reports(visit.face.app.db.reader, window, choice, staff=visit.account_id)
    people = await find_persons(visit, [one for r in reports for one in (r.target_id, r.account_id, r.assigned_id)])
    older = older_link(visit, [one.id for one in reports], PAGE_REPORTS)
    return await moderation_page(
        visit, "moderation_queue.html", "", reports=reports, people=people, older=older, is_closed=is_closed
    )


@routes.page("/moderation/reports/{id}", who="member", permission=REPORTS)
async def show_report(visit: Visit) -> Answer:
    """One report: what was reported, by whom, what is known of both, what can be done."""
    return await answer_report(visit)


async def answer_report(visit: Visit, error: str = "") -> Response:
    """Render a report. Its posts passed the reporter's gate; a deleted one is shown as it was kept."""
    reader = visit.face.app.db.reader
    report = await get_report(reader, id_of(visit), staff=visit.account_id)
    found = await list_posts(reader, report.post_ids)
    shown = [
        (
            kept,
            pictures_of(found[kept.post_id].media) if kept.post_id in found else None,
        )
        for kept in report.evidence
    ]
    people = await find_persons(visit, [report.target_id, report.account_id, report.assigned_id, report.handled_by_id])
    rules = visit.face.app.settings.nest.rules
    return await moderation_page(
        visit,
        "moderation_report.html",
        "",
        error=error,
        report=report,
        shown=shown,
        people=people,
        rules=[rules[number - 1] for number in report.rule_ids if number <= len(rules)],
        **await history_of(visit, report.target_id),
    )


def id_of(visit: Visit) -> int:
    """The report or account of the path, 0 for what cannot be one."""
    return number_from(visit.value("id")) or 0


async def history_of(visit: Visit, account_id: int) -> dict[str, Any]:
    """Return what is known of an account: standing, decisions, notes, other reports."""
    reader = visit.face.app.db.reader
    account, notes = await get_account(reader, account_id), await list_notes(reader, account_id)
    strikes = await list_strikes(reader, account_id)
    staff = await find_persons(visit, [*(note.author_id for note in notes), *(one.by_id for one in strikes)])
    about = ReportChoice(is_closed=True, target_id=account_id)
    return {
        "account": account,
        "person": Person.of(account),
        "member": await find_member(reader, account_id),
        "is_sensitive": bool(await list_sensitive(reader, [account_id])),
        "notes": notes,
        "strikes": strikes,
        "staff": staff,
        "others": await list_reports(reader, window_of(visit, PAGE_REPORTS), about, staff=visit.account_id),
    }


@routes.form("/moderation/reports/{id}/{act}", permission=REPORTS, limit=API)
async def work_on_report(visit: Visit, fields: Fields) -> Answer:
    """Take a report, give it back, close it, open it again, write a note beside it."""
    app, by, report_id = visit.face.app, governor_of(visit), id_of(visit)
    report = await get_report(app.db.reader, report_id, staff=visit.account_id)
    try:
        match visit.value("act"):
            case "take":
                await assign_report(app, report_id, by=by, is_mine=True)
            case "leave":
                await assign_report(app, report_id, by=by, is_mine=False)
            case "close":
                await close_report(app, report_id, by=by)
            case "reopen":
                await reopen_report(app, report_id, by=by)
            case "note":
                target = AccountId(report.target_id)
                await note_on_account(app, target, fields.text("text"), by=by, report_id=report_id)
            case "measure":
                await decide(visit, fields, AccountId(report.target_id), report_id)
            case _:
                raise NotFound("no such act")
    except (Invalid, NotAllowed, Conflict) as refusal:
        return await answer_report(visit, visit.say(str(refusal)))
    return visit.go(f"/moderation/reports/{report_id}")


async def decide(visit: Visit, fields: Fields, account_id: AccountId, report_id: int | None) -> None:
    """Take the measure that a form names. Raises what take_measure raises, Invalid."""
    raw = fields.text("measure")
    if raw not in list(Measure):
        raise Invalid("choose an answer first")
    decision = Decision(Measure(raw), fields.text("text"), report_id)
    await take_measure(visit.face.app, account_id, decision, by=governor_of(visit))


@routes.page("/moderation/accounts/{id}", who="member", permission=USERS)
async def show_account(visit: Visit) -> Answer:
    """One account with its history."""
    return await answer_account(visit)


async def answer_account(visit: Visit, error: str = "") -> Response:
    """Render an account."""
    history = await history_of(visit, id_of(visit))
    return await moderation_page(visit, "moderation_account.html", "accounts", error=error, **history)


@routes.form("/moderation/accounts/{id}/{act}", permission=USERS, limit=API)
async def work_on_account(visit: Visit, fields: Fields) -> Answer:
    """Take or undo a measure, write a note, let in or refuse who asks to join."""
    app, by, account_id = visit.face.app, governor_of(visit), AccountId(id_of(visit))
    raw = fields.text("measure")
    try:
        match visit.value("act"):
            case "measure":
                await decide(visit, fields, account_id, None)
            case "undo" if raw in list(Measure) and raw != Measure.NONE:
                await undo_measure(app, account_id, Measure(raw), by=by)
            case "note":
                await note_on_account(app, account_id, fields.text("text"), by=by)
            case "approve":
                await approve_member(app, account_id, by=by)
            case "refuse":
                await reject_member(app, account_id, by=by, reason=fields.text("reason"))
                return visit.go("/moderation/accounts?state=pending")
            case _:
                raise NotFound("no such act")
    except (Invalid, NotAllowed, Conflict) as refusal:
        return await answer_account(visit, visit.say(str(refusal)))
    return visit.go(f"/moderation/accounts/{account_id}")


@routes.page("/moderation/appeals", who="member", permission=REPORTS)
async def show_appeals(visit: Visit) -> Answer:
    """Who objects to what."""
    return await answer_appeals(visit)


async def answer_appeals(visit: Visit, error: str = "") -> Response:
    """Render the appeals that wait."""
    strikes = await list_appealed(visit.face.app.db.reader, staff=visit.account_id)
    people = await find_persons(visit, [strike.account_id for strike in strikes])
    return await moderation_page(
        visit, "moderation_appeals.html", "appeals", error=error, strikes=strikes, people=people, now=now_us()
    )


@routes.form("/moderation/appeals", permission=REPORTS, limit=API)
async def answer_appeal(visit: Visit, fields: Fields) -> Answer:
    """Grant or deny one."""
    is_granted = fields.text("answer") == "grant"
    try:
        await decide_appeal(visit.face.app, fields.number("strike", 0), by=governor_of(visit), is_granted=is_granted)
    except (NotAllowed, Conflict) as refusal:
        return await answer_appeals(visit, visit.say(str(refusal)))
    return visit.go("/moderation/appeals")
