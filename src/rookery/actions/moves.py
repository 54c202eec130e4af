"""Accounts that move: their followers go with them.

Owns: receive_move, and the job that takes followers along. A move holds when both accounts say so: the old one asks,
the new one names it among those that it also is. Followers move by the core's own follow, each as a change of its own,
so that locked accounts are asked and blocks hold; a job that stops begins again where nothing is done yet.
"""

from __future__ import annotations

from contextlib import suppress

from rookery.actions.app import App, record_event
from rookery.actions.follows import FollowWishes, follow_account, unfollow_account
from rookery.actions.jobs import JobHandler
from rookery.actions.naming import find_account_named
from rookery.actions.receiving import get_sender
from rookery.actions.repeating import repeatable
from rookery.model.accounts import AccountNotFound
from rookery.model.errors import NotAllowed, NotFound
from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId, now_us
from rookery.storage import far_accounts, jobs, relations
from rookery.storage.jobs import Job

MOVE_FOLLOWERS = "MoveFollowers"
REST_US = 7 * 86_400 * 1_000_000  # between two moves of one account
BATCH = 100


class MoveRefused(NotAllowed):
    """The new account does not name the old one, has moved itself, or the last move was a moment ago."""


@repeatable
async def receive_move(app: App, target_uri: str, *, by_uri: str) -> None:
    """Let a far account take its followers here to another far account. Harmless the second time.

    The wire fetches the target first, so that what it says is new. Raises AccountNotFound, MoveRefused, and what
    get_sender raises.
    """
    now = now_us()
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        target = await find_account_named(app, tx, target_uri)
        if target is None or target.suspended_at_us:
            raise AccountNotFound
        there = await far_accounts.find_far_account(tx, target.id)
        here = await far_accounts.find_far_account(tx, sender.id)
        if there is None or here is None or by_uri not in there.also_known_as or target.id == sender.id:
            raise MoveRefused("the new account does not say that it is also this one")
        if target.moved_to_id is not None:
            raise MoveRefused("the new account has moved away itself")
        if here.moved_at_us and now - here.moved_at_us < REST_US:
            if sender.moved_to_id == target.id:
                return
            raise MoveRefused("this account has moved a few days ago; a week lies between two moves")
        await far_accounts.set_moved(tx, sender.id, target.id)
        await far_accounts.note_move(tx, sender.id, now)
        await record_event(app, tx, AccountChanged(sender.id))
        await jobs.insert_job(tx, app.ids.next_id(), MOVE_FOLLOWERS, {"from_id": sender.id, "to_id": target.id})


def move_handlers(app: App) -> dict[str, JobHandler]:
    """Return the handler of this room's job, for actions/jobs.py."""

    async def move(job: Job) -> None:
        await move_followers(app, AccountId(job.body["from_id"]), AccountId(job.body["to_id"]))

    return {MOVE_FOLLOWERS: move}


async def move_followers(app: App, from_id: AccountId, to_id: AccountId) -> None:
    """Let everybody here who follows an account follow another one instead, with the same wishes."""
    after = 0
    while batch := await far_accounts.list_local_followers(app.db.reader, from_id, after, BATCH):
        for follower_id in batch:
            await move_follower(app, AccountId(follower_id), from_id, to_id)
        after = batch[-1]


async def move_follower(app: App, follower_id: AccountId, from_id: AccountId, to_id: AccountId) -> None:
    """Move one follow; who may not or does not want to follow the new account keeps the old one."""
    follow = await relations.find_follow(app.db.reader, follower_id, from_id)
    if follow is None:
        return
    wishes = FollowWishes(follow.shows_reposts, follow.notifies, follow.languages)
    with suppress(NotAllowed, NotFound):
        await follow_account(app, follower_id, to_id, wishes)
        await unfollow_account(app, follower_id, from_id)
