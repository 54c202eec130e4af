"""Keeping how far a person has read.

Owns: keep_places. Never: what is unread.
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
