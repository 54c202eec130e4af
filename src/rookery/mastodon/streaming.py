"""Streams of the client API: one WebSocket with many subscriptions, or server-sent events with one each.

Owns: the names of streams, who may open which, the handshake, subscribing, ends of connections. Never: decides who
hears what (timelines/hearing.py) or makes payloads (mastodon/voices.py).
A WebSocket comes with a token in `Authorization`, `?access_token=` or `Sec-WebSocket-Protocol` (echoed, or browsers
drop it); cookies open nothing, so no other site can. Pings every 30 s are the HTTP engine's (ops/up.py).
Spec: https://docs.joinmastodon.org/methods/streaming/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec

from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form, read_query
from rookery.model.callers import Caller
from rookery.model.errors import Malformed, NotSignedIn, Refusal
from rookery.model.members import check_standing
from rookery.model.text import tag_key
from rookery.network.codes import code_of
from rookery.network.limits import ANONYMOUS, STREAMING, Limit
from rookery.network.requests import Request, parse_json
from rookery.network.responses import Answer, Headers, Response, StreamResponse, text_response
from rookery.network.routes import RouteTable
from rookery.network.server import Server
from rookery.network.sockets import Socket, SocketClosed
from rookery.storage.streams import is_list_owner
from rookery.timelines.streams import Streams
from rookery.timelines.topics import Ending, Stream, StreamEnded, Topic, TopicKind

routes: RouteTable[MastodonFace] = RouteTable()
PATH = "/api/v1/streaming"
THUMP_S = 15
LONGEST_NAME = 500
HEADERS: Headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
POSTS, NOTIFICATIONS = "read:statuses", "read:notifications"
PUBLIC = {
    "public": Topic(TopicKind.PUBLIC),
    "public:media": Topic(TopicKind.PUBLIC, only_media=True),
    "public:local": Topic(TopicKind.PUBLIC, side="local"),
    "public:local:media": Topic(TopicKind.PUBLIC, side="local", only_media=True),
    "public:remote": Topic(TopicKind.PUBLIC, side="remote"),
    "public:remote:media": Topic(TopicKind.PUBLIC, side="remote", only_media=True),
}
# How a WebSocket is closed: code and reason. 1013 asks to come back, 4001 not to come with the same token.
CLOSES = {
    Ending.CLOSED: (1000, ""),
    Ending.REVOKED: (4001, "access was revoked"),
    Ending.TOO_SLOW: (1013, "events came faster than they were read; connect again"),
    Ending.BEHIND: (1013, "the server fell behind; connect again"),
    Ending.CROWDED: (4008, "too many streams of one account are open"),
    Ending.STOPPING: (1001, "the server stops"),
}
BINARY = (1003, "binary messages are not understood here")
Count = Callable[[Limit, str | int], object]


class UnknownStream(Malformed):
    """No stream of this name."""

    def __init__(self) -> None:
        super().__init__("Unknown stream type")


class NameMissing(Malformed):
    """The stream needs a parameter."""

    def __init__(self, parameter: str) -> None:
        super().__init__(f"Missing {parameter} name parameter")


class StreamRefused(NotSignedIn):
    """The token is good and does not open this stream."""


class Wanted(NamedTuple):
    """A stream as asked for: its name in frames, what it follows, the scope that it needs."""

    name: tuple[str, ...]
    topics: tuple[Topic, ...]
    scope: str = POSTS


def parse_wanted(name: str, form: Form, caller: Caller) -> Wanted:
    """Read a stream's name and parameters. Raises UnknownStream, NameMissing."""
    viewer = caller.account_id or 0
    home, notifications = Topic(TopicKind.HOME, viewer), Topic(TopicKind.NOTIFICATIONS, viewer)
    match name:
        case "user":
            return Wanted((name,), (home, notifications) if NOTIFICATIONS in caller.scopes else (home,))
        case "user:notification":
            return Wanted((name,), (notifications,), NOTIFICATIONS)
        case "direct":
            return Wanted((name,), (Topic(TopicKind.MESSAGES, viewer),))
        case "hashtag" | "hashtag:local":
            tag, side = named(form, "tag"), "local" if name.endswith(":local") else ""
            return Wanted((name, tag), (Topic(TopicKind.TAG, tag=tag_key(tag.removeprefix("#")), side=side),))
        case "list":
            raw = named(form, "list")
            return Wanted((name, raw), (Topic(TopicKind.LIST, form.find_id("list") or 0),))
    if name not in PUBLIC:
        raise UnknownStream
    return Wanted((name,), (PUBLIC[name],))


