"""Documents of other servers, asked for politely and believed only about their own server (K1, K2).

Owns: Fetcher: signed by the server's own actor, each document by one request however many want it, failures remembered,
blocked servers never asked. Never: reads what a document says beyond its id (reading_*.py), stores anything.
Rules: the address that answered in the end is of the asked origin; a document is the one that was asked for when its
`id` says so; one that names another id of its server is fetched once more, there. Files that people upload somewhere
are no documents: the content type counts.
Spec: https://www.w3.org/TR/activitypub/#retrieving-objects, https://w3id.org/fep/fe34
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from rookery.actions.receiving import check_server
from rookery.activitypub.documents import DocumentRefused, id_in, parse_document
from rookery.activitypub.failures import Failures, Flights
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.origin import find_origin, is_ours, same_origin
from rookery.activitypub.signing import Clock, Signer
from rookery.activitypub.vocabulary import Json
from rookery.model.errors import Invalid, NotFound, Unavailable
from rookery.model.incoming import ServerRefused
from rookery.network.door import Fetched
from rookery.network.outward import MEBIBYTE, Ask, Budget, FetchFailed, FetchRefused, HostBusy, Limits
from rookery.storage.database import Reader

ACTIVITY, LINKED = "application/activity+json", "application/ld+json"
STREAMS = "https://www.w3.org/ns/activitystreams"
HTML = ("text/html", "application/xhtml+xml")
ACCEPT = f'{ACTIVITY}, {LINKED}; profile="{STREAMS}"'
ACCEPT_PAGES = f"{ACCEPT}, text/html;q=0.5"
# What somebody waits for, and what can wait: a host is never asked for much by either.
ASKED = Budget("documents", at_once=6, count=300, per_s=60)
FILLING = Budget("filling", at_once=2, count=90, per_s=60)
LIMITS = Limits(total_s=12.0, first_byte_s=8.0, packed_bytes=MEBIBYTE, body_bytes=MEBIBYTE)
MISSING_S, REFUSED_S, FAILED_S, DEAD_S = 600, 3600, 180, 90
ALIVE_S, MOST_ALIVE = 600.0, 20_000
WAIT_CODES = (408, 425, 429)
Meter = Callable[[int], None]


class RemoteNotFound(NotFound):
    """Its own server does not have it. is_gone: it had, and says that it will not again."""

    def __init__(self, uri: str, *, is_gone: bool = False) -> None:
        super().__init__(f"its server has nothing at {uri[:200]}")
        self.uri, self.is_gone = uri, is_gone


class RemoteRefused(Invalid):
    """What a server shows is not taken, or the server is not asked."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this cannot be taken from its server: {why}")


class RemoteUnavailable(Unavailable):
    """The server does not answer now; it may later."""


