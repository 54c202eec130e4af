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
from rookery.actions.app import App
from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.sending import MOST_LANES, Sender
from rookery.activitypub.wire import FediverseWire
from rookery.model.errors import Unavailable
from rookery.network.door import Door

LOG = logging.getLogger("rookery.sending")
PACK_S = 1.0


@dataclass(slots=True)
class Deliveries:
    """The sender, and what packs for it."""

    app: App
    sender: Sender

    def work(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return what runs beside the requests."""
        return [self.sender.run, self.pack]

    async def pack(self) -> None:
        """Pack what was planned, as soon as it is committed: beside other jobs, so that a long one holds up nothing."""
        handlers = delivery_handlers(self.app)
        db, planned = self.app.db, self.sender.wire.planned
        while True:
            planned.clear()
            head = db.head
            try:
                found = await run_due_jobs(self.app, handlers)
            except Unavailable as error:
                LOG.warning("packing waits: %s", error)
                found = 0
            if not found and await is_set(planned, PACK_S):
                await db.wait_for_events(head, PACK_S)


async def is_set(event: asyncio.Event, within_s: float) -> bool:
    """Wait for an event for so long; return whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


def open_deliveries(app: App) -> Deliveries | None:
    """Make what sends for the wire that the app speaks; None where it does not speak it."""
    wire = next((one for one in app.wires if isinstance(one, FediverseWire)), None)
    if wire is None:
        return None
    settings = app.settings
    # A door of its own: hosts that hang take no turn from cards, mails and reading.
    door = Door(settings.base_url, version=__version__, is_test=settings.is_test, at_once=MOST_LANES * 2)
    return Deliveries(app, Sender(wire, Knocking(door)))
