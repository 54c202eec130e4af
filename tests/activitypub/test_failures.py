"""What failed is remembered for a while and within bounds; many who wait for one thing share it."""

import asyncio

import pytest

from rookery.activitypub.failures import Failures, Flights, Lately
from rookery.model.errors import Unavailable


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_a_failure_is_told_again_until_its_time_has_passed():
    clock = Clock()
    failures = Failures(clock, spread=lambda: 1.0)
    failures.note("far", 60, Unavailable("away"))
    with pytest.raises(Unavailable, match="away"):
        failures.check("far")
    failures.check("other")
    clock.now += 61
    failures.check("far")


def test_failures_do_not_all_end_at_once():
    clock = Clock()
    failures = Failures(clock, spread=lambda: 0.0)
    failures.note("far", 60, Unavailable("away"))
    clock.now += 31
    failures.check("far")


def test_no_flood_of_failures_fills_the_memory():
    failures = Failures(Clock(), most=10)
    for number in range(100):
        failures.note(number, 60, Unavailable("away"))
    assert list(failures.known) == list(range(90, 100))
    lately = Lately(60, Clock(), most=10)
    assert all(lately.is_new(number) for number in range(100))
    assert len(lately.done) == 10


def test_something_is_new_once_in_a_while():
    clock = Clock()
    lately = Lately(60, clock)
    assert [lately.is_new("a"), lately.is_new("a"), lately.is_new("b")] == [True, False, True]
    clock.now += 61
    assert lately.is_new("a")


async def test_many_wait_for_one_and_who_leaves_takes_nothing_along():
    flights, gate, begun = Flights(), asyncio.Event(), []

    async def work():
        begun.append(1)
        await gate.wait()
        return "done"

    first, second = (asyncio.create_task(flights.join("key", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == "done"
    assert (len(begun), flights.under_way) == (1, {})


async def test_a_failure_reaches_everybody_who_waits():
    flights = Flights()

    async def work():
        raise Unavailable("away")

    outcomes = await asyncio.gather(*(flights.join("key", work) for _ in range(3)), return_exceptions=True)
    assert [str(one) for one in outcomes] == ["away"] * 3


async def test_what_is_under_way_ends_with_the_server():
    flights = Flights()
    waiting = asyncio.create_task(flights.join("key", asyncio.Event().wait))
    await asyncio.sleep(0)
    await flights.end()
    with pytest.raises(asyncio.CancelledError):
        await waiting
