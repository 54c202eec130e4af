"""Which far files are fetched before anybody looks: the durable reader that plans it for posts that land in homes here.

Owns: which posts those are. Never: fetches; the job `FetchFarFiles` does (actions/far_jobs.py). A thread that is filled
in or an archive that is moved here makes us fetch nothing: whoever looks at it does.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from rookery.model.events import Event, PostEdited, PostPublished
from rookery.model.ids import IdClock, floor_id, now_us
from rookery.model.settings import Settings
from rookery.storage.database import Transaction
from rookery.storage.far_files import FETCH_FAR_FILES, has_far_files, has_readers
from rookery.storage.jobs import insert_job
from rookery.storage.log import Numbered

NEW_US = 2 * 86_400 * 1_000_000
SPREAD_US = 10 * 1_000_000  # a post reaches a thousand servers at once: they should not ask at once


class FarFileReader:
    """Plans what to fetch ahead. See timelines/readers.py for the contract."""

    name = "far files"
    rest_s = 0.1

    def __init__(self, ids: IdClock, settings: Settings) -> None:
        self.ids, self.settings = ids, settings

    def wants(self, event: Event) -> bool:
        """Whatever may bring a far post into a home."""
        return self.settings.far_media.ahead and isinstance(event, PostPublished | PostEdited)

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Plan one job for each post that somebody here is about to see."""
        wanted: dict[int, None] = {}
        readers: dict[int, bool] = {}
        for entry in events:
            shown = shown_by(entry.event)
            if shown is None or shown in wanted:
                continue
            by = entry.event.author_id if isinstance(entry.event, PostPublished | PostEdited) else 0
            if by not in readers:
                readers[by] = await has_readers(tx, by)
            if readers[by] and await has_far_files(tx, shown):
                wanted[shown] = None
        now = now_us()
        for post_id in wanted:
            body = {"post_id": post_id, "planned_at": now}
            run_at = now + secrets.randbelow(SPREAD_US)
            await insert_job(tx, self.ids.next_id(), FETCH_FAR_FILES, body, run_at_us=run_at)
        return bool(wanted)


def shown_by(event: Event) -> int | None:
    """Return the post that an event brings into homes, None for an old one and for what brings none."""
    match event:
        case PostPublished() | PostEdited() if event.post_id < floor_id(now_us() - NEW_US):
            return None
        case PostPublished(repost_of_id=int(original)):
            return original
        case PostPublished(is_local=True):
            return None
        case PostPublished(post_id=post_id) | PostEdited(post_id=post_id):
            return post_id
        case _:
            return None
