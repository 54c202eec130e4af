"""The one safe door out: every request of this server to another host goes through it (K1).

Owns: checking a link, resolving its name once, pinning the connection to the checked address, redirects, deadlines,
turns, our name in the User-Agent. Never: keeps cookies, reads proxies from the environment, sends a credential
anywhere but to the origin that it was made for, reads the body of a redirect.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

from rookery.network.budgets import HostBudgets
from rookery.network.destinations import Destination, follow, parse_destination
from rookery.network.exchange import Answer, exchange, exchange_head
from rookery.network.heads import Head
from rookery.network.outward import (
    AddressRefused,
    Ask,
    Budget,
    FetchFailed,
    FetchRefused,
    Header,
    TookTooLong,
    TooManyRedirects,
)
from rookery.network.ranges import Address, may_reach

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Answered = TypeVar("Answered", Answer, Head)
MOST_AT_ONCE = 64
MOST_ADDRESSES = 4
RESOLVING_THREADS = 16  # of their own: somebody's slow name server must not hold up files or passwords
REDIRECTS = (301, 302, 303, 307, 308)
HARMLESS = ("accept", "accept-language")
OURS = (
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "user-agent",
    "cookie",
    "upgrade",
)
# Many names may lead to one victim: an address has a budget too, wide enough for the hosts behind one CDN.
PER_ADDRESS = Budget("address", at_once=32, count=1200, per_s=60)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer. url: of the last hop; headers: lower-case name -> value."""

    url: str
    code: int
    kind: str
    headers: dict[str, str]
    body: bytes


