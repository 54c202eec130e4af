"""Reading: pages other than home, each beside a bare server that returns the same bytes; and growth.

Owns: which pages, and the look-ups that find a good example of each. Never: seeds.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.load import Limits, get
from bench.measures import Bench, beside_bare, line_of, measure
from bench.processes import Measured, running_rookery, seed
from bench.table import Line

PUBLIC = "/api/v1/timelines/public?limit=20"
GROWTH = (10_000, 100_000)
MILLION = 1_000_000


def ask(server: Measured, path: str, token: str) -> Any:
    """One request of the bench itself."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", headers={"authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def find_pages(bench: Bench) -> dict[str, str]:
    """Return the path of each kind of page for the person of the bench."""
    token = bench.world["token"]
    with running_rookery(bench.data) as server:
        star = ask(server, f"/api/v1/accounts/lookup?acct={bench.world['star']}", token)
        posts = ask(server, f"/api/v1/accounts/{star['id']}/statuses?limit=40&exclude_reblogs=true", token)
        discussed = max(posts, key=lambda post: post["replies_count"])
    return {
        "public timeline": PUBLIC,
        "account statuses": f"/api/v1/accounts/{star['id']}/statuses?limit=20",
        "thread": f"/api/v1/statuses/{discussed['id']}/context",
        "notifications": "/api/v1/notifications?limit=20",
    }


async def pages(bench: Bench) -> AsyncIterator[Line]:
    """Public timeline, statuses of the most followed account, its most answered thread, notifications."""
    for what, path in find_pages(bench).items():
        async for line in beside_bare(bench, what, path, bench.world["token"]):
            yield line


async def growth(bench: Bench) -> AsyncIterator[Line]:
    """The home timeline on ten and a hundred thousand posts, and a million when asked: it must stay flat."""
    for count in (*GROWTH, *((MILLION,) if bench.million else ())):
        data = Path(bench.data.parent) / f"nest-{count}"
        data.mkdir(exist_ok=True)
        world = seed(data, 1000, count)
        with running_rookery(data) as server:
            source = get("/api/v1/timelines/home?limit=20", world["token"])
            found, cpu_us = await measure(server, source, 8, Limits(bench.seconds))
            yield line_of(f"home timeline, {count:,} posts", 8, found, cpu_us)
