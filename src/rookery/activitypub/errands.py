"""What is to be said to other servers, before it is packed: an activity, its author, the inboxes that it goes to.

Owns: Errand, and how something that changes often is told seldom (`Telling`). Never: stores, sends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from rookery.activitypub.desk import Desk
from rookery.activitypub.vocabulary import Json
from rookery.model.accounts import Account
from rookery.storage.database import Transaction
from rookery.storage.parcels import Told, find_told

ENCODE = msgspec.json.Encoder().encode
SECOND_US = 1_000_000


class Outdated(Exception):
    """What an errand says changed while it was written: it is written anew."""


Holds = Callable[[Transaction], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Telling:
    """That something which changes often is told now. kind: profile, poll or post."""

    kind: str
    id: int
    told: Told


@dataclass(frozen=True, slots=True)
class Errand:
    """One activity for these inboxes. author: whose key signs it; None for the server itself.

    is_deletion: it takes something back, so that no server misses it. holds: asked in the transaction that packs it,
    whether what it says still stands; it locks that, so that its end is packed later. May raise Outdated.
    """

    activity: Json
    author: Account | None
    inboxes: Sequence[str]
    is_deletion: bool = False
    holds: Holds | None = None
    telling: Telling | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is told now, and perhaps later. at_us: when; 0 when that is planned already, or nothing is new."""

    at_us: int = 0
    telling: Telling | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """What follows from an event. again_at_us: when the event shall be looked at once more, 0 for never."""

    errands: list[Errand] = field(default_factory=list)
    again_at_us: int = 0
    telling: Telling | None = None


NOTHING = Composed()


def digest_of(document: Json) -> str:
    """Return what tells two documents apart."""
    return hashlib.sha256(ENCODE(document)).hexdigest()


async def decide_telling(
    desk: Desk, kind: str, thing_id: int, digest: str, *, now_us: int, pause_s: int
) -> Telling | Wait:
    """Say whether something is told now: not when it is as it was told, and not sooner than a pause after that."""
    told = await find_told(desk.reader, kind, thing_id)
    if told is None or now_us >= told.told_at_us + pause_s * SECOND_US:
        is_new = told is None or told.digest != digest
        return Telling(kind, thing_id, Told(digest, now_us, 0)) if is_new else Wait()
    if told.digest == digest or told.again_at_us > now_us:
        return Wait()
    again_at = told.told_at_us + pause_s * SECOND_US
    return Wait(again_at, Telling(kind, thing_id, Told(told.digest, told.told_at_us, again_at)))
