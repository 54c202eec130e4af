"""One post to many: until the last home timeline in memory has it.

Owns: a nest in this very process, with homes kept for every follower. Never: HTTP; the post is published by its action.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.measures import Bench
from bench.table import Line
from rookery.actions.app import App
from rookery.actions.posts import publish_post
from rookery.model.ids import AccountId, IdClock, now_us
from rookery.model.paging import Window
from rookery.model.posts import Draft
from rookery.model.settings import Settings
from rookery.storage.accounts import insert_account
from rookery.storage.migrations import migrate
from rookery.storage.relations import Follow, put_follow
from rookery.storage.sqlite import open_sqlite
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live

FOLLOWERS = (1_000, 10_000)
POSTS = 10


async def fanout(bench: Bench) -> AsyncIterator[Line]:
    """A post by an author with a thousand and ten thousand local followers whose homes are all in memory."""
    for count in FOLLOWERS:
        with tempfile.TemporaryDirectory(prefix="rookery-fanout-") as folder:
            times = sorted(await place_posts(Path(folder), count))
        note = f"{times[len(times) // 2]:.1f} ms until the last of them (worst of {POSTS}: {times[-1]:.1f} ms)"
        yield Line(f"fan-out to {count:,} homes", note=note)


async def place_posts(folder: Path, count: int) -> list[float]:
    """Return milliseconds from the beginning of each publication until the last home has the post."""
    db = await open_sqlite(folder / "rookery.db")
    await migrate(db, now_us=now_us())
    app = App(db, Settings(), IdClock())
    homes = Homes(db, Live(db), kept=count + 1)
    author = await add_people(app, count)
    window = Window(20)
    for owner in range(author + 1, author + 1 + count):
        await homes.page(owner, window)
    times = []
    for number in range(POSTS):
        began = time.perf_counter()
        post = await publish_post(app, Draft(author, f"to everybody, number {number}"))
        newest = await homes.page(author + count, window)
        times.append((time.perf_counter() - began) * 1000)
        assert newest[0] == post.id
    await db.close()
    return times


async def add_people(app: App, count: int) -> AccountId:
    """Store an author and the followers, whose ids come right after."""
    author = AccountId(app.ids.next_id())
    async with app.db.transaction() as tx:
        for place in range(count + 1):
            account_id = author + place
            await insert_account(tx, account_id=account_id, username=f"p{place}", created_at_us=now_us())
            if place:
                await put_follow(tx, Follow(account_id, author, app.ids.next_id(), "active"))
    return author