class SystemResolver:
    """The name servers that the machine uses, on threads of their own."""

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads, begun with the first name."""
        return ThreadPoolExecutor(RESOLVING_THREADS, thread_name_prefix="names")

    async def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a name, best first. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self.pool, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        return [str(entry[4][0]) for entry in found]


class Door:
    """Opens connections outward. is_test: loopback, http and every port are allowed (`up --test`), never otherwise.

    base_url: of this server, for the User-Agent. resolve, tls, budgets: other than the system's. named: an origin that
    stands in the operator's settings, so that it may be private; '' for none. Only a link that begins there is meant:
    no redirect leads inward, not even from it. at_once: requests together, to all hosts.
    """

    def __init__(
        self,
        base_url: str,
        *,
        version: str,
        is_test: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        budgets: HostBudgets | None = None,
        named: str = "",
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self.user_agent = f"Rookery/{version} (+{base_url}/)"
        self.is_test, self.named = is_test, named
        self.resolve = resolve or SystemResolver().resolve
        self.budgets = budgets or HostBudgets()
        self.turns = asyncio.Semaphore(at_once)
        self.given_tls = tls

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Certificates and names are verified against the system's authorities."""
        return self.given_tls or ssl.create_default_context()

    async def fetch(self, ask: Ask) -> Fetched:
        """Return a whole answer of any code; kinds are checked for good ones. Raises FetchRefused, FetchFailed."""
        async with self.open(ask) as answer:
            return Fetched(answer.url, answer.code, answer.kind, answer.headers, await answer.read())

    @contextlib.asynccontextmanager
    async def open(self, ask: Ask) -> AsyncIterator[Answer]:
        """Yield the answer behind all redirects, its body unread; everything is closed at the end.

        Raises FetchRefused, FetchFailed, also while the body is read.
        """
        try:
            async with asyncio.timeout(ask.limits.total_s), self.turns, contextlib.AsyncExitStack() as stack:

                async def go(place: Destination, start: Destination) -> Answer:
                    await stack.aclose()  # a redirect, without reading its body
                    return await self.visit(ask, place, start, stack)

                answer = await self.travel(ask, go)
                if answer.is_good:
                    answer.check_kind(ask.kinds)
                yield answer
        except TimeoutError:
            raise TookTooLong("the whole answer", ask.limits.total_s) from None

    async def read_head(self, ask: Ask) -> Head:
        """Return the head of the answer behind all redirects, and hang up. Raises FetchRefused, FetchFailed."""
        try:
            async with asyncio.timeout(ask.limits.total_s), self.turns:
                return await self.travel(ask, partial(self.visit_for_head, ask))
        except TimeoutError:
            raise TookTooLong("the whole answer", ask.limits.total_s) from None

    async def travel(self, ask: Ask, go: Callable[[Destination, Destination], Awaitable[Answered]]) -> Answered:
        """Follow redirects, each checked like the first link, and return the last answer. go: visits (place, start)."""
        start = place = self.first_place(ask)
        seen = {place.url}
        most = ask.limits.redirects if ask.method != "POST" else min(1, ask.limits.redirects)
        for hop in range(most + 1):
            answer = await go(place, start)
            if answer.code not in REDIRECTS or "location" not in answer.headers:
                return answer
            if ask.method == "POST" and answer.code not in (307, 308):
                return answer
            if hop == most:
                break
            place = self.next_place(ask, place, answer.headers["location"])
            if place.url in seen:
                raise TooManyRedirects("in a circle")
            seen.add(place.url)
        raise TooManyRedirects(f"more than {most} times")

    def first_place(self, ask: Ask) -> Destination:
        """Return where a link leads. Raises AddressRefused."""
        if self.named and ask.url.startswith(f"{self.named}/"):
            return parse_destination(ask.url, allows_http=True, is_test=True)
        return parse_destination(ask.url, allows_http=ask.allows_http, is_test=self.is_test)

    def next_place(self, ask: Ask, place: Destination, location: str) -> Destination:
        """Return where a redirect leads. Raises AddressRefused, TooManyRedirects: a step down, or a wandering POST."""
        following = follow(place, location, allows_http=ask.allows_http, is_test=self.is_test)
        if place.scheme == "https" and following.scheme != "https":
            raise TooManyRedirects("from https to http")
        if ask.method == "POST" and following.origin != place.origin:
            raise TooManyRedirects("what we send to another host")
        return following

    async def visit(self, ask: Ask, place: Destination, start: Destination, stack: contextlib.AsyncExitStack) -> Answer:
        """Ask one host, within its budget; note how it went."""
        if ask.gate:
            await ask.gate(place.host)
        await stack.enter_async_context(self.budgets.turn(place.host, ask.budget))
        try:
            addresses = await self.addresses_of(place)
            await stack.enter_async_context(self.budgets.turn(str(addresses[0]), PER_ADDRESS))
            headers = self.headers_for(ask, place, start)
            answer = await stack.enter_async_context(exchange(ask, place, addresses, headers, self.tls))
        except (FetchFailed, asyncio.CancelledError):
            self.budgets.note_failure(place.host, ask.budget)
            raise
        self.note(place, ask, answer)
        return answer

    async def visit_for_head(self, ask: Ask, place: Destination, start: Destination) -> Head:
        """Ask one host for the head of its answer, within its budget; note how it went."""
        if ask.gate:
            await ask.gate(place.host)
        async with self.budgets.turn(place.host, ask.budget):
            try:
                addresses = await self.addresses_of(place)
                async with self.budgets.turn(str(addresses[0]), PER_ADDRESS):
                    head = await exchange_head(ask, place, addresses, self.headers_for(ask, place, start), self.tls)
            except (FetchFailed, asyncio.CancelledError):
                self.budgets.note_failure(place.host, ask.budget)
                raise
            self.note(place, ask, head)
            return head

    def note(self, place: Destination, ask: Ask, answer: Answer | Head) -> None:
        """Note how a host is."""
        if answer.code in (429, 503):
            self.budgets.note_failure(place.host, ask.budget, wait_s=wait_of(answer))
        elif answer.code < 500:
            self.budgets.note_answer(place.host, ask.budget)

    async def addresses_of(self, place: Destination) -> list[Address]:
        """Resolve a name once; return the addresses that we may reach. Raises AddressRefused, FetchFailed."""
        literal = place.literal
        try:
            found = [str(literal)] if literal else await self.resolve(place.host, place.port)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(f"the name {place.host} cannot be resolved: {error}", 60) from error
        addresses = list(dict.fromkeys(ipaddress.ip_address(raw) for raw in found))
        is_named = place.origin == self.named
        reachable = [one for one in addresses if is_named or may_reach(one, allows_loopback=self.is_test)]
        if addresses and not reachable:
            raise AddressRefused(f"{place.host} is not on the public internet")
        if not reachable:
            raise FetchFailed(f"the name {place.host} has no address", 60)
        return reachable[:MOST_ADDRESSES]

    def headers_for(self, ask: Ask, place: Destination, start: Destination) -> list[Header]:
        """Return the headers for one hop: what is meant for one origin stays there. Raises FetchRefused for ours."""
        given = list(ask.headers)
        if place.origin == start.origin and ask.sign:
            given += ask.sign(ask.method, place.url, ask.body)
        if any(name.lower() in OURS for name, _ in given):
            raise FetchRefused("the request sets a header that is the door's own")
        kept = [(n, v) for n, v in given if place.origin == start.origin or n.lower() in HARMLESS]
        return [("user-agent", self.user_agent), *kept]


def wait_of(answer: Answer | Head) -> int:
    """Return how many seconds a server asks us to wait, 60 when it does not say. Spec: RFC 9110 §10.2.3"""
    raw = answer.headers.get("retry-after", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 9 else 60
