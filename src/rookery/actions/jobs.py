"""The loop that does jobs: claim, do, finish; try again later what failed.

Owns: the loop. Never: knows what a job does; a handler is passed in for each kind, and a kind without one waits. A job
may be done twice (a crash between doing and finishing), so a handler must be harmless a second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from rookery.actions.app import App
from rookery.model.errors import Unavailable
from rookery.storage import jobs
from rookery.storage.jobs import Job

LOG = logging.getLogger("rookery.jobs")
IDLE_S = 1.0
JobHandler = Callable[[Job], Awaitable[None]]


class JobHopeless(Exception):
    """A handler's word that trying again is of no use: the job is set aside at once."""


async def run_due_jobs(app: App, handlers: Mapping[str, JobHandler], *, limit: int = 20) -> int:
    """Claim and do up to `limit` due jobs, all at once; return how many there were."""
    if not handlers:
        return 0
    async with app.db.transaction() as tx:
        claimed = await jobs.claim_jobs(tx, sorted(handlers), limit=limit)
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


async def work_jobs(app: App, handlers: Mapping[str, JobHandler], stop: asyncio.Event) -> None:
    """Do jobs until `stop` is set; look for new ones every second. A broken database is waited for."""
    while not stop.is_set():
        try:
            found = await run_due_jobs(app, handlers)
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
