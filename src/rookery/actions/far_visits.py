"""Planning visits to other servers: newest posts, a whole thread, a quoted post, a fresh look at an account.

Owns: how often at most, and the jobs' kinds. Never: asks another server; whoever speaks to a network carries the jobs
out. Planning is harmless again and again, and costs one read while a visit is recent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.ids import AccountId, PostId, now_us
from rookery.storage import far_visits, jobs, posts

SECOND_US = 1_000_000
KEPT_US = 30 * 86_400 * SECOND_US


class Visit(StrEnum):
    """What is brought, by the kind of its job."""

    PROFILE = "FetchProfile"
    THREAD = "FetchThread"
    ORIGIN = "FetchOrigin"
    ACCOUNT = "RefreshAccount"
    QUOTE = "FetchQuote"
    RELAYED = "FetchRelayed"


# At most one visit of a subject in so many seconds.
EVERY_S = {
    Visit.PROFILE: 86_400,
    Visit.THREAD: 300,
    Visit.ORIGIN: 300,
    Visit.ACCOUNT: 6 * 3600,
    Visit.QUOTE: 60,
}


async def plan_profile(app: App, account_id: AccountId) -> bool:
    """Have an account's posts and counts brought; False when that was planned lately."""
    return await plan_visit(app, Visit.PROFILE, account_id, {"account_id": account_id})


async def plan_refresh(app: App, account_id: AccountId) -> bool:
    """Have an account looked at again; False when that was planned lately."""
    return await plan_visit(app, Visit.ACCOUNT, account_id, {"account_id": account_id})


async def plan_thread(app: App, post_id: PostId, *, is_read: bool = True) -> bool:
    """Have the thread of a post brought; False when that was planned lately, or it begins here.

    is_read: somebody reads it; otherwise only what the post answers and quotes is wanted, and what is next to them.
    """
    post = await posts.find_post(app.db.reader, post_id)
    if post is None or (post.is_local and post.reply_to_id is None):
        return False
    kind = Visit.THREAD if is_read else Visit.ORIGIN
    return await plan_visit(app, kind, post.thread_id, {"post_id": post.id, "thread_id": post.thread_id})


async def plan_quote(app: App, post_id: PostId, quoted_uri: str, consent_uri: str) -> bool:
    """Have what a far post quotes brought, and its proof looked at; False when that was planned a moment ago."""
    body = {"post_id": post_id, "quoted_uri": quoted_uri, "consent_uri": consent_uri}
    return await plan_visit(app, Visit.QUOTE, post_id, body)


@repeatable
async def plan_relayed(app: App, uri: str) -> None:
    """Have a post brought that a relay named; how many at most is for the caller to say."""
    async with app.db.transaction() as tx:
        await jobs.insert_job(tx, app.ids.next_id(), Visit.RELAYED, {"uri": uri})


async def plan_visit(app: App, kind: Visit, subject_id: int, body: dict[str, Any]) -> bool:
    """Plan a visit unless one is recent. body: of the job."""
    since = now_us() - EVERY_S[kind] * SECOND_US
    if await far_visits.is_planned(app.db.reader, kind, subject_id, since):
        return False
    return await claim_visit(app, kind, subject_id, body, since)


@repeatable
async def claim_visit(app: App, kind: Visit, subject_id: int, body: dict[str, Any], since_us: int) -> bool:
    """Write the plan and its job; of two at once, one does."""
    async with app.db.transaction() as tx:
        if not await far_visits.claim_visit(tx, kind, subject_id, now_us(), since_us):
            return False
        await jobs.insert_job(tx, app.ids.next_id(), kind, body)
    return True


@repeatable
async def note_progress(app: App, kind: Visit, subject_id: int, count: int, *, is_over: bool) -> None:
    """Write down how much a visit brought since the last note, and whether it is over."""
    async with app.db.transaction() as tx:
        if count:
            await far_visits.note_found(tx, kind, subject_id, count)
        if is_over:
            await far_visits.finish_visit(tx, kind, subject_id, now_us())


@repeatable
async def forget_visits(app: App) -> None:
    """Forget old plans; a chore."""
    async with app.db.transaction() as tx:
        await far_visits.forget_visits(tx, now_us() - KEPT_US)
