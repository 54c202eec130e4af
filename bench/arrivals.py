"""What other servers deliver: taken, handled and seen, beside the one verification that each delivery needs.

Owns: a server of its own with a follower of people on many far hosts, three measurements: how many deliveries it takes
and handles, how soon one is in the follower's home, and a storm of one hashtag while somebody here goes on posting.
All requests are signed before the clock runs. What was answered 503 is sent again; nothing may be missing at the end.
"""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.farhosts import FarHost, follow_writers, open_hosts, sign_all, verify_us
from bench.load import Connection, Limits, Run
from bench.measures import Bench
from bench.processes import Measured, running_rookery, seed
from bench.table import Line
from bench.worlds import opened
from rookery.storage.database import Database
from rookery.storage.sqlite import open_sqlite

HOSTS, CONNECTIONS = 200, 32
TAKEN, SEEN = 5_000, 200
PEOPLE, POSTS = 20, 200
WITHIN_S, PAUSE_S, LOOK_S = 1800.0, 1.0, 0.05
SEEN_WITHIN_S = 10.0
POSTING_EVERY_S = 0.1
WAITING = "SELECT count(*) FROM arrivals"
FAR_POSTS = "SELECT uri FROM posts WHERE is_local = 0"
TAGGED = "SELECT count(*) FROM post_tags WHERE tag = :tag"


@dataclass
class Round:
    """What became of some deliveries. seconds: until the last answer; done_s: until the last was handled."""

    seconds: float = 0.0
    done_s: float = 0.0
    codes: Counter[bytes] = field(default_factory=Counter)


class Sending(Run):
    """Many connections that empty one heap of requests. refused: what has to be sent again."""

    def __init__(self, left: list[bytes], connections: int) -> None:
        super().__init__(Limits(WITHIN_S), connections)
        self.left, self.refused = left, list[bytes]()

    def may_begin(self) -> bool:
        return bool(self.left)


class Delivering(Connection):
    """Sends one after the other, and notes which was refused for now."""

    def __init__(self, sending: Sending) -> None:
        super().__init__(self.take, sending)
        self.sending, self.sent = sending, b""

    def take(self) -> bytes:
        self.sent = self.sending.left.pop()
        return self.sent

    def data_received(self, data: bytes) -> None:
        if self.left == 0 and b"\r\n\r\n" in data and (self.head + data)[9:12] == b"503":
            self.sending.refused.append(self.sent)
        super().data_received(data)


@dataclass
class Inbox:
    """The measured server, the far hosts, its database to look into, and the follower."""

    server: Measured
    hosts: list[FarHost]
    db: Database
    token: str
    count: int = 0

    def sign(self, count: int, tag: str) -> tuple[list[bytes], range]:
        """Return signed deliveries that were never sent, the first one last, and their numbers."""
        numbers = range(self.count, self.count + count)
        self.count += count
        return list(sign_all(self.hosts, self.server.port, numbers, tag))[::-1], numbers

    async def deliver(self, left: list[bytes]) -> Round:
        """Send until everything was taken, then wait until it is handled."""
        found, began = Round(), time.perf_counter()
        while left:
            sending = Sending(left, CONNECTIONS)
            await self.send(sending)
            found.codes += sending.codes
            left = sending.refused
            if left:
                await asyncio.sleep(PAUSE_S)
        found.seconds = time.perf_counter() - began
        await self.until_handled()
        found.done_s = time.perf_counter() - began
        return found

    async def send(self, sending: Sending) -> None:
        """Empty the heap once. Ends the run on any answer but 202 and 503."""
        loop, port = asyncio.get_running_loop(), self.server.port
        opening = (loop.create_connection(lambda: Delivering(sending), "127.0.0.1", port) for _ in range(sending.open))
        await asyncio.gather(*opening)
        await asyncio.wait_for(sending.done, WITHIN_S)
        if wrong := [one for one in sending.wrong if one[9:12] != b"503"]:
            raise SystemExit(f"the inbox refused: {wrong[0].decode(errors='replace')}")

    async def until_handled(self) -> None:
        """Return when nothing waits in the journal."""
        while await one(self.db, WAITING):
            await asyncio.sleep(LOOK_S)

    async def count_lost(self, numbers: Iterable[int]) -> int:
        """Return how many of the deliveries had no effect."""
        there = {row[0] for row in await self.db.reader.all(FAR_POSTS)}
        wanted = {self.hosts[number % len(self.hosts)].note_uri(number) for number in numbers}
        return len(wanted - there)


async def one(db: Database, sql: str, **params: object) -> int:
    """Return one number."""
    row = await db.reader.one(sql, **params)
    return int(row[0]) if row else 0


