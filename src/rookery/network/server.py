"""The ASGI application: one request through the gates of its route, errors into the room's own words, bytes out.

Owns: the gates' order (see network/routes.py), headers that every answer carries, streaming with back-pressure, files
with ranges. Never: business. Spec: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import NotAllowed, NotFound, NotSignedIn, Refusal, TooMany
from rookery.model.members import Role, check_standing, outranks
from rookery.model.permissions import PermissionMissing, may
from rookery.network.addresses import client_address, parse_networks
from rookery.network.limits import ANONYMOUS, Limit, Limiter, Verdict
from rookery.network.requests import Receive, Request, Scope, Send
from rookery.network.responses import Answer, FileResponse, Headers, Response, StreamResponse
from rookery.network.routes import Route, Router
from rookery.network.sockets import Socket, SocketClosed
from rookery.network.whole import send_whole

LOG = logging.getLogger("rookery.server")
FILE_CHUNK_BYTES = 256 * 1024
PREFLIGHT: Headers = [
    (b"access-control-allow-headers", b"*, authorization, content-type, idempotency-key"),
    (b"access-control-max-age", b"86400"),
]
BY_BROWSER = ("member", "admin")
LET_GO_S = 2  # how long a stream that ended waits for its client to take the end


class ScopeMissing(NotAllowed):
    """The token is good, its scopes do not cover this route."""

    def __init__(self) -> None:
        super().__init__("this action is outside the authorized scopes")


class PersonNeeded(NotSignedIn):
    """An app's own token where a person is needed."""

    def __init__(self) -> None:
        super().__init__("this method requires an authenticated user")


class AdminNeeded(NotAllowed):
    """A page for those who look after the server."""

    def __init__(self) -> None:
        super().__init__("this page is for the people who look after the server")


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
    ) -> None:
        self.router: Router[Any] = Router()
        self.limiter = limiter
        self.spool = spool
        self.proxies = parse_networks(trusted_proxies)
        self.faces: list[Mounted] = []
        self.sockets: dict[str, SocketHandler] = {}
        self.extra = list(extra)
        self.is_barred: Callable[[str], bool] = lambda address: False  # set by ops (actions/door.py)
        self.on_start: list[Callable[[], Awaitable[None]]] = []
        self.on_stop: list[Callable[[], Awaitable[None]]] = []

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
        )
        face: FaceContract | None = None
        limits: Headers = []
        try:
            if self.is_barred(request.address):
                raise NetworkIsBarred
            found = self.router.find(request.method, request.path)
            if isinstance(found, frozenset):
                face = self.face_of(request.path)
                answer: Answer = self.answer_unrouted(request, face, found)
            else:
                route, face, request.path_values = found
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
            if request.uploads:
                request.forget_uploads()
        if not request.disconnected:
            answer.headers += face.headers + limits + self.extra
            if not (isinstance(answer, Response) and send_whole(scope, answer)):
                await send_answer(answer, request, receive, send)

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


def allow(route: Route[Any], caller: Caller) -> None:
    """The last gate. Raises NotSignedIn, PersonNeeded, MemberHeldBack, AdminNeeded, ScopeMissing, PermissionMissing."""
    if route.who == "anyone":
        if caller is not NOBODY and route.scopes and caller.token_id and caller.scopes.isdisjoint(route.scopes):
            raise ScopeMissing
        return
    if caller is NOBODY:
        raise NotSignedIn("please sign in first" if route.who in BY_BROWSER else "the access token is invalid")
    if route.who in ("user", "newcomer", *BY_BROWSER) and caller.account_id is None:
        raise PersonNeeded
    if route.who != "newcomer":
        check_standing(caller.standing)
    if route.who in BY_BROWSER and caller.session_id is None:
        raise NotSignedIn("please sign in first")
    if route.who == "admin" and not outranks(Role(caller.role), Role.MODERATOR):
        raise AdminNeeded
    if route.scopes and caller.session_id is None and caller.scopes.isdisjoint(route.scopes):
        raise ScopeMissing
    if route.permission is not None and not may(Role(caller.role), route.permission):
        raise AdminNeeded if route.who in BY_BROWSER else PermissionMissing


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


async def send_answer(answer: Answer, request: Request, receive: Receive, send: Send) -> None:
    """Write an answer; nothing but headers for HEAD."""
    if isinstance(answer, Response):
        answer.headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else answer.body})
    elif isinstance(answer, FileResponse):
        await send_file(answer, request, send)
    elif request.method == "HEAD":
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b""})
        await close_chunks(answer)
    else:
        await send_stream(answer, receive, send)


async def send_stream(answer: StreamResponse, receive: Receive, send: Send) -> None:
    """Send chunks until they end, the client leaves or the answer is cut; a slow client slows the iterator."""

    async def pump() -> None:
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def cut(signal: asyncio.Event) -> None:
        await signal.wait()
        await asyncio.sleep(LET_GO_S)

    tasks = [asyncio.ensure_future(pump()), asyncio.ensure_future(leave())]
    if answer.cut:
        tasks.append(asyncio.ensure_future(cut(answer.cut)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await close_chunks(answer)


async def close_chunks(answer: StreamResponse) -> None:
    """Let the iterator of a stream let go of what it holds."""
    close = getattr(answer.chunks, "aclose", None)
    if close:
        await close()


async def send_file(answer: FileResponse, request: Request, send: Send) -> None:
    """Send a file or one range of it. Spec: RFC 9110 §14."""
    start, end = byte_range(request.header("range"), answer.size_bytes)
    headers = [*answer.headers, (b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (end - start))]
    code = answer.code
    if request.header("range") and (start, end) != (0, answer.size_bytes):
        code = 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, answer.size_bytes)))
    await send({"type": "http.response.start", "status": code, "headers": headers})
    if request.method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    with answer.path.open("rb") as file:
        file.seek(start)
        await send_pieces(file, end - start, send)


async def send_pieces(file: BinaryIO, left: int, send: Send) -> None:
    while left > 0:
        size = min(left, FILE_CHUNK_BYTES)
        chunk = os.read(file.fileno(), size) if size < 65536 else await asyncio.to_thread(file.read, size)
        if not chunk:
            break
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def byte_range(raw: str, size: int) -> tuple[int, int]:
    """Return (start, end exclusive) of a single range; the whole file for none, several or a wrong one."""
    unit, _, spec = raw.partition("=")
    first, dash, last = spec.partition("-")
    digits = first + last
    if unit != "bytes" or not dash or not (digits.isascii() and digits.isdigit()) or len(digits) > 40:
        return 0, size
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (0, size)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else (0, size)
