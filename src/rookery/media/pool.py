"""The children of a box: started on first use, ended when idle, replaced when dead.

Owns: who is idle, who works, how many at once. Never: knows what they are asked for. Belongs to one event loop.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Generic

from rookery.media.confinement import Confinement
from rookery.media.errors import MediaBoxDown
from rookery.media.worker import Craft, Limits, Reply, Worker, start_worker

IDLE_S: Final = 60.0


class Pool(Generic[Reply]):
    """At most `children` at a time; further calls wait their turn.

    idle_s: a child unused for so long is ended; 0 ends it after every order.
    """

    def __init__(self, craft: Craft[Reply], limits: Limits, *, children: int = 1, idle_s: float = IDLE_S) -> None:
        self.craft, self.limits, self.idle_s = craft, limits, idle_s
        self._turns = asyncio.Semaphore(children)
        self._idle: list[Worker[Reply]] = []
        self._busy: set[Worker[Reply]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._is_open = False

    def open(self) -> None:
        """Begin to take orders. Starts no child: the first order does, about 0.3 s."""
        self._is_open = True

    async def close(self) -> None:
        """End every child and wait for it; an order in work gets MediaBoxDown. Harmless twice."""
        self._is_open = False
        idle, busy = [*self._idle], [*self._busy]
        self._idle.clear()
        for worker in busy:
            worker.strike()
        await asyncio.gather(*(worker.kill() for worker in idle), *(worker.process.wait() for worker in busy))
        while self._endings or self._busy:
            await asyncio.gather(*self._endings)
            await asyncio.sleep(0)

    @property
    def child_pids(self) -> tuple[int, ...]:
        """Of the children alive now, for metrics."""
        return tuple(one.process.pid for one in (*self._idle, *self._busy) if one.process.returncode is None)

    async def describe_confinement(self) -> Confinement:
        """Say which walls stand around a child on this machine; starts one if none is idle. Raises MediaBoxDown."""
        async with self._turns:
            worker = await self._take_worker()
            self._put_back(worker)
            return worker.confinement

    async def ask(self, order: object, descriptors: Sequence[int]) -> Reply:
        """Have one order fulfilled. Raises what Worker.fulfil raises."""
        async with self._turns:
            worker = await self._take_worker()
            try:
                answer = await worker.fulfil(order, descriptors)
            finally:
                self._put_back(worker)
            return answer

    async def _take_worker(self) -> Worker[Reply]:
        if not self._is_open:
            raise MediaBoxDown("the media box is closed")
        while self._idle:
            worker = self._idle.pop()
            worker.stop_idle_timer()
            if worker.is_usable:
                self._busy.add(worker)
                return worker
            await worker.kill()
        worker = await start_worker(self.limits, self.craft)
        self._busy.add(worker)
        if not self._is_open:
            self._put_back(worker)
            raise MediaBoxDown("the media box is closed")
        return worker

    def _put_back(self, worker: Worker[Reply]) -> None:
        self._busy.discard(worker)
        if not (worker.is_usable and self._is_open and self.idle_s > 0):
            self._end(worker)
            return
        self._idle.append(worker)
        worker.idle_timer = asyncio.get_running_loop().call_later(self.idle_s, self._retire, worker)

    def _retire(self, worker: Worker[Reply]) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            self._end(worker)

    def _end(self, worker: Worker[Reply]) -> None:
        ending = asyncio.get_running_loop().create_task(worker.kill())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