class Fetcher:
    """Made once. signer: who signs, asked at each request. base_url: ours; nothing of ours is ever fetched.

    clock: Unix time. spread: see Failures. is_test: see Door.
    """

    def __init__(
        self,
        reader: Reader,
        knocking: Knocking,
        signer: Callable[[], Awaitable[Signer]],
        *,
        base_url: str,
        is_test: bool = False,
        clock: Clock = time.time,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.reader, self.knocking, self.signer = reader, knocking, signer
        self.base_url, self.is_test, self.clock = base_url, is_test, clock
        self.failures, self.flights = Failures(clock, spread=spread), Flights()
        self.alive: dict[str, float] = {}
        self.firsts: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def fetch_document(self, uri: str, *, budget: Budget = ASKED, meter: Meter | None = None) -> Json:
        """Return the document of an id: with this id, or with another id of its server that was fetched in its turn.

        meter: called with the size of each answer. Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
        """
        document = await self.fetch_json(uri, budget=budget, meter=meter)
        own = id_in(document.get("id"))
        if own == uri:
            return document
        if not same_origin(own, uri):
            raise RemoteRefused("the document that stands there is another one")
        document = await self.fetch_json(own, budget=budget, meter=meter)
        if id_in(document.get("id")) != own:
            raise RemoteRefused("the document that stands there names a third one")
        return document

    async def fetch_json(self, uri: str, *, budget: Budget = ASKED, meter: Meter | None = None) -> Json:
        """Return what stands at an address of one server, whatever its id. Raises as fetch_document."""
        got = await self.fetch(uri, budget=budget)
        if meter:
            meter(len(got.body))
        if not same_origin(got.url, uri):
            raise RemoteRefused("its server sends us to another one")
        if not is_document_type(got.headers.get("content-type", "")):
            raise RemoteRefused("it is not a document of this network")
        return parsed(got.body)

    async def fetch(
        self,
        url: str,
        *,
        accept: str = ACCEPT,
        kinds: tuple[str, ...] = (ACTIVITY, LINKED),
        budget: Budget = ASKED,
    ) -> Fetched:
        """Return a good answer, one request for all who ask at once. Raises as fetch_document.

        What failed lately fails again without a request; so does everything of a host that could not be reached.
        """
        plain = url.partition("#")[0]
        origin = find_origin(plain)
        if origin is None:
            raise RemoteRefused("its address is not one of the web")
        if is_ours(plain, self.base_url):
            raise RemoteRefused("it is an address of this server")
        self.failures.check((plain, accept))
        self.failures.check(origin)
        got: Fetched = await self.flights.join(
            (plain, accept), lambda: self.visit(plain, origin, accept, kinds, budget)
        )
        return got

    async def visit(self, url: str, origin: str, accept: str, kinds: tuple[str, ...], budget: Budget) -> Fetched:
        """Ask, and remember how it went. Who wants something of a host that nobody knows waits for the first answer."""
        if self.alive.get(origin, 0.0) > self.clock():
            return await self.ask(url, origin, accept, kinds, budget)
        lock = self.firsts.setdefault(origin, asyncio.Lock())
        async with lock:
            self.failures.check(origin)
            return await self.ask(url, origin, accept, kinds, budget)

    async def ask(self, url: str, origin: str, accept: str, kinds: tuple[str, ...], budget: Budget) -> Fetched:
        """Make the request. Raises as fetch_document."""
        key = (url, accept)
        ask = Ask(url, headers=(("accept", accept),), kinds=kinds, budget=budget, limits=LIMITS, gate=self.check_host)
        try:
            got = await self.knocking.fetch(ask, await self.signer())
        except ServerRefused as error:  # not remembered: staff may take the block away
            raise RemoteRefused(str(error)) from error
        except FetchRefused as error:
            refused = RemoteRefused(str(error))
            self.failures.note(key, REFUSED_S, refused)
            raise refused from error
        except HostBusy as error:  # nobody was asked
            raise RemoteUnavailable(str(error), error.retry_after_s) from error
        except FetchFailed as error:
            dead = RemoteUnavailable(str(error), error.retry_after_s)
            self.failures.note(origin, DEAD_S, dead)
            raise dead from error
        self.note_alive(origin)
        self.check_code(got, key)
        self.failures.forget(key)
        return got

    def check_code(self, got: Fetched, key: tuple[str, str]) -> None:
        """Raises what a code other than 2xx means, and remembers it."""
        if 200 <= got.code < 300:
            return
        if got.code in (404, 410):
            missing = RemoteNotFound(key[0], is_gone=got.code == 410)
            self.failures.note(key, MISSING_S, missing)
            raise missing
        if got.code >= 500 or got.code in WAIT_CODES:
            later = RemoteUnavailable(f"its server answers {got.code}", 60)
            self.failures.note(key, FAILED_S, later)
            raise later
        refused = RemoteRefused(f"its server answers {got.code}")
        self.failures.note(key, REFUSED_S, refused)
        raise refused

    async def check_host(self, host: str) -> None:
        """Raises ServerRefused for a blocked server, before it is asked."""
        await check_server(self.reader, host, "")

    def note_alive(self, origin: str) -> None:
        """A host answered: more than one request may go there at once."""
        self.alive.pop(origin, None)
        self.alive[origin] = self.clock() + ALIVE_S
        self.failures.forget(origin)
        while len(self.alive) > MOST_ALIVE:
            del self.alive[next(iter(self.alive))]


def parsed(raw: bytes) -> Json:
    """Read the JSON of a document. Raises RemoteRefused."""
    try:
        return parse_document(raw)
    except DocumentRefused as error:
        raise RemoteRefused(str(error)) from error


def is_document_type(content_type: str) -> bool:
    """True for the two names of a document. Spec: ActivityPub §3.2; GHSA-jhrq-qvrm-qr36"""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind == ACTIVITY:
        return True
    profiles = " ".join(one.partition("=")[2].strip('"') for one in parameters if one.startswith("profile"))
    return kind == LINKED and STREAMS in profiles.split()
