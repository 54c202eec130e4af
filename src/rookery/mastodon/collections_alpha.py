"""The routes of collections under their first name, for apps that were written before Mastodon 4.6 was out.

Owns: `/api/v1_alpha/…`, each the same as under `/api/v1`, with the header that tells apps to move on.
"""

from __future__ import annotations

from rookery.mastodon import collections
from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import Handler, Route, RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
OLD, NEW = "/api/v1_alpha/", "/api/v1/"


def announced_old(handler: Handler[MastodonFace]) -> Handler[MastodonFace]:
    """Return a handler that answers the same and says that there is a better route."""

    async def answer(face: MastodonFace, request: Request) -> Answer:
        answer = await handler(face, request)
        answer.headers.extend(deprecated_since(2026, 6, 1))
        return answer

    answer.__doc__ = handler.__doc__
    return answer


def add_old_name(route: Route[MastodonFace]) -> None:
    """Serve a route under its first name too."""
    path = route.path.replace(NEW, OLD)
    declare = routes.route(
        route.method,
        path,
        who=route.who,
        scope=" ".join(route.scopes),
        limit=route.limit,
        body_limit=route.body_limit,
        permission=route.permission,
    )
    declare(announced_old(route.handler))


for one in collections.routes.routes:
    add_old_name(one)
