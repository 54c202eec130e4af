"""Which events concern people of other servers: asked inside the transaction of each, while somebody waits.

Owns: one question for each kind of event, a few steps in an index at most, and the list of kinds that are nobody's
concern elsewhere. Never: composes anything; a yes that turns out to be nothing costs one job. A test holds the two
lists against model/events.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rookery.model import events
from rookery.model.events import Event
from rookery.model.posts import Audience
from rookery.storage import inboxes
from rookery.storage.database import Transaction
from rookery.storage.marks import Mark
from rookery.storage.relays import has_relays


async def of_published(tx: Transaction, event: events.PostPublished) -> bool:
    """A new post of ours with far followers, far people named in it, or a far original, repeated or quoted."""
    if not event.is_local:
        return False
    if event.audience == Audience.PUBLIC and event.repost_of_id is None and await has_relays(tx):
        return True
    named = [*event.mentioned_ids, *([event.reply_to_author_id] if event.reply_to_author_id else [])]
    return await inboxes.concerns_far(tx, event.author_id, named, event.repost_of_id or event.quote_of_id)


async def of_deleted(tx: Transaction, event: events.PostDeleted) -> bool:
    """A post that is gone, of whoever; far authors are sorted out when it is composed."""
    if event.audience == Audience.PUBLIC and event.repost_of_id is None and await has_relays(tx):
        return True
    named = [*event.mentioned_ids, *event.known_to_ids]
    return await inboxes.concerns_far(tx, event.author_id, named, event.repost_of_id)


async def of_changed(
    tx: Transaction,
    event: events.PostEdited
    | events.QuotePolicyChanged
    | events.QuoteRevoked
    | events.QuoteAnswered
    | events.PollClosed,
) -> bool:
    """A post of ours that far people have, or that relays may have."""
    return await has_relays(tx) or await inboxes.change_concerns_far(tx, event.post_id)


async def of_revoked(tx: Transaction, event: events.QuoteRevoked) -> bool:
    """A post of ours that is taken out of a far quote, or a quote of ours that far people have."""
    return await inboxes.is_anybody_far(tx, [event.author_id]) or await of_changed(tx, event)


async def of_asked(tx: Transaction, event: events.QuoteAsked) -> bool:
    """Who asked is far."""
    return True


async def of_mark(tx: Transaction, event: events.PostMarked | events.PostUnmarked) -> bool:
    """A like of ours on a far post, a pin of ours that far followers see."""
    if not event.mark_id or event.mark not in (Mark.LIKE, Mark.PIN):
        return False
    if event.mark == Mark.PIN:
        return await inboxes.has_far_followers(tx, event.account_id)
    return event.account_id != event.author_id and await inboxes.is_anybody_far(tx, [event.author_id])


async def of_vote(tx: Transaction, event: events.PollVoted) -> bool:
    """A vote of ours in a far poll, or anybody's in one of ours that is seen elsewhere."""
    return await inboxes.vote_concerns_far(tx, event.post_id, event.account_id)


async def of_profile(tx: Transaction, event: events.AccountChanged) -> bool:
    """A profile of ours that far people see."""
    return await inboxes.profile_concerns_far(tx, event.account_id)


async def of_standing(tx: Transaction, event: events.AccountStandingChanged) -> bool:
    """Somebody of ours who is hidden, gone or back: whoever we know may have something of theirs."""
    return await inboxes.is_ours(tx, event.account_id) and await inboxes.knows_anybody_far(tx)


async def of_follow(tx: Transaction, event: events.FollowChanged) -> bool:
    """A follow between here and elsewhere."""
    return await inboxes.is_anybody_far(tx, [event.follower_id, event.followed_id])


async def of_relation(tx: Transaction, event: events.RelationChanged) -> bool:
    """A block of somebody elsewhere."""
    return event.kind == "block" and event.other_id is not None and await inboxes.is_anybody_far(tx, [event.other_id])


async def of_moved(tx: Transaction, event: events.AccountMoved) -> bool:
    """Somebody of ours who went elsewhere, and whom far people follow."""
    return await inboxes.has_far_followers(tx, event.account_id)


async def of_keys(tx: Transaction, event: events.KeysRotated) -> bool:
    """New keys of somebody of ours whom far people follow. Of the server nothing is sent."""
    return event.account_id is not None and await inboxes.has_far_followers(tx, event.account_id)


async def of_relay(tx: Transaction, event: events.RelayChanged) -> bool:
    """Relays are elsewhere."""
    return True


async def of_report(tx: Transaction, event: events.AccountReported) -> bool:
    """A report; whether it is sent on stands in its row."""
    return await inboxes.is_ours(tx, event.account_id) and await inboxes.knows_anybody_far(tx)


CONCERNS: dict[type[Event], Callable[[Transaction, Any], Awaitable[bool]]] = {
    events.PostPublished: of_published,
    events.PostEdited: of_changed,
    events.PostDeleted: of_deleted,
    events.QuoteRevoked: of_revoked,
    events.QuoteAnswered: of_changed,
    events.QuoteAsked: of_asked,
    events.QuotePolicyChanged: of_changed,
    events.PostMarked: of_mark,
    events.PostUnmarked: of_mark,
    events.PollVoted: of_vote,
    events.PollClosed: of_changed,
    events.AccountChanged: of_profile,
    events.AccountStandingChanged: of_standing,
    events.AccountReported: of_report,
    events.AccountMoved: of_moved,
    events.KeysRotated: of_keys,
    events.RelayChanged: of_relay,
    events.FollowChanged: of_follow,
    events.RelationChanged: of_relation,
}
# What happens here and is told to nobody elsewhere: members, staff, what one person alone sees, what came from afar.
NOBODYS: frozenset[type[Event]] = frozenset(
    {
        events.PostRefreshed,
        events.MemberWaits,
        events.MemberJoined,
        events.MemberChanged,
        events.PicturesHidden,
        events.DomainStandingChanged,
        events.NetworkBarred,
        events.ListChanged,
        events.FiltersChanged,
        events.CollectionGrew,
        events.CollectionReworded,
        events.EmojiChanged,
        events.CardChanged,
        events.NotificationAdded,
        events.NotificationsChanged,
        events.ConversationChanged,
        events.AnnouncementMade,
        events.AnnouncementReacted,
        events.AnnouncementRemoved,
        events.AccessRevoked,
    }
)