def named(form: Form, parameter: str) -> str:
    """Return a parameter. Raises NameMissing."""
    value = form.text(parameter).strip()
    if not value:
        raise NameMissing(parameter)
    return value[:LONGEST_NAME]


async def subscribe(face: MastodonFace, stream: Stream, wanted: Wanted) -> None:
    """Let a stream follow what is wanted. Raises StreamRefused without the scope or for a list of somebody else."""
    if wanted.scope not in stream.caller.scopes:
        raise StreamRefused("Access token does not have the required scopes")
    for topic in wanted.topics:
        if topic.kind is TopicKind.LIST and not await is_list_owner(face.app.db.reader, topic.of, stream.viewer):
            raise StreamRefused("Not authorized to stream this list")
        face.streams.follow(stream, topic, wanted.name)


@routes.route("GET", f"{PATH}/health", who="anyone")
async def get_health(face: MastodonFace, request: Request) -> Answer:
    """Whether streams are to be had. Spec: https://docs.joinmastodon.org/methods/streaming/#health"""
    return text_response("OK")


def declare(path: str, name: str, scope: str = POSTS) -> None:
    """Declare the route of one stream of server-sent events."""

    @routes.route("GET", f"{PATH}/{path}", who="user", scope=f"{scope} read", limit=STREAMING)
    async def listen(face: MastodonFace, request: Request) -> Answer:
        form = read_query(request)
        is_narrowed = name in PUBLIC and form.flag("only_media")
        return await answer_lines(face, request, f"{name}:media" if is_narrowed else name, form)


declare("user", "user")
declare("user/notification", "user:notification", NOTIFICATIONS)
declare("public", "public")
declare("public/local", "public:local")
declare("public/remote", "public:remote")
declare("hashtag", "hashtag")
declare("hashtag/local", "hashtag:local")
declare("list", "list")
declare("direct", "direct")


async def answer_lines(face: MastodonFace, request: Request, name: str, form: Form) -> Answer:
    """Open a stream of server-sent events. Raises UnknownStream, NameMissing, StreamRefused."""
    wanted = parse_wanted(name, form, request.caller)
    if request.method == "HEAD":
        return Response(b"", headers=[*HEADERS])

    async def identify() -> Caller:  # once more, inside the hub's guard against a revocation in between
        caller = await face.identify(request)
        check_standing(caller.standing)
        return caller

    stream = await face.streams.open(identify, face.voices["lines"])
    try:
        await subscribe(face, stream, wanted)
    except BaseException:
        face.streams.close(stream)
        raise
    cut = asyncio.Event()
    stream.when_ended(cut.set)
    return StreamResponse(EventLines(face.streams, stream), headers=[*HEADERS], cut=cut)


