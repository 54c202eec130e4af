"""Finding people one does not know yet: the directory, and whom a newcomer could follow.

Owns: `/people`, the few that home shows. Never: decides who wants to be found (storage/discovery.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.network.responses import Answer
from rookery.storage.accounts import list_accounts
from rookery.storage.discovery import list_directory
from rookery.storage.relations import Relation, list_relations
from rookery.web.fields import number_from
from rookery.web.lists import PAGE_PEOPLE
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
SORTS = ("new", "active")
LAST_PAGE = 250
ABOUT_CHARACTERS = 160
# Who follows fewer than these is still looking for company.
FEW_FOLLOWED, SHOWN_AT_HOME = 3, 5
LOOKED_AT = SHOWN_AT_HOME + FEW_FOLLOWED + 1


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody in a few words. relation: None for strangers, and for the visitor's own card."""

    person: Person
    about: str
    is_locked: bool
    relation: Relation | None


async def cards_of(visit: Visit, ids: Sequence[int]) -> list[Card]:
    """Return a card for each account that is there, in order."""
    reader = visit.face.app.db.reader
    found = await list_accounts(reader, ids)
    await visit.face.templates.emoji.learn_people(found.values())
    relations = await list_relations(reader, visit.viewer, ids, now_us()) if visit.viewer else {}
    relations.pop(visit.viewer_or_nobody, None)
    return [
        Card(Person.of(found[one]), about_of(found[one].bio), found[one].is_locked, relations.get(one))
        for one in ids
        if one in found and not found[one].suspended_at_us
    ]


def about_of(bio: str) -> str:
    """Return what fits on a card of what somebody says of themselves."""
    text = " ".join(bio.split())
    return text if len(text) <= ABOUT_CHARACTERS else text[: ABOUT_CHARACTERS - 1] + "…"


async def find_company(visit: Visit) -> list[Card]:
    """Return a few active people whom a member who follows hardly anybody could follow; [] for everybody else."""
    account = visit.account
    if account is None or account.following_count >= FEW_FOLLOWED:
        return []
    ids = await list_directory(
        visit.face.app.db.long_reader,
        account.id,
        order="active",
        only_local=True,
        limit=LOOKED_AT,
        offset=0,
        now_us=now_us(),
    )
    cards = await cards_of(visit, ids)
    return [card for card in cards if card.relation and not card.relation.is_following][:SHOWN_AT_HOME]


@routes.page("/people")
async def show_directory(visit: Visit) -> Answer:
    """The people of this server who want to be found, the newest first or those who wrote last."""
    sort, page = visit.query.get("sort", "new"), number_from(visit.query.get("page", "1")) or 1
    if sort not in SORTS or page > LAST_PAGE:
        raise NotFound("no such page")
    ids = await list_directory(
        visit.face.app.db.long_reader,
        visit.viewer_or_nobody,
        order=sort,
        only_local=True,
        limit=PAGE_PEOPLE + 1,
        offset=(page - 1) * PAGE_PEOPLE,
        now_us=now_us(),
    )
    has_more = len(ids) > PAGE_PEOPLE and page < LAST_PAGE
    answer = visit.page(
        "directory.html",
        is_public=True,
        sort=sort,
        cards=await cards_of(visit, ids[:PAGE_PEOPLE]),
        older="?" + urlencode({"sort": sort, "page": page + 1}) if has_more else None,
    )
    # To be suggested here is one choice, to be found by search machines is another.
    answer.headers.append((b"x-robots-tag", b"noindex"))
    return answer
