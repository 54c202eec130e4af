"""Search: people, hashtags and posts by words, and what a handle or an address of another server names.

Owns: `/search`, and `/authorize_interaction`, to which other servers send people who want to follow or answer from
here. Strangers find people and hashtags; posts, and other servers, are searched by members.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from rookery.actions.resolving import is_far_name, look_up
from rookery.model.errors import Refusal, Unavailable
from rookery.model.ids import short_id
from rookery.model.paging import Window
from rookery.model.search import MAX_QUERY_CHARACTERS, parse_query
from rookery.model.text import tag_key
from rookery.network.responses import Answer
from rookery.storage.accounts import get_account
from rookery.storage.posts import get_visible_post, list_visible_ids
from rookery.storage.search import find_tags
from rookery.timelines.search import search_accounts, search_posts
from rookery.web.guards import safe_path
from rookery.web.lists import PAGE_POSTS, find_people, older_link, view_of, window_of
from rookery.web.people import Person
from rookery.web.routing import PageTable
from rookery.web.trends import trending_tags
from rookery.web.visits import Visit

routes = PageTable()
PEOPLE, TAGS = 8, 5


@dataclass(frozen=True, slots=True)
class FarLook:
    """What another server had. is_asked: one was asked; is_silent: it did not answer."""

    account_ids: list[int] = field(default_factory=list)
    post_ids: list[int] = field(default_factory=list)
    is_asked: bool = False
    is_silent: bool = False


@routes.page("/search")
async def show_search(visit: Visit) -> Answer:
    """Find people, hashtags and posts."""
    asked = visit.query.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    window = window_of(visit)
    is_first = asked != "" and "before" not in visit.query
    far = await look_far(visit, asked) if is_first else FarLook()
    await visit.face.live.catch_up()
    names = await find_names(visit, asked) if is_first else []
    post_ids = await find_posts(visit, asked, window) if asked and visit.member and not far.post_ids else far.post_ids
    return visit.page(
        "search.html",
        asked=asked,
        far=far,
        people=await find_people(visit, [*far.account_ids, *(one for one in names if one not in far.account_ids)]),
        tags=await find_hashtags(visit, asked) if is_first else [],
        posts=await visit.face.renders.posts(post_ids, view_of(visit)),
        trends=[] if asked else await trending_tags(visit),
        older=older_link(visit, post_ids, PAGE_POSTS),
    )


@routes.page("/authorize_interaction", who="member")
async def begin_interaction(visit: Visit) -> Answer:
    """Go to the page of what another server sent its visitor for: somebody to follow, a post to answer.

    Spec: http://ostatus.org/schema/1.0/subscribe, as WebFinger names it (activitypub/webfinger.py)
    """
    asked = visit.query.get("uri", "").strip()[:MAX_QUERY_CHARACTERS]
    name = asked.removeprefix("acct:")
    far = await look_far(visit, asked)
    reader = visit.face.app.db.reader
    for account_id in far.account_ids:
        return visit.go(Person.of(await get_account(reader, account_id)).url)
    for post_id in far.post_ids:
        post = await get_visible_post(reader, post_id, visit.account_id)
        return visit.go(f"{Person.of(await get_account(reader, post.author_id)).url}/{short_id(post.id)}")
    base_url = visit.face.base_url
    if asked.startswith(f"{base_url}/"):
        return visit.go(safe_path(asked.removeprefix(base_url)))
    return visit.go(f"/search?{urlencode({'q': name})}")


async def look_far(visit: Visit, asked: str) -> FarLook:
    """Ask another server for a handle or an address, for a member; a server that fails is a sentence."""
    app = visit.face.app
    if visit.member is None or not is_far_name(app, asked):
        return FarLook()
    try:
        found = await look_up(app, asked)
    except Unavailable:
        return FarLook(is_asked=True, is_silent=True)
    except Refusal:
        return FarLook(is_asked=True)
    if found and found.account and not found.account.suspended_at_us:
        return FarLook(account_ids=[found.account.id], is_asked=True)
    if found and found.post and await list_visible_ids(app.db.reader, [found.post.id], visit.account_id):
        return FarLook(post_ids=[found.post.id], is_asked=True)
    return FarLook(is_asked=True)


async def find_posts(visit: Visit, asked: str, window: Window) -> list[int]:
    """Return ids of posts with these words that the visitor may see."""
    app = visit.face.app
    here = app.settings.server.domain
    return await search_posts(app.db, visit.account_id, parse_query(asked), window, here=here)


async def find_names(visit: Visit, asked: str) -> list[int]:
    """Return ids of people by handle or name."""
    if asked.startswith("#"):
        return []
    app = visit.face.app
    here = app.settings.server.domain
    return await search_accounts(app.db, visit.viewer_or_nobody, asked, here=here, limit=PEOPLE)


async def find_hashtags(visit: Visit, asked: str) -> list[str]:
    """Return hashtags that begin with the first word, as written."""
    prefix = tag_key(asked.lstrip("#").split(" ")[0])
    if "@" in asked or not prefix:
        return []
    found = await find_tags(visit.face.app.db.long_reader, prefix, limit=TAGS)
    return [tag.shown for tag in found]
