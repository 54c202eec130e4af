"""Keeping how far a person has read.

Owns: keep_places, advance_place. Never: what is unread.
"""

from __future__ import annotations

from collections.abc import Mapping

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.errors import Conflict
from rookery.model.ids import AccountId, now_us
from rookery.storage.markers import Marker, list_markers, put_marker

TIMELINES = ("home", "notifications")


class PlaceChanged(Conflict):
    """Another app of the same person wrote at the same moment."""

    def __init__(self) -> None:
        super().__init__("Conflict during update, please try again")


@repeatable
async def keep_places(app: App, account_id: AccountId, places: Mapping[str, int]) -> dict[str, Marker]:
    """Store the last read id of some timelines, all or none; return them as they are now. Raises PlaceChanged."""
    async with app.db.transaction() as tx:
        before = await list_markers(tx, account_id, places)
        kept = {}
        for timeline, last_read_id in places.items():
            version = before[timeline].version + 1 if timeline in before else 0
            kept[timeline] = Marker(timeline, last_read_id, version, now_us())
            if not await put_marker(tx, account_id, kept[timeline]):
                raise PlaceChanged
    return kept


@repeatable
async def advance_place(app: App, account_id: AccountId, timeline: str, seen_id: int) -> None:
    """Keep that a person has seen up to an id, unless they have been further. Raises PlaceChanged."""
    async with app.db.transaction() as tx:
        before = (await list_markers(tx, account_id, [timeline])).get(timeline)
        if before and before.last_read_id >= seen_id:
            return
        version = before.version + 1 if before else 0
        if not await put_marker(tx, account_id, Marker(timeline, seen_id, version, now_us())):
            raise PlaceChanged
