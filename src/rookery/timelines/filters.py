"""The viewers' filters, compiled by a face and kept until they change.

Owns: KnownFilters. Never: decides what a match does to a post; each face compiles into what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from rookery.model.events import Event, FiltersChanged
from rookery.model.filters import Filter
from rookery.model.ids import now_us
from rookery.storage.database import Database
from rookery.storage.filters import list_filter_owners, list_filters
from rookery.timelines.live import Live

MOST_WITHOUT = 100_000  # viewers without filters who are remembered, 0.1 kB each
MANY_VIEWERS = 300  # from which on the question goes to a reader thread


class Compiled(Protocol):
    """What a face makes of a viewer's filters. ends_at_us: when the first of them expires."""

    ends_at_us: int


C = TypeVar("C", bound=Compiled)


class KnownFilters(Generic[C]):
    """The compiled filters of the viewers who are here; the one who came first goes first.

    viewers: at most `kept` who have filters. without: who have none, which is most people and costs next to nothing to
    know: were they bounded like the others, one listener too many would have every delivery ask for everybody.
    """

    def __init__(self, db: Database, live: Live, compiler: Callable[[Sequence[Filter]], C], *, kept: int) -> None:
        self.db, self.compiler, self.kept = db, compiler, kept
        self.viewers: dict[int, C] = {}
        self.without: dict[int, None] = {}
        self.loading = 0
        self.changed: set[int] = set()
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Forget filters that changed."""
        if isinstance(event, FiltersChanged):
            self.viewers.pop(event.account_id, None)
            self.without.pop(event.account_id, None)
            if self.loading:
                self.changed.add(event.account_id)

    async def find(self, viewer: int) -> C | None:
        """Return a viewer's filters that hold now, None for none. Call live.catch_up() before."""
        found = self.viewers.get(viewer)
        if found is None:
            return None if viewer in self.without else await self.load(viewer)
        return found if found.ends_at_us > now_us() else await self.load(viewer)

    async def learn(self, viewers: Iterable[int]) -> None:
        """Find out in one question who of many has no filters."""
        unknown = set(viewers) - self.viewers.keys() - self.without.keys()
        if len(unknown) < 2:
            return
        self.loading += 1
        try:
            reader = self.db.long_reader if len(unknown) > MANY_VIEWERS else self.db.reader
            owners = await list_filter_owners(reader, unknown)
            self.without.update(dict.fromkeys(unknown - owners - self.changed))
        finally:
            self.end_load()

    async def load(self, viewer: int) -> C | None:
        """Read and compile; keep the outcome unless a change came in between."""
        self.loading += 1
        try:
            now = now_us()
            filters = await list_filters(self.db.reader, viewer)
            active = [one for one in filters if one.expires_at_us is None or one.expires_at_us > now]
            found = self.compiler(active) if active else None
            self.viewers.pop(viewer, None)
            if viewer not in self.changed:
                if found is not None:
                    self.viewers[viewer] = found
                else:
                    self.without[viewer] = None
        finally:
            self.end_load()
        return found

    def end_load(self) -> None:
        """Keep within bounds; changes that nobody reads past any more are forgotten."""
        self.loading -= 1
        if not self.loading:
            self.changed.clear()
        while len(self.viewers) > self.kept:
            self.viewers.pop(next(iter(self.viewers)))
        while len(self.without) > MOST_WITHOUT:
            self.without.pop(next(iter(self.without)))
