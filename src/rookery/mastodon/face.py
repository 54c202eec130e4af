"""The face of the client API: what its handlers reach, who is asking, how errors read.

Owns: MastodonFace, bearer tokens, CORS headers, error bodies. Never: a rule of a feature.
Spec: https://docs.joinmastodon.org/api/guidelines/, https://docs.joinmastodon.org/entities/Error/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from rookery.actions.app import App
from rookery.actions.media import MediaRoom
from rookery.actions.passwords import PasswordPool
from rookery.mastodon.joining import PostFilter
from rookery.mastodon.renders import Renders
from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import Invalid, NotFound, NotSignedIn, Refusal
from rookery.model.ids import AccountId, InvalidId, parse_id
from rookery.network.codes import code_of, headers_of
from rookery.network.gates import ScopeMissing
from rookery.network.requests import Request
from rookery.network.responses import Headers, Response, json_response
from rookery.network.routes import Route
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.lists import ListTimeline
from rookery.timelines.live import Live
from rookery.timelines.notification_pages import NotificationPages
from rookery.timelines.streams import Streams
from rookery.timelines.topics import Voice
from rookery.timelines.usage import UsageCache

EXPOSED = b"Link, Mastodon-Async-Refresh, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
# Every header costs a microsecond on the hot path: what only a preflight needs is sent with a preflight only.
HEADERS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED),
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Callers(Protocol):
    """Knows who a token stands for."""

    async def identify_token(self, raw: str) -> Caller:
        """Raises NotSignedIn for a token that is not or no longer good."""
        ...


class Filters(Protocol):
    """Knows the viewers' filters."""

    async def of(self, viewer: int, context: str) -> PostFilter | None:
        """Return what a viewer filters in home, notifications, public, thread or account; None for nothing."""
        ...

    async def learn(self, viewers: Iterable[int]) -> None:
        """Find out in one question who of many filters anything, before asking for each."""
        ...


@dataclass(slots=True)
class MastodonFace:
    """Everything that handlers of the client API reach. voices: how streams speak, `socket` and `lines`.

    routes: everything that the face answers, for its description.
    """

    app: App
    live: Live
    homes: Homes
    marks: MarkCache
    renders: Renders
    callers: Callers
    filters: Filters
    media: MediaRoom
    passwords: PasswordPool
    lists: ListTimeline
    usage: UsageCache
    streams: Streams
    notification_pages: NotificationPages
    voices: dict[str, Voice] = field(default_factory=dict)
    routes: tuple[Route[Any], ...] = ()
    headers: Headers = field(default_factory=lambda: HEADERS)

    async def identify(self, request: Request) -> Caller:
        """Return who the bearer token, or the `access_token` parameter of the address, stands for."""
        raw = request.headers.get(b"authorization", b"")
        if raw[:7].lower() == b"bearer ":
            return await self.callers.identify_token(raw[7:].strip().decode("latin-1"))
        if b"access_token=" in request.query_string:
            token = dict(parse_qsl(request.query_string.decode("latin-1"))).get("access_token")
            if token:
                return await self.callers.identify_token(token)
        return NOBODY

    def answer_error(self, request: Request, error: Refusal) -> Response:
        """Say the refusal as `{"error": sentence}`; absent and hidden read the same."""
        sentence = str(error)
        if isinstance(error, NotFound):
            sentence = "Record not found"
        elif isinstance(error, ScopeMissing):
            sentence = "This action is outside the authorized scopes"
        elif isinstance(error, Invalid) and not sentence.startswith("Validation failed"):
            sentence = f"Validation failed: {sentence}"
        elif isinstance(error, NotSignedIn):
            sentence = sentence[:1].upper() + sentence[1:]
        return json_response({"error": sentence}, code_of(error), headers_of(error))

    def answer_fault(self, request: Request) -> Response:
        """Say that the server failed; the log has the details under the id."""
        body = {"error": f"The server made a mistake; please report it with this number: {request.request_id}"}
        return json_response(body, 500, [(b"x-request-id", request.request_id.encode())])


def person(request: Request) -> AccountId:
    """Return who asks, on routes that need a person."""
    if request.caller.account_id is None:
        raise NotSignedIn("The access token is invalid")
    return request.caller.account_id


def path_id(request: Request, name: str = "id") -> int:
    """Return an id of the path; what cannot be an id is not found."""
    try:
        return parse_id(request.path_values[name])
    except InvalidId:
        raise NotFound("no such record") from None
