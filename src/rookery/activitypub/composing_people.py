"""What we say of people: follows and their answers, blocks, profiles, keys, moves, departures, reports; and to relays.

Owns: who hears of each. Never: packs, sends; the shapes are those of activities.py and actors.py.
Spec: https://www.w3.org/TR/activitypub/#server-to-server-interactions, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

from rookery.activitypub.accounts import describe, is_gone
from rookery.activitypub.activities import answer, block, delete_actor, flag, follow, move, undo, update_actor
from rookery.activitypub.addresses import actor_uri, post_uri, server_uri
from rookery.activitypub.desk import Desk
from rookery.activitypub.errands import NOTHING, Composed, Errand, Wait, decide_telling, digest_of
from rookery.activitypub.relays import relay_activity
from rookery.model.accounts import Account
from rookery.model.events import (
    AccountChanged,
    AccountMoved,
    AccountReported,
    AccountStandingChanged,
    FollowChanged,
    KeysRotated,
    RelationChanged,
    RelayChanged,
)
from rookery.model.ids import AccountId, now_us
from rookery.storage import inboxes, relations
from rookery.storage.accounts import find_account, list_accounts
from rookery.storage.database import Transaction
from rookery.storage.posts import list_posts
from rookery.storage.reports import list_reports_by_id

PROFILE_PAUSE_S = 20  # who works on a profile saves it often


async def find_pair(desk: Desk, one_id: AccountId, other_id: AccountId) -> tuple[Account, Account] | None:
    """Return two accounts when the first is ours and not gone, and the second is not ours."""
    found = await list_accounts(desk.reader, [one_id, other_id])
    one, other = found.get(one_id), found.get(other_id)
    if one is None or other is None or not one.is_local or other.is_local or is_gone(one):
        return None
    return one, other


async def compose_follow(desk: Desk, event: FollowChanged) -> Composed:
    """Follow and its Undo, when ours follows; Accept and Reject, when a far account follows ours."""
    if pair := await find_pair(desk, event.follower_id, event.followed_id):
        return await compose_own_follow(desk, event, *pair)
    if pair := await find_pair(desk, event.followed_id, event.follower_id):
        return await compose_answer(desk, event, *pair)
    return NOTHING


async def compose_own_follow(desk: Desk, event: FollowChanged, ours: Account, far: Account) -> Composed:
    """Follow when it is new, Undo when ours ended it."""
    asked = follow(actor_uri(ours, desk.base_url), actor_uri(far, desk.base_url), event.follow_id)
    if event.state == "requested" and event.is_new:

        async def is_asked(tx: Transaction) -> bool:
            return await relations.lock_follow(tx, ours.id, far.id) == event.follow_id

        return Composed([Errand(asked, ours, await inboxes.list_of_people(desk.reader, [far.id]), holds=is_asked)])
    if event.state == "gone" and event.by_id in (None, ours.id):
        told = await inboxes.list_of_people(desk.reader, [far.id], any_standing=True)
        return Composed([Errand(undo(asked, event.follow_id), ours, told, is_deletion=True)])
    return NOTHING


async def compose_answer(desk: Desk, event: FollowChanged, ours: Account, far: Account) -> Composed:
    """Accept while the follow stands, Reject when ours ended it."""
    if event.state == "active":
        return await write_answer(desk, "Accept", ours, far, event.uri, event.follow_id)
    if event.state == "gone" and event.by_id == ours.id:
        return await write_answer(desk, "Reject", ours, far, event.uri, event.follow_id)
    return NOTHING


async def write_answer(desk: Desk, kind: str, ours: Account, far: Account, uri: str, number: int) -> Composed:
    """Accept or Reject of a far follow. uri: what its server called it."""
    said = answer(kind, actor_uri(ours, desk.base_url), uri, actor_uri(far, desk.base_url), number)
    told = await inboxes.list_of_people(desk.reader, [far.id], any_standing=kind == "Reject")
    if kind == "Reject":
        return Composed([Errand(said, ours, told, is_deletion=True)])

    async def is_followed(tx: Transaction) -> bool:
        return await relations.lock_follow(tx, far.id, ours.id) != 0

    return Composed([Errand(said, ours, told, holds=is_followed)])


async def compose_relation(desk: Desk, event: RelationChanged) -> Composed:
    """Block and its Undo. Nobody is told of a mute, or that somebody hides a whole server."""
    pair = await find_pair(desk, event.account_id, event.other_id) if event.other_id else None
    if pair is None or event.kind != "block":
        return NOTHING
    ours, far = pair
    done = block(actor_uri(ours, desk.base_url), actor_uri(far, desk.base_url), event.relation_id)
    told = await inboxes.list_of_people(desk.reader, [far.id], any_standing=True)
    if not event.is_on:
        return Composed([Errand(undo(done, event.relation_id), ours, told, is_deletion=True)])

    async def is_blocked(tx: Transaction) -> bool:
        return await relations.lock_block(tx, ours.id, far.id) == event.relation_id

    return Composed([Errand(done, ours, told, holds=is_blocked)])


async def compose_profile(desk: Desk, event: AccountChanged) -> Composed:
    """Update of a profile that shows something else than others were told last."""
    return await write_profile(desk, event.account_id, pause_s=PROFILE_PAUSE_S)


async def compose_standing(desk: Desk, event: AccountStandingChanged) -> Composed:
    """Delete of somebody who is gone, for every server that we know; Update of who is suspended, or is back."""
    account = await find_account(desk.reader, event.account_id)
    if account is None or not account.is_local:
        return NOTHING
    if not is_gone(account):
        return await write_profile(desk, event.account_id, pause_s=0)
    said = delete_actor(actor_uri(account, desk.base_url))
    return Composed([Errand(said, account, await inboxes.list_every(desk.reader), is_deletion=True)])


async def write_profile(desk: Desk, account_id: AccountId, *, pause_s: int) -> Composed:
    """Return the Update of a profile, when something in it is new."""
    account = await find_account(desk.reader, account_id)
    if account is None or not account.is_local or is_gone(account):
        return NOTHING
    actor, now = await describe(desk, account), now_us()
    telling = await decide_telling(desk, "profile", account.id, digest_of(actor), now_us=now, pause_s=pause_s)
    if isinstance(telling, Wait):
        return Composed(again_at_us=telling.at_us, telling=telling.telling)
    told = await inboxes.list_of_followers(desk.reader, account.id)
    told += await inboxes.list_of_followed(desk.reader, account.id)
    return Composed([Errand(update_actor(actor, now), account, told, telling=telling)])


async def write_profile_now(desk: Desk, account_id: AccountId) -> Composed:
    """Return the Update of a profile, whether others were told or not."""
    account = await find_account(desk.reader, account_id)
    if account is None or not account.is_local or is_gone(account):
        return NOTHING
    told = await inboxes.list_of_followers(desk.reader, account.id)
    return Composed([Errand(update_actor(await describe(desk, account), now_us()), account, told)])


async def compose_moved(desk: Desk, event: AccountMoved) -> Composed:
    """Move, for the followers, as long as the account has not come back."""
    found = await list_accounts(desk.reader, [event.account_id, event.target_id])
    ours, target = found.get(event.account_id), found.get(event.target_id)
    if ours is None or target is None or ours.moved_to_id != target.id or is_gone(ours):
        return NOTHING
    said = move(actor_uri(ours, desk.base_url), actor_uri(target, desk.base_url), event.move_id)
    return Composed([Errand(said, ours, await inboxes.list_of_followers(desk.reader, ours.id))])


async def compose_keys(desk: Desk, event: KeysRotated) -> Composed:
    """Update of an actor with new keys, for the followers, whatever was told of the profile before."""
    ours = await find_account(desk.reader, event.account_id) if event.account_id else None
    if ours is None or not ours.is_local or ours.suspended_at_us is not None:
        return NOTHING
    said = update_actor(await describe(desk, ours), now_us())
    return Composed([Errand(said, ours, await inboxes.list_of_followers(desk.reader, ours.id))])


async def compose_relay(desk: Desk, event: RelayChanged) -> Composed:
    """What the server says to a relay: Follow, its Undo, Accept."""
    said = relay_activity(event, desk.base_url)
    return Composed([Errand(said, None, [event.inbox_url], is_deletion=event.act == "undo")])


async def compose_report(desk: Desk, event: AccountReported) -> Composed:
    """Flag, when the reporter asked to send it on. The server speaks: who reported stays here."""
    report = (await list_reports_by_id(desk.reader, [event.report_id], staff=0)).get(event.report_id)
    if report is None or not report.is_forwarded:
        return NOTHING
    found = await list_accounts(desk.reader, [report.target_id, report.account_id])
    target, reporter = found.get(report.target_id), found.get(report.account_id)
    if target is None or target.is_local or reporter is None or not reporter.is_local:
        return NOTHING
    posts = await list_posts(desk.reader, report.post_ids)
    uris = [post_uri(one, target, desk.base_url) for one in posts.values()]
    said = flag(server_uri(desk.base_url), actor_uri(target, desk.base_url), uris, report.comment, report.id)
    return Composed([Errand(said, None, await inboxes.list_of_people(desk.reader, [target.id]))])
