"""The loop that does jobs: claim, do, finish; try again later what failed.

Owns: the loop. Never: knows what a job does; a handler is passed in for each kind, and a kind without one waits. A job
may be done twice (a crash between doing and finishing), so a handler must be harmless a second time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.errors import Unavailable
from rookery.storage import jobs
from rookery.storage.jobs import Job

LOG = logging.getLogger("rookery.jobs")
IDLE_S = 1.0
AT_ONCE = 20
JobHandler = Callable[[Job], Awaitable[None]]


class JobHopeless(Exception):
    """A handler's word that trying again is of no use: the job is set aside at once."""


async def run_due_jobs(app: App, handlers: Mapping[str, JobHandler], *, limit: int = AT_ONCE) -> int:
    """Claim and do up to `limit` due jobs, all at once; return how many there were."""
    if not handlers:
        return 0
    async with app.db.transaction() as tx:
        claimed = await jobs.claim_jobs(tx, sorted(handlers), limit=limit, worker=app.worker)
    await asyncio.gather(*(run_job(app, job, handlers[job.kind]) for job in claimed))
    return len(claimed)


async def run_job(app: App, job: Job, handler: JobHandler) -> None:
    """Do one claimed job and write down how it went."""
    try:
        await handler(job)
    except Exception as error:
        is_final = isinstance(error, JobHopeless)
        # What is only unavailable is expected to come back; anything else may be our mistake and is shown whole.
        LOG.warning("job %s %s failed: %s", job.id, job.kind, error, exc_info=not isinstance(error, Unavailable))
        async with app.db.transaction() as tx:
            await jobs.fail_job(tx, job, f"{type(error).__name__}: {error}", is_final=is_final)
        return
    async with app.db.transaction() as tx:
        await jobs.finish_job(tx, job)


@repeatable
async def resume_jobs(app: App) -> None:
    """Go on with what the last server of this name had in hand when it ended, before this one claims anything."""
    async with app.db.transaction() as tx:
        count = await jobs.resume_jobs(tx, app.worker)
    if count:
        LOG.info("%d jobs of the last server are taken up again", count)


class Pace:
    """How many jobs may be done: a few at once, and at most so many in a minute."""

    def __init__(self, per_minute: int, *, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute, self.at_once, self.clock = per_minute, at_once, clock
        self.minute, self.spent = 0, 0

    def left(self) -> int:
        """Return how many may be done now."""
        minute = int(self.clock() // 60)
        if minute != self.minute:
            self.minute, self.spent = minute, 0
        return min(self.at_once, self.per_minute - self.spent)

    def spend(self, count: int) -> None:
        """Note what was done."""
        self.spent += count


async def work_jobs(
    app: App, handlers: Mapping[str, JobHandler], stop: asyncio.Event, *, pace: Pace | None = None
) -> None:
    """Do jobs until `stop` is set; look for new ones every second. A broken database is waited for."""
    while not stop.is_set():
        try:
            limit = pace.left() if pace else AT_ONCE
            found = await run_due_jobs(app, handlers, limit=limit) if limit else 0
            if pace:
                pace.spend(found)
        except Unavailable as error:
            LOG.warning("jobs wait: %s", error)
            found = 0
        if not found:
            await pause(stop)


async def pause(stop: asyncio.Event) -> None:
    """Wait a second, or less when `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), IDLE_S)
    except TimeoutError:
        return
