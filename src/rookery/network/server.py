"""The ASGI application: one request through the gates of its route, errors into the room's own words, bytes out.

Owns: the gates' order (see network/routes.py), headers that every answer carries. Never: business. Spec: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from rookery.model.callers import Caller
from rookery.model.errors import NotAllowed, NotFound, NotSignedIn, Refusal, TooMany
from rookery.network.addresses import client_address, parse_networks
from rookery.network.admission import Admission, Overloaded, Priority
from rookery.network.gates import allow
from rookery.network.limits import ANONYMOUS, Limit, Limiter, Verdict
from rookery.network.requests import Receive, Request, Scope, Send
from rookery.network.responses import Answer, Headers, Response
from rookery.network.routes import STRUCTURED, Route, Router
from rookery.network.sending import send_answer
from rookery.network.sockets import Socket, SocketClosed
from rookery.network.whole import send_whole

LOG = logging.getLogger("rookery.server")
VARY = (b"vary", b"Accept")
PREFLIGHT: Headers = [
    (b"access-control-allow-headers", b"*, authorization, content-type, idempotency-key"),
    (b"access-control-max-age", b"86400"),
]


class NetworkIsBarred(NotAllowed):
    """Nothing is answered to this network."""

    def __init__(self) -> None:
        super().__init__("this server does not answer to your network")


class RouteNotFound(NotFound):
    """No route of this path."""

    def __init__(self) -> None:
        super().__init__("there is nothing at this address")


class MethodNotAllowed(Refusal):
    """The path exists, not with this method."""

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__(f"this address answers {', '.join(sorted(allowed))} only")
        self.allowed = allowed


class FaceContract(Protocol):
    """What a room gives to the server beside its routes."""

    headers: Headers  # on every answer of the room, errors included

    async def identify(self, request: Request) -> Caller:
        """Return who asks; NOBODY without credentials. Raises NotSignedIn for bad ones."""
        ...

    def answer_error(self, request: Request, error: Refusal) -> Response:
        """Say the refusal in the room's own format."""
        ...

    def answer_fault(self, request: Request) -> Response:
        """Say that the server made a mistake; the log has it under the request's id."""
        ...


SocketHandler = Callable[[Socket], Awaitable[None]]


@dataclass(slots=True)
class Mounted:
    """A room's fallback for paths without a route: by the path's beginning, longest first."""

    prefix: str
    face: FaceContract


