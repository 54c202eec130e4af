"""Reading far back without sorting a whole history: windows of time that grow until enough posts are found.

Owns: read_spans. A page of somebody's many authors is a sort of everything they wrote in the window; a window of hours
is small, and each miss makes the next one up to six times longer, so an empty corner costs a handful of queries. Where
the last window held enough to guess from, the next is only as long as what is missing seems to need. The newest window
has no end: after a clock was set back, ids are ahead of it (model/ids.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from rookery.model.ids import floor_id, now_us, us_from_id
from rookery.model.paging import Window

Entry = TypeVar("Entry")
Fetch = Callable[[Window], Awaitable[list[Entry]]]
HOUR_US = 3600 * 1_000_000
GROWTH = 6
MARGIN = 1.5  # the past is mostly a little quieter than what was just read


async def read_spans(fetch: Fetch[Entry], window: Window, first_span_us: int) -> list[Entry]:
    """Return the entries of a window, newest first. fetch: reads one smaller window, newest first."""
    if window.goes_up:
        return (await read_up(fetch, window, first_span_us))[::-1]
    found: list[Entry] = []
    span_us = first_span_us
    top, newest = window.before, floor_id(now_us() + HOUR_US)
    while len(found) < window.limit and top > window.floor + 1:
        bottom = max(window.floor, floor_id(us_from_id(min(top, newest)) - span_us))
        part = await fetch(Window(window.limit - len(found), top, bottom))
        found += part
        top, span_us = bottom + 1, next_span(span_us, len(part), window.limit - len(found), first_span_us)
    return found


def next_span(span_us: int, found_count: int, missing_count: int, first_span_us: int) -> int:
    """Return how long the next window is, from what one of span_us held."""
    if not found_count:
        return span_us * GROWTH
    wanted_us = int(span_us * missing_count / found_count * MARGIN)
    return min(span_us * GROWTH, max(first_span_us, wanted_us))


async def read_up(fetch: Fetch[Entry], window: Window, first_span_us: int) -> list[Entry]:
    """Read upward from `above`, oldest first."""
    found: list[Entry] = []
    span_us = first_span_us
    bottom, newest = window.floor, floor_id(now_us() + HOUR_US)
    while len(found) < window.limit and bottom < window.before - 1:
        top = min(window.before, floor_id(us_from_id(bottom) + span_us) + 1)
        if bottom == 0 or top > newest:
            top = window.before
        part = await fetch(Window(window.limit - len(found), top, above=bottom))
        found += part[::-1]
        bottom, span_us = top - 1, next_span(span_us, len(part), window.limit - len(found), first_span_us)
    return found
