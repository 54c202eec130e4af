"""Collections: people whom somebody recommends together, in public, under a name.

Owns: the noun, its limits and refusals. Who does not want to be found (Account.is_discoverable) is in no collection;
who is in one can take themselves out, and stays out. Spec: https://docs.joinmastodon.org/client/collections/
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.ids import AccountId
from rookery.model.posts import LANGUAGE_SHAPE

MAX_COLLECTIONS = 10
MAX_ITEMS = 25
MAX_NAME_CHARACTERS = 40
MAX_DESCRIPTION_CHARACTERS = 100
ACCEPTED, REVOKED = "accepted", "revoked"


class CollectionNotFound(NotFound):
    """No such collection, or not for this viewer; or nobody of this id in it."""

    def __init__(self) -> None:
        super().__init__("no such collection")


class CollectionRefused(Invalid):
    """Raised with the rule that the collection breaks."""


class NotYourCollection(NotAllowed):
    """Only who curates a collection changes it."""

    def __init__(self) -> None:
        super().__init__("This action is not allowed")


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. tag: key of the hashtag that says what it is about, or None."""

    id: int
    owner_id: AccountId
    name: str
    description: str = ""
    language: str | None = None
    tag: str | None = None
    is_sensitive: bool = False
    is_discoverable: bool = True
    updated_at_us: int = 0


@dataclass(frozen=True, slots=True)
class CollectionItem:
    """Somebody in a collection. state: accepted, or revoked by themselves."""

    id: int
    collection_id: int
    account_id: AccountId
    state: str = ACCEPTED


def check_collection(collection: Collection) -> None:
    """Raises CollectionRefused with the rule that the texts break."""
    if not collection.name.strip():
        raise CollectionRefused("Name can't be blank")
    if len(collection.name) > MAX_NAME_CHARACTERS:
        raise CollectionRefused(f"Name is too long (maximum is {MAX_NAME_CHARACTERS} characters)")
    if len(collection.description) > MAX_DESCRIPTION_CHARACTERS:
        raise CollectionRefused(f"Description is too long (maximum is {MAX_DESCRIPTION_CHARACTERS} characters)")
    if collection.language is not None and not LANGUAGE_SHAPE.fullmatch(collection.language):
        raise CollectionRefused("Language is invalid; use a code like en, fr or pt-BR")
