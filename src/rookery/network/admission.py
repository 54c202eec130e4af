"""Who is let in when more is asked than the machine can do: strangers give way first, then writes, then reads (K6).

Owns: the share of each priority that is let in, and when somebody who was turned away may come again. Never: knows a
route, a person, a body; a rate by who asks (network/limits.py); a connection (network/connections.py).

Two things are watched. How late the event loop is says that the processor is used up: a priority whose patience is
over for two looks in a row is let in less and less (multiplicative decrease), and more again when the loop is in time
(additive increase), so that what is let in settles where the patience is just kept. Where few ask, they are not the
reason, and turning them away would help nobody: the machine is taken by something else. How many requests of a priority
are under way says that something below waits, a disk or a database; it bounds the memory that they hold. A request that
waits for its own client's bytes, or for a page to be read by it, is not under way: a slow client takes nobody's place.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Unavailable

LOOK_EVERY_S = 0.1
CROWD = 16  # requests of one priority between two looks, from which on it may be the reason
LATE_LOOKS = 2  # one late look may be a hiccup: a large commit, the collector
DECREASE, INCREASE = 0.7, 0.04
LEAST_SHARE = 0.02  # some always pass, to find out whether there is room again
LONGEST_RETRY_S = 30
READING = ("GET", "HEAD", "OPTIONS")


class Priority(StrEnum):
    """Who asks for what, as far as the first bytes tell; a wrong credential is found out at the next gate."""

    READ = "read"  # somebody with credentials reads
    WRITE = "write"  # somebody with credentials writes
    ARRIVAL = "arrival"  # signing in, signing up
    DELIVERY = "delivery"  # other servers, which come again by themselves
    STRANGER = "stranger"  # reads without credentials


@dataclass(frozen=True, slots=True)
class Patience:
    """late_s: how late the loop may be. most: how many may be under way at once."""

    late_s: float
    most: int


PATIENCE = {
    Priority.READ: Patience(1.6, 1024),
    Priority.WRITE: Patience(0.8, 512),
    Priority.ARRIVAL: Patience(0.4, 256),
    Priority.DELIVERY: Patience(0.2, 512),
    Priority.STRANGER: Patience(0.1, 256),
}
SENTENCE = "the server has more to do than it can at this moment; try again in {} seconds"


class Overloaded(Unavailable):
    """Turned away before anything was done."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(SENTENCE.format(retry_after_s), retry_after_s)


class Lane:
    """One priority: how many are under way, and the share that is let in."""

    __slots__ = ("asked", "late_looks", "patience", "share", "turned_away", "under_way", "waiting_share")

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.share, self.waiting_share = 1.0, 0.0
        self.asked = self.under_way = self.late_looks = self.turned_away = 0

    def enter(self) -> None:
        """Count a request that begins. Raises Overloaded, and then it is not under way."""
        self.asked += 1
        if self.under_way >= self.patience.most:
            raise Overloaded(self.turn_away())
        if self.share < 1.0:
            self.waiting_share += self.share
            if self.waiting_share < 1.0:
                raise Overloaded(self.turn_away())
            self.waiting_share -= 1.0
        self.under_way += 1

    def glance(self) -> None:
        """As enter, for what lasts and has bounds of its own. Raises Overloaded."""
        self.enter()
        self.leave()

    def turn_away(self) -> int:
        """Return after how many seconds to come again: later the less is let in, and not all at the same moment."""
        self.turned_away += 1
        return 1 + self.turned_away % min(LONGEST_RETRY_S, math.ceil(2 / self.share))

    def leave(self) -> None:
        """Count a request that has ended."""
        self.under_way -= 1

    def come_back(self) -> None:
        """Count a request that waited for its client; it was let in before."""
        self.under_way += 1

    def look(self, late_s: float) -> None:
        """Let in less or more."""
        is_crowd, self.asked = self.asked >= CROWD, 0
        if late_s <= self.patience.late_s or not is_crowd:
            self.late_looks = 0
            self.share = min(1.0, self.share + INCREASE)
            return
        self.late_looks += 1
        if self.late_looks >= LATE_LOOKS:
            self.share = max(LEAST_SHARE, self.share * DECREASE)


class Admission:
    """The first gate of a server. session_cookie: its presence marks a browser that is signed in."""

    def __init__(self, *, session_cookie: str = "", patience: dict[Priority, Patience] | None = None) -> None:
        self.lanes = {priority: Lane(one) for priority, one in (patience or PATIENCE).items()}
        self.session_cookie = session_cookie.encode()
        self.late_s = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def lane_of(self, method: str, headers: dict[bytes, bytes], query_string: bytes) -> Lane:
        """Return where a request belongs."""
        is_known = b"authorization" in headers or b"access_token=" in query_string or self.has_session(headers)
        if method in READING:
            return self.lanes[Priority.READ if is_known else Priority.STRANGER]
        if is_known:
            return self.lanes[Priority.WRITE]
        return self.lanes[Priority.DELIVERY if b"signature" in headers else Priority.ARRIVAL]

    def has_session(self, headers: dict[bytes, bytes]) -> bool:
        """True when a browser says that it is signed in."""
        return bool(self.session_cookie) and self.session_cookie in headers.get(b"cookie", b"")

    async def start(self) -> None:
        """Begin to watch the event loop."""
        self.plan(asyncio.get_running_loop())

    def plan(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look again in a moment."""
        due = loop.time() + LOOK_EVERY_S
        self.timer = loop.call_at(due, self.look, loop, due)

    def look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Measure how late this call is."""
        self.late_s = loop.time() - due
        for lane in self.lanes.values():
            lane.look(self.late_s)
        self.plan(loop)

    async def stop(self) -> None:
        """End watching."""
        if self.timer is not None:
            self.timer.cancel()
