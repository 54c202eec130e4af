"""Reading in windows of time: nothing is missed, also what is ahead of the clock, and little is read for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rookery.model.ids import floor_id, now_us
from rookery.model.paging import Window
from rookery.timelines.spans import HOUR_US, read_spans

DAY_US = 24 * HOUR_US


class Past:
    """What was written, as a database would give it. held: how many entries lay in the windows that were read."""

    def __init__(self, ages_us):
        now = now_us()
        self.ids = sorted({floor_id(now - age) for age in ages_us}, reverse=True)
        self.held = self.reads = 0

    async def fetch(self, window):
        inside = [n for n in self.ids if window.floor < n < window.before]
        self.reads += 1
        self.held += len(inside)
        return inside[-window.limit :] if window.goes_up else inside[: window.limit]


AGES = some.lists(some.integers(0, 900 * DAY_US) | some.integers(0, 3 * DAY_US), max_size=60)


@given(AGES, some.integers(1, 40), some.sampled_from([6 * HOUR_US, 48 * HOUR_US]))
async def test_whatever_lies_in_the_past_is_read_newest_first(ages, limit, first_span_us):
    past = Past(ages)
    assert await read_spans(past.fetch, Window(limit), first_span_us) == past.ids[:limit]


@given(AGES.filter(bool), some.integers(1, 40), some.data())
async def test_reading_up_begins_right_above_where_one_stopped(ages, limit, drawn):
    past = Past(ages)
    stopped = drawn.draw(some.sampled_from(past.ids))
    newer = [n for n in past.ids if n > stopped]
    assert await read_spans(past.fetch, Window(limit, above=stopped), 6 * HOUR_US) == newer[-limit:]


async def test_who_follows_many_is_not_read_weeks_of_posts_for_a_few_days():
    past = Past(range(0, 90 * DAY_US, HOUR_US // 10))  # ten posts an hour
    assert len(await read_spans(past.fetch, Window(800), 48 * HOUR_US)) == 800
    assert past.held < 2 * 800


async def test_who_follows_few_is_read_far_back_in_a_handful_of_windows():
    past = Past(range(0, 700 * DAY_US, 9 * DAY_US))
    assert len(await read_spans(past.fetch, Window(60), 6 * HOUR_US)) == 60
    assert past.reads < 10


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
