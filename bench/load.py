"""A small HTTP client that keeps a number of connections busy and notes how long each answer took.

Owns: raw keep-alive requests on loopback, latencies. Never: parses an answer beyond its length and code; it must cost
less than the server that it measures. Spec: RFC 9112.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
# Makes the bytes of the next request.
Source = Callable[[], bytes]


@dataclass
class Load:
    """What a run of requests showed. latencies_s: one per answer, sorted. body: of the last answer."""

    seconds: float
    latencies_s: list[float]
    wrong: list[bytes] = field(default_factory=list)
    body: bytes = b""
    codes: Counter[bytes] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return len(self.latencies_s)

    @property
    def per_s(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        if not self.latencies_s:
            return 0.0
        return self.latencies_s[min(int(self.count * share), self.count - 1)] * 1000


@dataclass
class Limits:
    """When a run ends: whichever comes first."""

    seconds: float
    requests: int = 1_000_000


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, source: Source, run: Run) -> None:
        self.source, self.run = source, run
        self.head = b""
        self.left = 0
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        if not self.run.may_begin():
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(self.source())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self.left == 0:
            data = self.head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.head = data
                return
            found = LENGTH.search(data, 0, end + 2)
            self.head = b""
            self.run.note_code(data)
            self.left = (int(found[1]) if found else 0) - (len(data) - end - 4)
            self.run.body = data[end + 4 :]
        else:
            self.left -= len(data)
            self.run.body += data
        if self.left <= 0:
            self.left = 0
            self.run.latencies_s.append(time.perf_counter() - self.sent_at)
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self.run.end_one()


class Run:
    """What the connections of one run share."""

    def __init__(self, limits: Limits, connections: int) -> None:
        self.limits, self.open = limits, connections
        self.latencies_s: list[float] = []
        self.wrong: list[bytes] = []
        self.body = b""
        self.codes: Counter[bytes] = Counter()
        self.begun = 0
        self.ends_at = time.perf_counter() + limits.seconds
        self.done = asyncio.get_running_loop().create_future()

    def may_begin(self) -> bool:
        self.begun += 1
        return self.begun <= self.limits.requests and time.perf_counter() < self.ends_at

    def note_code(self, data: bytes) -> None:
        self.codes[data[9:12]] += 1
        if data[9:10] != b"2" and len(self.wrong) < 10:
            self.wrong.append(data[:300])

    def end_one(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


async def load(port: int, source: Source, *, connections: int, limits: Limits) -> Load:
    """Keep `connections` busy until a limit is reached."""
    run, began = Run(limits, connections), time.perf_counter()
    loop = asyncio.get_running_loop()
    await asyncio.gather(
        *(loop.create_connection(lambda: Connection(source, run), "127.0.0.1", port) for _ in range(connections))
    )
    await asyncio.wait_for(run.done, limits.seconds + 30)
    return Load(time.perf_counter() - began, sorted(run.latencies_s), run.wrong, run.body, run.codes)


def get(path: str, token: str | None = None) -> Source:
    """The same GET again and again."""
    raw = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization(token)}\r\n".encode()
    return lambda: raw


def post_json(path: str, bodies: Iterator[bytes], token: str) -> Source:
    """A POST with another body each time."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization(token)}Content-Type: application/json\r\n"

    def source() -> bytes:
        body = next(bodies)
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    return source


def authorization(token: str | None) -> str:
    return f"Authorization: Bearer {token}\r\n" if token else ""
