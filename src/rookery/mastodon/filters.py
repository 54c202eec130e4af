"""The viewers' filters, compiled and kept until they change.

Owns: FilterCache. Spec: https://docs.joinmastodon.org/entities/Filter/
"""

from __future__ import annotations

from rookery.mastodon.renders import PostFilter
from rookery.storage.database import Database
from rookery.timelines.live import Live


class FilterCache:
    """Which filters a viewer has in a context."""

    def __init__(self, db: Database, live: Live) -> None:
        self.db, self.live = db, live

    async def of(self, viewer: int, context: str) -> PostFilter | None:
        """Return what a viewer filters in a context, None for nothing."""
        return None
