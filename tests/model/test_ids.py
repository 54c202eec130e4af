"""Ids: rising, in two spellings of the same order, and only out of a parser."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.model import ids
from rookery.model.ids import (
    DOUBLE_GAP,
    MAX_ID,
    IdClock,
    InvalidId,
    datetime_from_us,
    doubles_of,
    floor_id,
    now_us,
    parse_id,
    parse_short_id,
    short_id,
    us_from_datetime,
    us_from_id,
)

VECTORS = Path(__file__).parents[1] / "vectors"
NUMBERS = st.integers(0, MAX_ID)


def vectors(name):
    lines = (VECTORS / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("raw", vectors("tid_syntax_valid.txt"))
def test_a_valid_tid_survives_the_trip(raw):
    assert short_id(parse_short_id(raw)) == raw


@pytest.mark.parametrize("raw", [*vectors("tid_syntax_invalid.txt"), "", "é" * 13, "3jzfcijpj2z2 ", "jzzzzzzzzzzzz"])
def test_an_invalid_tid_is_refused(raw):
    with pytest.raises(InvalidId):
        parse_short_id(raw)


@given(NUMBERS, NUMBERS)
def test_both_spellings_keep_the_order(one, other):
    assert parse_short_id(short_id(one)) == one
    assert parse_id(str(one)) == one
    assert (short_id(one) < short_id(other)) == (one < other)


@pytest.mark.parametrize(
    "raw", ["", " 1", "-1", "+1", "1_0", "1.0", "١", "²", "0x1", str(MAX_ID + 1), "9" * 19, "1" * 20]
)
def test_what_is_no_number_of_ours_is_refused(raw):
    with pytest.raises(InvalidId):
        parse_id(raw)


def test_ids_rise_when_the_clock_stands_still_or_steps_back(monkeypatch):
    clock, times = IdClock(5), iter([2_000_000, 2_000_000, 2_000_000, 1_000_000, 500, 9_000_000])
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(times))
    made = [clock.next_id() for _ in range(6)]
    assert made == sorted(set(made))
    assert [us_from_id(number) for number in made] == [2000, 2001, 2002, 2003, 2004, 9000]
    assert {number & 1023 for number in made} == {5}


def test_a_later_start_goes_on_above_what_was_made_though_the_clock_was_set_back(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: 9_000_000_000_000)
    newest = IdClock(900).next_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 2_000_000_000_000)
    clock = IdClock(5)
    assert clock.ahead_s() == 0
    clock.follow(newest)
    assert clock.ahead_s() == 7000
    assert newest < clock.next_id() < clock.next_ids(3) < clock.next_id()
    clock.follow(0)
    assert clock.next_id() > newest


def test_threads_share_a_clock_without_a_double():
    clock, made = IdClock(), []

    def make():
        own = [clock.next_id() for _ in range(2000)]
        assert own == sorted(own)
        made.extend(own)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 16_000


def test_an_id_of_a_past_moment_carries_it_and_one_of_the_future_is_now():
    clock, past = IdClock(), 1_600_000_000_000_000
    assert us_from_id(clock.id_at(past)) == past
    assert us_from_id(clock.id_at(-5)) == 0
    assert us_from_id(clock.id_at(2**60)) <= now_us()
    assert floor_id(past) <= clock.id_at(past) < floor_id(past + 1)


@given(st.integers(0, 2**51))
def test_moments_survive_the_trip(moment_us):
    assert us_from_datetime(datetime_from_us(moment_us)) == moment_us


@given(st.integers(0, MAX_ID - DOUBLE_GAP))
def test_an_id_as_a_double_is_near_and_names_no_other_of_the_same_clock(number):
    nearest = doubles_of(number)
    assert all(abs(number - one) <= DOUBLE_GAP for one in nearest)
    assert nearest.isdisjoint(doubles_of(number + (1 << ids.CLOCK_BITS)))


def test_a_double_is_printed_as_script_prints_it():
    assert 1838371290897062000 in doubles_of(1838371290897061778)  # String(1838371290897061778) in a browser
    assert doubles_of(4711) == {4711}
