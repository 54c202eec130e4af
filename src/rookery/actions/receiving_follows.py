"""Taking in what far people are to ours: follows, answers to follows, blocks.

Owns: those. The steps of a follow are those of actions/follows.py; a consent to what nobody asked for changes nothing,
so that no server can make people follow. Each is harmless the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.actions.app import App, record_event
from rookery.actions.follows import count_follow, end_follow, lift_block, raise_block, take_answer
from rookery.actions.naming import find_account_named, is_ours
from rookery.actions.receiving import get_sender
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.events import FollowChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.incoming import check_uri
from rookery.storage import accounts, far_accounts, relations, waiting
from rookery.storage.database import Reader, Transaction
from rookery.storage.relations import Follow


class FollowAnswer(StrEnum):
    """What a far follower shall hear: yes, no, or nothing until the person has decided."""

    ACCEPT = "accept"
    REJECT = "reject"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class FollowOutcome:
    """What came of a far follow. is_told: the event of the change brings the answer, so nobody else needs to."""

    answer: FollowAnswer
    followed_id: AccountId
    follower_id: AccountId
    is_told: bool = False


async def get_local(app: App, reader: Reader, uri: str) -> Account:
    """Return one of our accounts, present. Raises AccountNotFound."""
    account = await find_account_named(app, reader, uri) if is_ours(app, uri) else None
    if account is None or account.suspended_at_us:
        raise AccountNotFound
    return account


@repeatable
async def receive_follow(app: App, followed_uri: str, *, by_uri: str, uri: str = "") -> FollowOutcome:
    """Let a far account follow one of ours, or ask; return what it shall be told. uri: of the follow itself.

    Whoever is blocked, by name or with their server, or has ended the follow before it came, is told no. A limited
    account asks even where others need not. Raises AccountNotFound, and what get_sender raises.
    """
    check_uri(uri or followed_uri)
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        followed = await get_local(app, tx, followed_uri)
        await accounts.lock_accounts(tx, sender.id, followed.id)
        if await waiting.take_undone(tx, uri, sender.id) or not await is_welcome(tx, sender, followed):
            return FollowOutcome(FollowAnswer.REJECT, followed.id, sender.id)
        await far_accounts.put_follow_uri(tx, sender.id, followed.id, uri)
        before = await relations.find_follow(tx, sender.id, followed.id)
        if before is None:
            await begin_follow(app, tx, sender, followed, uri)
        after = await relations.find_follow(tx, sender.id, followed.id)
    answer = FollowAnswer.ACCEPT if after and after.state == "active" else FollowAnswer.LATER
    return FollowOutcome(answer, followed.id, sender.id, is_told=before is None)


async def is_welcome(reader: Reader, sender: Account, followed: Account) -> bool:
    """True when no block stands between the two, from either side, and the followed one still lives here."""
    relation = (await relations.list_relations(reader, followed.id, [sender.id], now_us()))[sender.id]
    is_apart = relation.is_blocking or relation.is_blocked_by or relation.is_domain_blocking
    return not is_apart and followed.moved_to_id is None


async def begin_follow(app: App, tx: Transaction, sender: Account, followed: Account, uri: str) -> None:
    """Store a new follow or request."""
    state = "requested" if followed.is_locked or sender.silenced_at_us else "active"
    follow = Follow(sender.id, followed.id, app.ids.next_id(), state)
    await relations.put_follow(tx, follow)
    if state == "active":
        await count_follow(tx, sender.id, followed.id, 1)
    event = FollowChanged(sender.id, followed.id, state, is_new=True, follow_id=follow.id, uri=uri)
    await record_event(app, tx, event)


@repeatable
async def receive_unfollow(app: App, followed_uri: str, *, by_uri: str, uri: str = "") -> None:
    """End a far follow or request; one that has not come is refused when it does."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        followed = await get_local(app, tx, followed_uri)
        await accounts.lock_accounts(tx, sender.id, followed.id)
        if await relations.find_follow(tx, sender.id, followed.id) is None:
            await waiting.note_undone(tx, uri, sender.id, now_us())
        await end_follow(app, tx, sender.id, followed.id)


@repeatable
async def receive_follow_answer(app: App, follower_uri: str, answer: FollowAnswer, *, by_uri: str) -> bool:
    """Take a far account's yes or no to one of ours; False when nobody asked. A no also ends what was a yes."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        follower = await get_local(app, tx, follower_uri)
        if await relations.find_follow(tx, follower.id, sender.id) is None:
            return False
        await take_answer(app, tx, sender.id, follower.id, answer.value)
    return True


@repeatable
async def receive_block(app: App, blocked_uri: str, *, by_uri: str, uri: str = "") -> bool:
    """Keep one of ours from a far account that blocks them; False when the block ended before it came."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        blocked = await get_local(app, tx, blocked_uri)
        if await waiting.take_undone(tx, uri, sender.id):
            return False
        await raise_block(app, tx, sender.id, blocked.id)
    return True


@repeatable
async def receive_unblock(app: App, blocked_uri: str, *, by_uri: str, uri: str = "") -> None:
    """End a far account's block; one that has not come does nothing when it does."""
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        blocked = await get_local(app, tx, blocked_uri)
        if not await lift_block(app, tx, sender.id, blocked.id):
            await waiting.note_undone(tx, uri, sender.id, now_us())
