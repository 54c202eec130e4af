"""What of the fediverse wire lives as long as the server: keys of others, the inbox, who is fetched.

Owns: making these, with the one verifier of a process (K3), and what runs of them beside the requests. Never: a rule;
what sends is ops/deliveries.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler, Pace, work_jobs
from rookery.activitypub.admitting import Porter
from rookery.activitypub.handling import Handling
from rookery.activitypub.handling_parts import Hands
from rookery.activitypub.inbox_intake import Inbox
from rookery.activitypub.inbox_journal import Journal
from rookery.activitypub.inbox_processing import Processing, Turns
from rookery.activitypub.relays import Relaying
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.verifier import Verifier, build_verifier
from rookery.activitypub.visiting import other_handlers, visit_handlers
from rookery.network.door import Door
from rookery.network.limits import Limiter

CROWDED_S = 0.1  # how late the event loop may be before what came in waits for local people
# Visits of one lane at once; while slow servers hold one lane up, the other goes on.
VISITS_AT_ONCE, LANES = 6, 2
VISITS_PER_MINUTE = 240


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by ops/app.py."""

    app: App
    verifier: Verifier
    remote: Remote
    journal: Journal
    processing: Processing
    inbox: Inbox
    porter: Porter

    def work(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return what runs beside the requests."""
        return [self.processing.run, *self.visits()]

    def visits(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return the loops that bring threads, profiles and quotes, in queues of their own."""
        return [partial(carry_out_visits, self.app, self.handlers())] * LANES

    def handlers(self) -> dict[str, JobHandler]:
        """Return who brings each of them."""
        hands = Hands(self.app, self.remote, self.verifier.keys, self.inbox.relaying, contextlib.nullcontext)
        return {**visit_handlers(self.remote), **other_handlers(hands)}


async def carry_out_visits(app: App, handlers: Mapping[str, JobHandler]) -> None:
    """Do visits at a pace; each kind has its share."""
    pace = Pace(VISITS_PER_MINUTE // LANES, at_once=VISITS_AT_ONCE)
    await work_jobs(app, handlers, asyncio.Event(), pace=pace)


def build_fediverse(
    app: App, door: Door, late_s: Callable[[], float] = lambda: 0.0, limiter: Limiter | None = None
) -> Fediverse:
    """Put the wire together and let the rest of the house ask it. late_s: how late the event loop is."""
    verifier = build_verifier(app, door)
    remote = build_remote(app, verifier.keys.knocking, clock=verifier.clock)
    app.resolver = remote
    turns, journal = Turns(), Journal(app)
    relaying = Relaying(app)
    handling = Handling(Hands(app, remote, verifier.keys, relaying, turns.away))
    processing = Processing(app, verifier, journal, handling, turns, is_late=lambda: late_s() > CROWDED_S)
    journal.taker = processing
    porter = Porter(app, verifier, limiter or Limiter())
    return Fediverse(app, verifier, remote, journal, processing, Inbox(app, verifier, journal, relaying), porter)
