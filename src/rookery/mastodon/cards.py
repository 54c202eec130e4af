"""The page of posts that link to one address.

Owns: `/api/v1/timelines/link`. Spec: https://docs.joinmastodon.org/methods/timelines/#link
"""

from __future__ import annotations

from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import read_query
from rookery.mastodon.pages import posts_page
from rookery.model.errors import Malformed, NotFound
from rookery.model.ids import now_us
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.cards import find_card_id, list_with_card
from rookery.timelines.cards import normal_link

routes: RouteTable[MastodonFace] = RouteTable()
DEFAULT_LIMIT, MOST = 20, 40


class LinkMissing(Malformed):
    """The request does not say which link."""

    def __init__(self) -> None:
        super().__init__("say which link's posts you want, as `url`")


class LinkUnknown(NotFound):
    """No post here has the link."""

    def __init__(self) -> None:
        super().__init__("no post here has this link")


@routes.route("GET", "/api/v1/timelines/link", who="anyone", scope="read:statuses read")
async def get_link(face: MastodonFace, request: Request) -> Answer:
    """Public posts with a link. Spec: https://docs.joinmastodon.org/methods/timelines/#link"""
    form = read_query(request)
    raw = form.text("url")
    if not raw:
        raise LinkMissing
    await face.live.catch_up()
    reader = face.app.db.reader
    found = await find_card_id(reader, normal_link(raw, face.app.settings))
    if found is None:
        raise LinkUnknown
    window = form.window(DEFAULT_LIMIT, MOST)
    ids = await list_with_card(reader, request.caller.account_id or 0, found[0], window, now_us())
    return await posts_page(face, request, ids, "public")
