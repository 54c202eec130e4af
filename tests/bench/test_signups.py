"""Measuring sign-ups: the work of a browser, names that nobody has."""

from itertools import islice

from bench.signups import answer_task, new_names

from rookery.actions.work import zero_bits
from rookery.model.accounts import parse_username


def test_a_browser_finds_a_number_that_the_server_takes():
    answer = answer_task("task", 9)
    assert answer.isdigit()
    assert zero_bits("task", answer) >= 9


def test_names_are_good_and_new():
    names = list(islice(new_names(), 50))
    assert [parse_username(name) for name in names] == names
    assert len(set(names)) == 50
