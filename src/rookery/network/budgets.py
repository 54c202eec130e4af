"""How much we ask of one host: turns, a rate, and a pause for one that is in trouble (K1).

Owns: HostBudgets, in memory, bounded in number. Never: sleeps; whoever has to wait for longer than a turn is told when
to come back, and jobs do. Each process counts for itself.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from rookery.network.outward import Budget, HostBusy

MOST_HOSTS = 20_000
FAILURES_FREE = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30, 3600


@dataclass(slots=True)
class Standing:
    """What we know of one host for one purpose. level: of the bucket, at `at`; rests_until: on the clock."""

    turns: asyncio.Semaphore
    level: float = 0.0
    at: float = 0.0
    users: int = 0
    failures: int = 0
    rests_until: float = 0.0


class Turn:
    """One turn with a host, while it is entered."""

    def __init__(self, budgets: HostBudgets, host: str, budget: Budget) -> None:
        self.budgets, self.host, self.budget = budgets, host, budget

    async def __aenter__(self) -> None:
        self.standing = standing = self.budgets.standing_of(self.host, self.budget)
        self.budgets.count(self.host, standing, self.budget)
        standing.users += 1
        try:
            await standing.turns.acquire()
        except BaseException:
            standing.users -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self.standing.turns.release()
        self.standing.users -= 1


class HostBudgets:
    """The hosts that we spoke to lately. clock: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.hosts: dict[tuple[str, str], Standing] = {}

    def turn(self, host: str, budget: Budget) -> Turn:
        """Wait for a turn with a host: `async with`. Raises HostBusy when the rate is used up or the host rests."""
        return Turn(self, host, budget)

    def standing_of(self, host: str, budget: Budget) -> Standing:
        """Return what is known of a host, the newest last."""
        key = (budget.name, host)
        standing = self.hosts.pop(key, None) or Standing(asyncio.Semaphore(budget.at_once), at=self.clock())
        self.hosts[key] = standing
        if len(self.hosts) > MOST_HOSTS:
            self.forget_idle()
        return standing

    def forget_idle(self) -> None:
        """Drop the hosts that we spoke to longest ago, nobody is speaking to and that need no rest."""
        now = self.clock()
        idle = [key for key, one in self.hosts.items() if not one.users and one.rests_until <= now]
        for key in idle[: MOST_HOSTS // 10]:
            del self.hosts[key]
        for key in list(self.hosts)[: max(0, len(self.hosts) - 2 * MOST_HOSTS)]:
            del self.hosts[key]

    def count(self, host: str, standing: Standing, budget: Budget) -> None:
        """Count one request. Raises HostBusy."""
        now = self.clock()
        if standing.rests_until > now:
            raise HostBusy(host, math.ceil(standing.rests_until - now))
        rate = budget.count / budget.per_s
        standing.level = max(0.0, standing.level - (now - standing.at) * rate)
        standing.at = now
        if standing.level + 1 > budget.count:
            raise HostBusy(host, math.ceil((standing.level + 1 - budget.count) / rate))
        standing.level += 1

    def note_answer(self, host: str, budget: Budget) -> None:
        """The host is well."""
        self.standing_of(host, budget).failures = 0

    def note_failure(self, host: str, budget: Budget, *, wait_s: int = 0) -> None:
        """The host did not answer, or asked to wait for `wait_s` seconds: three times are free, then pauses double."""
        if not budget.rests:
            return
        standing = self.standing_of(host, budget)
        standing.failures += 1
        over = standing.failures - FAILURES_FREE
        pause_s = min(FIRST_PAUSE_S << min(over - 1, 10), LONGEST_PAUSE_S) if over > 0 else 0
        standing.rests_until = self.clock() + min(max(pause_s, wait_s), LONGEST_PAUSE_S)
