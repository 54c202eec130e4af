"""Mending follows of a far account when its server knows others than we do.

Owns: what is ended here, what is ended there, and what was a yes that got lost. Never: believes a list; the wire has
proved whose it is, fetched it from there and held it against the digest that was signed. A server could refuse every
follow one by one: a list gives it no more power than that. A follow of today is left alone: its answer may be on its
way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from rookery.actions.app import App, record_event
from rookery.actions.follows import end_follow, take_answer
from rookery.actions.naming import find_account_named, is_ours
from rookery.actions.repeating import repeatable
from rookery.model.events import FollowChanged
from rookery.model.ids import CLOCK_BITS, AccountId, now_us
from rookery.storage import accounts, relations
from rookery.storage.follower_lists import list_our_followers

LOG = logging.getLogger("rookery.followers")
GRACE_US = 86_400 * 1_000_000
MOST_ENDED = 1000  # of each kind at once; the next comparison goes on


@dataclass(frozen=True, slots=True)
class Mended:
    """How many follows ended here, were ended there, and were accepted after all."""

    ended_here: int = 0
    ended_there: int = 0
    accepted: int = 0


async def mend_followers(app: App, far_id: AccountId, named: set[str]) -> Mended:
    """Let the follows of a far account by people here be those that its server names. named: ids of our accounts."""
    ours = await list_our_followers(app.db.reader, far_id)
    by_uri = {f"{app.settings.base_url}/@{name}": (account_id, at, state) for account_id, name, at, state in ours}
    grace_id = (now_us() - GRACE_US) << CLOCK_BITS
    lost = [one[0] for uri, one in by_uri.items() if uri not in named and one[2] == "active" and one[1] < grace_id]
    late = [one[0] for uri, one in by_uri.items() if uri in named and one[2] == "requested"]
    unknown = sorted(uri for uri in named - by_uri.keys() if is_ours(app, uri))
    for account_id in lost[:MOST_ENDED]:
        await end_here(app, AccountId(account_id), far_id)
    for account_id in late[:MOST_ENDED]:
        await accept_late(app, AccountId(account_id), far_id)
    ended_there = sum([await end_there(app, uri, far_id) for uri in unknown[:MOST_ENDED]])
    mended = Mended(min(len(lost), MOST_ENDED), ended_there, min(len(late), MOST_ENDED))
    if mended != Mended():
        LOG.info("followers of account %s were compared: %s", far_id, mended)
    return mended


@repeatable
async def end_here(app: App, follower_id: AccountId, far_id: AccountId) -> None:
    """End a follow that the other side does not know."""
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, follower_id, far_id)
        await end_follow(app, tx, follower_id, far_id, far_id)


@repeatable
async def accept_late(app: App, follower_id: AccountId, far_id: AccountId) -> None:
    """Take as accepted what the other side counts as a follow."""
    async with app.db.transaction() as tx:
        follow = await relations.find_follow(tx, follower_id, far_id)
        if follow is not None and follow.state == "requested":
            await take_answer(app, tx, far_id, follower_id, "accept")


@repeatable
async def end_there(app: App, follower_uri: str, far_id: AccountId) -> bool:
    """Tell the other side that somebody here does not follow, whom it counts; False when there is nothing to tell."""
    async with app.db.transaction() as tx:
        follower = await find_account_named(app, tx, follower_uri)
        if follower is None or not follower.is_local or await relations.find_follow(tx, follower.id, far_id):
            return False
        await record_event(app, tx, FollowChanged(follower.id, far_id, "gone", follow_id=app.ids.next_id()))
    return True
