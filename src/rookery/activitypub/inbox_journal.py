"""The journal of the inbox: what came is on the disk before its sender hears 202.

Owns: writing down a verified delivery once, how much may wait, who is told to come later. Never: verifies, or handles
what it keeps (inbox_processing.py). A repetition of an activity by its actor, within KEPT_S, changes nothing.

How much waits is counted in memory and compared with the disk again and again. Of that room one host may take a part
only: a flood from one server does not close the door to the others.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rookery.actions.app import App
from rookery.activitypub.inbox_batches import Batches
from rookery.activitypub.vocabulary import Json
from rookery.model.errors import Unavailable
from rookery.model.ids import now_us
from rookery.storage import arrivals
from rookery.storage.arrivals import Arrival
from rookery.storage.database import Transaction

SECOND_US = 1_000_000
KEPT_S = 7 * 86_400  # longer than a signature counts and than servers try again
ASIDE_KEPT_S = 90 * 86_400
ASIDE_EVERY = 64  # after so many more, all of them are counted
LEASE_S = 300


@dataclass(frozen=True, slots=True)
class Room:
    """How much may wait: activities and bytes, of all hosts and of one; and how much is kept that was set aside."""

    most: int = 100_000
    most_bytes: int = 1 << 30
    most_of_host: int = 25_000
    most_bytes_of_host: int = 1 << 28
    aside_of_host: tuple[int, int] = (500, 16 << 20)
    aside_of_all: tuple[int, int] = (20_000, 512 << 20)


class InboxFull(Unavailable):
    """More waits than there is room for; nothing was kept."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("more has come than this server can take in now; send it again later", retry_after_s)


class Backlog:
    """How much waits, by host."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.count = self.size_bytes = 0
        self.counts: Counter[str] = Counter()
        self.sizes: Counter[str] = Counter()

    def check(self, host: str) -> None:
        """Raises InboxFull where there is no room, for this host or for anybody."""
        room = self.room
        is_full = self.count >= room.most or self.size_bytes >= room.most_bytes
        is_share_used = self.counts[host] >= room.most_of_host or self.sizes[host] >= room.most_bytes_of_host
        if is_full or is_share_used:
            raise InboxFull(30 + secrets.randbelow(90))  # not all of them at the same moment

    def add(self, host: str, size_bytes: int, step: int = 1) -> None:
        """Count one that came, or with -1 one that is done."""
        self.count = max(0, self.count + step)
        self.size_bytes = max(0, self.size_bytes + step * size_bytes)
        self.counts[host] += step
        self.sizes[host] += step * size_bytes
        if self.counts[host] <= 0:
            del self.counts[host], self.sizes[host]

    def replace(self, found: dict[str, tuple[int, int]]) -> None:
        """Count anew what the disk has."""
        self.counts = Counter({host: count for host, (count, _) in found.items()})
        self.sizes = Counter({host: size for host, (_, size) in found.items()})
        self.count, self.size_bytes = self.counts.total(), self.sizes.total()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified activity. document: the body, read. mark: by which it is known again where it has no id."""

    host: str
    actor_uri: str
    key_id: str
    uri: str
    doing: str
    is_addressed: bool
    body: bytes
    document: Json
    mark: str = ""


class Taker(Protocol):
    """Who handles what is in the journal, in this process."""

    def reserve(self, host: str) -> bool:
        """Keep a place for something of a host that is about to be written down; False when it has to wait."""
        ...

    def give_back(self, host: str) -> None:
        """Free the place again: nothing was written."""
        ...

    def take(self, arrival: Arrival, document: Json) -> None:
        """Handle what a place was kept for; it is on the disk. document: its body, read."""
        ...

    def wake(self) -> None:
        """Look at the journal soon: something waits there."""
        ...


