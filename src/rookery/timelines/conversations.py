"""The durable reader "conversations": posts for mentioned people become the list of each person's threads.

Owns: which event changes whose list. Never: who may see a post (storage/conversations.py asks K5).
A ConversationChanged goes into the log with every change, for streams.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.model.events import ConversationChanged, Event, PostDeleted, PostEdited, PostPublished
from rookery.model.ids import AccountId, IdClock, now_us
from rookery.model.posts import Audience
from rookery.storage.conversations import (
    find_place,
    list_ending_with,
    list_receivers,
    put_conversation,
    settle_end,
)
from rookery.storage.database import Transaction
from rookery.storage.log import Numbered, append_event


class ConversationReader:
    """Keeps the lists. See timelines/readers.py for the contract."""

    name = "conversations"
    rest_s = 0.05

    def __init__(self, ids: IdClock) -> None:
        self.ids = ids

    def wants(self, event: Event) -> bool:
        """Posts for mentioned people, and edits that name somebody anew."""
        match event:
            case PostPublished() | PostDeleted():
                return event.audience == Audience.MENTIONED and event.repost_of_id is None
            case PostEdited():
                return bool(event.added_mention_ids)
            case _:
                return False

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Carry out each event in order."""
        return any([await self.carry_out(tx, entry.event) for entry in events])

    async def carry_out(self, tx: Transaction, event: Event) -> bool:
        """Write what one event calls for; return whether anything changed."""
        match event:
            case PostPublished(post_id=post_id) | PostEdited(post_id=post_id):
                return await self.on_post(tx, post_id)
            case PostDeleted(post_id=post_id):
                return await on_deleted(tx, post_id)
            case _:
                return False

    async def on_post(self, tx: Transaction, post_id: int) -> bool:
        """Put the thread on top of the list of everybody who takes part; whoever wrote it has read it."""
        place = await find_place(tx, post_id)
        if place is None:
            return False
        author, thread_id = place
        wrote = False
        for account_id in await list_receivers(tx, post_id, now_us()):
            is_unread = account_id != author
            row_id = await put_conversation(tx, self.ids.next_id(), account_id, thread_id, post_id, is_unread=is_unread)
            if row_id is not None:
                append_event(tx, ConversationChanged(row_id, AccountId(account_id)))
                wrote = True
        return wrote


async def on_deleted(tx: Transaction, post_id: int) -> bool:
    """Let the conversations that ended with a deleted post end with the one before."""
    ended = await list_ending_with(tx, post_id)
    for row_id, account_id, thread_id in ended:
        if await settle_end(tx, row_id, account_id, thread_id):
            append_event(tx, ConversationChanged(row_id, AccountId(account_id)))
    return bool(ended)
