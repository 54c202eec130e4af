"""Following, and its ends: consent, refusal, blocks and mutes.

Owns: the steps of a follow, and what a block undoes. An account with is_locked decides on each request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rookery.actions.app import App, record_event
from rookery.actions.discovery import end_endorsement
from rookery.actions.lists import leave_lists
from rookery.actions.moved import check_not_moved
from rookery.actions.quotes import end_quotes_between
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.events import FollowChanged, RelationChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.posts import LANGUAGE_SHAPE
from rookery.storage import accounts, far_accounts, relations
from rookery.storage.database import Transaction
from rookery.storage.relations import Follow

MAX_NOTE_CHARACTERS = 2000
MAX_LANGUAGE_COUNT = 100
LONGEST_MUTE_S = 100 * 366 * 86_400  # longer ones end when nobody is here to see

# A follow. A pair missing here raises IllegalStep.
FOLLOW_STEPS = {
    ("requested", "accept"): "active",
    ("requested", "reject"): "gone",
    ("active", "accept"): "active",  # consent given twice is harmless
    ("active", "reject"): "gone",
}


class FollowRefused(NotAllowed):
    """The other side blocks the asker, or the asker blocks them, or it is oneself."""


class RequestNotFound(NotFound):
    """Nobody of that id asked to follow."""

    def __init__(self) -> None:
        super().__init__("no such follow request")


class NoteTooLong(Invalid):
    """A private note is over its limit."""

    def __init__(self) -> None:
        super().__init__(f"a note has at most {MAX_NOTE_CHARACTERS} characters")


class LanguagesRefused(Invalid):
    """A follow asks for what is no language."""

    def __init__(self) -> None:
        super().__init__(f"languages are codes like en, fr or pt-BR, at most {MAX_LANGUAGE_COUNT} of them")


@dataclass(frozen=True, slots=True)
class FollowWishes:
    """What the follower wants to see. None keeps what was."""

    shows_reposts: bool | None = None
    notifies: bool | None = None
    languages: tuple[str, ...] | None = None


@repeatable
async def follow_account(app: App, follower_id: AccountId, followed_id: AccountId, wishes: FollowWishes) -> Follow:
    """Follow, ask a locked account, or change the wishes of a follow.

    Raises AccountNotFound, FollowRefused, LanguagesRefused, MovedAway.
    """
    if follower_id == followed_id:
        raise FollowRefused("you cannot follow yourself")
    check_languages(wishes.languages or ())
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, follower_id, followed_id)
        target = await get_present(tx, followed_id)
        relation = (await relations.list_relations(tx, follower_id, [followed_id], now_us()))[followed_id]
        if relation.is_blocked_by or relation.is_blocking:
            raise FollowRefused("you cannot follow this account while one of you blocks the other")
        before = await relations.find_follow(tx, follower_id, followed_id)
        if before is None:
            await check_not_moved(tx, follower_id)
        asks = target.is_locked or not target.is_local  # another server answers for its people
        state = before.state if before else ("requested" if asks else "active")
        follow = Follow(
            follower_id,
            followed_id,
            before.id if before else app.ids.next_id(),
            state,
            shows_reposts=pick(wishes.shows_reposts, before.shows_reposts if before else True),
            notifies=pick(wishes.notifies, before.notifies if before else False),
            languages=before.languages if before and wishes.languages is None else (wishes.languages or ()),
        )
        await relations.put_follow(tx, follow)
        if before is None and state == "active":
            await count_follow(tx, follower_id, followed_id, 1)
        if follow != before:
            event = FollowChanged(follower_id, followed_id, state, is_new=before is None, follow_id=follow.id)
            await record_event(app, tx, event)
    return follow


def check_languages(languages: tuple[str, ...]) -> None:
    """Raises LanguagesRefused for what is no language, or for more of them than anybody reads."""
    if len(languages) > MAX_LANGUAGE_COUNT or not all(map(LANGUAGE_SHAPE.fullmatch, languages)):
        raise LanguagesRefused


def pick(wish: bool | None, otherwise: bool) -> bool:
    """The wish, or what was when there is none."""
    return otherwise if wish is None else wish


async def get_present(tx: Transaction, account_id: AccountId) -> Account:
    """Return an account that is not suspended. Raises AccountNotFound."""
    account = await accounts.get_account(tx, account_id)
    if account.suspended_at_us:
        raise AccountNotFound
    return account


async def count_follow(tx: Transaction, follower_id: AccountId, followed_id: AccountId, step: int) -> None:
    """Keep the counts of both sides true. The lower id first, as lock_accounts does."""
    for account_id in sorted((follower_id, followed_id)):
        is_followed = account_id == followed_id
        await accounts.count_followers(
            tx, account_id, followers=step if is_followed else 0, following=0 if is_followed else step
        )


async def unfollow_account(app: App, follower_id: AccountId, followed_id: AccountId) -> None:
    """End a follow or take a request back. Harmless without one. Raises AccountNotFound."""
    await part_accounts(app, follower_id, followed_id, follower_id)


@repeatable
async def part_accounts(app: App, follower_id: AccountId, followed_id: AccountId, by_id: AccountId) -> None:
    """End a follow, by either side. Raises AccountNotFound."""
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, follower_id, followed_id)
        await accounts.get_account(tx, followed_id)
        await end_follow(app, tx, follower_id, followed_id, by_id)


async def end_follow(
    app: App, tx: Transaction, follower_id: AccountId, followed_id: AccountId, by_id: AccountId | None = None
) -> None:
    """Remove a follow in any state and tell the log. by_id: who ends it; None means the follower."""
    before = await relations.find_follow(tx, follower_id, followed_id)
    if before is None or not await relations.delete_follow(tx, follower_id, followed_id):
        return
    if before.state == "active":
        await count_follow(tx, follower_id, followed_id, -1)
    await leave_lists(app, tx, follower_id, followed_id)
    await end_endorsement(app, tx, follower_id, followed_id)
    uri = await far_accounts.find_follow_uri(tx, follower_id, followed_id)
    await far_accounts.delete_follow_uri(tx, follower_id, followed_id)
    event = FollowChanged(follower_id, followed_id, "gone", by_id=by_id, follow_id=before.id, uri=uri)
    await record_event(app, tx, event)


@repeatable
async def answer_request(app: App, account_id: AccountId, follower_id: AccountId, answer: str) -> None:
    """Accept or reject somebody's request, or a follow that was accepted. answer: accept or reject.

    Raises RequestNotFound.
    """
    async with app.db.transaction() as tx:
        await take_answer(app, tx, account_id, follower_id, answer)


async def take_answer(app: App, tx: Transaction, account_id: AccountId, follower_id: AccountId, answer: str) -> None:
    """Take the step of FOLLOW_STEPS, inside the caller's transaction. Raises RequestNotFound."""
    await accounts.lock_accounts(tx, account_id, follower_id)
    follow = await relations.find_follow(tx, follower_id, account_id)
    if follow is None:
        raise RequestNotFound
    state = FOLLOW_STEPS[follow.state, answer]
    if state == "gone":
        await end_follow(app, tx, follower_id, account_id, account_id)
    elif follow.state != state:
        await relations.put_follow(tx, replace(follow, state=state))
        await count_follow(tx, follower_id, account_id, 1)
        uri = await far_accounts.find_follow_uri(tx, follower_id, account_id)
        event = FollowChanged(follower_id, account_id, state, by_id=account_id, follow_id=follow.id, uri=uri)
        await record_event(app, tx, event)


