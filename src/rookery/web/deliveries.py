"""What waits for other servers, for the owner: which of them are in trouble, since when, and a try now.

Owns: `/admin/deliveries`. Never: sends.
"""

from __future__ import annotations

from rookery.actions.hosts import retry_host
from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.parcels import count_waiting, list_waiting_hosts
from rookery.web.fields import Fields
from rookery.web.owner import owner_page
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
SHOWN = 200


@routes.page("/admin/deliveries", who="admin")
async def show_deliveries(visit: Visit) -> Answer:
    """Servers that something waits for, those in trouble first."""
    return await answer_deliveries(visit)


async def answer_deliveries(visit: Visit, error: str = "") -> Response:
    """Render the list."""
    reader = visit.face.app.db.reader
    waiting, host_count = await count_waiting(reader)
    return await owner_page(
        visit,
        "owner_deliveries.html",
        "deliveries",
        error=error,
        hosts=await list_waiting_hosts(reader, SHOWN),
        waiting=waiting,
        host_count=host_count,
        now_us=now_us(),
        saved=visit.query.get("saved", ""),
    )


@routes.form("/admin/deliveries", who="admin", limit=API)
async def try_host(visit: Visit, fields: Fields) -> Answer:
    """Have a server tried at once."""
    try:
        await retry_host(visit.face.app, fields.line("host"))
    except NotFound as refusal:
        return await answer_deliveries(visit, visit.say(str(refusal)))
    return visit.go("/admin/deliveries?saved=1")
