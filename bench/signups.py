"""A surge of sign-ups: how many a second, how much of each is the password's hash, and what readers feel of it.

Owns: people who join by an app, and by the page with and without work. Never: limits, which would be measured instead;
the work itself, which is the browser's, is made light.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec

from bench.load import Limits, Load, get, load, post_json
from bench.measures import Bench, line_of, measure, put_beside
from bench.processes import Measured, running_bare, running_rookery
from bench.table import Line
from bench.worlds import SCOPES, added, app_of_bench
from rookery.actions.app import App
from rookery.actions.passwords import PasswordPool
from rookery.actions.tokens import give_token
from rookery.actions.work import zero_bits
from rookery.network.limits import Limiter

HOME = "/api/v1/timelines/home?limit=20"
PATH = "/api/v1/accounts"
CROWD = 8
READERS = 4
HASHES = 9
PASSWORD = "a password of the usual length"
FIELD = re.compile(rb'name="(token|task|bits)" value="([^"]*)"')
COOKIE = re.compile(rb"\r\nset-cookie: ([^;\r]*)", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
OPEN = {
    "ROOKERY_NEST_REGISTRATIONS": "open",
    "ROOKERY_NEST_CONFIRMS_EMAIL": "false",
    "ROOKERY_LIMITS_RATE_LIMITS": "false",
    "ROOKERY_SIGNING_WORK_BITS": "1",
}


def new_names() -> Iterator[str]:
    """Yield user names that nobody has, in this run or another."""
    start = f"n{time.time_ns() // 1_000_000:x}"
    return (f"{start}_{number}" for number in itertools.count())


def json_bodies(names: Iterator[str]) -> Iterator[bytes]:
    """Yield what an app sends."""
    for name in names:
        yield msgspec.json.encode(
            {"username": name, "email": f"{name}@mail.test", "password": PASSWORD, "agreement": True, "locale": "en"}
        )


def hash_cpu_us() -> float:
    """Return what one hash with the server's own parameters costs here, in microseconds of CPU."""
    pool, times = PasswordPool(Limiter(is_off=True)), []
    for _ in range(HASHES):
        began = time.process_time()
        pool.hasher.hash(PASSWORD)
        times.append((time.process_time() - began) * 1e6)
    pool.close()
    return statistics.median(times)


async def add_app_token(app: App) -> dict[str, str]:
    """Give the client of the bench a token of its own."""
    app_id = await app_of_bench(app)
    async with app.db.transaction() as tx:
        return {"token": (await give_token(app, tx, app_id=app_id, account_id=None, scopes=SCOPES)).secret}


async def signups(bench: Bench) -> AsyncIterator[Line]:
    """Joining by an app beside readers of home, then by the page, with work and without."""
    token = (await added(bench.data, "app", add_app_token))["token"]
    names, hash_us = new_names(), hash_cpu_us()
    source = post_json(PATH, json_bodies(names), token)
    home, limits = get(HOME, bench.world["token"]), Limits(bench.seconds)
    with running_rookery(bench.data) as server:
        found, cpu_us = await measure(server, source, CROWD, limits)
        line = line_of("sign-ups, app", CROWD, found, cpu_us, share_of_hash(hash_us, cpu_us))
        calm = await load(server.port, home, connections=READERS, limits=limits)
        surge = asyncio.create_task(load(server.port, source, connections=CROWD, limits=limits))
        pressed = await load(server.port, home, connections=READERS, limits=limits)
        await surge
    with running_bare({"0": found.body}) as bare:
        await put_beside(bare, line, post_json("/0", itertools.repeat(next(json_bodies(names))), token), limits)
    yield line
    yield line_of_home("home, before the surge", calm)
    yield line_of_home("home, during the surge", pressed)
    for asks in ("false", "true"):
        with running_rookery(bench.data, {**OPEN, "ROOKERY_SIGNING_ASKS_FOR_WORK": asks}) as server:
            found, cpu_us = await measure_browsers(server, names, limits)
        what = f"sign-ups, page, {'with' if asks == 'true' else 'no'} work"
        yield line_of(what, CROWD, found, cpu_us, share_of_hash(hash_us, cpu_us) + "; each reads the page first")


def share_of_hash(hash_us: float, cpu_us: float) -> str:
    return f"argon2 {hash_us / 1000:.1f} ms, {hash_us / max(cpu_us, 1):.0%} of the CPU"


def line_of_home(what: str, found: Load) -> Line:
    p50, p95, p99 = (found.percentile_ms(share) for share in (0.5, 0.95, 0.99))
    return Line(what, READERS, found.per_s, p50, p95, p99)


async def measure_browsers(server: Measured, names: Iterator[str], limits: Limits) -> tuple[Load, float]:
    """Let browsers join until the time is over; return the load of their forms and CPU per sign-up."""
    before, began, times = server.cpu_s(), time.perf_counter(), []
    browsers = [Browser(server.port, names, began + limits.seconds) for _ in range(CROWD)]
    await asyncio.gather(*(browser.join_many() for browser in browsers))
    times = sorted(itertools.chain.from_iterable(browser.latencies_s for browser in browsers))
    return Load(time.perf_counter() - began, times), (server.cpu_s() - before) / max(len(times), 1) * 1e6


@dataclass
class Browser:
    """One connection on which one person after the other joins. latencies_s: of the forms, not of the page."""

    port: int
    names: Iterator[str]
    ends_at: float
    latencies_s: list[float] = field(default_factory=list)

    async def join_many(self) -> None:
        """Read the page, do its work, send the form, one person after the other."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        while time.perf_counter() < self.ends_at:
            head, body = await self.ask(b"GET /join HTTP/1.1\r\nHost: localhost\r\n\r\n")
            cookie, name = COOKIE.search(head), next(self.names)
            fields = {key.decode(): value.decode() for key, value in FIELD.findall(body)}
            assert cookie, head
            form = {**fields, "name": name, "email": f"{name}@mail.test", "password": PASSWORD, "agreement": "on"}
            if "task" in fields:
                form["work"] = answer_task(fields["task"], int(fields["bits"]))
            sent_at = time.perf_counter()
            head, body = await self.ask(form_request(form, cookie[1]))
            assert b" 303 " in head[:20], head + body
            self.latencies_s.append(time.perf_counter() - sent_at)
        self.writer.close()

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Return head and body of an answer."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        return head, await self.reader.readexactly(int(length[1]) if length else 0)


def form_request(form: dict[str, str], cookie: bytes) -> bytes:
    """Return the POST of a form."""
    body = urlencode(form).encode()
    head = b"POST /join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return head + b"Cookie: %b\r\nContent-Length: %d\r\n\r\n" % (cookie, len(body)) + body


def answer_task(task: str, bits: int) -> str:
    """Return the first number whose hash with the task begins with so many zero bits."""
    return next(str(n) for n in itertools.count() if zero_bits(task, str(n)) >= bits)
