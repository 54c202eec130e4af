"""What sends to other servers as long as the server lives: a door for deliveries, the sender, packing.

Owns: making them, and what runs beside the requests. Never: a rule.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from rookery import __version__
from rookery.actions import jobs
from rookery.actions.app import App
from rookery.actions.deliveries import delivery_handlers
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.sending import MOST_LANES, Sender
from rookery.activitypub.wire import FediverseWire
from rookery.model.errors import Unavailable
from rookery.network.door import Door

LOG = logging.getLogger("rookery.sending")


@dataclass(slots=True)
class Deliveries:
    """What packs for every wire, and what sends for ours; None where it is not spoken."""

    app: App
    sender: Sender | None

    def work(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return what runs beside the requests."""
        return [self.pack, *([self.sender.run] if self.sender else [])]

    async def pack(self) -> None:
        """Pack what was planned, as soon as it is committed: beside other jobs, so that a long one holds up nothing."""
        handlers = delivery_handlers(self.app)
        planned = self.sender.wire.planned if self.sender else asyncio.Event()
        while True:
            planned.clear()
            head = self.app.db.head
            try:
                found = await jobs.run_due_jobs(self.app, handlers)
            except Unavailable as error:
                LOG.warning("packing waits: %s", error)
                found = 0
            if not found and await is_set(planned, jobs.IDLE_S):
                await self.app.db.wait_for_events(head, jobs.IDLE_S)


async def is_set(event: asyncio.Event, within_s: float) -> bool:
    """Wait for an event for so long; return whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


def open_deliveries(app: App) -> Deliveries:
    """Make what packs, and what sends for the wire that has a sender of its own."""
    wire = next((one for one in app.wires if isinstance(one, FediverseWire)), None)
    if wire is None:
        return Deliveries(app, None)
    settings = app.settings
    # A door of its own: hosts that hang take no turn from cards, mails and reading.
    door = Door(settings.base_url, version=__version__, is_test=settings.is_test, at_once=MOST_LANES * 2)
    return Deliveries(app, Sender(wire, Knocking(door)))
