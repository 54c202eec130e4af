"""Clients that listen: WebSockets and server-sent events that only count what comes and when.

Owns: the handshakes, where one event ends, the crowd of all listeners. Never: reads what an event says.
Spec: RFC 6455 §5.2 (frames); https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence

from bench.load import authorization

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, CLOSE = 1, 8
WITHIN_S = 120
AT_ONCE = 100


class Listener(asyncio.Protocol):
    """One stream. transport: to the server. kept: bytes of an event that is not whole yet."""

    def __init__(self, crowd: Crowd, stream: str, token: str) -> None:
        self.crowd, self.stream, self.token = crowd, stream, token
        self.kept = b""
        self.is_open = False

    def request(self) -> str:
        """Return the request without its last empty line."""
        raise NotImplementedError

    def take(self) -> None:
        """Tell the crowd of each event in what is kept, and keep the rest."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.crowd.transports.append(transport)
        transport.write(f"{self.request()}{authorization(self.token)}\r\n".encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.kept = self.kept + data if self.kept else data
        if not self.is_open:
            head, end, rest = self.kept.partition(b"\r\n\r\n")
            if not end:
                return
            assert head[9:12] in (b"101", b"200"), head
            self.is_open, self.kept = True, rest
            self.crowd.note_open()
        self.take()

    def connection_lost(self, error: Exception | None) -> None:
        assert self.crowd.is_leaving, "the server closed a stream"


class SocketListener(Listener):
    """One WebSocket."""

    def request(self) -> str:
        return (
            f"GET /api/v1/streaming?stream={self.stream} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        )

    def take(self) -> None:
        while (size := frame_size(self.kept)) and len(self.kept) >= size:
            opcode, frame = self.kept[0] & 15, self.kept[:size]
            assert opcode != CLOSE, "the server closed a stream"
            self.kept = self.kept[size:]
            if opcode == TEXT:  # pings are not counted
                self.crowd.note_event(frame[payload_start(frame) :])


class LineListener(Listener):
    """One stream of server-sent events. Chunks of HTTP are not undone: no event holds an empty line."""

    def request(self) -> str:
        return f"GET /api/v1/streaming/{self.stream} HTTP/1.1\r\nHost: localhost\r\n"

    def take(self) -> None:
        while (end := self.kept.find(b"\n\n")) >= 0:
            event, self.kept = self.kept[: end + 2], self.kept[end + 2 :]
            start = event.find(b"event: ")
            if start >= 0:
                self.crowd.note_event(event[start:])


KINDS: dict[str, type[Listener]] = {"WebSocket": SocketListener, "SSE": LineListener}


def payload_start(raw: bytes) -> int:
    """Return where the payload begins of a frame without a mask; a server masks nothing."""
    return {126: 4, 127: 10}.get(raw[1] & 127, 2)


def frame_size(raw: bytes) -> int:
    """Return how long the first frame is, 0 when that is not known yet."""
    if len(raw) < 2 or len(raw) < payload_start(raw):
        return 0
    start, length = payload_start(raw), raw[1] & 127
    return start + (int.from_bytes(raw[2:start], "big") if start > 2 else length)


class Crowd:
    """All listeners. sent_at: when what they hear now was sent; delays_s: until each heard it; sample: the last one."""

    def __init__(self) -> None:
        self.transports: list[asyncio.BaseTransport] = []
        self.open = 0
        self.wanted = 0
        self.sent_at = 0.0
        self.delays_s = array("d")
        self.sample = b""
        self.is_leaving = False
        self.enough = asyncio.Event()

    async def gather(self, port: int, kind: type[Listener], stream: str, tokens: Sequence[str]) -> None:
        """Open a stream for each token, some at once."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(tokens), AT_ONCE):
            batch = tokens[start : start + AT_ONCE]
            opening = (loop.create_connection(lambda t=t: kind(self, stream, t), "127.0.0.1", port) for t in batch)
            await asyncio.gather(*opening)
            await self.until(open_count=start + len(batch))

    def note_open(self) -> None:
        self.open += 1
        self.look()

    def note_event(self, event: bytes) -> None:
        self.delays_s.append(time.perf_counter() - self.sent_at)
        self.sample = event
        self.look()

    def look(self) -> None:
        if self.open + len(self.delays_s) >= self.wanted:
            self.enough.set()

    async def until(self, *, open_count: int, event_count: int = 0) -> None:
        """Wait until so many are open and have heard so many events together."""
        self.wanted = open_count + event_count
        self.enough.clear()
        self.look()
        await asyncio.wait_for(self.enough.wait(), WITHIN_S)

    def leave(self) -> None:
        """Close every stream."""
        self.is_leaving = True
        for transport in self.transports:
            transport.abort()  # type: ignore[attr-defined]
