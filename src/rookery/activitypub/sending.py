"""Brings parcels to the inboxes of other servers: a lane for each host, in order, until each inbox took them.

Owns: lanes, what an answer means, back-off, the half-open try, giving up. Never: composes (wire.py), chooses a dialect
(knocking.py), opens a connection (network/door.py).

A parcel waits as rows, one for each inbox, until that inbox took it, so kill -9 loses none; it may come twice, under
the same activity id. A lane serves one host alone: one that is dead or slow fills its own lane, and those in trouble
never fill more than half of all lanes. What fails puts off everything that waits for the host together; then one parcel
tries, and the rest follows when it was taken. After 14 days a host is given up: what takes something back stays, the
rest is dropped, and once the host answers or speaks to us it is told the newest of what it missed (catching_up.py).
Spec: https://www.w3.org/TR/activitypub/#delivery; RFC 9110 §10.2.3 (Retry-After)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import islice

from rookery.activitypub.catching_up import catch_up
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.ledger import Ledger
from rookery.activitypub.letterbox import Fate, Letterbox, Prepared, Result
from rookery.activitypub.wire import FediverseWire
from rookery.model.errors import Unavailable
from rookery.model.ids import now_us
from rookery.storage import hosts, parcels
from rookery.storage.hosts import Host, Release
from rookery.storage.jobs import SECOND_US, pause_s
from rookery.storage.parcels import Head
from rookery.storage.peering import list_shut_out

LOG = logging.getLogger("rookery.sending")
MOST_LANES = 128
MOST_TROUBLED = MOST_LANES // 2
ROUND = 32  # hosts that are claimed, and parcels that are signed, at once
BATCH = 16
GATHER_S = 0.02
LANE_S, LEASE_S = 60.0, 300
LOOK_S = 1.0
LOOK_SHARE = 20  # looking for hosts takes at most this part of the time
SLOW_S = 3.0
MOST_HINTS, MOST_SLOW = 50_000, 5_000
GIVE_UP_US = 14 * 86_400 * SECOND_US
QUIET_PAUSE_S = 86_400
MOST_RETRY_AFTER_S = 86_400
PIECE = 2000
MARGIN_US = 3600 * SECOND_US  # between writing something and packing it


class Sender:
    """Sends what waits, until cancelled. clock: microseconds since 1970."""

    def __init__(
        self,
        wire: FediverseWire,
        knocking: Knocking,
        *,
        most_lanes: int = MOST_LANES,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self.wire, self.app, self.most_lanes, self.clock = wire, wire.app, most_lanes, clock
        self.letterbox = Letterbox(wire, knocking)
        self.ledger = Ledger(wire.app, clock)
        self.lanes: dict[str, asyncio.Task[None]] = {}
        self.troubled: set[str] = set()
        self.slow: dict[str, None] = {}
        self.hints: dict[str, None] = {}
        self.woken = asyncio.Event()
        self.place, self.look_at = "", 0.0
        wire.listeners.append(self.wake)

    def wake(self, domains: Collection[str]) -> None:
        """Something waits for these hosts."""
        for domain in domains:
            if len(self.hints) < MOST_HINTS:
                self.hints[domain] = None
        self.woken.set()

    async def run(self) -> None:
        """Open lanes as parcels wait, until cancelled."""
        await self.ledger.begin()
        writing = asyncio.create_task(self.ledger.run())
        try:
            while True:
                if not await self.open_lanes():
                    await self.rest()
        finally:
            await self.close()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            with contextlib.suppress(Unavailable):
                await self.ledger.flush()

    async def rest(self) -> None:
        """Wait until there is something to do, or it is time to look."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.01, min(LOOK_S, self.look_at - time.monotonic()))):
                await self.woken.wait()
        self.woken.clear()

    async def close(self) -> None:
        """Let go of all lanes; what they had in hand is sent again by the next sender."""
        lanes = list(self.lanes.values())
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

    async def settle(self) -> None:
        """Send what is due now, and return when nothing is."""
        self.look_at = 0.0
        while await self.open_lanes() or self.lanes:
            await asyncio.gather(*self.lanes.values(), return_exceptions=True)
            await self.ledger.flush()
            self.look_at = 0.0

    async def open_lanes(self) -> bool:
        """Give some hosts with something waiting a lane each; False when there is no lane, or no such host."""
        if self.most_lanes - len(self.lanes) < ROUND:  # all are busy: a few hosts together are cheaper than each alone
            await asyncio.sleep(GATHER_S)
        free = min(ROUND, self.most_lanes - len(self.lanes))
        if free <= 0:
            return False
        try:
            candidates = self.take_hints(free) or await self.look(free)
            return bool(candidates) and await self.claim(candidates)
        except Unavailable as error:
            LOG.warning("deliveries wait: %s", error)
            self.look_at = time.monotonic() + LOOK_S
            return False

    def take_hints(self, limit: int) -> list[str]:
        """Return hosts of which we were told; those that have a lane are looked at again when it ends."""
        fitting = (domain for domain in self.hints if domain not in self.lanes and self.may_take(domain))
        chosen = list(islice(fitting, limit))
        for domain in chosen:
            del self.hints[domain]
        return chosen

    def may_take(self, domain: str) -> bool:
        """False for a slow host while those in trouble have all the lanes that they may have."""
        return domain not in self.slow or self.takes_troubled

    @property
    def takes_troubled(self) -> bool:
        """True while another host in trouble may have a lane."""
        return len(self.troubled) < min(MOST_TROUBLED, self.most_lanes // 2 or 1)

    async def look(self, limit: int) -> list[str]:
        """Return hosts that something waits for, in turn, and greet those that came back. Seldom when it takes long."""
        begun = time.monotonic()
        if begun < self.look_at:
            return []
        for domain, missed_since in await hosts.list_returned(self.app.db.reader):
            await catch_up(self.wire, domain, missed_since)
        asked = {"takes_failing": self.takes_troubled}
        found = await parcels.list_due_hosts(self.app.db.reader, self.place, self.clock(), limit, **asked)
        self.place = found[-1] if len(found) == limit else ""
        took = time.monotonic() - begun
        self.look_at = begun + (max(LOOK_S, took * LOOK_SHARE) if len(found) < limit else took)
        return [domain for domain in found if domain not in self.lanes and self.may_take(domain)]

    async def claim(self, candidates: Sequence[str]) -> bool:
        """Claim hosts, prepare what comes first at each, all in one go, and open their lanes."""
        now = self.clock()
        async with self.app.db.transaction() as tx:
            claimed = await hosts.claim_hosts(
                tx,
                candidates,
                worker=self.ledger.worker,
                now_us=now,
                until_us=now + LEASE_S * SECOND_US,
                takes_failing=self.takes_troubled,
            )
        for domain in await list_shut_out(self.app.db.reader, claimed):
            await self.drop_news(domain)
        heads = await parcels.list_heads(self.app.db.reader, claimed)
        for domain in claimed.keys() - heads.keys():
            self.ledger.release(Release(domain, "free"))
        prepared = await self.letterbox.prepare([stop for head in heads.values() for stop in head.stops])
        by_host: dict[str, list[Prepared]] = {}
        for one in prepared:
            by_host.setdefault(one.stop.host, []).append(one)
        for domain, head in heads.items():
            self.open_lane(claimed[domain], head, by_host.get(domain, []))
        return bool(claimed)

    def open_lane(self, host: Host, head: Head, prepared: list[Prepared]) -> None:
        """Begin to serve a host."""
        if host.failing_since_us is not None or host.domain in self.slow:
            self.troubled.add(host.domain)
        lane = asyncio.create_task(self.serve(host, head, prepared), name=f"lane {host.domain}")
        self.lanes[host.domain] = lane
        lane.add_done_callback(partial(self.close_lane, host.domain))

    def close_lane(self, domain: str, _: asyncio.Task[None]) -> None:
        """Forget a lane that is done."""
        self.lanes.pop(domain, None)
        self.troubled.discard(domain)
        self.woken.set()

    async def serve(self, host: Host, head: Head, prepared: list[Prepared]) -> None:
        """Send what waits for a host, and write down how it went."""
        try:
            release = await self.visit(host, head, prepared)
        except Unavailable as error:
            LOG.warning("deliveries to %s wait: %s", host.domain, error)
            release = Release(host.domain, "later", self.clock() + SECOND_US)
        except Exception:
            LOG.exception("deliveries to %s wait: they cannot be made", host.domain)
            release = Release(host.domain, "later", self.clock() + QUIET_PAUSE_S // 24 * SECOND_US)
        self.ledger.release(release)

    async def visit(self, host: Host, head: Head, prepared: list[Prepared]) -> Release:
        """Send what comes first, one after the other, then the rest; return how it ended."""
        begun = time.monotonic()
        for one in prepared:
            result = await self.send(one)
            if result.is_later:
                return await self.put_off(host, result)
        last = head.stops[-1]
        while head.last_id != last.parcel_id or host.domain in self.hints:
            self.hints.pop(host.domain, None)
            stops = await parcels.list_next_stops(self.app.db.reader, last, BATCH)
            if not stops:
                break
            worst = await self.send_beside(await self.letterbox.prepare(stops))
            if worst:
                return await self.put_off(host, worst)
            last = stops[-1]
            await self.ledger.keep_up()
            if time.monotonic() - begun > LANE_S:  # others shall have the lane, too
                self.wake([host.domain])
                break
        return Release(host.domain, "well")

    async def send_beside(self, prepared: Sequence[Prepared]) -> Result | None:
        """Send two at once, those of one author in order; return the first answer that puts the host off."""
        halves = [[one for one in prepared if (one.parcel.signer_id or 0) % 2 == half] for half in (0, 1)]
        results = await asyncio.gather(*(self.send_in_order(half) for half in halves))
        return next((result for result in results if result), None)

    async def send_in_order(self, prepared: Sequence[Prepared]) -> Result | None:
        """Send one after the other; stop at the first that the host did not deal with, and return it."""
        for one in prepared:
            result = await self.send(one)
            if result.is_later:
                return result
        return None

    async def send(self, one: Prepared) -> Result:
        """Send one parcel; note it as done when the inbox took it or never will."""
        begun = time.monotonic()
        result = await self.letterbox.post(one)
        self.note_pace(one.stop.host, time.monotonic() - begun)
        if result.fate in (Fate.REFUSED, Fate.GONE):
            LOG.info("%s does not take %s: %s", one.stop.inbox_url, one.parcel.uri, result.error)
        if not result.is_later:
            self.ledger.finish(one.stop)
        if result.forgets_inbox:
            self.ledger.forget(one.stop)
        return result

    def note_pace(self, domain: str, took_s: float) -> None:
        """Remember which hosts are slow."""
        self.slow.pop(domain, None)
        if took_s > SLOW_S:
            self.slow[domain] = None
            if len(self.slow) > MOST_SLOW:
                del self.slow[next(iter(self.slow))]

    async def put_off(self, host: Host, result: Result) -> Release:
        """Return when a host that failed is tried again; give it up when that lasted too long."""
        now = self.clock()
        if result.fate is Fate.BUSY:
            return Release(host.domain, "later", now + result.retry_after_s * SECOND_US)
        wait_s = pause_s(host.failure_count + 1)
        if host.failing_since_us is not None and now - host.failing_since_us > GIVE_UP_US:
            await self.give_up(host)
            wait_s = max(wait_s, QUIET_PAUSE_S)
        wait_s = max(wait_s, min(result.retry_after_s, MOST_RETRY_AFTER_S))
        if host.failing_since_us is None:
            LOG.warning("%s cannot be reached: %s", host.domain, result.error)
        return Release(host.domain, "failed", now + int(wait_s * SECOND_US), result.error)

    async def give_up(self, host: Host) -> None:
        """Drop what waits for a host, but for what takes something back."""
        if host.missed_since_us is None:
            LOG.warning("%s has been silent for two weeks; it will be told the newest when it is back", host.domain)
        oldest = await parcels.find_oldest_news(self.app.db.reader, host.domain)
        since = min(filter(None, (oldest, host.failing_since_us, self.clock()))) - MARGIN_US
        async with self.app.db.transaction() as tx:
            await hosts.mark_quiet(tx, host.domain, since)
        await self.drop_news(host.domain)

    async def drop_news(self, domain: str) -> None:
        """Drop what waits for a host in pieces, so that nobody waits for that."""
        dropped = PIECE
        while dropped:
            async with self.app.db.transaction() as tx:
                dropped = await parcels.drop_news(tx, domain, PIECE)
