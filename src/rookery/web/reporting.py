"""Reporting somebody, from the menu of a post or a profile.

Owns: `/report`. Never: tells anybody but staff who reported (actions/reports.py).
"""

from __future__ import annotations

from rookery.actions.reports import report_account
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.errors import Invalid
from rookery.model.ids import MAX_ID
from rookery.model.paging import Window
from rookery.model.posts import Post
from rookery.model.reports import Category, ReportDraft
from rookery.network.limits import REPORTING
from rookery.network.responses import Answer, Response
from rookery.storage.accounts import get_account
from rookery.storage.collections import list_collections_by_id
from rookery.storage.pages import AccountChoice, list_of_account
from rookery.storage.posts import list_posts, list_visible_ids
from rookery.web.fields import Fields, number_from
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
RECENT = 10


@routes.page("/report", who="member")
async def show_report(visit: Visit) -> Answer:
    """The form: what is wrong, with which posts."""
    target = await find_target(visit, visit.query.get("account", ""))
    chosen = number_from(visit.query.get("post", ""))
    return await answer_report(
        visit, target, (chosen,) if chosen else (), collection=number_from(visit.query.get("collection", "")) or 0
    )


async def find_target(visit: Visit, raw: str) -> Account:
    """Return who is reported. Raises AccountNotFound, also for oneself."""
    target = await get_account(visit.face.app.db.reader, number_from(raw) or 0)
    if target.suspended_at_us is not None or target.id == visit.account_id:
        raise AccountNotFound
    return target


async def answer_report(
    visit: Visit, target: Account, chosen: tuple[int, ...], *, collection: int = 0, error: str = "", comment: str = ""
) -> Response:
    """Render the form with what was chosen. collection: the one that it is about, 0 for none."""
    found = await list_collections_by_id(visit.face.app.db.reader, [collection], visit.account_id)
    return visit.page(
        "report.html",
        422 if error else 200,
        target=target,
        person=Person.of(target),
        posts=await list_offered(visit, target, chosen),
        chosen=chosen,
        collection=next((one for one in found.values() if one.owner_id == target.id), None),
        error=error,
        comment=comment,
        rules=visit.face.app.settings.nest.rules,
        is_sent=False,
    )


async def list_offered(visit: Visit, target: Account, chosen: tuple[int, ...]) -> list[Post]:
    """Return the chosen posts and the newest ones, as far as the visitor may see them."""
    reader, viewer = visit.face.app.db.reader, visit.account_id
    visible = await list_visible_ids(reader, chosen, viewer)
    window = Window(limit=RECENT, before=MAX_ID)
    recent = await list_of_account(reader, target.id, viewer, window, AccountChoice(no_reposts=True))
    found = await list_posts(reader, [*visible, *recent])
    return [post for post in sorted(found.values(), key=lambda one: -one.id) if post.author_id == target.id]


@routes.form("/report", limit=REPORTING)
async def send_report(visit: Visit, fields: Fields) -> Answer:
    """Send it; then offer what one can do oneself."""
    target = await find_target(visit, fields.text("account"))
    chosen, raw = tuple(fields.numbers("post")), fields.text("category")
    draft = ReportDraft(
        target.id,
        Category(raw) if raw in list(Category) else None,
        fields.text("comment"),
        chosen,
        tuple(fields.numbers("rule")),
        fields.is_on("forward"),
        tuple(fields.numbers("collection")),
    )
    try:
        await report_account(visit.face.app, visit.account_id, draft)
    except Invalid as refusal:
        shown = draft.collection_ids[0] if draft.collection_ids else 0
        said = visit.say(str(refusal))
        return await answer_report(visit, target, chosen, collection=shown, error=said, comment=draft.comment)
    return visit.page("report.html", person=Person.of(target), target=target, is_sent=True, error="")
