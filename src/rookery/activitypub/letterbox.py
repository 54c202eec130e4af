"""One parcel into one inbox: its request, signed with many others at once, and what the answer means.

Owns: parcels and signers in memory, a bounded few; the table of answers. Never: decides when, or what follows.
Spec: https://www.w3.org/TR/activitypub/#delivery, RFC 9110 §15
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from rookery.activitypub.addresses import followers_uri
from rookery.activitypub.face import TYPES
from rookery.activitypub.follower_digests import header_for, list_digests
from rookery.activitypub.knocking import Knocking, host_of
from rookery.activitypub.origin import authority_of
from rookery.activitypub.signing import Signer, sign_all, signer_of
from rookery.activitypub.wire import FediverseWire
from rookery.model.errors import Unavailable
from rookery.network.heads import Head
from rookery.network.outward import AddressRefused, Ask, Budget, FetchFailed, FetchRefused, Header, HostBusy, Limits
from rookery.storage.parcels import Parcel, Stop, list_parcels

# How hosts in trouble are left alone stands in their rows, so that a restart keeps it.
DELIVERIES = Budget("deliveries", at_once=2, count=3000, per_s=60, rests=False)
LIMITS = Limits(connect_s=5, first_byte_s=15, total_s=20, redirects=1)
HEADERS = (("content-type", TYPES[0]), ("accept", TYPES[0]))
KEPT_PARCELS, KEPT_BYTES = 256, 16 * 1024 * 1024
KEPT_DIGESTS, DIGEST_S = 50, 60.0
KEPT_SIGNERS, SIGNER_S = 500, 60.0  # a key that was replaced is used no longer than this


class Fate(Enum):
    """What became of a parcel at one inbox."""

    TAKEN = "taken"
    REFUSED = "refused"
    GONE = "gone"
    LATER = "later"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Result:
    """An answer, or none. forgets_inbox: there is no such inbox any more."""

    fate: Fate
    error: str = ""
    retry_after_s: int = 0
    forgets_inbox: bool = False

    @property
    def is_later(self) -> bool:
        """True when the parcel has to be sent again."""
        return self.fate in (Fate.LATER, Fate.BUSY)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parcel with its signed request."""

    stop: Stop
    parcel: Parcel
    ask: Ask
    signer: Signer
    signed: Ask


def result_of(head: Head) -> Result:
    """Read an answer. A server in trouble, or that asks us to wait, is asked again; a refusal is for good."""
    code = head.code
    if 200 <= code < 300:
        return Result(Fate.TAKEN)
    error = f"the answer was {code}"
    if code in (404, 410):
        return Result(Fate.GONE, error, forgets_inbox=True)
    if code in (408, 425, 429) or (code >= 500 and code != 501):
        return Result(Fate.LATER, error, seconds_of(head.headers.get("retry-after", "")))
    return Result(Fate.REFUSED, error)


def seconds_of(raw: str) -> int:
    """Return how long a server asks us to wait, 0 when it does not say so in seconds."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 9 else 0


class Letterbox:
    """Prepares and posts."""

    def __init__(self, wire: FediverseWire, knocking: Knocking) -> None:
        self.wire, self.knocking = wire, knocking
        self.parcels: dict[int, Parcel] = {}
        self.signers: dict[int | None, tuple[Signer, float]] = {}
        self.digests: dict[int, tuple[asyncio.Task[dict[str, str]], float]] = {}

    async def prepare(self, stops: Sequence[Stop]) -> list[Prepared]:
        """Return the stops with signed requests, in the same order, all signed in one turn of a thread."""
        found = await self.read_parcels({stop.parcel_id for stop in stops})
        known = [(stop, found[stop.parcel_id]) for stop in stops if stop.parcel_id in found]
        asks: list[tuple[Stop, Parcel, Ask, Signer]] = []
        for stop, parcel in known:
            allows_http = self.wire.app.settings.is_test
            headers = HEADERS + await self.followers_header(stop, parcel)
            ask = Ask(stop.inbox_url, "POST", headers, parcel.body, (), allows_http, LIMITS, DELIVERIES)
            asks.append((stop, parcel, ask, await self.signer_for(parcel)))
        wanted = [(ask, signer, self.knocking.manner_of(host_of(ask.url)).dialect) for _, _, ask, signer in asks]
        signed = await sign_all(wanted, self.knocking.clock) if wanted else []
        return [Prepared(*one, ready) for one, ready in zip(asks, signed, strict=True)]

    async def followers_header(self, stop: Stop, parcel: Parcel) -> tuple[Header, ...]:
        """Return who of a host follows the author, as a digest, with what goes to all followers. Spec: FEP-8fcf"""
        if parcel.signer_id is None or followers_uri(parcel.signer_uri).encode() not in parcel.body:
            return ()
        now = time.monotonic()
        known = self.digests.get(parcel.signer_id)
        if known is None or known[1] <= now:
            if len(self.digests) >= KEPT_DIGESTS:
                self.digests.clear()
            reading = asyncio.create_task(list_digests(self.wire.reader, parcel.signer_id))
            known = self.digests[parcel.signer_id] = (reading, now + DIGEST_S)
        try:
            digest = (await asyncio.shield(known[0])).get(authority_of(stop.inbox_url))
        except Unavailable:
            self.digests.pop(parcel.signer_id, None)  # asked anew by whoever comes next
            raise
        return (header_for(parcel.signer_uri, digest),) if digest else ()

    async def read_parcels(self, ids: Iterable[int]) -> dict[int, Parcel]:
        """Return parcels by id; many hosts get the same ones at the same time."""
        wanted = set(ids)
        missing = wanted - self.parcels.keys()
        if missing:
            if len(self.parcels) + len(missing) > KEPT_PARCELS or self.kept_bytes() > KEPT_BYTES:
                self.parcels = {number: self.parcels[number] for number in wanted & self.parcels.keys()}
            self.parcels |= await list_parcels(self.wire.reader, missing)
        return {number: self.parcels[number] for number in wanted & self.parcels.keys()}

    def kept_bytes(self) -> int:
        """Return how much is kept in memory."""
        return sum(len(one.body) for one in self.parcels.values())

    async def signer_for(self, parcel: Parcel) -> Signer:
        """Return who signs a parcel."""
        now = time.monotonic()
        if parcel.signer_id in self.wire.rotated:
            self.wire.rotated.discard(parcel.signer_id)
            self.signers.pop(parcel.signer_id, None)
        known = self.signers.get(parcel.signer_id)
        if known and known[1] > now:
            return known[0]
        if len(self.signers) >= KEPT_SIGNERS:
            self.signers.clear()
        signer = await signer_of(self.wire.app, parcel.signer_id, parcel.signer_uri)
        self.signers[parcel.signer_id] = (signer, now + SIGNER_S)
        return signer

    async def post(self, one: Prepared) -> Result:
        """Send a parcel and read the answer."""
        try:
            return result_of(await self.knocking.post(one.ask, one.signer, signed=one.signed))
        except HostBusy as busy:
            return Result(Fate.BUSY, str(busy), busy.retry_after_s or 1)
        except (FetchFailed, AddressRefused) as error:
            return Result(Fate.LATER, str(error))
        except FetchRefused as error:
            return Result(Fate.REFUSED, str(error))
