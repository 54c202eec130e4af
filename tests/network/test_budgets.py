"""How often one host is asked: a rate, turns, and rest for who is in trouble."""

import asyncio

import pytest

from rookery.network.budgets import MOST_HOSTS, HostBudgets
from rookery.network.outward import Budget, HostBusy

SLOW = Budget("slow", at_once=2, count=3, per_s=60)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def asks(budgets: HostBudgets, host: str, budget: Budget = SLOW) -> None:
    async with budgets.turn(host, budget):
        pass


async def test_a_host_is_asked_as_often_as_its_budget_says_and_again_when_time_has_passed():
    clock = Clock()
    budgets = HostBudgets(clock)
    for _ in range(3):
        await asks(budgets, "example.org")
    with pytest.raises(HostBusy) as busy:
        await asks(budgets, "example.org")
    assert busy.value.retry_after_s == 20
    await asks(budgets, "other.example")
    await asks(budgets, "example.org", Budget("else"))
    clock.now = 20
    await asks(budgets, "example.org")


async def test_only_so_many_speak_to_a_host_at_once():
    budgets, inside, most = HostBudgets(), 0, 0
    wide = Budget("wide", at_once=2, count=100)

    async def one() -> None:
        nonlocal inside, most
        async with budgets.turn("example.org", wide):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one() for _ in range(20)))
    assert most == 2


async def test_a_host_in_trouble_rests_longer_each_time_until_it_answers():
    clock = Clock()
    budgets = HostBudgets(clock)
    wide = Budget("wide", count=1000)
    pauses = []
    for _ in range(12):
        budgets.note_failure("example.org", wide)
        try:
            await asks(budgets, "example.org", wide)
            pauses.append(0)
        except HostBusy as busy:
            pauses.append(busy.retry_after_s)
            clock.now += busy.retry_after_s
    assert pauses == [0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    budgets.note_answer("example.org", wide)
    budgets.note_failure("example.org", wide)
    await asks(budgets, "example.org", wide)


async def test_a_host_that_asks_for_patience_gets_it_for_an_hour_at_most():
    clock = Clock()
    budgets = HostBudgets(clock)
    budgets.note_failure("example.org", SLOW, wait_s=10**8)
    with pytest.raises(HostBusy) as busy:
        await asks(budgets, "example.org")
    assert busy.value.retry_after_s == 3600


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2026-69132 / GHSA-fx98-wc5v-jrg5")])
async def test_a_million_invented_hosts_do_not_fill_the_memory(row):
    budgets = HostBudgets()
    for number in range(MOST_HOSTS + 5000):
        await asks(budgets, f"h{number}.evil.example")
    assert len(budgets.hosts) <= MOST_HOSTS
