"""What of the fediverse wire lives as long as the server: keys of others, the inbox, who is fetched, the sender.

Owns: making these and what runs of them beside the requests. Never: a rule.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rookery import __version__
from rookery.actions.app import App
from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import JobHandler, Pace, run_due_jobs, work_jobs
from rookery.activitypub.handling import Handling
from rookery.activitypub.handling_parts import Hands
from rookery.activitypub.inbox_intake import Inbox
from rookery.activitypub.inbox_journal import Journal
from rookery.activitypub.inbox_processing import Processing, Turns
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.sending import MOST_LANES, Sender
from rookery.activitypub.verifier import Verifier, build_verifier
from rookery.activitypub.visiting import quote_handlers, visit_handlers
from rookery.activitypub.wire import FediverseWire
from rookery.model.errors import Unavailable
from rookery.network.door import Door

LOG = logging.getLogger("rookery.sending")
CROWDED_S = 0.1  # how late the event loop may be before what came in waits for local people
PACK_S = 1.0
# Visits of one lane at once; while slow servers hold one lane up, the other goes on.
VISITS_AT_ONCE, LANES = 6, 2
VISITS_PER_MINUTE = 240


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by ops/app.py. sender: None where the app does not speak the wire."""

    app: App
    verifier: Verifier
    remote: Remote
    journal: Journal
    processing: Processing
    inbox: Inbox
    sender: Sender | None

    def work(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return what runs beside the requests."""
        sending = [self.sender.run, self.pack] if self.sender else []
        return [self.processing.run, *sending, *self.visits()]

    def visits(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return the loops that bring threads, profiles and quotes, in queues of their own."""
        hands = Hands(self.app, self.remote, self.verifier.keys, contextlib.nullcontext)
        handlers = {**visit_handlers(self.remote), **quote_handlers(hands)}
        return [partial(carry_out_visits, self.app, handlers)] * LANES

    async def pack(self) -> None:
        """Pack what was planned, as soon as it is committed: beside other jobs, so that a long one holds up nothing."""
        handlers = delivery_handlers(self.app)
        db, planned = self.app.db, self.sender.wire.planned if self.sender else asyncio.Event()
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


async def carry_out_visits(app: App, handlers: Mapping[str, JobHandler]) -> None:
    """Do visits at a pace; each kind has its share."""
    pace = Pace(VISITS_PER_MINUTE // LANES, at_once=VISITS_AT_ONCE)
    await work_jobs(app, handlers, asyncio.Event(), pace=pace)


async def is_set(event: asyncio.Event, within_s: float) -> bool:
    """Wait for an event for so long; return whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


def build_fediverse(app: App, door: Door, late_s: Callable[[], float] = lambda: 0.0) -> Fediverse:
    """Put the wire together and let the rest of the house ask it. late_s: how late the event loop is."""
    verifier = build_verifier(app, door)
    remote = build_remote(app, verifier.keys.knocking, clock=verifier.clock)
    app.resolver = remote
    turns, journal = Turns(), Journal(app)
    handling = Handling(Hands(app, remote, verifier.keys, turns.away))
    processing = Processing(app, verifier, journal, handling, turns, is_late=lambda: late_s() > CROWDED_S)
    journal.taker = processing
    return Fediverse(app, verifier, remote, journal, processing, Inbox(app, verifier, journal), open_sender(app))


def open_sender(app: App) -> Sender | None:
    """Make what sends for the wire that the app speaks; None where it does not speak it."""
    wire = next((one for one in app.wires if isinstance(one, FediverseWire)), None)
    if wire is None:
        return None
    settings = app.settings
    # A door of its own: hosts that hang take no turn from cards, mails and reading.
    door = Door(settings.base_url, version=__version__, is_test=settings.is_test, at_once=MOST_LANES * 2)
    return Sender(wire, Knocking(door))
