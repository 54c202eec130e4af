"""Which dialect of signatures a server understands, found out by knocking twice.

Owns: the memory of it, bounded and with an age, and the two tries. Never: more than two requests for one delivery; a
server that refused both dialects is asked once at a time for an hour. In memory: after a restart the first request to a
host finds out again.
Spec: https://swicg.github.io/activitypub-http-signature/ (double-knocking)
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

from rookery.actions.app import App
from rookery.activitypub.signing import Clock, Dialect, Signer, sign_ask
from rookery.network.door import Door, Fetched
from rookery.network.heads import Head
from rookery.network.outward import Ask, FetchRefused
from rookery.storage.peering import is_shut_out

NOT_UNDERSTOOD = (400, 401)
MOST_HOSTS = 20_000
KEPT_HOSTS = 1024  # a delivery asks for the same one when it is signed and when it is sent
KNOWN_S = 7 * 86_400
BOTH_REFUSED_S = 3600
IsShutOut = Callable[[str], Awaitable[bool]]


class ServerShutOut(FetchRefused):
    """A server that is blocked here, or not among those that are welcome, is not asked for anything."""

    def __init__(self, host: str) -> None:
        super().__init__(f"this server does not deal with {host}")


@dataclass(frozen=True, slots=True)
class Manner:
    """What one host understands. asks_twice_s: Unix time from which both dialects may be tried again."""

    dialect: Dialect
    until_s: float
    asks_twice_s: float = 0.0


Answered = TypeVar("Answered", Head, Fetched)


class Knocking:
    """Sends signed requests. clock: Unix time. is_shut_out: whom we do not talk to, asked at each request."""

    def __init__(self, door: Door, clock: Clock = time.time, is_shut_out: IsShutOut | None = None) -> None:
        self.door, self.clock, self.is_shut_out = door, clock, is_shut_out
        self.manners: dict[str, Manner] = {}

    async def fetch(self, ask: Ask, signer: Signer) -> Fetched:
        """Return the answer to a signed request, that of the second try when the first was not understood.

        Raises ServerShutOut and other FetchRefused, FetchFailed.
        """
        return await self.knock(ask, signer, self.door.fetch)

    async def post(self, ask: Ask, signer: Signer, *, signed: Ask | None = None) -> Head:
        """Return the head of the answer alone: what a body says of a delivery is of no use. signed: made already.

        Raises FetchRefused, FetchFailed.
        """
        return await self.knock(ask, signer, self.door.read_head, signed)

    async def knock(
        self, ask: Ask, signer: Signer, go: Callable[[Ask], Awaitable[Answered]], signed: Ask | None = None
    ) -> Answered:
        """Send a request in the dialect that its host is known for, and once more in the other one."""
        name = urlsplit(ask.url).hostname or ""
        if self.is_shut_out is not None and await self.is_shut_out(name):
            raise ServerShutOut(name)
        host = host_of(ask.url)
        manner = self.manner_of(host)
        first = await go(signed or await sign_ask(ask, signer, manner.dialect, self.clock))
        if first.code not in NOT_UNDERSTOOD or manner.asks_twice_s > self.clock():
            return first
        # Noted before the second try, so that many deliveries at once do not all knock twice.
        self.remember(host, Manner(manner.dialect, self.clock() + KNOWN_S, self.clock() + BOTH_REFUSED_S))
        second = await go(await sign_ask(ask, signer, manner.dialect.other, self.clock))
        if second.code in NOT_UNDERSTOOD:
            return first
        self.remember(host, Manner(manner.dialect.other, self.clock() + KNOWN_S))
        return second

    def manner_of(self, host: str) -> Manner:
        """Return what is known of a host; draft-cavage comes first for one that we do not know."""
        known = self.manners.get(host)
        if known is None or known.until_s <= self.clock():
            return Manner(Dialect.CAVAGE, 0.0)
        return known

    def remember(self, host: str, manner: Manner) -> None:
        """Note what a host understands; over the bound, what was noted first is forgotten."""
        self.manners.pop(host, None)
        self.manners[host] = manner
        while len(self.manners) > MOST_HOSTS:
            del self.manners[next(iter(self.manners))]


def build_knocking(app: App, door: Door) -> Knocking:
    """Make what asks other servers, and none that is shut out."""
    return Knocking(door, is_shut_out=lambda host: is_shut_out(app.db.reader, host))


@lru_cache(KEPT_HOSTS)
def host_of(url: str) -> str:
    """Return scheme, host and port, as far as they matter to whom we talk."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
