"""What other servers' people are to ours: Follow, Accept, Reject, Block, Flag, Move, and Undo of whatever was done.

Owns: from an activity to the action that receives it; how something is found that is undone or answered by its id
alone. Never: a rule of follows or reports (actions/receiving*.py).
"""

from __future__ import annotations

from rookery.actions.moves import receive_move
from rookery.actions.receiving_acts import receive_unlike, receive_unrepost
from rookery.actions.receiving_follows import (
    FollowAnswer,
    receive_block,
    receive_follow,
    receive_follow_answer,
    receive_unblock,
    receive_unfollow,
)
from rookery.actions.receiving_reports import receive_report
from rookery.activitypub.addresses import server_uri
from rookery.activitypub.handling_parts import Delivered, Hands, NotUnderstood, Unwanted
from rookery.activitypub.handling_quotes import is_answer_to_quote, take_quote_answer
from rookery.activitypub.reading_activities import Activity, Doing
from rookery.activitypub.relays import take_relay_answer, take_relay_follow
from rookery.activitypub.wire import FediverseWire
from rookery.model.accounts import AccountNotFound
from rookery.storage.accounts import find_account
from rookery.storage.far_accounts import find_followed_by_uri

FOLLOW_MARK = "#follows/"
ANSWERS = {FollowAnswer.ACCEPT: "Accept", FollowAnswer.REJECT: "Reject"}


async def take_follow(hands: Hands, delivered: Delivered) -> None:
    """Somebody wants to follow one of ours; the answer goes out with the event of the change, or by itself."""
    activity = delivered.activity
    if not hands.is_ours(activity.object_uri):
        raise Unwanted
    if activity.object_uri == server_uri(hands.app.settings.base_url):
        if not await take_relay_follow(hands.app, delivered.actor, activity.uri):
            raise Unwanted
        return
    await hands.meet(delivered)
    outcome = await receive_follow(hands.app, activity.object_uri, by_uri=delivered.by_uri, uri=activity.uri)
    kind = ANSWERS.get(outcome.answer)
    if kind is None or outcome.is_told:
        return
    for wire in hands.app.wires:
        if isinstance(wire, FediverseWire):
            await wire.answer_follow(kind, outcome.followed_id, outcome.follower_id, activity.uri)


async def take_accept(hands: Hands, delivered: Delivered) -> None:
    """A yes to what one of ours asked, or the server of a relay: to follow, or to quote."""
    if await is_of_relay(hands, delivered, "accept"):
        return
    if is_answer_to_quote(delivered.activity):
        await take_quote_answer(hands, delivered, is_accepted=True)
        return
    await take_answer(hands, delivered, FollowAnswer.ACCEPT)


async def take_reject(hands: Hands, delivered: Delivered) -> None:
    """A no, also after a yes."""
    if await is_of_relay(hands, delivered, "reject"):
        return
    if is_answer_to_quote(delivered.activity):
        await take_quote_answer(hands, delivered, is_accepted=False)
        return
    await take_answer(hands, delivered, FollowAnswer.REJECT)


async def is_of_relay(hands: Hands, delivered: Delivered, answer: str) -> bool:
    """True when it answers what the server asked a relay, and is done."""
    inner = delivered.activity.inner
    follow_uri = inner.uri if inner is not None else delivered.activity.object_uri
    return await take_relay_answer(hands.app, delivered.actor, follow_uri, answer)


async def take_answer(hands: Hands, delivered: Delivered, answer: FollowAnswer) -> None:
    """An answer to a follow, which is told whole or named by its id. Raises NotUnderstood."""
    activity = delivered.activity
    if delivered.account is None:
        raise Unwanted
    await receive_follow_answer(hands.app, follower_of(activity), answer, by_uri=delivered.by_uri)


def follower_of(activity: Activity) -> str:
    """Return who asked to follow. Raises NotUnderstood for an answer to something else."""
    inner = activity.inner
    if inner is not None and inner.doing is Doing.FOLLOW:
        return inner.actor_uri
    actor, mark, _ = activity.object_uri.partition(FOLLOW_MARK)
    if inner is None and mark:
        return actor
    raise NotUnderstood("this answers nothing that was asked from here")


async def take_block(hands: Hands, delivered: Delivered) -> None:
    """Somebody keeps one of ours away."""
    activity = delivered.activity
    if not hands.is_ours(activity.object_uri):
        raise Unwanted
    await hands.meet(delivered)
    await receive_block(hands.app, activity.object_uri, by_uri=delivered.by_uri, uri=activity.uri)


async def take_flag(hands: Hands, delivered: Delivered) -> None:
    """A report about one of ours."""
    report = delivered.activity.report
    if report is None:
        raise NotUnderstood("a report without anybody in it")
    await hands.meet(delivered)
    await receive_report(hands.app, report, by_uri=delivered.by_uri)


async def take_move(hands: Hands, delivered: Delivered) -> None:
    """Somebody goes to another account, which must say so too: what it says is fetched now."""
    if delivered.account is None:
        raise Unwanted
    target = delivered.activity.target_uri
    if not hands.is_ours(target):
        await hands.get_account(target, fresh=True)
    await receive_move(hands.app, target, by_uri=delivered.by_uri)


async def take_undo(hands: Hands, delivered: Delivered) -> None:
    """The end of something, told whole or named by its id. Raises Unwanted, NotUnderstood."""
    delivered = await hands.meet_early(delivered)
    inner, by_uri = delivered.activity.inner, delivered.by_uri
    if inner is None:
        await undo_by_id(hands, delivered)
        return
    match inner.doing:
        case Doing.FOLLOW:
            await receive_unfollow(hands.app, inner.object_uri, by_uri=by_uri, uri=inner.uri)
        case Doing.LIKE | Doing.REACT:
            await receive_unlike(hands.app, inner.object_uri, by_uri=by_uri, uri=inner.uri)
        case Doing.ANNOUNCE:
            await receive_unrepost(hands.app, inner.object_uri, by_uri=by_uri, uri=inner.uri)
        case Doing.BLOCK:
            await receive_unblock(hands.app, inner.object_uri, by_uri=by_uri, uri=inner.uri)
        case Doing.ACCEPT:
            await receive_follow_answer(hands.app, follower_of(inner), FollowAnswer.REJECT, by_uri=by_uri)
        case _:
            raise NotUnderstood(f"an Undo of {inner.doing.value} means nothing here")


async def undo_by_id(hands: Hands, delivered: Delivered) -> None:
    """Find what has an id among what its actor did: a follow, else a repost, else what has not come yet."""
    if delivered.account is None:
        raise Unwanted
    uri, by_uri = delivered.activity.object_uri, delivered.by_uri
    followed_id = await find_followed_by_uri(hands.reader, delivered.account.id, uri)
    if followed_id is None:
        await receive_unrepost(hands.app, "", by_uri=by_uri, uri=uri)
        return
    followed = await find_account(hands.reader, followed_id)
    if followed is None:
        raise AccountNotFound
    base_url = hands.app.settings.base_url
    await receive_unfollow(hands.app, f"{base_url}/@{followed.username}", by_uri=by_uri, uri=uri)