async def arrivals(bench: Bench) -> AsyncIterator[Line]:
    """Deliveries from 200 hosts: how many, how soon, and a storm of them."""
    far, hosts = await open_hosts(HOSTS)
    with tempfile.TemporaryDirectory(prefix="rookery-arrivals-") as folder:
        data = Path(folder)
        world = seed(data, PEOPLE, POSTS)
        async with opened(data) as app:
            await follow_writers(app, hosts, world["name"])
        with running_rookery(data) as server:
            inbox = Inbox(server, hosts, await open_sqlite(data / "rookery.db"), world["token"])
            await inbox.deliver(inbox.sign(HOSTS, "warm")[0])  # every key is known now
            bare_us = verify_us(hosts[0])
            async for line in measure_taking(inbox, bare_us):
                yield line
            yield await measure_seeing(inbox, bare_us)
            yield await measure_storm(inbox, bench.storm, bare_us)
            await inbox.db.close()
    far.close()


async def measure_taking(inbox: Inbox, bare_us: float) -> AsyncIterator[Line]:
    """Deliver as fast as it goes; yield what was taken, and what was taken and handled."""
    left, numbers = inbox.sign(TAKEN, "arrivals")
    before = inbox.server.cpu_s()
    found = await inbox.deliver(left)
    cpu_us = (inbox.server.cpu_s() - before) / TAKEN * 1e6
    lost = await inbox.count_lost(numbers)
    note = f"{TAKEN / found.seconds * bare_us / 1e4:.1f}% of the bare rate of RSA-2048 verifications"
    yield Line("inbox: accepted", CONNECTIONS, TAKEN / found.seconds, note=note)
    note = f"{TAKEN / found.done_s * bare_us / 1e4:.1f}% of it; {lost} lost; bare: one verification"
    line = Line("inbox: accepted and processed", CONNECTIONS, TAKEN / found.done_s, cpu_us=cpu_us, note=note)
    yield beside(line, bare_us)


def beside(line: Line, bare_us: float) -> Line:
    """Complete a line by the bare verification."""
    line.bare_per_s, line.bare_cpu_us = 1e6 / bare_us, bare_us
    line.ratio = line.cpu_us / bare_us if line.cpu_us else None
    return line


async def measure_seeing(inbox: Inbox, bare_us: float) -> Line:
    """Deliver one by one; each is looked for in the home of its author's follower."""
    left, numbers = inbox.sign(SEEN, "seen")
    asking = http.client.HTTPConnection("127.0.0.1", inbox.server.port)
    times = list[float]()
    for number in numbers:
        uri = inbox.hosts[number % len(inbox.hosts)].note_uri(number).encode()
        began = time.perf_counter()
        sending = Sending([left.pop()], 1)
        await inbox.send(sending)
        while uri not in home(asking, inbox.token):
            if time.perf_counter() - began > SEEN_WITHIN_S:
                raise SystemExit(f"{uri.decode()} is not in its follower's home")
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    note = "from the first byte sent, one after the other"
    p50, p95, p99 = (times[int(len(times) * share)] for share in (0.5, 0.95, 0.99))
    return beside(Line("inbox: until visible in a follower's home", 1, None, p50, p95, p99, note=note), bare_us)


def home(asking: http.client.HTTPConnection, token: str) -> bytes:
    """Return the newest posts of a home."""
    asking.request("GET", "/api/v1/timelines/home?limit=5", headers={"Authorization": f"Bearer {token}"})
    return asking.getresponse().read()


async def measure_storm(inbox: Inbox, size: int, bare_us: float) -> Line:
    """Deliver a storm of one hashtag while somebody here posts."""
    left, numbers = inbox.sign(size, "storm")
    posting = Posting(inbox.server.port, inbox.token)
    posting.start()
    before = inbox.server.cpu_s()
    found = await inbox.deliver(left)
    cpu_us = (inbox.server.cpu_s() - before) / size * 1e6
    p50, p95, p99 = posting.end()
    lost, tagged = await inbox.count_lost(numbers), await one(inbox.db, TAGGED, tag="storm")
    if lost or tagged != size:
        raise SystemExit(f"of {size:,} deliveries {lost:,} had no effect; {tagged:,} posts have the hashtag")
    again = found.codes[b"503"]
    note = (
        f"{size:,} from {HOSTS} hosts in {found.done_s:.0f} s, {again:,} times 503 and sent again, 0 lost; "
        f"latencies: local posting meanwhile; at most {inbox.server.peak_mb():.0f} MB"
    )
    line = Line("inbox: a storm of one hashtag", CONNECTIONS, size / found.done_s, p50, p95, p99, cpu_us, note=note)
    return beside(line, bare_us)


class Posting(threading.Thread):
    """Somebody who posts ten times a second."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__()
        self.asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.ending = threading.Event()
        self.times_ms = list[float]()

    def run(self) -> None:
        for number in itertools.count():
            if self.ending.wait(POSTING_EVERY_S):
                return
            body = json.dumps({"status": f"Written in the storm, number {number}."})
            began = time.perf_counter()
            self.asking.request("POST", "/api/v1/statuses", body, self.headers)
            answer = self.asking.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            self.times_ms.append((time.perf_counter() - began) * 1000)

    def end(self) -> tuple[float, float, float]:
        """Stop; return p50, p95 and p99 in milliseconds."""
        self.ending.set()
        self.join()
        times = sorted(self.times_ms)
        p50, p95, p99 = (times[min(int(len(times) * share), len(times) - 1)] for share in (0.5, 0.95, 0.99))
        return p50, p95, p99
