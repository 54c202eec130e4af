"""One home timeline in memory: ids in rising order, and which of them are shown.

Owns: Home, the rule of repeats. Never: asks the database (timelines/homes.py does).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable

from rookery.model.ids import MAX_ID
from rookery.model.paging import Window

KEPT = 800
SLACK = 100  # entries over KEPT before the oldest go
NO_REPEAT = 40  # a repost is left out when what it repeats stands among so many shown entries below it


class Home:
    """Entries of one owner. is_whole: nothing older exists. good_until_us: when the rule changes by itself.

    ids: every entry, those left out too. repeats: repost -> what it shows. shown: what people see; the same array as
    ids while nothing is left out, and made again when something went out of the middle.
    """

    __slots__ = ("good_until_us", "ids", "is_whole", "repeats", "shown")

    def __init__(self, entries: list[tuple[int, int]], *, is_whole: bool, good_until_us: int = MAX_ID) -> None:
        self.ids = array("q", [entry[0] for entry in reversed(entries)])
        self.repeats = {post_id: target for post_id, target in entries if post_id != target}
        self.is_whole, self.good_until_us = is_whole, good_until_us
        self.shown = self.without_repeats()

    def without_repeats(self) -> array[int]:
        """Return the ids that are shown."""
        if not self.repeats:
            return self.ids
        shown, recent = array("q"), deque[int](maxlen=NO_REPEAT)
        for post_id in self.ids:
            target = self.repeats.get(post_id, post_id)
            if target == post_id or target not in recent:
                shown.append(post_id)
                recent.append(target)
        return self.ids if len(shown) == len(self.ids) else shown

    def add(self, post_id: int, target_id: int) -> None:
        """Place a post, once; one from before what is kept belongs to the database."""
        if self.ids and post_id <= self.ids[-1]:
            self.insert(post_id, target_id)
            return
        is_repeat = target_id != post_id and target_id in self.newest_targets()
        if is_repeat and self.shown is self.ids:
            self.shown = self.ids[:]
        self.ids.append(post_id)
        if target_id != post_id:
            self.repeats[post_id] = target_id
        if self.shown is not self.ids and not is_repeat:
            self.shown.append(post_id)
        if len(self.ids) > KEPT + SLACK:
            self.trim()

    def insert(self, post_id: int, target_id: int) -> None:
        """Place a post among older ones."""
        place = bisect_left(self.ids, post_id)
        if self.ids[place] == post_id or (place == 0 and not self.is_whole):
            return
        self.ids.insert(place, post_id)
        if target_id != post_id:
            self.repeats[post_id] = target_id
        self.shown = self.without_repeats()

    def newest_targets(self) -> set[int]:
        """What the newest shown entries show."""
        return {self.repeats.get(post_id, post_id) for post_id in self.shown[-NO_REPEAT:]}

    def trim(self) -> None:
        """Forget the oldest entries."""
        is_same = self.shown is self.ids
        for post_id in self.ids[: len(self.ids) - KEPT]:
            self.repeats.pop(post_id, None)
        del self.ids[: len(self.ids) - KEPT]
        if not is_same:
            del self.shown[: bisect_left(self.shown, self.ids[0])]
        self.is_whole = False

    def shows(self, post_id: int) -> bool:
        """True when the post is there and not left out as a repeat."""
        return holds(self.shown, post_id)

    def remove(self, post_id: int) -> None:
        """Forget a post; what was left out because of it may show again."""
        if not holds(self.ids, post_id):
            return
        del self.ids[bisect_left(self.ids, post_id)]
        self.repeats.pop(post_id, None)
        self.shown = self.without_repeats()

    def page(self, window: Window) -> list[int] | None:
        """Return ids newest first, or None when the answer reaches below what is kept."""
        shown = self.shown
        low = bisect_left(shown, window.floor + 1)
        high = bisect_left(shown, window.before)
        if not self.is_whole and (not self.ids or window.floor < self.ids[0]):
            missing_below = window.goes_up or high - window.limit < 0
            if missing_below:
                return None
        if window.goes_up:
            found = shown[low : min(high, low + window.limit)]
        else:
            found = shown[max(low, high - window.limit) : high]
        return found[::-1].tolist()


def holds(ids: array[int], post_id: int) -> bool:
    """True when a rising array has the id."""
    place = bisect_left(ids, post_id)
    return place < len(ids) and ids[place] == post_id


def apply_late(home: Home, late: Iterable[tuple[int, int | None]]) -> None:
    """Do what came in while the home was read: (post, what it shows), None for a post that is gone."""
    for post_id, target in late:
        if target is None:
            home.remove(post_id)
        else:
            home.add(post_id, target)
