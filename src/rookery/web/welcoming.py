"""The page of welcome servers: with whom this one deals where only named ones are.

Owns: `/moderation/allowed`. Never: a rule; the mode is a setting of the operator's (model/settings.py).
"""

from __future__ import annotations

from rookery.actions.domainblocks import allow_domain, unallow_domain
from rookery.model.errors import Invalid, NotFound
from rookery.model.paging import Window
from rookery.model.permissions import Permission
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.domainblocks import list_allows
from rookery.web.fields import Fields
from rookery.web.moderation import moderation_page
from rookery.web.owner import governor_of
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
FEDERATION = Permission.MANAGE_FEDERATION
SHOWN = 2000


@routes.page("/moderation/allowed", who="member", permission=FEDERATION)
async def show_allowed(visit: Visit) -> Answer:
    """Every welcome server."""
    return await answer_allowed(visit)


async def answer_allowed(visit: Visit, error: str = "") -> Response:
    """Render the list."""
    app = visit.face.app
    allows = await list_allows(app.db.reader, Window(SHOWN))
    mode = app.settings.federation.mode.value
    return await moderation_page(
        visit, "moderation_allowed.html", "allowed", error=error, allows=allows, federation_mode=mode
    )


@routes.form("/moderation/allowed/{act}", permission=FEDERATION, limit=API)
async def work_on_allowed(visit: Visit, fields: Fields) -> Answer:
    """Welcome a server, or take that back."""
    app, by = visit.face.app, governor_of(visit)
    try:
        match visit.value("act"):
            case "add":
                await allow_domain(app, fields.line("domain"), by=by)
            case "remove":
                await unallow_domain(app, fields.number("allow", 0), by=by)
            case _:
                raise NotFound("no such act")
    except Invalid as refusal:
        return await answer_allowed(visit, visit.say(str(refusal)))
    return visit.go("/moderation/allowed")
