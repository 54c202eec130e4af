"""The durable reader "notifications": events become rows that tell people of them, and rows go when their cause goes.

Owns: which event calls which rule. Never: who may be told (storage/notification_rules.py), how it looks (the faces).
Of every row a NotificationAdded goes into the log, in the same transaction, for streams; where rows go, or a policy
holds one back, a NotificationsChanged, for pages in memory (timelines/notification_pages.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from rookery.model.events import (
    AccountReported,
    CollectionGrew,
    CollectionReworded,
    Event,
    FollowChanged,
    MemberJoined,
    MemberWaits,
    NotificationAdded,
    NotificationsChanged,
    PollClosed,
    PostDeleted,
    PostEdited,
    PostMarked,
    PostPublished,
    PostUnmarked,
    QuoteAnswered,
    RelationChanged,
)
from rookery.model.ids import AccountId, IdClock, NotificationId, now_us, us_from_id
from rookery.storage.database import Transaction
from rookery.storage.log import Numbered, append_event
from rookery.storage.marks import Mark
from rookery.storage.notification_rules import (
    FORGET_ACCOUNT,
    FORGET_COLLECTION_UPDATES,
    FORGET_DOMAIN,
    FORGET_FOLLOW,
    FORGET_MARK,
    FORGET_POST,
    FORGET_QUOTED_UPDATES,
    FORGET_UPDATES,
    forget,
    place_notifications,
)

OLD_US = 7 * 86_400 * 1_000_000
BREATH = 16  # events after which others get the loop


class NotificationReader:
    """Writes notifications. See timelines/readers.py for the contract."""

    name = "notifications"
    rest_s = 0.05

    def __init__(self, ids: IdClock) -> None:
        self.ids = ids

    def wants(self, event: Event) -> bool:
        """Whatever may tell somebody something, or take it back."""
        match event:
            case PostMarked() | PostUnmarked():
                return event.mark == Mark.LIKE
            case RelationChanged():
                return event.is_on and event.kind in ("block", "domain_block")
            case PostPublished() | PostEdited() | PostDeleted() | PollClosed() | FollowChanged() | QuoteAnswered():
                return True
            case AccountReported() | MemberWaits() | MemberJoined() | CollectionGrew() | CollectionReworded():
                return True
            case _:
                return False

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Carry out each event in order."""
        wrote = False
        for place, entry in enumerate(events, 1):
            wrote |= await self.carry_out(tx, entry.event, entry.happened_at_us)
            if place % BREATH == 0:
                await asyncio.sleep(0)
        return wrote

    async def carry_out(self, tx: Transaction, event: Event, at_us: int) -> bool:
        """Write what one event calls for; return whether anything changed."""
        match event:
            case PostPublished():
                return await self.on_published(tx, event, at_us)
            case PostEdited():
                return await self.on_edited(tx, event, at_us)
            case PostDeleted() if event.repost_of_id:
                return await self.untell(
                    tx, FORGET_MARK, kind="repost", post_id=event.repost_of_id, cause=event.author_id
                )
            case PostDeleted():
                return await self.untell(tx, FORGET_POST, post_id=event.post_id)
            case PostMarked():
                return await self.tell(tx, "like", event.account_id, at_us, post_id=event.post_id)
            case PostUnmarked():
                return await self.untell(tx, FORGET_MARK, kind="like", post_id=event.post_id, cause=event.account_id)
            case PollClosed():
                return await self.tell(tx, "poll", event.author_id, at_us, post_id=event.post_id)
            case QuoteAnswered():
                return await self.tell(tx, "quote", event.author_id, at_us, post_id=event.post_id)
            case FollowChanged():
                return await self.on_follow(tx, event, at_us)
            case RelationChanged():
                return await self.on_relation(tx, event)
            case AccountReported():
                return await self.tell(tx, "report", event.account_id, at_us, report=event.report_id)
            case MemberWaits() | MemberJoined():  # whoever waited is told of once: a rule repeats nothing
                return await self.tell(tx, "sign_up", event.account_id, at_us, report=None)
            case CollectionGrew() | CollectionReworded():
                return await self.on_collection(tx, event, at_us)
            case _:
                return False

    async def on_published(self, tx: Transaction, event: PostPublished, at_us: int) -> bool:
        """Tell the author of what is repeated or quoted, those named, and followers who asked for every post.

        An old post that was fetched from its server is no news; what a server could not deliver for some days is.
        """
        if us_from_id(event.post_id) < at_us - OLD_US:
            return False
        author = event.author_id
        if event.repost_of_id:
            return await self.tell(tx, "repost", author, at_us, repost_id=event.post_id)
        wrote = False
        if event.mentioned_ids:
            wrote = await self.tell(tx, "mention", author, at_us, post_id=event.post_id)
        if event.quote_of_id:
            wrote |= await self.tell(tx, "quote", author, at_us, post_id=event.post_id)
        if event.reply_to_author_id in (None, author):
            wrote |= await self.tell(tx, "post", author, at_us, post_id=event.post_id)
        return wrote

    async def on_edited(self, tx: Transaction, event: PostEdited, at_us: int) -> bool:
        """Tell who repeated, quoted or marked the post, and who is named anew."""
        wrote = await self.untell(tx, FORGET_UPDATES, post_id=event.post_id)
        wrote |= await self.untell(tx, FORGET_QUOTED_UPDATES, post_id=event.post_id, cause=event.author_id)
        wrote |= await self.tell(tx, "update", event.author_id, at_us, post_id=event.post_id)
        wrote |= await self.tell(tx, "quoted_update", event.author_id, at_us, post_id=event.post_id)
        if event.added_mention_ids:
            added = list(event.added_mention_ids)
            wrote |= await self.tell(tx, "mention_added", event.author_id, at_us, post_id=event.post_id, added=added)
        return wrote

    async def on_collection(self, tx: Transaction, event: CollectionGrew | CollectionReworded, at_us: int) -> bool:
        """Tell those who were put in, or everybody in it of its new words, once however often they change."""
        about = {"collection": event.collection_id}
        if isinstance(event, CollectionGrew):
            return await self.tell(tx, "collected", event.owner_id, at_us, **about, added=list(event.account_ids))
        wrote = await self.untell(tx, FORGET_COLLECTION_UPDATES, **about)
        return await self.tell(tx, "collection_update", event.owner_id, at_us, **about) or wrote

    async def on_follow(self, tx: Transaction, event: FollowChanged, at_us: int) -> bool:
        """Tell of a request or a new follower. Consent turns the request into a follow; new wishes tell nothing."""
        cause, followed = event.follower_id, event.followed_id
        if event.state == "gone":
            kinds = ("follow", "follow_request")
            return await self.untell(tx, FORGET_FOLLOW, cause=cause, followed=followed, kinds=kinds)
        if event.state == "requested":
            return event.is_new and await self.tell(tx, "follow_request", cause, at_us, followed=followed)
        was_asked = not event.is_new and await self.untell(
            tx, FORGET_FOLLOW, cause=cause, followed=followed, kinds=("follow_request",)
        )
        if event.is_new or was_asked:
            return await self.tell(tx, "follow", cause, at_us, followed=followed) or was_asked
        return False

    async def on_relation(self, tx: Transaction, event: RelationChanged) -> bool:
        """Forget what was told of somebody, or a whole server, that is blocked now."""
        if event.kind == "domain_block":
            return await self.untell(tx, FORGET_DOMAIN, account_id=event.account_id, domain=event.domain)
        if event.other_id is None:
            return False
        return await self.untell(tx, FORGET_ACCOUNT, account_id=event.account_id, other=event.other_id)

    async def untell(self, tx: Transaction, statement: str, **about: Any) -> bool:
        """Remove rows whose cause is gone; return whether there were any."""
        whose = await forget(tx, statement, **about)
        for account_id in whose:
            append_event(tx, NotificationsChanged(AccountId(account_id)))
        return bool(whose)

    async def tell(self, tx: Transaction, rule: str, cause: int, at_us: int, **about: Any) -> bool:
        """Write the rows of a rule and announce those that their receivers shall see."""
        wrote = False
        placing = place_notifications(tx, self.ids, rule, cause, now_us=now_us(), happened_at_us=at_us, **about)
        async for rows in placing:
            for row in rows:
                account_id = AccountId(row.account_id)
                if row.is_filtered:
                    append_event(tx, NotificationsChanged(account_id))
                else:
                    append_event(tx, NotificationAdded(NotificationId(row.id), account_id))
            wrote = wrote or bool(rows)
            await asyncio.sleep(0)
        return wrote
