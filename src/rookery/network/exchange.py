"""One HTTP/1.1 exchange on one connection that leads to a checked address (K1).

Owns: connecting, TLS, the request's bytes, the answer's head and body with every limit. Never: resolves a name, follows
a redirect, keeps a connection. h11 reads the protocol and knows no sockets.
Spec: RFC 9112, RFC 9110 §8.4 (Content-Encoding), RFC 1952 (gzip)
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import h11

from rookery.network.destinations import Destination
from rookery.network.heads import HEAD_BYTES, MOST_HINTS, Head, Listener, write_request
from rookery.network.outward import (
    AnswerTooLarge,
    Ask,
    FetchFailed,
    FetchRefused,
    Header,
    Limits,
    TookTooLong,
    WrongKind,
)
from rookery.network.ranges import Address

PIECE = 64 * 1024
FREE_BYTES = 256 * 1024  # unpacked, before the ratio counts: a small page of blanks is no bomb
BROKEN = (OSError, EOFError, h11.RemoteProtocolError, ssl.SSLError)


class Wire:
    """A connection with the state of its protocol."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)

    async def send(self, *events: h11.Event) -> None:
        """Write parts of a request, in one go. Raises OSError."""
        self.writer.write(b"".join(self.protocol.send(event) or b"" for event in events))
        await self.writer.drain()

    async def hear(self) -> h11.Event | type[h11.PAUSED]:
        """Return the next event of the answer. Raises h11.RemoteProtocolError, OSError."""
        while (event := self.protocol.next_event()) is h11.NEED_DATA:
            self.protocol.receive_data(await self.reader.read(PIECE))
        return event  # type: ignore[return-value]

    def close(self) -> None:
        """Hang up at once; a goodbye would wait for the other side."""
        transport: asyncio.WriteTransport = self.writer.transport
        transport.abort()