class EventLines(AsyncIterator[bytes]):
    """The lines of one stream; a comment at once and whenever nothing happens, so that proxies keep it open."""

    def __init__(self, streams: Streams, stream: Stream) -> None:
        self.streams, self.stream = streams, stream
        self.is_begun = False

    async def __anext__(self) -> bytes:
        """Return the next lines; stop when the stream ended."""
        if not self.is_begun:
            self.is_begun = True
            return b":)\n"
        try:
            async with asyncio.timeout(THUMP_S):
                lines: bytes = await self.stream.next()
                return lines
        except TimeoutError:
            return b":thump\n"
        except StreamEnded:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Let go of the stream: the server calls it however the answer ended."""
        self.streams.close(self.stream)


def mount_streaming(server: Server, face: MastodonFace) -> None:
    """Answer WebSockets. The hub itself is started by whoever shares it among the faces."""
    server.mount_socket(PATH, partial(answer_socket, face, server.count))


async def answer_socket(face: MastodonFace, count: Count, socket: Socket) -> None:
    """One WebSocket from its handshake to its end. Spec: RFC 6455"""
    try:
        form = Form(socket.query())
        stream = await face.streams.open(partial(identify_socket, face, count, socket, form), face.voices["socket"])
    except Refusal as error:
        await socket.refuse(code_of(error))
        return
    try:
        await socket.accept()
        if name := form.text("stream"):
            await hear(face, stream, "subscribe", name, form)
        code, reason = await converse(face, socket, stream)
        await socket.close(code, reason)
    finally:
        face.streams.close(stream)


async def identify_socket(face: MastodonFace, count: Count, socket: Socket, form: Form) -> Caller:
    """Return who opens a socket. Raises NotSignedIn, MemberHeldBack, TooMany."""
    scheme, _, bearer = socket.header("authorization").partition(" ")
    raw = bearer.strip() if scheme.lower() == "bearer" else ""
    raw = raw or form.text("access_token") or socket.header("sec-websocket-protocol").partition(",")[0].strip()
    try:
        if not raw:
            raise NotSignedIn("a stream needs an access token")
        caller = await face.callers.identify_token(raw)
    except NotSignedIn:
        count(ANONYMOUS, socket.address)
        raise
    check_standing(caller.standing)
    count(STREAMING, caller.account_id or socket.address)
    return caller


async def converse(face: MastodonFace, socket: Socket, stream: Stream) -> tuple[int, str]:
    """Send what happens and hear what the client asks, until either ends; return how to close."""
    sender = asyncio.create_task(send_all(socket, stream))
    hearer = asyncio.create_task(hear_all(face, socket, stream))
    stream.when_ended(sender.cancel)
    try:
        await asyncio.wait((sender, hearer), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sender.cancel()
        hearer.cancel()
        found = await asyncio.gather(sender, hearer, return_exceptions=True)
    for outcome in found:
        if isinstance(outcome, Exception) and not isinstance(outcome, SocketClosed):
            raise outcome
    if stream.ending is None and found[1] == BINARY:
        return BINARY
    return CLOSES[stream.ending or Ending.CLOSED]


async def send_all(socket: Socket, stream: Stream) -> None:
    """Send until the client has gone; at the end of the stream this is cancelled, even in the middle of a frame."""
    while True:
        await socket.send_text(await stream.next())


async def hear_all(face: MastodonFace, socket: Socket, stream: Stream) -> tuple[int, str]:
    """Hear the client's messages; return how to close it. Raises SocketClosed when it has gone."""
    while True:
        raw = await socket.receive_text()
        if isinstance(raw, bytes):
            return BINARY
        try:
            message = parse_json(raw.encode("utf-8", "surrogatepass"))
        except Malformed as error:
            stream.put(error_frame(error))
            continue
        if isinstance(message, dict):
            form = Form((str(key), first_of(value)) for key, value in message.items())
            await hear(face, stream, form.text("type"), form.text("stream"), form)


async def hear(face: MastodonFace, stream: Stream, kind: str, name: str, form: Form) -> None:
    """Subscribe or unsubscribe; a refusal is told and closes nothing. Other kinds are for later versions."""
    try:
        if kind == "subscribe":
            await subscribe(face, stream, parse_wanted(name, form, stream.caller))
        elif kind == "unsubscribe":
            wanted = parse_wanted(name, form, stream.caller)
            for topic in wanted.topics:
                face.streams.unfollow(stream, topic, wanted.name)
    except Refusal as error:
        stream.put(error_frame(error))


def first_of(value: Any) -> Any:
    """Return the first of several values, as parameters of an address may come."""
    return value[0] if isinstance(value, list) and value else value


def error_frame(error: Refusal) -> str:
    """Return the frame that tells a refusal."""
    return msgspec.json.encode({"error": str(error), "status": code_of(error)}).decode()
