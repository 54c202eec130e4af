"""What could not be had and what was done, remembered for a while, and waiting together for what is under way.

Owns: Failures and Lately (bounded), Flights. In memory alone. Never: decides what failed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from rookery.activitypub.signing import Clock
from rookery.model.errors import Refusal

MOST_FAILURES = 20_000


class Failures:
    """Errors by key until their time has passed. clock: seconds; spread: 0 to 1, so that not all end at once."""

    def __init__(
        self,
        clock: Clock = time.time,
        *,
        spread: Callable[[], float] = random.random,
        most: int = MOST_FAILURES,
    ) -> None:
        self.clock, self.spread, self.most = clock, spread, most
        self.known: dict[Hashable, tuple[float, Refusal]] = {}

    def check(self, key: Hashable) -> None:
        """Raises what went wrong with this key lately."""
        until, error = self.known.get(key, (0.0, None))
        if error is not None and until > self.clock():
            raise error.with_traceback(None)

    def note(self, key: Hashable, pause_s: float, error: Refusal) -> None:
        """Remember an error for half of pause_s to all of it; over the bound, what was noted first is forgotten."""
        self.known.pop(key, None)
        self.known[key] = self.clock() + pause_s * (1 + self.spread()) / 2, error
        while len(self.known) > self.most:
            del self.known[next(iter(self.known))]

    def forget(self, key: Hashable) -> None:
        """It went well."""
        self.known.pop(key, None)


class Lately:
    """What was done in the last `every_s` seconds, so that the database need not be asked. clock: seconds."""

    def __init__(self, every_s: float, clock: Clock = time.monotonic, *, most: int = MOST_FAILURES) -> None:
        self.every_s, self.clock, self.most = every_s, clock, most
        self.done: dict[Hashable, float] = {}

    def is_new(self, key: Hashable) -> bool:
        """True, once in a while, for a key."""
        now = self.clock()
        if self.done.get(key, now - self.every_s) > now - self.every_s:
            return False
        self.done.pop(key, None)
        self.done[key] = now
        while len(self.done) > self.most:
            del self.done[next(iter(self.done))]
        return True


class Flights:
    """Work that several wait for: one does it, and it goes on when who asked has left."""

    def __init__(self) -> None:
        self.under_way: dict[Hashable, asyncio.Task[Any]] = {}

    async def join(self, key: Hashable, begin: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return what the work under this key returns, beginning it when nobody has."""
        task = self.under_way.get(key)
        if task is None:
            task = self.under_way[key] = asyncio.create_task(begin())
            task.add_done_callback(lambda done: self.finish(key, done))
        return await asyncio.shield(task)

    def finish(self, key: Hashable, done: asyncio.Task[Any]) -> None:
        """Forget what is over; its error was told to whoever waited, and to nobody when they left."""
        self.under_way.pop(key, None)
        if not done.cancelled():
            done.exception()

    async def end(self) -> None:
        """Stop everything that is under way."""
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
