"""List timelines, read from SQL at each call.

Owns: ListTimeline. Never: a cache; a list is opened far less often than a home, and its window of time is small.
"""

from __future__ import annotations

from rookery.model.ids import now_us
from rookery.model.lists import PeopleList
from rookery.model.paging import Window
from rookery.storage.database import Database
from rookery.storage.pages import list_of_list
from rookery.timelines.live import Live
from rookery.timelines.spans import HOUR_US, read_spans

FIRST_SPAN_US = 24 * HOUR_US


class ListTimeline:
    """Pages of the posts of a list's members."""

    def __init__(self, db: Database, live: Live) -> None:
        self.db, self.live = db, live

    async def page(self, shown: PeopleList, window: Window) -> list[int]:
        """Return post ids, newest first, with everything committed before the call."""
        await self.live.catch_up()

        async def fetch(span: Window) -> list[int]:
            return await list_of_list(
                self.db.long_reader, shown.id, shown.owner_id, span, now_us(), replies=shown.replies.value
            )

        return await read_spans(fetch, window, FIRST_SPAN_US)
