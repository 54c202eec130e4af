"""Reading: pages other than home, each beside a bare server that returns the same bytes; and growth.

Owns: which pages, and the look-ups that find a good example of each. Never: seeds.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.load import Limits
from bench.measures import Bench, Page, beside_bare
from bench.processes import Measured, running_rookery, seed
from bench.searching import search_lines
from bench.table import Line
from bench.worlds import REPLIES, add_thread, added

PUBLIC = "/api/v1/timelines/public?limit=20"
GROWTH = (10_000, 100_000)
MILLION = 1_000_000
PINNED = 5
USUAL = (8, 32)


def ask(server: Measured, path: str, token: str, method: str = "GET") -> Any:
    """One request of the bench itself."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", headers={"authorization": f"Bearer {token}"}, method=method
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def find_pages(bench: Bench, long_thread: str) -> list[Page]:
    """Return each kind of page for the person of the bench; the star of the world pins some posts first."""
    token, star_token = bench.world["token"], bench.world["star_token"]
    with running_rookery(bench.data) as server:
        star = ask(server, f"/api/v1/accounts/lookup?acct={bench.world['star']}", token)
        of_star = f"/api/v1/accounts/{star['id']}/statuses"
        posts = ask(server, f"{of_star}?limit=40&exclude_reblogs=true", token)
        discussed = max((post for post in posts if post["id"] != long_thread), key=lambda post: post["replies_count"])
        if not ask(server, f"{of_star}?pinned=true", token):
            for post in [post for post in posts if post["visibility"] == "public"][:PINNED]:
                ask(server, f"/api/v1/statuses/{post['id']}/pin", star_token, "POST")
    return [
        Page("public timeline", PUBLIC, token, USUAL),
        Page("account statuses", f"{of_star}?limit=20", token, USUAL),
        Page("account statuses, media", f"{of_star}?limit=20&only_media=true", token),
        Page("account statuses, pinned", f"{of_star}?limit=20&pinned=true", token),
        Page("thread", f"/api/v1/statuses/{discussed['id']}/context", token, USUAL),
        Page(f"thread, {REPLIES} replies", f"/api/v1/statuses/{long_thread}/context", token),
        Page("notifications", "/api/v1/notifications?limit=20", token, USUAL),
        Page("notifications, grouped", "/api/v2/notifications?limit=20", token),
        Page("notifications, star", "/api/v1/notifications?limit=20", star_token),
        Page("notifications, grouped, star", "/api/v2/notifications?limit=40", star_token),
    ]


async def pages(bench: Bench) -> AsyncIterator[Line]:
    """Public timeline, statuses of the most followed account, threads, notifications."""
    thread = await added(bench.data, "thread", add_thread)
    async for line in beside_bare(bench.data, find_pages(bench, thread["id"]), Limits(bench.seconds)):
        yield line


async def growth(bench: Bench) -> AsyncIterator[Line]:
    """Home and search on ten and a hundred thousand posts, and a million when asked: home must stay flat."""
    for count in (*GROWTH, *((MILLION,) if bench.million else ())):
        data = Path(bench.data.parent) / f"nest-{count}"
        data.mkdir(exist_ok=True)
        world = seed(data, 1000, count)
        page = Page(f"home timeline, {count:,} posts", "/api/v1/timelines/home?limit=20", world["token"])
        async for line in beside_bare(data, [page], Limits(bench.seconds)):
            yield line
        if count == MILLION:
            async for line in search_lines(data, world, Limits(bench.seconds), f", {count:,} posts"):
                yield line
