"""What people do with their conversations: read them, keep them for later, take them off the list.

Owns: those changes. Never: writes a message (actions/posts.py) or deletes one (actions/removals.py).
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.conversations import Conversation, ConversationNotFound
from rookery.model.events import ConversationChanged
from rookery.model.ids import AccountId, now_us
from rookery.storage import conversations


@repeatable
async def mark_conversation(app: App, account_id: AccountId, conversation_id: int, *, is_unread: bool) -> Conversation:
    """Note that a conversation is read, or to be read again. Raises ConversationNotFound."""
    async with app.db.transaction() as tx:
        if await conversations.set_unread(tx, account_id, conversation_id, is_unread=is_unread):
            await record_event(app, tx, ConversationChanged(conversation_id, account_id))
    found = await conversations.find_conversation(app.db.reader, account_id, conversation_id, now_us())
    if found is None:
        raise ConversationNotFound
    return found


@repeatable
async def remove_conversation(app: App, account_id: AccountId, conversation_id: int) -> None:
    """Take a conversation off the list until somebody writes in it again. Raises ConversationNotFound."""
    async with app.db.transaction() as tx:
        if not await conversations.delete_conversation(tx, account_id, conversation_id):
            raise ConversationNotFound
