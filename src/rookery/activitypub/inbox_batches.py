"""Many small writes become one transaction: who comes while one is written shares the next.

Owns: that gathering. Never: knows what is written. A group is kept whole or not at all, and everybody in it hears how
it went; an addition is answered when it is on the disk, not before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_AT_ONCE = 100


class Batches(Generic[Item, Result]):
    """write: stores items and returns one result for each, in their order; whatever it raises, all of them hear."""

    def __init__(
        self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, most: int = MOST_AT_ONCE
    ) -> None:
        self.write, self.most = write, most
        self.waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self.writing: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """Return what became of an item, once it is written. Raises what `write` raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.waiting.append((item, future))
        if self.writing is None:
            self.writing = asyncio.create_task(self.work())
        return await future

    async def work(self) -> None:
        """Write group after group until nobody waits."""
        try:
            while self.waiting:
                group, self.waiting = self.waiting[: self.most], self.waiting[self.most :]
                await self.write_group(group)
        finally:
            self.writing = None

    async def write_group(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        """Write one group and tell those who still listen."""
        try:
            results = await self.write([item for item, _ in group])
        except BaseException as error:
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # who went away does not leave it unheard
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