class Unpacker:
    """Unpacks a body within its limits, a piece at a time. encoding: '' or gzip."""

    def __init__(self, encoding: str, limits: Limits) -> None:
        self.gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding else None
        self.limits = limits
        self.packed = self.unpacked = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what a piece holds. Raises AnswerTooLarge, FetchFailed for a broken stream."""
        self.packed += len(piece)
        if self.packed > self.limits.packed_bytes:
            raise AnswerTooLarge("packed", self.limits.packed_bytes)
        if self.gzip is None:
            yield self.counted(piece)
            return
        is_full = True
        while not self.gzip.eof and (piece or is_full):
            try:
                made = self.gzip.decompress(piece, PIECE)
            except zlib.error as error:
                raise FetchFailed(f"the answer cannot be unpacked: {error}") from error
            is_full = len(made) == PIECE  # then more may wait inside, even when nothing is left to feed
            piece = self.gzip.unconsumed_tail
            yield self.counted(made)

    def counted(self, made: bytes) -> bytes:
        """Count unpacked bytes. Raises AnswerTooLarge."""
        self.unpacked += len(made)
        if self.unpacked > self.limits.body_bytes:
            raise AnswerTooLarge("unpacked", self.limits.body_bytes)
        if self.gzip and self.unpacked > FREE_BYTES + self.packed * self.limits.ratio:
            raise AnswerTooLarge(f"unpacked, {self.limits.ratio} times what was sent,", self.packed)
        return made

    def finish(self) -> None:
        """The body is over. Raises FetchFailed when the packed stream is not."""
        if self.gzip and self.packed and not self.gzip.eof:
            raise FetchFailed("the answer ends in the middle of its packed stream")


class Answer:
    """An answer whose head is here. url: of the last hop; headers: lower-case name -> value, repeated ones joined."""

    def __init__(self, url: str, head: h11.Response, wire: Wire, limits: Limits) -> None:
        self.url, self.code, self.wire, self.limits = url, head.status_code, wire, limits
        self.all_headers: list[Header] = [(k.decode("ascii").lower(), v.decode("latin-1")) for k, v in head.headers]
        self.headers: dict[str, str] = {}
        for name, value in self.all_headers:
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    def kind(self) -> str:
        """The media type, lower case, without parameters; '' when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_good(self) -> bool:
        """True for a code of the kind 2xx."""
        return 200 <= self.code < 300

    def check_kind(self, kinds: Sequence[str]) -> None:
        """Raises WrongKind unless the media type is one of them, or begins with one that ends in a slash."""
        if kinds and not any(self.kind == kind or (kind[-1] == "/" and self.kind.startswith(kind)) for kind in kinds):
            raise WrongKind(self.kind)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the unpacked body. Raises AnswerTooLarge, FetchRefused, FetchFailed."""
        unpacker = Unpacker(self.encoding(), self.limits)
        promised = self.headers.get("content-length", "0")
        if int(promised) > self.limits.packed_bytes:
            raise AnswerTooLarge("packed", self.limits.packed_bytes)
        while not isinstance(event := await self.hear(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                for made in unpacker.feed(bytes(event.data)):
                    yield made
        unpacker.finish()

    async def hear(self) -> object:
        """Return the next event of the body. Raises FetchFailed."""
        try:
            return await self.wire.hear()
        except BROKEN as error:
            raise FetchFailed(f"the answer broke off: {error}") from error

    def encoding(self) -> str:
        """Return '' or gzip. Raises FetchRefused for anything else, and for more than one."""
        raw = self.headers.get("content-encoding", "").strip().lower()
        if raw in ("", "identity"):
            return ""
        if raw in ("gzip", "x-gzip"):
            return "gzip"
        raise FetchRefused(f"the answer is packed with {raw[:40]!r}, which was not asked for")

    async def read(self) -> bytes:
        """Return the whole body. Raises what `pieces` raises."""
        return b"".join([piece async for piece in self.pieces()])

    async def read_beginning(self) -> bytes:
        """Return the body, or as much of it as the limits let through: enough for the head of a page."""
        made = bytearray()
        limits, self.limits = self.limits, Limits(packed_bytes=1 << 62, body_bytes=1 << 62, ratio=self.limits.ratio)
        async for piece in self.pieces():
            made += piece
            if len(made) >= limits.body_bytes:
                return bytes(made[: limits.body_bytes])
        return bytes(made)


@contextlib.asynccontextmanager
async def exchange(
    ask: Ask, place: Destination, addresses: Sequence[Address], headers: Sequence[Header], tls: ssl.SSLContext
) -> AsyncIterator[Answer]:
    """Send one request to the first address that takes it; yield the answer, its body unread. Raises FetchFailed."""
    wire = await connect(place, addresses, tls, ask.limits.connect_s)
    try:
        try:
            async with asyncio.timeout(ask.limits.first_byte_s):
                head = await request(wire, ask, place, headers)
        except TimeoutError:
            raise TookTooLong("the answer of the server", ask.limits.first_byte_s) from None
        except BROKEN as error:
            raise FetchFailed(f"{place.host} did not answer: {error}", 60) from error
        yield Answer(place.url, head, wire, ask.limits)
    finally:
        wire.close()


async def connect(place: Destination, addresses: Sequence[Address], tls: ssl.SSLContext, within_s: float) -> Wire:
    """Connect to one of the checked addresses; TLS proves the name. Raises FetchFailed."""
    reason: Exception = OSError("no address")
    for address in addresses:
        try:
            async with asyncio.timeout(within_s):
                return Wire(*await asyncio.open_connection(str(address), place.port, **proof_of(place, tls)))
        except (OSError, TimeoutError) as error:  # a wrong certificate is an OSError too
            reason = error
    raise unreachable(place, reason) from reason


def proof_of(place: Destination, tls: ssl.SSLContext) -> dict[str, Any]:
    """Return what a connection needs so that the other side proves its name."""
    return {"ssl": tls, "server_hostname": place.host} if place.scheme == "https" else {}


def unreachable(place: Destination, reason: Exception) -> FetchFailed:
    """Return the error for a host that no address leads to."""
    return FetchFailed(f"{place.host} cannot be reached: {reason or type(reason).__name__}", 60)


async def exchange_head(
    ask: Ask, place: Destination, addresses: Sequence[Address], headers: Sequence[Header], tls: ssl.SSLContext
) -> Head:
    """Send one request to the first address that takes it; hang up after the head of the answer. Raises FetchFailed."""
    raw = write_request(ask, place.target, [*fixed_headers(ask, place), *headers])
    transport, listener = await connect_listener(place, addresses, tls, ask.limits.connect_s)
    try:
        transport.write(raw)
        async with asyncio.timeout(ask.limits.first_byte_s):
            return await listener.found
    except TimeoutError:
        raise TookTooLong("the answer of the server", ask.limits.first_byte_s) from None
    except OSError as error:
        raise FetchFailed(f"{place.host} did not answer: {error}", 60) from error
    finally:
        listener.found.cancel()
        transport.abort()


async def connect_listener(
    place: Destination, addresses: Sequence[Address], tls: ssl.SSLContext, within_s: float
) -> tuple[asyncio.Transport, Listener]:
    """Connect to one of the checked addresses; TLS proves the name. Raises FetchFailed."""
    loop, reason = asyncio.get_running_loop(), OSError("no address")
    for address in addresses:
        try:
            async with asyncio.timeout(within_s):
                return await loop.create_connection(Listener, str(address), place.port, **proof_of(place, tls))
        except (OSError, TimeoutError) as error:  # a wrong certificate is an OSError too
            reason = error
    raise unreachable(place, reason) from reason


def fixed_headers(ask: Ask, place: Destination) -> list[Header]:
    """Return the headers that are the connection's own."""
    fixed = [("host", place.authority), ("connection", "close"), ("accept-encoding", "gzip")]
    if ask.body or ask.method == "POST":
        fixed.append(("content-length", str(len(ask.body))))
    return fixed


async def request(wire: Wire, ask: Ask, place: Destination, headers: Sequence[Header]) -> h11.Response:
    """Write the request, return the head of the answer. Raises FetchRefused for headers that are none, OSError."""
    fixed = fixed_headers(ask, place)
    try:
        start = h11.Request(method=ask.method, target=place.target, headers=[*fixed, *headers])
    except h11.LocalProtocolError as error:
        raise FetchRefused(f"the request cannot be written: {error}") from error
    await wire.send(start, *([h11.Data(data=ask.body)] if ask.body else []), h11.EndOfMessage())
    for _ in range(MOST_HINTS):
        event = await wire.hear()
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse):
            break
    raise FetchFailed(f"{place.host} hung up without an answer", 60)
