"""Pages in windows of time: whole and in order, however far back, and also when ids are ahead of the clock."""

import pytest

from rookery.model.ids import floor_id, now_us
from rookery.model.paging import Window
from rookery.timelines.spans import read_spans

HOUR_US = 3600 * 1_000_000
HOURS = [-5000, -4000, -26, -25, -2, -1, 0, 2, 3, 100_000]


class Shelf:
    """Entries at some hours from now. reads: how often it was looked at."""

    def __init__(self) -> None:
        self.ids = [floor_id(now_us() + hours * HOUR_US) + 1 for hours in HOURS]
        self.reads = 0

    async def fetch(self, window):
        self.reads += 1
        inside = [one for one in self.ids if window.floor < one < window.before]
        return (inside[: window.limit] if window.goes_up else inside[-window.limit :])[::-1]


@pytest.mark.parametrize("limit", [1, 3, 20])
async def test_pages_downward_leave_nothing_out_also_of_what_is_ahead_of_the_clock(limit):
    shelf, found, window = Shelf(), [], Window(limit)
    while page := await read_spans(shelf.fetch, window, HOUR_US):
        assert page == sorted(page, reverse=True)
        found += page
        window = Window(limit, before=page[-1])
    assert found == shelf.ids[::-1]


@pytest.mark.parametrize("limit", [1, 3, 20])
async def test_pages_upward_leave_nothing_out_also_of_what_is_ahead_of_the_clock(limit):
    shelf, found, window = Shelf(), [], Window(limit, above=0)
    while page := await read_spans(shelf.fetch, window, HOUR_US):
        found += page[::-1]
        window = Window(limit, above=page[0])
    assert found == shelf.ids


async def test_bounds_hold_and_the_newest_page_is_one_look():
    shelf = Shelf()
    inside = Window(20, before=shelf.ids[-2], after=shelf.ids[1])
    assert await read_spans(shelf.fetch, inside, HOUR_US) == shelf.ids[2:-2][::-1]
    upward = Window(2, before=shelf.ids[4], above=shelf.ids[1])
    assert await read_spans(shelf.fetch, upward, HOUR_US) == shelf.ids[2:4][::-1]
    shelf.reads = 0
    assert await read_spans(shelf.fetch, Window(4), 2 * HOUR_US) == shelf.ids[-4:][::-1]
    assert shelf.reads == 1
