"""The jobs that bring threads and profiles, and look at accounts again.

Owns: visit_handlers. Each job may run twice; a visit that could not be made is tried a few times and then left: the
next person who looks plans another one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from rookery.actions.far_visits import Visit
from rookery.actions.jobs import JobHandler
from rookery.activitypub.allowances import Allowance
from rookery.activitypub.fetching import FILLING
from rookery.activitypub.profiles import ProfileVisit
from rookery.activitypub.remote import Remote, RemoteUnavailable
from rookery.activitypub.threads import ThreadVisit
from rookery.model.errors import Refusal
from rookery.model.ids import AccountId, PostId
from rookery.storage.accounts import find_account
from rookery.storage.jobs import Job

MOST_TRIES = 4


def visit_handlers(remote: Remote) -> Mapping[str, JobHandler]:
    """Return the handlers of this room's jobs, for actions/jobs.py."""

    async def bring_thread(job: Job) -> None:
        visit = ThreadVisit(remote, job.body["thread_id"], Allowance())
        await once_more(job, visit.run(PostId(job.body["post_id"])))

    async def bring_profile(job: Job) -> None:
        await ProfileVisit(remote, Allowance()).run(AccountId(job.body["account_id"]))

    async def refresh(job: Job) -> None:
        account = await find_account(remote.app.db.reader, job.body["account_id"])
        if account is not None and account.uri:
            await once_more(job, remote.get_account(account.uri, fresh=True, budget=FILLING))

    return {Visit.THREAD: bring_thread, Visit.PROFILE: bring_profile, Visit.ACCOUNT: refresh}


async def once_more(job: Job, work: Awaitable[object]) -> None:
    """Do it; what may work later fails the job, a few times. Raises RemoteUnavailable."""
    try:
        await work
    except RemoteUnavailable:
        if job.attempt_count < MOST_TRIES:
            raise
    except Refusal:
        return
