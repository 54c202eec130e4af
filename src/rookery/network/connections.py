"""The HTTP engine with bounds on a connection: how long a head may be, how slow a client, how many of one address.

Owns: those bounds, in `Bounds`. Never: how large a body may be (network/requests.py), anything above HTTP.
The engine keeps addresses, headers and trailers in memory as they come, so without a bound one client could fill it.
Who sends or takes slower than `least_bytes_per_s` over a whole window is cut, with 408 where an answer can still be
given; a client that is held back by us, because its last bytes are not read yet, is not blamed. WebSockets have bounds
of their own (timelines/streams.py). Spec: RFC 9110 §5.4, §15.5.9, RFC 6585 §4, §5
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rookery.network.crowds import Crowd
from rookery.network.refusals import spoken
from rookery.network.requests import Receive, Scope, Send
from rookery.network.responses import Headers
from rookery.network.whole import head_of, offer_whole

MAX_HEAD_BYTES = 64 * 1024
TOO_SLOW = "The request took too long to arrive."
TOO_MANY = "There are too many connections from your address; close some and try again."
FULL = "The server has as many connections as it can; try again in a minute."


class OddCoding(ValueError):
    """A body in other transfer codings than chunks; the engine answers 400 and closes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a client may take its time for: 40 MB in two hours are a line of 46 kbit/s."""

    head_within_s: float = 60
    body_within_s: float = 7200
    window_s: float = 20
    least_bytes_per_s: int = 1024


class BoundedSocket(WebSocketsSansIOProtocol):
    """One WebSocket. on_gone: called once when it has ended."""

    on_gone: Callable[[], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        if self.on_gone:
            self.on_gone()


class BoundedHttp(HttpToolsProtocol):
    """One connection. head_bytes: what came since a head or a piece of a body was complete."""

    head_bytes = body_bytes = 0
    body_since = 0.0
    has_begun = is_in_body = is_held = knows_head = False
    head_timer: asyncio.TimerHandle | None = None
    body_timer: asyncio.TimerHandle | None = None
    answer_timer: asyncio.TimerHandle | None = None

    def __init__(self, bounds: Bounds, crowd: Crowd, /, **engine: Any) -> None:
        super().__init__(**engine)
        self.bounds, self.crowd = bounds, crowd
        self.direct: str | None = None  # whom this connection is counted for, None behind a proxy
        self.served: deque[str | None] = deque()  # whom its requests are counted for, None for who was one too many

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here; it must say soon what it wants."""
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        self.is_proxied = self.crowd.is_proxy(peer)
        if 0 < self.crowd.most_in_all < len(self.connections):
            self.say(503, FULL)
            return
        if not self.is_proxied:
            subject = self.crowd.subject_behind(peer)
            if not self.crowd.enter(subject):
                self.say(429, TOO_MANY)
                return
            self.direct = subject
        self.expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        for timer in (self.head_timer, self.body_timer, self.answer_timer):
            if timer is not None:
                timer.cancel()
        self.leave_crowd()
        super().connection_lost(exc)

    def leave_crowd(self) -> None:
        """Count neither this connection nor its requests any more."""
        for subject in (self.direct, *self.served):
            if subject is not None:
                self.crowd.leave(subject)
        self.direct = None
        self.served.clear()

    def say(self, code: int, sentence: str) -> None:
        """Answer outside of any application and close; a request whose head is whole gets what it understands."""
        headers, body = spoken(sentence, self.url, self.headers) if self.knows_head else spoken(sentence)
        self.transport.writelines((head_of(code, headers, len(body), keep_alive=False), body))
        self.transport.close()

    def time_out(self) -> None:
        """End a connection that is too slow, with 408 when no other answer has begun."""
        if self.cycle is None or self.cycle.response_complete:
            may_answer = self.has_begun
        else:
            may_answer = self.is_in_body and not self.cycle.response_started and not self.pipeline
        if may_answer:
            self.say(408, TOO_SLOW)
        else:
            self.transport.close()

    def expect_head(self) -> None:
        """Begin to wait, once, for a whole head."""
        if self.head_timer is None:
            self.head_timer = self.loop.call_later(self.bounds.head_within_s, self.time_out)

    def stop_waiting(self) -> None:
        """Wait for no head any more."""
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def data_received(self, data: bytes) -> None:
        """Take bytes; too many of them before a body end the connection."""
        self.head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("The head of the request is too long.")
        elif self.is_in_body and self.body_timer is None:
            self.body_since = self.loop.time()
            self.watch_body()

    def on_message_begin(self) -> None:
        """A request begins."""
        self.has_begun, self.knows_head = True, False
        self.expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole. Raises OddCoding."""
        check_coding(self.headers)
        self.head_bytes = 0
        self.has_begun, self.is_in_body, self.knows_head = False, True, True
        self.stop_waiting()
        if self.is_proxied:
            self.count_request()
        super().on_headers_complete()

    def count_request(self) -> None:
        """Behind a proxy: count the request for whom the proxy names, or have it refused."""
        forwarded = b",".join(value for name, value in self.headers if name == b"x-forwarded-for").decode("latin-1")
        subject = self.crowd.subject_behind(self.client[0] if self.client else "", forwarded)
        has_room = self.crowd.enter(subject)
        self.served.append(subject if has_room else None)
        self.app = self.config.loaded_app if has_room else refuse

    def on_response_complete(self) -> None:
        """An answer is given whole."""
        if self.served and (subject := self.served.popleft()) is not None:
            self.crowd.leave(subject)
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and what it counts for; from here on this object hears nothing of it."""
        self.is_in_body = False
        if self.app is refuse:
            self.say(429, TOO_MANY)
            return
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        if isinstance(socket, BoundedSocket):
            socket.on_gone = self.leave_crowd

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        self.head_bytes = 0
        self.body_bytes += len(body)
        super().on_body(body)
        self.is_held = self.is_held or self.flow.read_paused

    def on_message_complete(self) -> None:
        """A request is whole."""
        self.is_in_body = False
        if self.body_timer is not None:
            self.body_timer.cancel()
            self.body_timer = None
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A request is handed to the application."""
        offer_whole(cycle)
        super()._start_asgi_task(cycle, app)

    def watch_body(self) -> None:
        """Look again after a window at how much came."""
        self.body_bytes, self.is_held = 0, self.flow.read_paused
        self.body_timer = self.loop.call_later(self.bounds.window_s, self.judge_body)

    def judge_body(self) -> None:
        """Cut a client that sent too little, or for too long. Before `100 Continue` it is not its turn."""
        bounds = self.bounds
        is_waiting = self.is_held or self.cycle.waiting_for_100_continue
        if self.loop.time() - self.body_since > bounds.body_within_s or (
            not is_waiting and self.body_bytes < bounds.window_s * bounds.least_bytes_per_s
        ):
            self.time_out()
        else:
            self.watch_body()

    def pause_writing(self) -> None:
        """More waits for the client than we like to keep: it must take some of it in each window."""
        super().pause_writing()
        self.watch_answer()

    def watch_answer(self) -> None:
        """Look again after a window at how much was taken."""
        waiting_bytes = self.transport.get_write_buffer_size()
        self.answer_timer = self.loop.call_later(self.bounds.window_s, self.judge_answer, waiting_bytes)

    def judge_answer(self, waited_bytes: int) -> None:
        """Cut a client that took too little; what waits for it is forgotten."""
        taken_bytes = waited_bytes - self.transport.get_write_buffer_size()
        if taken_bytes < self.bounds.window_s * self.bounds.least_bytes_per_s:
            self.transport.abort()
        else:
            self.watch_answer()

    def resume_writing(self) -> None:
        """The client took enough."""
        if self.answer_timer is not None:
            self.answer_timer.cancel()
            self.answer_timer = None
        super().resume_writing()


def check_coding(headers: Headers) -> None:
    """Raises OddCoding: the engine would read the chunks and leave alone what is around them. Spec: RFC 9112 §6.1"""
    for name, value in headers:
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise OddCoding


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request of an address that has too many under way."""
    kind, body = spoken(TOO_MANY, scope["path"].encode(), scope["headers"])
    headers = [*kind, (b"content-length", b"%d" % len(body)), (b"retry-after", b"10")]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
