"""The page of relays.

Owns: `/admin/relays`. Never: a rule of them (actions/relays.py).
"""

from __future__ import annotations

from rookery.actions.relays import add_relay, remove_relay
from rookery.model.errors import Conflict, Invalid, NotFound
from rookery.model.permissions import Permission
from rookery.model.relays import RelayStyle
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.relays import list_relays
from rookery.web.fields import Fields
from rookery.web.owner import governor_of, owner_page
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


@routes.page("/admin/relays", who="admin")
async def show_relays(visit: Visit) -> Answer:
    """Every relay, and what it said."""
    return await answer_relays(visit)


async def answer_relays(visit: Visit, error: str = "") -> Response:
    """Render the list."""
    found = await list_relays(visit.face.app.db.reader)
    return await owner_page(visit, "owner_relays.html", "relays", error=error, relays=found)


@routes.form("/admin/relays/{act}", who="admin", permission=Permission.MANAGE_FEDERATION, limit=API)
async def work_on_relays(visit: Visit, fields: Fields) -> Answer:
    """Ask a relay, or leave one."""
    app, by = visit.face.app, governor_of(visit)
    try:
        match visit.value("act"):
            case "add":
                style = RelayStyle.LITEPUB if fields.text("style") == RelayStyle.LITEPUB else RelayStyle.MASTODON
                await add_relay(app, fields.line("address"), style, by=by)
            case "remove":
                await remove_relay(app, fields.number("relay", 0), by=by)
            case _:
                raise NotFound("no such act")
    except (Invalid, Conflict) as refusal:
        return await answer_relays(visit, visit.say(str(refusal)))
    return visit.go("/admin/relays")
