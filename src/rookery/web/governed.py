"""The list of accounts, as moderators search it.

Owns: `/moderation/accounts`: by name, state, role and origin, the newest or those who were here last first. Each entry
leads to the account's page (web/moderation.py). Never: acts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from rookery.model.accounts import Account
from rookery.model.ids import MAX_ID
from rookery.model.members import Member, Role
from rookery.model.permissions import Permission
from rookery.network.responses import Answer
from rookery.storage.accounts import list_accounts
from rookery.storage.governed import (
    STANDINGS,
    AccountQuery,
    list_governed,
    list_governed_by_sight,
    list_last_seen,
)
from rookery.storage.members import list_members_by_id
from rookery.web.lists import older_link, window_of
from rookery.web.moderation import moderation_page
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
PAGE_ACCOUNTS = 30
MAX_ASKED_CHARACTERS = 100
PLACE = re.compile(r"(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Row:
    """One account. member: None for a far one. seen_at_us: None when they were never here, or are far."""

    account: Account
    person: Person
    member: Member | None
    seen_at_us: int | None


def query_of(visit: Visit) -> AccountQuery:
    """Read what is searched for; what is not known asks nothing."""
    role, standing, origin = (visit.query.get(name, "") for name in ("role", "state", "origin"))
    return AccountQuery(
        origin if origin in ("local", "remote") else "",
        standing if standing in STANDINGS else "",
        roles=(Role(role),) if role in list(Role) else None,
        anything=visit.query.get("q", "").strip()[:MAX_ASKED_CHARACTERS],
    )


async def page_of(visit: Visit, query: AccountQuery, *, is_by_sight: bool) -> tuple[list[int], str | None]:
    """Return the ids of a page and the address of the next one."""
    reader = visit.face.app.db.long_reader
    if not is_by_sight:
        window = window_of(visit, PAGE_ACCOUNTS)
        ids = await list_governed(reader, window, query)
        return ids, older_link(visit, ids, PAGE_ACCOUNTS)
    place = PLACE.fullmatch(visit.query.get("before", ""))
    seen_us, before = (int(place[1]), int(place[2])) if place else (MAX_ID, MAX_ID)
    rows = await list_governed_by_sight(reader, query, seen_us=seen_us, before=before, limit=PAGE_ACCOUNTS)
    if len(rows) < PAGE_ACCOUNTS:
        return [row[0] for row in rows], None
    kept = {name: value for name, value in visit.query.items() if name != "before"}
    return [row[0] for row in rows], "?" + urlencode({**kept, "before": f"{rows[-1][1]}-{rows[-1][0]}"})


@routes.page("/moderation/accounts", who="member", permission=Permission.MANAGE_USERS)
async def show_accounts(visit: Visit) -> Answer:
    """Everybody who fits."""
    query, is_by_sight = query_of(visit), visit.query.get("order") == "seen"
    ids, older = await page_of(visit, query, is_by_sight=is_by_sight)
    reader = visit.face.app.db.reader
    accounts, members = await list_accounts(reader, ids), await list_members_by_id(reader, ids)
    seen = await list_last_seen(reader, ids)
    rows = [
        Row(accounts[one], Person.of(accounts[one]), members.get(one), seen.get(one)) for one in ids if one in accounts
    ]
    return await moderation_page(
        visit,
        "moderation_accounts.html",
        "accounts",
        rows=rows,
        older=older,
        query=query,
        role=query.roles[0] if query.roles else "",
        is_by_sight=is_by_sight,
    )
