"""Search: people by their handle, hashtags, and what the search room finds.

Owns: `/search`.
"""

from __future__ import annotations

from rookery.model.accounts import AccountNotFound, split_handle
from rookery.model.text import is_tag
from rookery.network.responses import Answer
from rookery.storage.accounts import find_account_by_name
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
MAX_QUERY_CHARACTERS = 200


@routes.page("/search")
async def show_search(visit: Visit) -> Answer:
    """Find people and hashtags."""
    asked = visit.query.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    people = await find_handle(visit, asked) if asked else []
    tag = asked.removeprefix("#")
    tag = tag if tag and is_tag(tag) and " " not in tag else ""
    return visit.page("search.html", asked=asked, people=people, tag=tag, posts=[])


async def find_handle(visit: Visit, asked: str) -> list[Person]:
    """Return the account whose handle this is, if any."""
    try:
        name, domain = split_handle(asked, visit.face.app.settings.server.domain)
    except AccountNotFound:
        return []
    account = await find_account_by_name(visit.face.app.db.reader, name, domain)
    return [Person.of(account)] if account and not account.suspended_at_us else []
