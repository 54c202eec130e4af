"""Reading far back in windows of time: nothing is missed, and little is read for nothing."""

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
