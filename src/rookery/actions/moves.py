"""Accounts that move: their followers go with them.

Owns: move_away and come_back of our people, receive_move for those of other servers, and the job that takes followers
along. A move holds when both accounts say so: the old one asks, the new one names it among those that it also is.
Followers here move by the core's own follow, each as a change of its own, so that locked accounts are asked and blocks
hold; a job that stops begins again where nothing is done yet. Followers elsewhere are moved by their own servers, which
the wires tell (AccountMoved).
"""

from __future__ import annotations

from contextlib import suppress

from rookery.actions.aliases import uri_of
from rookery.actions.app import App, record_event
from rookery.actions.finding import find_by_handle, refresh_account
from rookery.actions.follows import FollowWishes, follow_account, unfollow_account
from rookery.actions.jobs import JobHandler
from rookery.actions.naming import find_account_named
from rookery.actions.proofs import check_fresh
from rookery.actions.receiving import get_sender
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.errors import NotAllowed, NotFound
from rookery.model.events import AccountChanged, AccountMoved
from rookery.model.ids import AccountId, now_us
from rookery.model.moves import DAY_US, REST_US, Move, MovedLately, MoveRefused, NobodyThere
from rookery.storage import accounts, far_accounts, jobs, moves, relations
from rookery.storage.database import Reader
from rookery.storage.jobs import Job

MOVE_FOLLOWERS = "MoveFollowers"
FAR_REST_US = 7 * DAY_US  # between two moves of one far account that we follow along
BATCH = 100


async def find_new_account(app: App, account_id: AccountId, handle: str) -> Account:
    """Return the account that one of ours wants to move to, as its server tells it now.

    Raises NobodyThere, Unavailable, MoveRefused, MovedLately.
    """
    found = await find_by_handle(app, handle)
    if found is None:
        raise NobodyThere(handle.strip()[:200])
    target = await refresh_account(app, found)
    me = await accounts.get_account(app.db.reader, account_id)
    await check_move(app, app.db.reader, me, target, now_us())
    return target


async def check_move(app: App, reader: Reader, me: Account, target: Account, now: int) -> None:
    """Raises MoveRefused, MovedLately unless one of ours may move to the target."""
    if target.id == me.id:
        raise MoveRefused("this is the account that you are signed in with; name the new one")
    if target.suspended_at_us:
        raise NobodyThere(f"@{target.handle}")
    if target.moved_to_id is not None:
        raise MoveRefused("the new account has moved away itself")
    if uri_of(app, me) not in await moves.list_told_aliases(reader, target):
        raise MoveRefused("the new account does not name this one as its alias yet; add it there first, then try again")
    last = await moves.find_last_move(reader, me.id)
    if last and now - last.moved_at_us < REST_US:
        raise MovedLately(last.moved_at_us, now)


async def move_away(app: App, account_id: AccountId, target_id: AccountId, *, session_id: int | None) -> Move:
    """Take the followers of one of ours to another account; posts stay. The caller has just found the target.

    Harmless the second time. Raises ProofNeeded, AccountNotFound, MoveRefused, MovedLately.
    """
    await check_fresh(app, account_id, session_id)
    return await carry_out_move(app, account_id, target_id)


@repeatable
async def carry_out_move(app: App, account_id: AccountId, target_id: AccountId) -> Move:
    """Set out: one transaction, with what the wires and the job of local followers need."""
    now = now_us()
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, account_id, target_id)
        me = await accounts.get_account(tx, account_id)
        last = await moves.find_last_move(tx, account_id)
        if last and last.undone_at_us is None and last.target_id == target_id == me.moved_to_id:
            return last
        await check_move(app, tx, me, await accounts.get_account(tx, target_id), now)
        move = Move(app.ids.next_id(), account_id, target_id, now, me.follower_count, None)
        await moves.undo_moves(tx, account_id, now)  # one that was going on ends with a new one
        await moves.insert_move(tx, move)
        await far_accounts.set_moved(tx, account_id, target_id)
        await record_event(app, tx, AccountChanged(account_id))
        await record_event(app, tx, AccountMoved(account_id, target_id, move.id))
        await jobs.insert_job(tx, app.ids.next_id(), MOVE_FOLLOWERS, {"from_id": account_id, "to_id": target_id})
    return move


@repeatable
async def come_back(app: App, account_id: AccountId) -> None:
    """Live here again; followers that have gone do not return by themselves. Harmless for who is here."""
    now = now_us()
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, account_id)
        me = await accounts.get_account(tx, account_id)
        await moves.undo_moves(tx, account_id, now)
        if me.moved_to_id is not None:
            await far_accounts.set_moved(tx, account_id, None)
            await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def receive_move(app: App, target_uri: str, *, by_uri: str) -> None:
    """Let a far account take its followers here to another account, ours or far. Harmless the second time.

    The wire fetches the target first, so that what it says is new. Raises AccountNotFound, MoveRefused, and what
    get_sender raises.
    """
    now = now_us()
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        target = await find_account_named(app, tx, target_uri)
        if target is None or target.suspended_at_us:
            raise AccountNotFound
        here = await far_accounts.find_far_account(tx, sender.id)
        names = await moves.list_told_aliases(tx, target)
        if here is None or by_uri not in names or target.id == sender.id:
            raise MoveRefused("the new account does not say that it is also this one")
        if target.moved_to_id is not None:
            raise MoveRefused("the new account has moved away itself")
        if here.moved_at_us and now - here.moved_at_us < FAR_REST_US:
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
