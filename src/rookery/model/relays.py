"""Relays: servers that pass public posts on to everybody who asked for them.

Owns: the noun, its states and steps, the two styles, how an address is read. Never: fetches or sends.
Spec: https://w3id.org/fep/ae0c
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from rookery.model.errors import Conflict, Invalid, NotFound

MOST_RELAYS = 20
MAX_ADDRESS_CHARACTERS = 500


class RelayStyle(StrEnum):
    """What an address is, and how posts are passed on: an inbox that gets all, or an account that is followed."""

    MASTODON = "mastodon"
    LITEPUB = "litepub"


class RelayState(StrEnum):
    """How far we are with a relay. meeting: its inbox is not known yet."""

    MEETING = "meeting"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


# What an answer of the relay leads to. A pair missing here changes nothing: a yes never wakes what was refused.
RELAY_STEPS = {
    (RelayState.PENDING, "accept"): RelayState.ACCEPTED,
    (RelayState.PENDING, "reject"): RelayState.REJECTED,
    (RelayState.ACCEPTED, "accept"): RelayState.ACCEPTED,
    (RelayState.ACCEPTED, "reject"): RelayState.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Relay:
    """One relay. address: as staff gave it. inbox_url, account_uri: '' until known. follow_uri: our Follow's."""

    id: int
    address: str
    style: RelayStyle
    state: RelayState
    inbox_url: str
    account_uri: str
    follow_uri: str
    added_at_us: int


class RelayNotFound(NotFound):
    """There is no such relay."""

    def __init__(self) -> None:
        super().__init__("no such relay")


class RelayKnown(Conflict):
    """The address is in the list."""

    def __init__(self) -> None:
        super().__init__("this relay is in the list already")


class RelayRefused(Invalid):
    """The address cannot be one of a relay, or there are enough of them."""


def parse_relay_address(raw: str, *, is_test: bool = False) -> str:
    """Return the address of a relay. is_test: http is welcome. Raises RelayRefused."""
    address = raw.strip()
    try:
        parts = urlsplit(address)
        is_right = parts.scheme == "https" or (is_test and parts.scheme == "http")
        is_right = is_right and bool(parts.hostname) and not parts.username and not parts.fragment
    except ValueError:
        is_right = False
    if not is_right or len(address) > MAX_ADDRESS_CHARACTERS or not address.isprintable() or " " in address:
        raise RelayRefused("that is not the address of a relay; write it like https://relay.example/inbox")
    return address
