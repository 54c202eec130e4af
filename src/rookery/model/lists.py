"""Lists: groups of people whom one account reads apart, and the rules of them.

Owns: the noun, its limits and refusals. Never: which posts a list shows (storage/pages.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, ListId

MAX_LIST_COUNT = 50
MAX_LIST_MEMBERS = 5000
MAX_TITLE_CHARACTERS = 256


class ListReplies(StrEnum):
    """Whose posts may be answered by a post that the list shows, besides the author's own and the reader's."""

    NONE = "none"
    LIST = "list"
    FOLLOWED = "followed"


class ListNotFound(NotFound):
    """No such list of this account."""

    def __init__(self) -> None:
        super().__init__("no such list")


class NotFollowed(NotFound):
    """Only people whom one follows, or asked to, can be put into a list."""

    def __init__(self) -> None:
        super().__init__("follow this account before you put it into a list")


class ListRefused(Invalid):
    """Raised with the rule that the list breaks."""


@dataclass(frozen=True, slots=True)
class PeopleList:
    """One list. is_exclusive: its members stay out of the owner's home."""

    id: ListId
    owner_id: AccountId
    title: str
    replies: ListReplies = ListReplies.LIST
    is_exclusive: bool = False


def check_title(raw: str) -> str:
    """Return the title without outer spaces. Raises ListRefused."""
    title = raw.strip()
    if not title:
        raise ListRefused("Title can't be blank")
    if len(title) > MAX_TITLE_CHARACTERS:
        raise ListRefused(f"Title is too long (maximum is {MAX_TITLE_CHARACTERS} characters)")
    return title
