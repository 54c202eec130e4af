"""The owner's page of arrivals: what other servers sent and this one could not handle, and how much waits.

Owns: `/admin/arrivals`. Never: a rule (actions/arrivals.py), the body of a delivery: the command line shows it whole.
"""

from __future__ import annotations

from rookery.actions.arrivals import drop_arrival, retry_arrival
from rookery.model.errors import Malformed, NotFound
from rookery.model.permissions import Permission
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.arrivals import count_aside, count_by_host, list_aside
from rookery.web.fields import Fields
from rookery.web.lists import older_link, window_of
from rookery.web.owner import governor_of, owner_page
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
HERE = "/admin/arrivals"
PAGE = 50


@routes.page(HERE, who="admin", permission=Permission.MANAGE_FEDERATION)
async def show_arrivals(visit: Visit) -> Answer:
    """What was set aside, newest first."""
    return await answer_arrivals(visit)


async def answer_arrivals(visit: Visit, error: str = "") -> Response:
    """Render the page."""
    db, window = visit.face.app.db, window_of(visit, PAGE)
    found = await list_aside(db.reader, before=window.before, limit=window.limit)
    waiting = await count_by_host(db.long_reader)
    return await owner_page(
        visit,
        "owner_arrivals.html",
        "arrivals",
        error=error,
        found=found,
        older=older_link(visit, [one.id for one in found], PAGE),
        aside_count=await count_aside(db.reader),
        backlog_count=sum(count for count, _ in waiting.values()),
        saved=visit.query.get("saved", ""),
    )


@routes.form(f"{HERE}/{{act}}", who="admin", permission=Permission.MANAGE_FEDERATION, limit=API)
async def decide(visit: Visit, fields: Fields) -> Answer:
    """Try one again, or forget it."""
    app, by, arrival_id = visit.face.app, governor_of(visit), fields.number("arrival", 0)
    try:
        match visit.value("act"):
            case "retry":
                await retry_arrival(app, arrival_id, by=by)
            case "drop":
                await drop_arrival(app, arrival_id, by=by)
            case _:
                raise Malformed("there is nothing at this address")
    except NotFound as refusal:
        return await answer_arrivals(visit, visit.say(str(refusal)))
    return visit.go(f"{HERE}?saved=1")
