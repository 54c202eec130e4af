"""ActivityPub as the core sees it: what an event means to other servers is planned with it, packed and sent after it.

Owns: the two methods of model/wires.py, and packing: an errand becomes a parcel with one stop for each inbox, in one
transaction, once for each activity id. Never: opens a connection; sending.py brings parcels where they go.

Order: an errand is packed in a transaction that holds the row of which it speaks, so that the end of a thing is always
packed after its beginning; what one account does is packed in its order, and the stops of a host are sent in the order
in which they were packed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import replace

from rookery.actions.app import App, delivery_kind
from rookery.actions.receiving import host_of
from rookery.actions.repeating import repeatable
from rookery.activitypub.addresses import actor_uri, server_uri
from rookery.activitypub.composing import COMPOSERS
from rookery.activitypub.composing_people import find_pair, write_answer
from rookery.activitypub.concerns import CONCERNS
from rookery.activitypub.errands import ENCODE, Composed, Errand, Outdated
from rookery.activitypub.signing import prove
from rookery.model.events import Event, KeysRotated
from rookery.model.ids import AccountId, now_us
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused
from rookery.storage import hosts, parcels
from rookery.storage.database import Reader, Transaction
from rookery.storage.eventrows import body_from_event
from rookery.storage.jobs import insert_job
from rookery.storage.parcels import Parcel, Stop
from rookery.storage.peering import list_shut_out

NAME = "activitypub"
MOST_TRIES = 10
TURNS = 64


class FediverseWire:
    """ActivityPub. listeners: told, after a commit, the hosts for which something waits; each must be quick.

    planned: set when there is something to pack, once its transaction commits. rotated: whose keys were replaced, until
    whoever signs has seen it.
    """

    name = NAME

    def __init__(self, app: App) -> None:
        self.app = app
        self.listeners: list[Callable[[Collection[str]], None]] = []
        self.planned = asyncio.Event()
        self.rotated: set[int | None] = set()
        self.turns = [asyncio.Lock() for _ in range(TURNS)]  # what one account does is packed in its order

    @property
    def base_url(self) -> str:
        """Of this server."""
        return self.app.settings.base_url

    @property
    def reader(self) -> Reader:
        """Where documents are read."""
        return self.app.db.reader

    async def project(self, tx: Transaction, event: Event) -> bool:
        """True when the event concerns people of other servers."""
        concerns = CONCERNS.get(type(event))
        if concerns is None or not await concerns(tx, event):
            return False
        self.planned.set()
        return True

    async def deliver(self, event: Event) -> None:
        """Pack what the event means to other servers as things are now. Harmless a second time."""
        if isinstance(event, KeysRotated):
            self.rotated.add(event.account_id)
        async with self.turns[doer_of(event) % len(self.turns)]:
            for _ in range(MOST_TRIES):
                with contextlib.suppress(Outdated):
                    await self.pack_all(await COMPOSERS[type(event)](self, event), event)
                    return
        raise Outdated

    async def answer_follow(self, kind: str, followed_id: AccountId, follower_id: AccountId, uri: str) -> None:
        """Accept or Reject a far follow of which no event speaks: one that is asked again, or is not welcome."""
        pair = await find_pair(self, followed_id, follower_id)
        if pair:
            for errand in (await write_answer(self, kind, *pair, uri, self.app.ids.next_id())).errands:
                await self.pack(errand)

    async def pack_all(self, composed: Composed, event: Event) -> None:
        """Pack what was composed, and plan to look at the event again where that was wished."""
        for errand in composed.errands:
            await self.pack(errand)
        if composed.again_at_us and composed.telling:
            await self.plan_again(composed, event)

    @repeatable
    async def plan_again(self, composed: Composed, event: Event) -> None:
        """Have the event looked at again."""
        telling = composed.telling
        async with self.app.db.transaction() as tx:
            if telling:
                await parcels.put_told(tx, telling.kind, telling.id, telling.told)
            body, at = body_from_event(event), composed.again_at_us
            await insert_job(tx, self.app.ids.next_id(), delivery_kind(self), body, run_at_us=at)

    async def pack(self, errand: Errand) -> None:
        """Store an errand as a parcel with its stops, once, and tell the listeners."""
        await self.pack_for(errand, is_again=False)

    async def pack_again(self, errand: Errand) -> None:
        """Store it for these inboxes also when others got it before."""
        await self.pack_for(errand, is_again=True)

    async def pack_for(self, errand: Errand, *, is_again: bool) -> None:
        """Store an errand, proved by its author, and tell the listeners."""
        places = stops_of(errand, is_test=self.app.settings.is_test)
        if not places:
            return
        said = await prove(self.app, signer_id_of(errand), self.signer_uri_of(errand), errand.activity)
        reached = await self.store(replace(errand, activity=said), places, is_again=is_again)
        if reached:
            for listener in self.listeners:
                listener(reached)

    @repeatable
    async def store(self, errand: Errand, places: dict[str, str], *, is_again: bool) -> set[str]:
        """Store a parcel and its stops; return the hosts. Nothing is stored of what does not hold any more."""
        async with self.app.db.transaction() as tx:
            if errand.holds and not await errand.holds(tx):
                return set()
            parcel = self.parcel_from(errand)
            if not await parcels.insert_parcel(tx, parcel):
                known = await parcels.find_parcel_id(tx, parcel.uri) if is_again else None
                if known is None:
                    return set()
                parcel = replace(parcel, id=known)
            if errand.telling:
                await parcels.put_told(tx, errand.telling.kind, errand.telling.id, errand.telling.told)
            return await put_stops(tx, parcel, places)

    def parcel_from(self, errand: Errand) -> Parcel:
        """Return an errand as it is stored and sent."""
        uri, body = errand.activity["id"], ENCODE(errand.activity)
        signer_id, signer_uri = signer_id_of(errand), self.signer_uri_of(errand)
        return Parcel(self.app.ids.next_id(), uri, signer_id, signer_uri, body, errand.is_deletion, now_us())

    def signer_uri_of(self, errand: Errand) -> str:
        """Return the actor that says an errand."""
        return actor_uri(errand.author, self.base_url) if errand.author else server_uri(self.base_url)


def signer_id_of(errand: Errand) -> int | None:
    """Return whose keys speak for an errand, None for the server's."""
    return errand.author.id if errand.author else None


def doer_of(event: Event) -> int:
    """Return whose event it is."""
    names = ("account_id", "author_id", "follower_id")
    return next((getattr(event, name) for name in names if hasattr(event, name)), 0)


def stops_of(errand: Errand, *, is_test: bool) -> dict[str, str]:
    """Return the host of each inbox of an errand; an address that may not be opened is left out."""
    places: dict[str, str] = {}
    for url in errand.inboxes:
        try:
            parse_destination(url, allows_http=is_test, is_test=is_test)
        except AddressRefused:
            continue
        places[url] = host_of(url)
    return places


async def put_stops(tx: Transaction, parcel: Parcel, places: dict[str, str]) -> set[str]:
    """Store where a parcel goes; return the hosts. places: inbox -> host.

    Blocked servers get deletions alone, and so do those that have been silent for weeks until their next try is due.
    """
    wanted, now = set(places.values()), now_us()
    await hosts.ensure_hosts(tx, wanted, now)
    if not parcel.is_deletion:
        wanted -= await list_shut_out(tx, wanted)
        wanted -= await hosts.list_resting(tx, wanted, now)
    stops = [Stop(host, parcel.id, url) for url, host in places.items() if host in wanted]
    await parcels.insert_stops(tx, stops, is_deletion=parcel.is_deletion)
    return {stop.host for stop in stops}
