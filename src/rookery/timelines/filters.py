"""The viewers' filters, compiled by a face and kept until they change.

Owns: KnownFilters. Never: decides what a match does to a post; each face compiles into what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from rookery.model.events import Event, FiltersChanged
from rookery.model.filters import Filter
from rookery.model.ids import now_us
from rookery.storage.database import Database
from rookery.storage.filters import list_filters
from rookery.timelines.live import Live


class Compiled(Protocol):
    """What a face makes of a viewer's filters. ends_at_us: when the first of them expires."""

    ends_at_us: int


C = TypeVar("C", bound=Compiled)


class KnownFilters(Generic[C]):
    """The compiled filters of the viewers who are here; the one who came first goes first."""

    def __init__(self, db: Database, live: Live, compiler: Callable[[Sequence[Filter]], C], *, kept: int) -> None:
        self.db, self.compiler, self.kept = db, compiler, kept
        self.viewers: dict[int, C | None] = {}
        self.loading = 0
        self.changed: set[int] = set()
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Forget filters that changed."""
        if isinstance(event, FiltersChanged):
            self.viewers.pop(event.account_id, None)
            if self.loading:
                self.changed.add(event.account_id)

    async def find(self, viewer: int) -> C | None:
        """Return a viewer's filters that hold now, None for none. Call live.catch_up() before."""
        try:
            found = self.viewers[viewer]
        except KeyError:
            return await self.load(viewer)
        if found is None or found.ends_at_us > now_us():
            return found
        return await self.load(viewer)

    async def load(self, viewer: int) -> C | None:
        """Read and compile; keep the outcome unless a change came in between."""
        self.loading += 1
        try:
            now = now_us()
            filters = await list_filters(self.db.reader, viewer)
            active = [one for one in filters if one.expires_at_us is None or one.expires_at_us > now]
            found = self.compiler(active) if active else None
            if viewer not in self.changed:
                self.viewers[viewer] = found
        finally:
            self.loading -= 1
            if not self.loading:
                self.changed.clear()
        while len(self.viewers) > self.kept:
            self.viewers.pop(next(iter(self.viewers)))
        return found
