"""Lists of posts and people on pages: read, render, and the link to what is older.

Owns: the page size, cursors in addresses. Never: SQL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from rookery.model.ids import MAX_ID, InvalidId, parse_short_id, short_id
from rookery.model.paging import Window
from rookery.storage.accounts import list_accounts
from rookery.web.filters import context_of
from rookery.web.people import Person
from rookery.web.renders import View
from rookery.web.visits import Visit

PAGE_POSTS = 20
PAGE_PEOPLE = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a list. articles: rendered. older: the address of the next page, None at the end."""

    articles: list[Markup]
    older: str | None
    is_first: bool


def window_of(visit: Visit, limit: int = PAGE_POSTS) -> Window:
    """Return the window that the address asks for: `?before=` a short id; anything else is the newest page."""
    try:
        before = parse_short_id(visit.query.get("before", ""))
    except InvalidId:
        before = MAX_ID
    return Window(limit=limit, before=before)


def older_link(visit: Visit, cursors: Sequence[int], limit: int) -> str | None:
    """Return the address of what comes after a full page."""
    if len(cursors) < limit:
        return None
    kept = {name: value for name, value in visit.query.items() if name != "before"}
    return "?" + urlencode({**kept, "before": short_id(cursors[-1])})


def view_of(visit: Visit, focus: int | None = None) -> View:
    """Return how the visitor sees posts."""
    return View(
        visit.words.language,
        visit.viewer,
        visit.token_field() if visit.member else Markup(),
        visit.preferences,
        focus,
        visit.path,
        context_of(visit.path),
        visit.member is not None and visit.face.app.translator is not None,
    )


async def show_posts(visit: Visit, read: Callable[[Window], Awaitable[list[int]]], limit: int = PAGE_POSTS) -> Shown:
    """Read and render a page of posts. read: returns ids of a window, newest first."""
    await visit.face.live.catch_up()
    window = window_of(visit, limit)
    ids = await read(window)
    articles = await visit.face.renders.posts(ids, view_of(visit))
    return Shown(articles, older_link(visit, ids, limit), window.before == MAX_ID)


async def show_marked(visit: Visit, read: Callable[[Window], Awaitable[list[tuple[int, int]]]]) -> Shown:
    """As show_posts, for (cursor, post) rows."""
    await visit.face.live.catch_up()
    window = window_of(visit)
    rows = await read(window)
    articles = await visit.face.renders.posts([row[1] for row in rows], view_of(visit))
    return Shown(articles, older_link(visit, [row[0] for row in rows], PAGE_POSTS), window.before == MAX_ID)


async def find_people(visit: Visit, ids: Sequence[int]) -> list[Person]:
    """Return the people of these ids that are not suspended, in order."""
    found = await list_accounts(visit.face.app.db.reader, ids)
    await visit.face.templates.emoji.learn_people(found.values())
    return [Person.of(found[i]) for i in ids if i in found and not found[i].suspended_at_us]
