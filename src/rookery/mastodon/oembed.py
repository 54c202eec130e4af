"""A public post as something that another site may show.

Owns: GET /api/oembed. The HTML is one frame that shows our page of the post (web/embeds.py) and runs no script.
Spec: https://oembed.com/#section2
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import unquote

from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import read_query
from rookery.mastodon.posts_json import post_url
from rookery.model.errors import NotFound
from rookery.model.ids import InvalidId, parse_short_id
from rookery.model.posts import Audience, PostNotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account
from rookery.storage.posts import get_visible_post

routes: RouteTable[MastodonFace] = RouteTable()
PATH = re.compile(r"/@[^/?#]+/([^/?#]+)")
WIDTH, HEIGHT = 400, 480
LEAST = 200
DAY_S = 86_400


class NotOurs(NotFound):
    """The address is not one of a post here."""

    def __init__(self) -> None:
        super().__init__("no such post here")


def id_from_url(url: str, base_url: str) -> int:
    """Return the post that one of our addresses names. Raises NotOurs."""
    match = PATH.match(unquote(url.removeprefix(base_url))) if url.startswith(f"{base_url}/@") else None
    try:
        return parse_short_id(match[1] if match else "")
    except InvalidId:
        raise NotOurs from None


@routes.route("GET", "/api/oembed", who="anyone")
async def show_oembed(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://oembed.com/#section2.3, Mastodon: api/oembed_controller.rb."""
    form, settings = read_query(request), face.app.settings
    reader = face.app.db.reader
    post = await get_visible_post(reader, id_from_url(form.required("url"), settings.base_url), 0)
    if post.repost_of_id or not post.is_local or post.audience > Audience.UNLISTED:
        raise PostNotFound
    author = await get_account(reader, post.author_id)
    width = max(min(form.number("maxwidth", WIDTH), 1000), LEAST)
    height = max(min(form.number("maxheight", HEIGHT), HEIGHT), LEAST)
    name = author.display_name or author.username
    page = post_url(post.id, author.username, settings.base_url)
    frame = (
        f'<iframe src="{escape(page)}/embed" width="{width}" height="{height}" title="{escape(name)}" loading="lazy"'
        ' referrerpolicy="no-referrer" sandbox="allow-popups allow-popups-to-escape-sandbox"'
        ' style="max-width:100%;border:0"></iframe>'
    )
    return json_response(
        {
            "type": "rich",
            "version": "1.0",
            "author_name": name,
            "author_url": f"{settings.base_url}/@{author.username}",
            "provider_name": settings.nest.title,
            "provider_url": f"{settings.base_url}/",
            "cache_age": DAY_S,
            "html": frame,
            "width": width,
            "height": height,
        }
    )
