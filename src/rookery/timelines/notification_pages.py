"""Pages of notifications that people look at again and again, kept until an event says otherwise.

Owns: which events change a page. Never: what a page holds; the face that shows it brings its loader, and renders what
it keeps with posts and accounts as they are now. Apps ask for the newest page every minute, mostly for nothing new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from rookery.model.events import (
    AccountChanged,
    DomainStandingChanged,
    Event,
    FollowChanged,
    NotificationAdded,
    NotificationsChanged,
    RelationChanged,
)
from rookery.timelines.live import Live

PAGES_EACH = 4


class NotificationPages:
    """A few pages of each viewer who is here. kept: viewers at most; who came first goes first."""

    def __init__(self, live: Live, *, kept: int) -> None:
        self.kept = kept
        self.viewers: dict[int, dict[Hashable, Any]] = {}
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Forget pages that may look different, or hold what may no longer be seen (K5)."""
        match event:
            case NotificationAdded() | NotificationsChanged():
                self.viewers.pop(event.account_id, None)
            case FollowChanged():
                self.viewers.pop(event.follower_id, None)
            case RelationChanged():
                self.viewers.pop(event.account_id, None)
                if event.other_id is not None:
                    self.viewers.pop(event.other_id, None)
            case AccountChanged() | DomainStandingChanged():
                self.viewers.clear()  # somebody may be suspended, or back
            case _:
                pass

    async def of(self, viewer: int, key: Hashable, load: Callable[[], Awaitable[Any]]) -> Any:
        """Return a page, loaded when it is not there. Call live.catch_up() first."""
        pages = self.viewers.get(viewer)
        if pages is None:
            pages = self.viewers[viewer] = {}
            if len(self.viewers) > self.kept:
                del self.viewers[next(iter(self.viewers))]
        if key not in pages:
            # An event during the load takes `pages` out of `viewers`; what is stored then is met by nobody.
            loaded = await load()
            if len(pages) >= PAGES_EACH:
                pages.pop(next(iter(pages)), None)
            pages[key] = loaded
            return loaded
        return pages[key]