async def remove_follower(app: App, account_id: AccountId, follower_id: AccountId) -> None:
    """Make somebody stop following. Harmless when they do not. Raises AccountNotFound."""
    await part_accounts(app, follower_id, account_id, account_id)


@repeatable
async def block_account(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """Block: neither follows, quotes or sees the other any more. Raises AccountNotFound, FollowRefused."""
    if account_id == other_id:
        raise FollowRefused("you cannot block yourself")
    async with app.db.transaction() as tx:
        await raise_block(app, tx, account_id, other_id)


async def raise_block(app: App, tx: Transaction, account_id: AccountId, other_id: AccountId) -> None:
    """Block, inside the caller's transaction. Raises AccountNotFound."""
    await accounts.lock_accounts(tx, account_id, other_id)
    await accounts.get_account(tx, other_id)
    block_id = app.ids.next_id()
    if await relations.put_block(tx, account_id, other_id, block_id):
        await end_follow(app, tx, account_id, other_id, account_id)
        await end_follow(app, tx, other_id, account_id, account_id)
        await end_quotes_between(app, tx, account_id, other_id)
        await record_event(app, tx, RelationChanged(account_id, other_id, "block", True, relation_id=block_id))


@repeatable
async def unblock_account(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """End a block. Raises AccountNotFound."""
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        await lift_block(app, tx, account_id, other_id)


async def lift_block(app: App, tx: Transaction, account_id: AccountId, other_id: AccountId) -> bool:
    """End a block, inside the caller's transaction; False when there was none."""
    block_id = await relations.delete_block(tx, account_id, other_id)
    if not block_id:
        return False
    await record_event(app, tx, RelationChanged(account_id, other_id, "block", False, relation_id=block_id))
    return True


@repeatable
async def mute_account(
    app: App,
    account_id: AccountId,
    other_id: AccountId,
    *,
    hides_notifications: bool = True,
    lasts_s: int = 0,
) -> None:
    """Stop meeting somebody, who is not told. lasts_s: 0 for ever. Raises AccountNotFound, FollowRefused."""
    if account_id == other_id:
        raise FollowRefused("you cannot mute yourself")
    expires_at_us = now_us() + min(lasts_s, LONGEST_MUTE_S) * 1_000_000 if lasts_s > 0 else None
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        await relations.put_mute(
            tx,
            account_id,
            other_id,
            app.ids.next_id(),
            hides_notifications=hides_notifications,
            expires_at_us=expires_at_us,
        )
        await record_event(app, tx, RelationChanged(account_id, other_id, "mute", True))


@repeatable
async def unmute_account(app: App, account_id: AccountId, other_id: AccountId) -> None:
    """End a mute. Raises AccountNotFound."""
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        if await relations.delete_mute(tx, account_id, other_id):
            await record_event(app, tx, RelationChanged(account_id, other_id, "mute", False))


@repeatable
async def block_domain(app: App, account_id: AccountId, domain: str, *, is_on: bool) -> None:
    """Hide a whole server from one person, or show it again."""
    name = domain.strip().casefold()
    if not name or len(name) > 253 or "/" in name or "@" in name:
        raise Invalid("that is not the name of a server")
    async with app.db.transaction() as tx:
        if is_on:
            changed = await relations.put_blocked_domain(tx, account_id, name, app.ids.next_id())
        else:
            changed = await relations.delete_blocked_domain(tx, account_id, name)
        if changed:
            await record_event(app, tx, RelationChanged(account_id, None, "domain_block", is_on, name))


@repeatable
async def note_account(app: App, account_id: AccountId, other_id: AccountId, text: str) -> None:
    """Keep private words on somebody. Raises AccountNotFound, NoteTooLong."""
    if len(text) > MAX_NOTE_CHARACTERS:
        raise NoteTooLong
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, other_id)
        await relations.put_account_note(tx, account_id, other_id, text)
