"""A server on loopback that answers whatever a test writes, and name servers that say whatever it wants.

Owns: EvilHost (raw bytes for each path, connections and requests counted), FakeNames. Never: speaks correctly by
itself; `page` and `redirect` are there for answers that shall be in order.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from rookery.network.door import Door

Script = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def page(body: bytes | str, kind: str = "text/html; charset=utf-8", code: str = "200 OK", **headers: str) -> bytes:
    """A correct answer. headers: content_encoding="gzip" becomes Content-Encoding."""
    body = body.encode() if isinstance(body, str) else body
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {code}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def redirect(to: str, code: int = 302) -> bytes:
    return f"HTTP/1.1 {code} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def bomb(size_bytes: int) -> bytes:
    return page(gzip.compress(b"\0" * size_bytes), content_encoding="gzip")


class EvilHost:
    """Listens on a free port of 127.0.0.1. paths: what is answered; requests: (start line, headers, body) so far."""

    def __init__(self) -> None:
        self.paths: dict[str, Script] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connection_count = 0
        self.open_count = self.most_open = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server
        self.port = 0

    async def start(self, ssl=None) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=ssl)
        self.port = self.server.sockets[0].getsockname()[1]

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(line.split(" ")[1].partition("?")[0] == path for line, _, _ in self.requests)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        self.open_count += 1
        self.most_open = max(self.most_open, self.open_count)
        self.writers.add(writer)
        try:
            await self.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open_count -= 1
            self.writers.discard(writer)
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((head[0], headers, body))
        script = self.paths.get(head[0].split(" ")[1].partition("?")[0], page("not here", code="404 Not Found"))
        if callable(script):
            await script(reader, writer)
        else:
            writer.write(script)
            await writer.drain()

    async def stop(self) -> None:
        self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        await self.server.wait_closed()


class FakeNames:
    """Names for tests. A list of answers is given one after the other, the last again and again: rebinding."""

    def __init__(self, **names: str | list[str]) -> None:
        self.names = {name.replace("_", "."): value for name, value in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        found = self.names.get(host, "127.0.0.1")
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found.split(",")


def door_for(names: FakeNames | None = None, *, is_test: bool = True, **more) -> Door:
    return Door("https://nest.example", version="1", is_test=is_test, resolve=names or FakeNames(), **more)


@pytest.fixture
async def evil() -> AsyncIterator[EvilHost]:
    host = EvilHost()
    await host.start()
    yield host
    await host.stop()
