"""Home timelines: a bounded cache in memory for people who are here, rebuilt from SQL on a miss, never the truth.

Owns: who gets a post (one rule, used in both directions: a new post finds its owners, a returning owner finds the
posts), the cache, fan-out. Never: renders.

A home holds at most KEPT ids in rising order, 6 kB. A new post is placed by one query that returns the owners whose
home takes it; only cached homes are touched. A change of follows, mutes, blocks, lists or followed hashtags drops the
home of its owner. Pages older than the cache are read from SQL in windows of time that grow until enough posts are
found.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left, insort
from collections import deque

from rookery.model.events import (
    Event,
    FiltersChanged,
    FollowChanged,
    ListChanged,
    PostDeleted,
    PostPublished,
    RelationChanged,
)
from rookery.model.ids import now_us
from rookery.model.paging import Window
from rookery.storage.database import Database
from rookery.storage.homes import list_home_ids, list_home_owners
from rookery.timelines.live import Live
from rookery.timelines.spans import HOUR_US, read_spans

KEPT = 800
NO_REPEAT = 40  # a repost is left out when what it repeats stands among so many newer entries
BIG_AUDIENCE = 500  # followers from which on the owners are looked up on a reader thread
FIRST_SPAN_US = {True: 6 * HOUR_US, False: 48 * HOUR_US}


class Home:
    """One cached home. ids rise; targets: what the newest entries show, to leave out repeats."""

    __slots__ = ("ids", "is_whole", "targets")

    def __init__(self, entries: list[tuple[int, int]], *, is_whole: bool) -> None:
        self.ids = array("q", [entry[0] for entry in reversed(entries)])
        self.targets: deque[int] = deque((entry[1] for entry in reversed(entries[:NO_REPEAT])), maxlen=NO_REPEAT)
        self.is_whole = is_whole

    def add(self, post_id: int, target_id: int) -> bool:
        """Place a post; False when it is there or repeats what stands close by."""
        if target_id in self.targets and target_id != post_id:
            return False
        if self.ids and post_id <= self.ids[-1]:
            place = bisect_left(self.ids, post_id)
            if place < len(self.ids) and self.ids[place] == post_id:
                return False
            insort(self.ids, post_id)
        else:
            self.ids.append(post_id)
        self.targets.append(target_id)
        if len(self.ids) > KEPT + 100:
            del self.ids[: len(self.ids) - KEPT]
            self.is_whole = False
        return True

    def holds(self, post_id: int) -> bool:
        """True when the post is among the kept ids."""
        place = bisect_left(self.ids, post_id)
        return place < len(self.ids) and self.ids[place] == post_id

    def remove(self, post_id: int) -> None:
        """Forget a post."""
        place = bisect_left(self.ids, post_id)
        if place < len(self.ids) and self.ids[place] == post_id:
            del self.ids[place]

    def page(self, window: Window) -> list[int] | None:
        """Return ids newest first, or None when the answer reaches below what is kept."""
        low = bisect_left(self.ids, window.floor + 1)
        high = bisect_left(self.ids, window.before)
        if not self.is_whole and (not self.ids or window.floor < self.ids[0]):
            missing_below = window.goes_up or high - window.limit < 0
            if missing_below:
                return None
        if window.goes_up:
            found = self.ids[low : min(high, low + window.limit)]
        else:
            found = self.ids[max(low, high - window.limit) : high]
        return found[::-1].tolist()


class Homes:
    """All cached homes of this process. kept: how many at most; the one unused for longest goes first."""

    def __init__(self, db: Database, live: Live, *, kept: int) -> None:
        self.db, self.live, self.kept = db, live, kept
        self.cached: dict[int, Home] = {}
        self.loading: dict[int, asyncio.Task[Home]] = {}
        self.stale: set[int] = set()
        self.waiting: deque[PostPublished] = deque()
        self.placing = asyncio.Lock()
        self.watchers: list[HomeWatcher] = []
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Queue new posts for placing; drop homes whose rule changed."""
        match event:
            case PostPublished():
                self.waiting.append(event)
            case PostDeleted():
                self.remove(event.post_id)
            case FollowChanged():
                self.drop(event.follower_id)
            case RelationChanged():
                self.drop(event.account_id)
                if event.other_id is not None and event.kind == "block":
                    self.drop(event.other_id)
            case ListChanged():
                self.drop(event.owner_id)
            case FiltersChanged():
                self.drop(event.account_id)
            case _:
                pass

    def drop(self, owner_id: int) -> None:
        """Forget one home; a load under way starts again."""
        self.cached.pop(owner_id, None)
        if owner_id in self.loading:
            self.stale.add(owner_id)

    def remove(self, post_id: int) -> None:
        """Take a deleted post out of every home."""
        for home in self.cached.values():
            home.remove(post_id)

    async def place_waiting(self) -> None:
        """Place every queued post into the cached homes; those still loading will find it in SQL."""
        if not self.waiting:
            return
        async with self.placing:
            while self.waiting:
                event = self.waiting[0]
                self.place(event, await self.owners_of(event))
                self.waiting.popleft()

    def place(self, event: PostPublished, owners: set[int]) -> None:
        """Put one post into the homes of its owners and tell the watchers."""
        target = event.repost_of_id or event.post_id
        takers = set(owners)
        for owner_id in owners:
            home = self.cached.get(owner_id)
            if home is not None:
                home.add(event.post_id, target)
                if not home.holds(event.post_id):  # a repeat of what stands close by
                    takers.discard(owner_id)
            elif owner_id in self.loading:
                self.stale.add(owner_id)
        for watcher in self.watchers:
            watcher.on_placed(event, takers)

    async def owners_of(self, event: PostPublished) -> set[int]:
        """Return whose home takes the post, among cached homes and watched ones; the author's own always."""
        wanted: set[int] = set(self.cached) | set(self.loading)
        for watcher in self.watchers:
            wanted |= watcher.watched()
        if not wanted:
            return set()
        reader = self.db.long_reader if len(wanted) > BIG_AUDIENCE else self.db.reader
        owners = await list_home_owners(reader, event.post_id, event.author_id, list(wanted), now_us())
        if event.author_id in wanted:
            owners.add(event.author_id)
        return owners

    async def page(self, owner_id: int, window: Window) -> list[int]:
        """Return ids of one home, newest first, with everything committed before the call."""
        await self.live.catch_up()
        await self.place_waiting()
        home = self.cached.get(owner_id)
        if home is None:
            home = await self.load(owner_id)
        found = home.page(window)
        if found is not None:
            return found
        return [entry[0] for entry in await self.read(owner_id, window)]

    async def load(self, owner_id: int) -> Home:
        """Fill one home from SQL, once for all who ask at the same time."""
        task = self.loading.get(owner_id)
        if task is None:
            task = self.loading[owner_id] = asyncio.create_task(self.fill(owner_id))
            task.add_done_callback(lambda done: self.loading.pop(owner_id, None))
        return await asyncio.shield(task)

    async def fill(self, owner_id: int) -> Home:
        """Read until no change came in between, then keep the home."""
        for _ in range(5):
            self.stale.discard(owner_id)
            entries = await self.read(owner_id, Window(limit=KEPT))
            if owner_id not in self.stale:
                break
        home = Home(without_repeats(entries), is_whole=len(entries) < KEPT)
        self.cached[owner_id] = home
        while len(self.cached) > self.kept:
            self.cached.pop(next(iter(self.cached)))
        return home

    async def read(self, owner_id: int, window: Window) -> list[tuple[int, int]]:
        """Read (post, what it shows) from SQL in growing windows of time, newest first."""

        async def fetch(span: Window) -> list[tuple[int, int]]:
            return await list_home_ids(self.db.long_reader, owner_id, span, now_us())

        return await read_spans(fetch, window, FIRST_SPAN_US[window.limit <= 80])


class HomeWatcher:
    """Somebody who wants to know which homes took a post (streams)."""

    def watched(self) -> set[int]:
        """Owners whose homes matter although nobody reads them now."""
        raise NotImplementedError

    def on_placed(self, event: PostPublished, owners: set[int]) -> None:
        """A post was placed into the homes of these owners."""
        raise NotImplementedError


def without_repeats(entries: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leave out a repost when what it shows stands among the NO_REPEAT entries below it."""
    kept: list[tuple[int, int]] = []
    recent: deque[int] = deque(maxlen=NO_REPEAT)
    for post_id, target in reversed(entries):
        if target == post_id or target not in recent:
            kept.append((post_id, target))
            recent.append(target)
    return kept[::-1]
