"""What of the ActivityPub wire lives as long as the server: keys of others, the inbox, who finds people and posts.

Owns: making these and what runs of them beside the requests. Never: a rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler, Pace, work_jobs
from rookery.activitypub.handling import Handling
from rookery.activitypub.handling_parts import Hands
from rookery.activitypub.inbox_intake import Inbox
from rookery.activitypub.inbox_journal import Journal
from rookery.activitypub.inbox_processing import Processing, Turns
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.verifier import Verifier, build_verifier
from rookery.activitypub.visiting import visit_handlers
from rookery.network.door import Door

CROWDED_S = 0.1  # how late the event loop may be before what came in waits for local people
# Visits of each kind at once; a slow server holds up no other kind, and of its own at most as many as these.
VISITS_AT_ONCE, LANES = 4, 2
VISITS_PER_MINUTE = 240


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by ops/app.py."""

    verifier: Verifier
    remote: Remote
    journal: Journal
    processing: Processing
    inbox: Inbox


def build_fediverse(app: App, door: Door, late_s: Callable[[], float] = lambda: 0.0) -> Fediverse:
    """Put the wire together and let the rest of the house ask it. late_s: how late the event loop is."""
    verifier = build_verifier(app, door)
    remote = build_remote(app, verifier.keys.knocking, clock=verifier.clock)
    app.resolver = remote
    turns, journal = Turns(), Journal(app)
    handling = Handling(Hands(app, remote, verifier.keys, turns.away))
    processing = Processing(app, verifier, journal, handling, turns, is_late=lambda: late_s() > CROWDED_S)
    journal.taker = processing
    return Fediverse(verifier, remote, journal, processing, Inbox(app, verifier, journal))


def visits_of(app: App, remote: Remote) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return the loops that bring threads and profiles: queues of their own, so that nothing else waits for them."""
    handlers = visit_handlers(remote)
    return [partial(carry_out_visits, app, kind, handlers[kind]) for kind in handlers for _ in range(LANES)]


async def carry_out_visits(app: App, kind: str, handler: JobHandler) -> None:
    """Do the visits of one kind, at a pace."""
    pace = Pace(VISITS_PER_MINUTE, at_once=VISITS_AT_ONCE)
    await work_jobs(app, {kind: handler}, asyncio.Event(), pace=pace)