class Journal:
    """Made once by ops. taker: None where another process handles what comes."""

    def __init__(self, app: App, room: Room | None = None) -> None:
        self.app = app
        self.backlog = Backlog(room or Room())
        self.batches: Batches[Delivery, bool] = Batches(self.write)
        self.taker: Taker | None = None
        self.aside_count = 0

    async def learn(self) -> None:
        """Count what waits on the disk."""
        self.backlog.replace(await arrivals.count_by_host(self.app.db.long_reader))

    async def keep(self, delivery: Delivery) -> bool:
        """Write down what came; False when it came before. Returns when it is on the disk. Raises Unavailable."""
        self.backlog.check(delivery.host)
        return await self.batches.add(delivery)

    async def write(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Write a group down in one transaction; return which are new. What can be handled at once does not wait."""
        now = now_us()
        reserved: list[str] = []
        try:
            async with self.app.db.transaction() as tx:
                verdicts = await self.note_digests(tx, deliveries, now)
                fresh = [one for one, is_new in zip(deliveries, verdicts, strict=True) if is_new]
                taken, waiting = self.share_out(fresh, reserved, now)
                rows, worker = [row for row, _ in taken], self.app.worker
                await arrivals.insert_arrivals(tx, rows, run_at_us=now + LEASE_S * SECOND_US, worker=worker)
                await arrivals.insert_arrivals(tx, waiting, run_at_us=now, worker="")
        except BaseException:
            if self.taker is not None:
                for host in reserved:
                    self.taker.give_back(host)
            raise
        self.hand_over(taken, waiting)
        return verdicts

    async def note_digests(self, tx: Transaction, deliveries: Sequence[Delivery], now: int) -> list[bool]:
        """Return which have not come lately, and remember them."""
        names = [digest_of(one.actor_uri, one.uri or one.mark) for one in deliveries]
        seen = await arrivals.list_known(tx, [name for name in names if name])
        verdicts, fresh = list[bool](), list[str]()
        for name in names:
            verdicts.append(not name or name not in seen)
            if name and name not in seen:
                seen.add(name)
                fresh.append(name)
        await arrivals.insert_digests(tx, sorted(fresh), now)
        return verdicts

    def share_out(
        self, fresh: Sequence[Delivery], reserved: list[str], now: int
    ) -> tuple[list[tuple[Arrival, Json]], list[Arrival]]:
        """Return what is handled at once and what waits. reserved: grows by the hosts that got a place."""
        taken, waiting = list[tuple[Arrival, Json]](), list[Arrival]()
        for one in fresh:
            if self.taker is not None and self.taker.reserve(one.host):
                reserved.append(one.host)
                taken.append((self.row_of(one, now, attempt_count=1), one.document))
            else:
                waiting.append(self.row_of(one, now, attempt_count=0))
        return taken, waiting

    def hand_over(self, taken: Sequence[tuple[Arrival, Json]], waiting: Sequence[Arrival]) -> None:
        """Count what is on the disk now, and let it be handled."""
        for row in (*(row for row, _ in taken), *waiting):
            self.backlog.add(row.host, len(row.body))
        if self.taker is None:
            return
        for row, document in taken:
            self.taker.take(row, document)
        if waiting:
            self.taker.wake()

    def row_of(self, delivery: Delivery, now: int, *, attempt_count: int) -> Arrival:
        """Return what is written down of a delivery."""
        return Arrival(
            id=self.app.ids.next_id(),
            received_at_us=now,
            host=delivery.host,
            by_uri=delivery.actor_uri,
            key_id=delivery.key_id,
            uri=delivery.uri,
            doing=delivery.doing,
            is_addressed=delivery.is_addressed,
            attempt_count=attempt_count,
            body=delivery.body,
        )

    async def trim_aside(self, tx: Transaction, names: Sequence[str]) -> None:
        """Keep what is set aside within its room: who sends much that cannot be handled fills no disk."""
        for host in dict.fromkeys(names):
            await arrivals.trim_aside(tx, host, *self.backlog.room.aside_of_host)
        self.aside_count += len(names)
        if self.aside_count >= ASIDE_EVERY:
            self.aside_count = 0
            await arrivals.trim_aside(tx, None, *self.backlog.room.aside_of_all)

    async def forget_old(self) -> None:
        """Forget hashes of last week, and what was set aside months ago; a chore."""
        now = now_us()
        async with self.app.db.transaction() as tx:
            await arrivals.forget_arrivals(
                tx, ids_before_us=now - KEPT_S * SECOND_US, aside_before_us=now - ASIDE_KEPT_S * SECOND_US
            )
            await arrivals.trim_aside(tx, None, *self.backlog.room.aside_of_all)


def digest_of(actor_uri: str, uri: str) -> str:
    """Return the hash by which a repetition is known: of the actor and the id, '' without one.

    The actor is part of it, so that nobody uses up an id of somebody else.
    """
    if not uri:
        return ""
    raw = hashlib.sha256(f"{actor_uri}\0{uri}".encode()).digest()
    return base64.b64encode(raw[:18]).decode()
