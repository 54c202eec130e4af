"""Planning visits to other servers: a person's newest posts, a whole thread, a fresh look at an account.

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
    ACCOUNT = "RefreshAccount"


# At most one visit of a subject in so many seconds.
EVERY_S = {Visit.PROFILE: 86_400, Visit.THREAD: 300, Visit.ACCOUNT: 6 * 3600}


async def plan_profile(app: App, account_id: AccountId) -> bool:
    """Have an account's posts and counts brought; False when that was planned lately."""
    return await plan_visit(app, Visit.PROFILE, account_id, {"account_id": account_id})


async def plan_refresh(app: App, account_id: AccountId) -> bool:
    """Have an account looked at again; False when that was planned lately."""
    return await plan_visit(app, Visit.ACCOUNT, account_id, {"account_id": account_id})


async def plan_thread(app: App, post_id: PostId) -> bool:
    """Have the thread of a post brought; False when that was planned lately, or it begins here."""
    post = await posts.find_post(app.db.reader, post_id)
    if post is None or (post.is_local and post.reply_to_id is None):
        return False
    return await plan_visit(app, Visit.THREAD, post.thread_id, {"post_id": post.id, "thread_id": post.thread_id})


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
