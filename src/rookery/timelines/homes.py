"""Home timelines: a bounded cache in memory for people who are here, rebuilt from SQL on a miss, never the truth.

Owns: who gets a post (one rule, used in both directions: a new post finds its owners, a returning owner finds the
posts), the cache, fan-out. Never: renders.

A home holds at most KEPT ids in rising order, 6 kB. A new or edited post is placed by one query that returns the owners
whose home takes it; only cached homes are touched. A change of follows, mutes, blocks, lists or followed hashtags drops
the home of its owner, the end of a mute too; an account that is suspended or comes back drops them all. What happens
while a home is read is done to it afterwards. Pages older than the cache are read from SQL in windows of time that grow
until enough posts are found.
"""

from __future__ import annotations

import asyncio
from collections import deque

from rookery.model.events import (
    AccountStandingChanged,
    DomainStandingChanged,
    Event,
    FiltersChanged,
    FollowChanged,
    ListChanged,
    PostDeleted,
    PostEdited,
    PostPublished,
    PostRefreshed,
    RelationChanged,
)
from rookery.model.ids import MAX_ID, now_us
from rookery.model.paging import Window
from rookery.storage.database import Database
from rookery.storage.homes import find_next_mute_end, list_home_ids, list_home_owners
from rookery.timelines.home import KEPT, Home, apply_late
from rookery.timelines.live import Live
from rookery.timelines.spans import HOUR_US, read_spans

BIG_AUDIENCE = 500  # followers from which on the owners are looked up on a reader thread
MAX_READS = 5
FIRST_SPAN_US = {True: 6 * HOUR_US, False: 48 * HOUR_US}


class Loading:
    """A home that is being read. late: what came in since; is_stale: the rule changed, read again."""

    __slots__ = ("is_stale", "late", "task")

    def __init__(self) -> None:
        self.is_stale = False
        self.late: list[tuple[int, int | None]] = []
        self.task: asyncio.Task[Home] | None = None


class Homes:
    """All cached homes of this process. kept: how many at most; the one unused for longest goes first."""

    def __init__(self, db: Database, live: Live, *, kept: int) -> None:
        self.db, self.live, self.kept = db, live, kept
        self.cached: dict[int, Home] = {}
        self.loading: dict[int, Loading] = {}
        self.waiting: deque[PostPublished | PostEdited | PostRefreshed] = deque()
        self.gone: set[int] = set()  # posts deleted while posts wait to be placed
        self.dropped: set[int] = set()  # owners whose rule changed since a placing began
        self.placing = asyncio.Lock()
        self.watchers: list[HomeWatcher] = []
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Queue new posts for placing; drop homes whose rule changed."""
        match event:
            case PostPublished() | PostEdited() | PostRefreshed():
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
            case AccountStandingChanged() | DomainStandingChanged():
                for owner_id in [*self.cached, *self.loading]:
                    self.drop(owner_id)
            case _:
                pass

    def drop(self, owner_id: int) -> None:
        """Forget one home; a load under way starts again."""
        self.cached.pop(owner_id, None)
        if self.waiting:
            self.dropped.add(owner_id)
        if owner_id in self.loading:
            self.loading[owner_id].is_stale = True

    def remove(self, post_id: int) -> None:
        """Take a deleted post out of every home."""
        if self.waiting:
            self.gone.add(post_id)
        for home in self.cached.values():
            home.remove(post_id)
        for loading in self.loading.values():
            loading.late.append((post_id, None))

    async def place_waiting(self) -> None:
        """Place every queued post into the cached homes; those still loading get it when they are read."""
        if not self.waiting:
            return
        async with self.placing:
            while self.waiting:
                self.dropped.clear()
                event = self.waiting[0]
                wanted = self.wanted()
                owners = await self.owners_of(event, wanted)
                if event.post_id in self.gone:
                    owners = set()
                if isinstance(event, PostPublished):
                    self.place(event, owners)
                else:
                    self.place_again(event.post_id, owners, wanted)
                self.waiting.popleft()
            self.gone.clear()

    def place(self, event: PostPublished, owners: set[int]) -> None:
        """Put one post into the homes of its owners and tell the watchers."""
        target = event.repost_of_id or event.post_id
        takers = set(owners)
        for owner_id in owners - self.dropped:
            home = self.cached.get(owner_id)
            if home is not None:
                home.add(event.post_id, target)
                if not home.shows(event.post_id):  # a repeat of what stands close by
                    takers.discard(owner_id)
            elif owner_id in self.loading:
                self.loading[owner_id].late.append((event.post_id, target))
        for watcher in self.watchers:
            watcher.on_placed(event, takers)

    def place_again(self, post_id: int, owners: set[int], wanted: set[int]) -> None:
        """After an edit: its hashtags and language may bring a post into homes or take it out."""
        for owner_id in wanted - self.dropped:
            target = post_id if owner_id in owners else None
            home = self.cached.get(owner_id)
            if home is not None:
                apply_late(home, [(post_id, target)])
            elif owner_id in self.loading:
                self.loading[owner_id].late.append((post_id, target))

    def wanted(self) -> set[int]:
        """Owners whose homes matter now."""
        wanted: set[int] = set(self.cached) | set(self.loading)
        for watcher in self.watchers:
            wanted |= watcher.watched()
        return wanted

    async def owners_of(self, event: PostPublished | PostEdited | PostRefreshed, wanted: set[int]) -> set[int]:
        """Return those of the wanted owners whose home takes the post; the author's own always."""
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
        home = self.cached.pop(owner_id, None)
        if home is None or (home.good_until_us != MAX_ID and home.good_until_us <= now_us()):
            home = await self.load(owner_id)
        else:
            self.cached[owner_id] = home  # now the one used last
        found = home.page(window)
        if found is not None:
            return found
        return [entry[0] for entry in await self.read(owner_id, window)]

    async def load(self, owner_id: int) -> Home:
        """Fill one home from SQL, once for all who ask at the same time."""
        loading = self.loading.get(owner_id)
        if loading is None:
            loading = self.loading[owner_id] = Loading()
            loading.task = asyncio.create_task(self.fill(owner_id, loading))
            loading.task.add_done_callback(lambda done: done.cancelled() or done.exception())
        assert loading.task is not None
        return await asyncio.shield(loading.task)

    async def fill(self, owner_id: int, loading: Loading) -> Home:
        """Read until the rule did not change in between, then keep the home; give up keeping it after some tries."""
        try:
            for _ in range(MAX_READS):
                loading.is_stale = False
                loading.late.clear()
                home = await self.read_home(owner_id)
                apply_late(home, loading.late)
                if not loading.is_stale:
                    self.cached[owner_id] = home
                    break
        finally:
            del self.loading[owner_id]
        while len(self.cached) > self.kept:
            self.cached.pop(next(iter(self.cached)))
        return home

    async def read_home(self, owner_id: int) -> Home:
        """Read one home from SQL."""
        until = await find_next_mute_end(self.db.reader, owner_id, now_us())
        entries = await self.read(owner_id, Window(limit=KEPT))
        return Home(entries, is_whole=len(entries) < KEPT, good_until_us=MAX_ID if until is None else until)

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
