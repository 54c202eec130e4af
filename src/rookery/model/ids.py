"""One 64-bit id for everything: the AT Protocol TID as an integer.

Owns: making ids, ids from times, the two spellings (decimal for client APIs, 13 base32-sortable characters for record
keys and short URLs). Never: asks the database for a number.
Layout: top bit 0, 53 bits of microseconds since 1970, 10 bits of clock id, so that numeric order is time order.
Spec: https://atproto.com/specs/tid
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NewType

AccountId = NewType("AccountId", int)
PostId = NewType("PostId", int)
MediaId = NewType("MediaId", int)
PollId = NewType("PollId", int)
ListId = NewType("ListId", int)
FilterId = NewType("FilterId", int)
AppId = NewType("AppId", int)
TokenId = NewType("TokenId", int)
SessionId = NewType("SessionId", int)
NotificationId = NewType("NotificationId", int)
EventSeq = NewType("EventSeq", int)

CLOCK_BITS = 10
MAX_ID = (1 << 63) - 1
DOUBLE_GAP = 512  # no id is further from a number of 53 bits, as script prints it
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InvalidId(ValueError):
    """The text is not an id: needs 1 to 19 digits below 2**63, or 13 TID characters."""

    def __init__(self, raw: str) -> None:
        super().__init__(f"not an id: {raw[:40]!r}")


class IdClock:
    """Makes ids that rise even when the wall clock steps back; over a restart too, once `follow` was told of the last.

    Two processes differ by their random clock id, so their ids meet only by a chance of 1 in 1,024 per microsecond.
    """

    def __init__(self, clock_id: int | None = None) -> None:
        self.clock_id = secrets.randbelow(1 << CLOCK_BITS) if clock_id is None else clock_id
        self.last_us = 0
        self.lock = threading.Lock()

    def next_id(self) -> int:
        """Return an id for now, above every id that this clock made before."""
        with self.lock:
            self.last_us = max(time.time_ns() // 1000, self.last_us + 1)
            return self.last_us << CLOCK_BITS | self.clock_id

    def next_ids(self, count: int) -> int:
        """Return the first of `count` ids, a microsecond (1 << CLOCK_BITS) apart, for rows that SQL makes by itself."""
        with self.lock:
            first = max(time.time_ns() // 1000, self.last_us + 1)
            self.last_us = first + max(count, 1) - 1
            return first << CLOCK_BITS | self.clock_id

    def follow(self, newest: int) -> None:
        """Make only ids above one that was made before, though the machine's clock may have been set back since."""
        with self.lock:
            self.last_us = max(self.last_us, us_from_id(newest))

    def ahead_s(self) -> int:
        """Seconds that the newest id is ahead of the clock; 0 unless that was set back."""
        return max(0, self.last_us - now_us()) // 1_000_000

    def id_at(self, moment_us: int) -> int:
        """Return an id for a past moment (remote and imported posts), clamped to now. Random low bits, may collide."""
        moment_us = min(max(moment_us, 0), time.time_ns() // 1000)
        return moment_us << CLOCK_BITS | secrets.randbelow(1 << CLOCK_BITS)


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def us_from_id(number: int) -> int:
    """Microseconds since 1970 that the id carries."""
    return number >> CLOCK_BITS


def floor_id(moment_us: int) -> int:
    """Return the smallest id of that microsecond: a bound for queries by time."""
    return max(moment_us, 0) << CLOCK_BITS


def datetime_from_us(moment_us: int) -> datetime:
    """Aware UTC datetime from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=moment_us)


def us_from_datetime(moment: datetime) -> int:
    """Microseconds since 1970 from an aware datetime."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def parse_id(raw: str) -> int:
    """Read a decimal id as client APIs send it. Raises InvalidId."""
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 19) or int(raw) > MAX_ID:
        raise InvalidId(raw)
    return int(raw)


def parse_short_id(raw: str) -> int:
    """Read 13 base32-sortable characters, as in our URLs and in AT record keys. Raises InvalidId."""
    if len(raw) != 13 or any(character not in VALUES for character in raw) or VALUES[raw[0]] > 7:
        raise InvalidId(raw)
    number = 0
    for character in raw:
        number = number << 5 | VALUES[character]
    return number


def short_id(number: int) -> str:
    """Spell the id in 13 base32-sortable characters: same order as the numbers."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def doubles_of(number: int) -> frozenset[int]:
    """Return what an id becomes as a double: its exact value, and the shortest decimal that script prints for it."""
    nearest = float(number)
    return frozenset((int(nearest), int(Decimal(repr(nearest)))))
