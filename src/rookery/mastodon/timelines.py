"""Timelines of the client API.

Owns: home, public, hashtag, list. Spec: https://docs.joinmastodon.org/methods/timelines/
"""

from __future__ import annotations

from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_query
from rookery.mastodon.pages import posts_page
from rookery.model.ids import now_us
from rookery.model.text import tag_key
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.pages import TagChoice, list_public, list_tagged

routes: RouteTable[MastodonFace] = RouteTable()
DEFAULT_LIMIT, MOST = 20, 40


@routes.route("GET", "/api/v1/timelines/home", who="user", scope="read:statuses read")
async def get_home(face: MastodonFace, request: Request) -> Answer:
    """Posts of people you follow. Spec: https://docs.joinmastodon.org/methods/timelines/#home"""
    window = read_query(request).window(DEFAULT_LIMIT, MOST)
    ids = await face.homes.page(person(request), window)
    return await posts_page(face, request, ids, "home")


@routes.route("GET", "/api/v1/timelines/public", who="anyone", scope="read:statuses read")
async def get_public(face: MastodonFace, request: Request) -> Answer:
    """Public posts. Spec: https://docs.joinmastodon.org/methods/timelines/#public"""
    form = read_query(request)
    await face.live.catch_up()
    ids = await list_public(
        face.app.db.reader,
        request.caller.account_id or 0,
        form.window(DEFAULT_LIMIT, MOST),
        now_us(),
        side=side_of(form),
        only_media=form.flag("only_media"),
    )
    return await posts_page(face, request, ids, "public")


def side_of(form: Form) -> str:
    """Which servers' posts are asked for."""
    return "local" if form.flag("local") else "remote" if form.flag("remote") else ""


@routes.route("GET", "/api/v1/timelines/tag/{tag}", who="anyone", scope="read:statuses read")
async def get_tag(face: MastodonFace, request: Request) -> Answer:
    """Public posts with a hashtag. Spec: https://docs.joinmastodon.org/methods/timelines/#tag"""
    form = read_query(request)
    choice = TagChoice(
        any_of=tuple({tag_key(tag) for tag in [request.path_values["tag"], *form.texts("any")[:10]]}),
        every=tuple({tag_key(tag) for tag in form.texts("all")[:10]}),
        none=tuple({tag_key(tag) for tag in form.texts("none")[:10]}),
        side=side_of(form),
        only_media=form.flag("only_media"),
    )
    await face.live.catch_up()
    window = form.window(DEFAULT_LIMIT, MOST)
    ids = await list_tagged(face.app.db.reader, request.caller.account_id or 0, window, now_us(), choice)
    return await posts_page(face, request, ids, "public")
