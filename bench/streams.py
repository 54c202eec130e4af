"""One post to many who listen: thousands of people over WebSockets and server-sent events, at home and in public.

Owns: a server with its listeners, all of them in this process. Each listener is another person, and every third blocks
somebody, so that public streams must ask about them by name. Beside it stands the bare server, saying the same bytes.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.bare import FRAME
from bench.listeners import KINDS, Crowd
from bench.load import authorization
from bench.measures import Bench
from bench.processes import Measured, running_bare, running_rookery
from bench.table import Line
from bench.worlds import SCOPES, app_of_bench, opened
from rookery.actions.app import App
from rookery.actions.tokens import give_token
from rookery.model.ids import AccountId, now_us
from rookery.storage.accounts import insert_account
from rookery.storage.bulk import insert_rows
from rookery.storage.relations import Follow, put_block, put_follow

LISTENERS = 5_000
SPARE_FILES = 200
POSTS, BARE_POSTS = 12, 6
RUNS = (("WebSocket", "user"), ("WebSocket", "public"), ("SSE", "user"))


@dataclass
class Heard:
    """What one run showed. delays_s: of every delivery, rising."""

    per_s: float
    delays_s: list[float]
    cpu_us: float
    each_kb: float
    sample: bytes

    def percentile_ms(self, share: float) -> float:
        return self.delays_s[min(int(len(self.delays_s) * share), len(self.delays_s) - 1)] * 1000


async def streams(bench: Bench) -> AsyncIterator[Line]:
    """How long a post takes to thousands of listeners, what one delivery and one listener cost."""
    count = affordable_count()
    if count < LISTENERS:
        yield Line("streams", note=f"the limit of open files allows {count:,} listeners, not {LISTENERS:,}: ulimit -n")
    with tempfile.TemporaryDirectory(prefix="rookery-streams-") as scratch:
        folder = Path(scratch)
        author, tokens = await add_people(folder, count)
        for kind, stream in RUNS:
            with running_rookery(folder) as server:
                found = await listen(server, kind, stream, author, tokens, POSTS)
            with running_bare({FRAME: found.sample}) as server:
                bare = await listen(server, kind, stream, author, tokens, BARE_POSTS)
            yield line_of(f"{kind}, {stream}", count, found, bare)


def affordable_count() -> int:
    """Return how many listeners the limit of open files allows, in the server and in this process."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(LISTENERS, most - SPARE_FILES) if most != resource.RLIM_INFINITY else LISTENERS


def line_of(what: str, count: int, found: Heard, bare: Heard) -> Line:
    """Return the line of one run. per_s: deliveries, not posts."""
    p50, p95, p99 = (found.percentile_ms(share) for share in (0.5, 0.95, 0.99))
    note = f"{found.each_kb:.0f} kB a listener (bare {bare.each_kb:.0f}); last {found.delays_s[-1] * 1000:.0f} ms"
    line = Line(what, count, found.per_s, p50, p95, p99, found.cpu_us, note=note)
    line.bare_per_s, line.bare_cpu_us, line.ratio = bare.per_s, bare.cpu_us, found.cpu_us / max(bare.cpu_us, 0.1)
    return line


async def listen(server: Measured, kind: str, stream: str, author: str, tokens: list[str], posts: int) -> Heard:
    """Open the streams, publish one post after the other, and count."""
    crowd, count = Crowd(), len(tokens)
    resident = server.resident_mb()
    await crowd.gather(server.port, KINDS[kind], stream, tokens)
    each_kb = (server.resident_mb() - resident) * 1000 / count
    await asyncio.sleep(0.3)
    await publish(server.port, author, "warm-up")
    await crowd.until(open_count=count, event_count=count)
    del crowd.delays_s[:]
    before, began = server.cpu_s(), time.perf_counter()
    for number in range(posts):
        crowd.sent_at = time.perf_counter()
        await publish(server.port, author, f"Measured, number {number}: a post of the usual length. " + "word " * 30)
        await crowd.until(open_count=count, event_count=(number + 1) * count)
    seconds, cpu_s = time.perf_counter() - began, server.cpu_s() - before
    crowd.leave()
    delivered = len(crowd.delays_s)
    return Heard(delivered / seconds, sorted(crowd.delays_s), cpu_s / delivered * 1e6, each_kb, crowd.sample)


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
    async with opened(folder) as app:
        app_id = await app_of_bench(app)
        people = [AccountId(app.ids.next_id()) for _ in range(count + 1)]
        await write_people(app, people)
        async with app.db.transaction() as tx:
            given = [await give_token(app, tx, app_id=app_id, account_id=each, scopes=SCOPES) for each in people]
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
