"""What the sender has done, written down in few transactions.

Owns: the results that are not written yet, and writing them. What is lost with the process is only that something was
sent: it is sent once more. Never: decides anything.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.errors import Unavailable
from rookery.storage import hosts, inboxes, parcels
from rookery.storage.hosts import Release
from rookery.storage.parcels import Stop

LOG = logging.getLogger("rookery.sending")
PAUSE_S, RETRY_S = 0.05, 1.0
MOST_OPEN = 5000


class Ledger:
    """Stops that are done, claims to give back, inboxes that are gone. worker: in whose name hosts are claimed."""

    def __init__(self, app: App, clock: Callable[[], int]) -> None:
        self.app, self.clock = app, clock
        self.worker = app.worker or secrets.token_hex(8)
        self.stops: list[Stop] = []
        self.releases: list[Release] = []
        self.gone: list[Stop] = []
        self.filled, self.emptied = asyncio.Event(), asyncio.Event()

    def finish(self, stop: Stop) -> None:
        """An inbox took a parcel, or never will."""
        self.stops.append(stop)
        self.filled.set()

    def release(self, release: Release) -> None:
        """A host may be served by others again."""
        self.releases.append(release)
        self.filled.set()

    def forget(self, stop: Stop) -> None:
        """There is no such inbox any more."""
        self.gone.append(stop)

    async def begin(self) -> None:
        """Give back what the last sender of this name had claimed when it ended."""
        await self.give_back()

    @repeatable
    async def give_back(self) -> None:
        """Release all claims of this name."""
        async with self.app.db.transaction() as tx:
            await hosts.release_all(tx, self.worker)

    async def run(self) -> None:
        """Write as results come, until cancelled."""
        while True:
            await self.filled.wait()
            await asyncio.sleep(PAUSE_S)
            try:
                await self.flush()
            except Unavailable as error:
                LOG.warning("results of deliveries wait: %s", error)
                await asyncio.sleep(RETRY_S)

    async def keep_up(self) -> None:
        """Wait while too much is not written yet."""
        while len(self.stops) > MOST_OPEN:
            self.emptied.clear()
            await self.emptied.wait()

    async def flush(self) -> None:
        """Write what is open, in one transaction."""
        self.filled.clear()
        stops, releases, gone = tuple(self.stops), tuple(self.releases), tuple(self.gone)
        if stops or releases or gone:
            await self.write(stops, releases, gone)
        # What came while we wrote stands behind what was written.
        del self.stops[: len(stops)], self.releases[: len(releases)], self.gone[: len(gone)]
        self.emptied.set()

    @repeatable
    async def write(self, stops: tuple[Stop, ...], releases: tuple[Release, ...], gone: tuple[Stop, ...]) -> None:
        """Delete stops, release hosts, forget inboxes."""
        async with self.app.db.transaction() as tx:
            await parcels.delete_stops(tx, stops)
            for stop in gone:
                if not await inboxes.forget_shared(tx, stop.host, stop.inbox_url):
                    await inboxes.forget_own(tx, stop.host, stop.inbox_url)
            await hosts.release_hosts(tx, releases, worker=self.worker, now_us=self.clock())
