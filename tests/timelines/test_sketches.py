"""Counting different accounts in little memory."""

import pytest

from rookery.timelines.sketches import SIZE, Sketch

SALT = b"0123456789abcdef"


def counted(accounts, *, sketch=None) -> float:
    sketch = sketch or Sketch()
    return sum(sketch.add(account, SALT) for account in accounts)


def test_up_to_its_size_a_sketch_counts_exactly_and_each_account_once():
    assert counted([*range(SIZE), *range(SIZE)]) == SIZE


@pytest.mark.parametrize("accounts", [1_000, 50_000])
def test_beyond_its_size_it_is_right_within_a_fifth_and_stays_one_kibibyte(accounts):
    sketch = Sketch()
    count = counted(range(accounts), sketch=sketch)
    assert abs(count - accounts) < accounts / 5
    assert len(sketch.pack()) == SIZE * 8
    assert counted(range(accounts), sketch=sketch) == 0


def test_a_sketch_goes_on_where_it_was_packed():
    whole, half = Sketch(), Sketch()
    once = counted(range(3000), sketch=whole)
    first = counted(range(1500), sketch=half)
    assert first + counted(range(3000), sketch=Sketch(half.pack())) == pytest.approx(once)


def test_another_server_has_other_hashes():
    one, other = Sketch(), Sketch()
    one.add(7, SALT)
    other.add(7, b"another salt....")
    assert one.pack() != other.pack()
