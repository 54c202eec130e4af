"""Search: people, hashtags and posts by words.

Owns: `/search`. Strangers find people and hashtags; posts are searched by members.
"""

from __future__ import annotations

from rookery.model.paging import Window
from rookery.model.search import MAX_QUERY_CHARACTERS, parse_query
from rookery.model.text import tag_key
from rookery.network.responses import Answer
from rookery.storage.search import find_tags
from rookery.timelines.search import search_accounts, search_posts
from rookery.web.lists import PAGE_POSTS, find_people, older_link, view_of, window_of
from rookery.web.routing import PageTable
from rookery.web.trends import trending_tags
from rookery.web.visits import Visit

routes = PageTable()
PEOPLE, TAGS = 8, 5


@routes.page("/search")
async def show_search(visit: Visit) -> Answer:
    """Find people, hashtags and posts."""
    asked = visit.query.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
    window = window_of(visit)
    await visit.face.live.catch_up()
    is_first = asked != "" and "before" not in visit.query
    post_ids = await find_posts(visit, asked, window) if asked and visit.member else []
    return visit.page(
        "search.html",
        asked=asked,
        people=await find_people(visit, await find_names(visit, asked)) if is_first else [],
        tags=await find_hashtags(visit, asked) if is_first else [],
        posts=await visit.face.renders.posts(post_ids, view_of(visit)),
        trends=[] if asked else await trending_tags(visit),
        older=older_link(visit, post_ids, PAGE_POSTS),
    )


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