class Server:
    """One ASGI application. trusted_proxies: networks whose X-Forwarded-For is believed; none by default."""

    def __init__(
        self,
        limiter: Limiter,
        *,
        spool: Path | None = None,
        trusted_proxies: Iterable[str] = (),
        extra: Iterable[tuple[bytes, bytes]] = (),
        admission: Admission | None = None,
    ) -> None:
        self.router: Router[Any] = Router()
        self.limiter = limiter
        self.admission = admission or Admission()
        self.spool = spool
        self.proxies = parse_networks(trusted_proxies)
        self.faces: list[Mounted] = []
        self.sockets: dict[str, SocketHandler] = {}
        self.extra = list(extra)
        self.is_barred: Callable[[str], bool] = lambda address: False  # set by ops (actions/door.py)
        self.on_start: list[Callable[[], Awaitable[None]]] = [self.admission.start]
        self.on_stop: list[Callable[[], Awaitable[None]]] = [self.admission.stop]

    def mount(self, routes: Iterable[Route[Any]], face: Any, *, prefixes: Iterable[str]) -> None:
        """Add a room. prefixes: beginnings of paths for which its error format is used."""
        self.router.mount(routes, face)
        self.faces.extend(Mounted(prefix, face) for prefix in prefixes)
        self.faces.sort(key=lambda mounted: -len(mounted.prefix))

    def mount_socket(self, path: str, handler: SocketHandler) -> None:
        """Answer WebSocket connections at a path; the handler does its own gates."""
        self.sockets[path] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Entry point of ASGI."""
        if scope["type"] == "http":
            await self.answer_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.answer_socket(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.answer_lifespan(receive, send)

    async def answer_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request from gates to bytes."""
        headers = dict(scope["headers"])
        request = Request(
            scope["method"],
            scope["path"],
            scope["query_string"],
            headers,
            self.client_address(scope, headers),
            receive,
            spool=self.spool,
            raw_path=scope.get("raw_path") or b"",
            raw_headers=scope["headers"],
        )
        face: FaceContract | None = None
        limits: Headers = []
        parted: Headers = []
        try:
            if self.is_barred(request.address):
                raise NetworkIsBarred
            found = self.router.find(request.method, request.path)
            if STRUCTURED in headers.get(b"accept", b""):
                found = self.router.preferred(found, headers[b"accept"])
            self.admit(request, found)
            if isinstance(found, frozenset):
                face = self.face_of(request.path)
                answer: Answer = self.answer_unrouted(request, face, found)
            else:
                route, face, request.path_values = found
                if route.path in self.router.twins:
                    parted = [VARY]
                limits = await self.pass_gates(request, route, face)
                answer = await route.handler(face, request)
        except Refusal as error:
            if isinstance(error, TooMany):
                limits = over_limit_headers(error)
            face = face or self.face_of(request.path)
            answer = face.answer_error(request, error)
        except Exception:
            request.request_id = secrets.token_hex(8)
            LOG.exception("%s %s failed [%s]", request.method, request.path, request.request_id)
            face = face or self.face_of(request.path)
            answer = face.answer_fault(request)
        finally:
            if request.lane is not None:
                request.lane.leave()
            if request.uploads:
                request.forget_uploads()
        if not request.disconnected:
            usual = face.headers
            if isinstance(answer, Response) and answer.says:
                usual = [header for header in usual if header[0] not in answer.says]
            answer.headers += usual + limits + parted + self.extra
            if not (isinstance(answer, Response) and send_whole(scope, answer)):
                await send_answer(answer, request, receive, send)

    def admit(self, request: Request, found: frozenset[str] | tuple[Route[Any], Any, dict[str, str]]) -> None:
        """Let a request in, in its lane. Raises Overloaded."""
        if isinstance(found, tuple) and found[0].is_vital:
            return
        lane = self.admission.lane_of(request.method, request.headers, request.query_string)
        lane.enter()
        request.lane = lane

    def answer_unrouted(self, request: Request, face: FaceContract, allowed: frozenset[str]) -> Response:
        """404, 405, or the answer to a CORS preflight."""
        if not allowed:
            raise RouteNotFound
        if request.method == "OPTIONS":
            methods = ", ".join(sorted(allowed | {"OPTIONS"})).encode()
            return Response(b"", 200, [(b"allow", methods), (b"access-control-allow-methods", methods), *PREFLIGHT])
        raise MethodNotAllowed(allowed)

    async def pass_gates(self, request: Request, route: Route[Any], face: FaceContract) -> Headers:
        """Count, know the caller, allow. Returns the rate-limit headers. Raises Refusal."""
        request.body_limit = route.body_limit
        limit = route.limit
        if limit.by == "address":
            verdict = self.count(limit, request.address)
            request.caller = await face.identify(request)
        else:
            try:
                request.caller = await face.identify(request)
            except NotSignedIn:
                self.count(ANONYMOUS, request.address)
                raise
            account_id = request.caller.account_id
            if account_id is not None:
                verdict = self.count(limit, account_id)
            else:
                verdict = self.count(ANONYMOUS if limit.count > ANONYMOUS.count else limit, request.address)
        allow(route, request.caller)
        return [] if verdict is None else limit_headers(verdict)

    def count(self, limit: Limit, subject: str | int) -> Verdict | None:
        """Count one request. Raises TooMany."""
        if self.limiter.is_off:
            return None
        verdict = self.limiter.take(limit, subject)
        if verdict.is_over:
            seconds = max(1, int(verdict.reset_at - datetime.now(UTC).timestamp()) + 1)
            error = TooMany(f"too many requests; try again in {seconds} seconds", seconds)
            error.limit = verdict.limit  # type: ignore[attr-defined]
            raise error
        return verdict

    def face_of(self, path: str) -> FaceContract:
        """Return the room whose words answer at this path; `*` and the like get the most general one's."""
        fitting = (mounted.face for mounted in self.faces if path.startswith(mounted.prefix))
        return next(fitting, self.faces[-1].face)

    def client_address(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The peer, or behind trusted proxies the right-most address that is not one of them; IPv6 by its /64."""
        peer = (scope.get("client") or ("127.0.0.1", 0))[0]
        return client_address(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"), self.proxies)

    async def answer_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket connection."""
        headers = dict(scope["headers"])
        socket = Socket(scope, receive, send, self.client_address(scope, headers))
        handler = self.sockets.get(scope["path"].rstrip("/"))
        if self.is_barred(socket.address):
            await socket.refuse(403)
            return
        if handler is None:
            await socket.refuse(404)
            return
        try:
            self.admission.lanes[Priority.READ].glance()
        except Overloaded:
            await socket.refuse(503)
            return
        try:
            await handler(socket)
        except SocketClosed:
            return
        except Exception:
            LOG.exception("socket %s failed", scope["path"])
            await socket.close(1011)

    async def answer_lifespan(self, receive: Receive, send: Send) -> None:
        """Start and stop what lives as long as the server."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for start in self.on_start:
                    await start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for stop in self.on_stop:
                    await stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def limit_headers(verdict: Verdict) -> Headers:
    """X-RateLimit headers: reset as ISO 8601 with microseconds, as clients expect."""
    reset = datetime.fromtimestamp(verdict.reset_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return [
        (b"x-ratelimit-limit", b"%d" % verdict.limit),
        (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
        (b"x-ratelimit-reset", reset.encode()),
    ]


def over_limit_headers(error: TooMany) -> Headers:
    """The same headers on a refusal, with Retry-After."""
    reset_at = datetime.now(UTC).timestamp() + error.retry_after_s
    verdict = Verdict(True, getattr(error, "limit", 0), 0, reset_at)
    return [*limit_headers(verdict), (b"retry-after", b"%d" % error.retry_after_s)]
