"""The people whom a member keeps away: blocked and muted ones, and the way back.

Owns: `/settings/away`. Never: ends a block or a mute itself; the buttons are those of a profile (web/profiles.py).
"""

from __future__ import annotations

from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.network.responses import Answer
from rookery.storage.relations import BLOCKED, MUTED, list_pairs, list_relations
from rookery.web.lists import PAGE_PEOPLE, find_people, older_link, window_of
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
LISTS = ("blocked", "muted")


@routes.page("/settings/away", who="member")
async def show_away(visit: Visit) -> Answer:
    """Whom the visitor has blocked, or muted and until when; the last one first."""
    shown = visit.query.get("list", "blocked")
    if shown not in LISTS:
        raise NotFound("no such list")
    reader, me, now = visit.face.app.db.reader, visit.account_id, now_us()
    window = window_of(visit, PAGE_PEOPLE)
    if shown == "blocked":
        rows = await list_pairs(reader, BLOCKED, me, window)
    else:
        rows = await list_pairs(reader, MUTED, me, window, now=now)
    ids = [other_id for _, other_id in rows]
    return visit.page(
        "settings_away.html",
        section="away",
        saved="",
        shown=shown,
        people=await find_people(visit, ids),
        relations=await list_relations(reader, me, ids, now),
        older=older_link(visit, [row_id for row_id, _ in rows], PAGE_PEOPLE),
    )
