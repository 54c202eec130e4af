"""The jobs that bring threads, profiles and quotes, and look at accounts again.

Owns: visit_handlers, other_handlers. Each job may run twice; a visit that could not be made is tried a few times and
then left: the next person who looks plans another one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from rookery.actions.far_visits import Visit
from rookery.actions.jobs import JobHandler
from rookery.activitypub.allowances import Allowance
from rookery.activitypub.fetching import FILLING
from rookery.activitypub.handling_parts import Hands
from rookery.activitypub.handling_quotes import bring_quote
from rookery.activitypub.profiles import ProfileVisit
from rookery.activitypub.remote import Remote
from rookery.activitypub.threads import ThreadVisit
from rookery.model.errors import Refusal, Unavailable
from rookery.model.ids import AccountId, PostId
from rookery.storage.accounts import find_account
from rookery.storage.jobs import Job

MOST_TRIES = 4
MEANS: dict[Visit, Callable[[], Allowance]] = {
    Visit.THREAD: Allowance,
    Visit.ORIGIN: partial(Allowance, requests=60, of_one_host=45, items=200),
}


def visit_handlers(remote: Remote) -> Mapping[str, JobHandler]:
    """Return the handlers of this room's jobs, for actions/jobs.py."""

    async def bring_thread(job: Job) -> None:
        kind = Visit(job.kind)
        visit = ThreadVisit(remote, job.body["thread_id"], MEANS[kind](), kind)
        await once_more(job, visit.run(PostId(job.body["post_id"])))

    async def bring_profile(job: Job) -> None:
        await ProfileVisit(remote, Allowance()).run(AccountId(job.body["account_id"]))

    async def refresh(job: Job) -> None:
        account = await find_account(remote.app.db.reader, job.body["account_id"])
        if account is not None and account.uri:
            await once_more(job, remote.get_account(account.uri, fresh=True, budget=FILLING))

    handlers: dict[str, JobHandler] = {Visit.PROFILE: bring_profile, Visit.ACCOUNT: refresh}
    handlers |= {Visit.THREAD: bring_thread, Visit.ORIGIN: bring_thread}
    return handlers


def other_handlers(hands: Hands) -> Mapping[str, JobHandler]:
    """Return the handlers that bring what a far post quotes, with the proof that it may, and what a relay named."""

    async def bring(job: Job) -> None:
        body = job.body
        await once_more(job, bring_quote(hands, PostId(body["post_id"]), body["quoted_uri"], body["consent_uri"]))

    async def bring_relayed(job: Job) -> None:
        await once_more(job, hands.get_post(job.body["uri"]))

    return {Visit.RELAYED: bring_relayed, Visit.QUOTE: bring}


async def once_more(job: Job, work: Awaitable[object]) -> None:
    """Do it; what may work later fails the job, a few times. Raises Unavailable."""
    try:
        await work
    except Unavailable:
        if job.attempt_count < MOST_TRIES:
            raise
    except Refusal:
        return
