"""One post to many who listen: WebSockets of a thousand people, in their homes and in public.

Owns: a server with its listeners, a WebSocket client that only counts frames. Each listener is another person, and
every third blocks somebody, so that public streams must ask about them by name. Spec of frames: RFC 6455 §5.2.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.load import authorization
from bench.measures import Bench
from bench.processes import Measured, running_rookery
from bench.table import Line
from rookery.actions.app import App
from rookery.actions.apps import register_app
from rookery.actions.tokens import give_member_token
from rookery.model.apps import OUT_OF_BAND, AppDraft
from rookery.model.ids import AccountId, now_us
from rookery.model.settings import Settings
from rookery.ops.app import open_app
from rookery.storage.accounts import insert_account
from rookery.storage.bulk import insert_rows
from rookery.storage.relations import Follow, put_block, put_follow

LISTENERS = 1_000
POSTS = 30
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SCOPES = ("read", "write")


class Listener(asyncio.Protocol):
    """One WebSocket. frames: how many came whole."""

    def __init__(self, crowd: Crowd, stream: str, token: str) -> None:
        self.crowd, self.stream, self.token = crowd, stream, token
        self.kept = b""
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.crowd.transports.append(transport)
        transport.write(  # type: ignore[attr-defined]
            f"GET /api/v1/streaming?stream={self.stream} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
            f"{authorization(self.token)}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.kept += data
        if not self.is_open:
            head, end, rest = self.kept.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self.is_open, self.kept = True, rest
            self.crowd.note_open()
        while (size := frame_size(self.kept)) and len(self.kept) >= size:
            self.crowd.note_frame(self.kept[0] & 15)
            self.kept = self.kept[size:]


def frame_size(raw: bytes) -> int:
    """Return how long the first frame is, 0 when that is not known yet. A server masks nothing."""
    if len(raw) < 4:
        return 0
    length = raw[1] & 127
    if length == 127:
        return 10 + int.from_bytes(raw[2:10], "big") if len(raw) >= 10 else 0
    return 4 + int.from_bytes(raw[2:4], "big") if length == 126 else 2 + length


class Crowd:
    """All listeners. Texts are counted, pings are not."""

    def __init__(self) -> None:
        self.transports: list[asyncio.BaseTransport] = []
        self.open = self.frames = 0
        self.wanted = 0
        self.enough = asyncio.Event()

    def note_open(self) -> None:
        self.open += 1
        self.look()

    def note_frame(self, opcode: int) -> None:
        assert opcode != 8, "the server closed a stream"
        self.frames += opcode == 1
        self.look()

    def look(self) -> None:
        if self.open + self.frames >= self.wanted:
            self.enough.set()

    async def until(self, wanted: int) -> None:
        """Wait for so many openings and frames together."""
        self.wanted = wanted
        self.enough.clear()
        self.look()
        await asyncio.wait_for(self.enough.wait(), 120)


async def streams(bench: Bench) -> AsyncIterator[Line]:
    """How long a post takes to the last of a thousand listeners, what one delivery and one listener cost."""
    with tempfile.TemporaryDirectory(prefix="rookery-streams-") as scratch:
        folder = Path(scratch)
        author, tokens = await add_people(folder, LISTENERS)
        for stream in ("user", "public"):
            with running_rookery(folder) as server:
                yield await listen(server, stream, author, tokens)


async def listen(server: Measured, stream: str, author: str, tokens: list[str]) -> Line:
    """Open the streams, publish, and count."""
    loop, crowd = asyncio.get_running_loop(), Crowd()
    resident = server.resident_mb()
    for start in range(0, len(tokens), 100):
        batch = tokens[start : start + 100]
        await asyncio.gather(
            *(loop.create_connection(lambda t=t: Listener(crowd, stream, t), "127.0.0.1", server.port) for t in batch)
        )
        await crowd.until(start + len(batch))
    each_kb = (server.resident_mb() - resident) * 1000 / len(tokens)
    await asyncio.sleep(0.3)
    await publish(server.port, author, "warm-up")
    await crowd.until(2 * len(tokens))
    times, before, began = [], server.cpu_s(), time.perf_counter()
    for number in range(POSTS):
        sent_at = time.perf_counter()
        await publish(server.port, author, f"Measured, number {number}: a post of the usual length. " + "word " * 30)
        await crowd.until((number + 3) * len(tokens))
        times.append((time.perf_counter() - sent_at) * 1000)
    count = POSTS * len(tokens)
    cpu_us = (server.cpu_s() - before) / count * 1e6
    for transport in crowd.transports:
        transport.close()
    times.sort()
    note = f"to the last of {len(tokens):,} listeners; {each_kb:.0f} kB a listener"
    per_s = count / (time.perf_counter() - began)
    return Line(f"stream {stream}", len(tokens), per_s, times[len(times) // 2], times[-1], cpu_us, note=note)


async def publish(port: int, token: str, text: str) -> None:
    """Publish one public post."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = msgspec.json.encode({"status": text, "visibility": "public"})
    head = f"POST /api/v1/statuses HTTP/1.1\r\nHost: localhost\r\n{authorization(token)}Connection: close\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert b" 200 " in await reader.readline()
    await reader.read()
    writer.close()


async def add_people(folder: Path, count: int) -> tuple[str, list[str]]:
    """Store an author and the followers; return their tokens."""
    settings = Settings(is_test=True)
    settings = replace(settings, server=replace(settings.server, data=str(folder)))
    async with open_app(settings, migrates=True) as app:
        client = (await register_app(app, AppDraft("bench", (OUT_OF_BAND,), SCOPES))).app
        people = [AccountId(app.ids.next_id()) for _ in range(count + 1)]
        await write_people(app, people)
        given = [await give_member_token(app, person, app_id=client.id, scopes=SCOPES) for person in people]
    author, *tokens = [token.secret for token in given]
    return author, tokens


async def write_people(app: App, people: list[AccountId]) -> None:
    """Store members: all follow the first one, every third blocks the neighbour."""
    now = now_us()
    async with app.db.transaction() as tx:
        for place, person in enumerate(people):
            await insert_account(tx, account_id=person, username=f"p{place}", created_at_us=now)
            row = {"id": person, "email": f"p{place}@mail.test", "password_hash": "none", "created_at": now}
            await insert_rows(tx, {"members": [row]})
            if place:
                await put_follow(tx, Follow(person, people[0], app.ids.next_id(), "active"))
            if place % 3 == 1:
                await put_block(tx, person, people[place - 1] if place > 1 else people[2], app.ids.next_id())
