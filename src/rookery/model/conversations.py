"""Conversations: the threads of posts for mentioned people alone, as each of the people in them keeps them.

Owns: the noun. Never: who may read a post (storage/visibility.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import NotFound
from rookery.model.ids import AccountId, PostId


class ConversationNotFound(NotFound):
    """No such conversation, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("no such conversation")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread as one person keeps it. place: the newest post of it, which orders the list.

    shown_id: the newest post in it that its owner may see and wants to. people: who else takes part in that post.
    """

    id: int
    account_id: AccountId
    place: PostId
    is_unread: bool
    shown_id: PostId
    people: tuple[AccountId, ...]
