"""Ears for tests: streams in this process, and a real server on a free port for clients that need a socket.

Owns: Ear (a person's open stream, asked what it heard after `world.settle()`), the fixture `served`. Nothing sleeps:
what a socket shall bring is awaited, with a limit.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from tests.world import Person, World
from websockets.asyncio.client import ClientConnection, connect

from rookery.mastodon.forms import Form
from rookery.mastodon.streaming import parse_wanted, subscribe
from rookery.network.listening import listen_on
from rookery.ops.up import engine_options
from rookery.timelines.topics import Stream

SOON_S = 5


class Ear:
    """What one person's stream brings. Items: (event, payload as plain values)."""

    def __init__(self, person: Person, stream: Stream) -> None:
        self.person, self.stream = person, stream

    def frames(self) -> list[Any]:
        """Every frame since the last call."""
        frames = [json.loads(item) for item in self.stream.items]
        self.stream.items.clear()
        return frames

    def heard(self) -> list[tuple[str, str]]:
        """(event, id of its payload) since the last call."""
        return [(frame["event"], id_of(frame)) for frame in self.frames()]

    def close(self) -> None:
        self.person.nest.streams.close(self.stream)


def id_of(frame: Any) -> str:
    payload = json.loads(frame.get("payload", '""'))
    return payload["id"] if isinstance(payload, dict) else str(payload)


async def listen(person: Person, *names: str, **parameters: Any) -> Ear:
    """Open a stream of a person, subscribed as a client would."""
    world = person.nest
    stream = await world.streams.open(lambda: world.callers.identify_token(person.token), world.face.voices["socket"])
    for name in names:
        await subscribe(world.face, stream, parse_wanted(name, Form(parameters.items()), stream.caller))
    return Ear(person, stream)


class Engine(uvicorn.Server):
    """The HTTP engine of ops without its signals, inside the loop of the tests."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Served:
    """The world on a port. address: host and port."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        self.url = f"http://{address}"
        self.opened: list[Lines] = []

    def socket(self, person: Person | None = None, query: str = "", **more: Any) -> connect:
        """`async with served.socket(ana, "stream=user") as socket`."""
        headers = {"authorization": f"Bearer {person.token}"} if person else {}
        address = f"ws://{self.address}/api/v1/streaming?{query}"
        return connect(address, additional_headers=headers, compression=None, **more)

    async def lines(self, person: Person | None, path: str) -> "Lines":
        """Open server-sent events."""
        lines = Lines(*await asyncio.open_connection(*self.address.split(":")))
        self.opened.append(lines)
        await lines.ask(self.address, path, person.token if person else "")
        return lines


class Lines:
    """A bare client of server-sent events."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.head = ""

    async def ask(self, host: str, path: str, token: str) -> None:
        token = f"Authorization: Bearer {token}\r\n" if token else ""
        self.writer.write(f"GET /api/v1/streaming/{path} HTTP/1.1\r\nHost: {host}\r\n{token}\r\n".encode())
        self.head = (await soon(self.reader.readuntil(b"\r\n\r\n"))).decode().lower()

    async def until(self, mark: bytes) -> bytes:
        """Read up to a mark."""
        return await soon(self.reader.readuntil(mark))

    async def rest(self) -> bytes:
        """Read to the end of the answer."""
        return await self.until(b"0\r\n\r\n")

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def soon(what: Any) -> Any:
    async with asyncio.timeout(SOON_S):
        return await what


async def frame(socket: ClientConnection) -> Any:
    """The next frame of a socket."""
    return json.loads(await soon(socket.recv()))


@contextlib.asynccontextmanager
async def serve(world: World, **engine: Any) -> AsyncIterator[Served]:
    """A real server on the world, with what follows the log running. engine: bounds and crowd of ops/up.py."""
    sockets = listen_on("127.0.0.1", 0)
    host, port = sockets[0].getsockname()
    # What apps are told of the server's address must lead here.
    world.app.settings = replace(world.app.settings, server=replace(world.app.settings.server, port=port))
    engine = Engine(engine_options(world.server, **engine))
    tasks = [asyncio.create_task(work) for work in (world.live.run(), world.streams.run())]
    serving = asyncio.create_task(engine.serve(sockets))
    served = Served(world, f"{host}:{port}")
    yield served
    for lines in served.opened:
        await lines.close()
    world.streams.end_all()
    engine.should_exit = True
    await serving
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for opened in sockets:
        opened.close()


@pytest.fixture
async def served(world: World) -> AsyncIterator[Served]:
    """A real server on the world."""
    async with serve(world) as served:
        yield served
