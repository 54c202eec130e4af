"""What of the ActivityPub wire lives as long as the server: who finds people and posts of other servers.

Owns: making these and what runs of them beside the requests. Never: a rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rookery.actions.app import App
from rookery.actions.jobs import JobHandler, Pace, work_jobs
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.verifier import build_verifier
from rookery.activitypub.visiting import visit_handlers
from rookery.network.door import Door

# Visits of one lane at once; while slow servers hold one lane up, the other goes on.
VISITS_AT_ONCE, LANES = 6, 2
VISITS_PER_MINUTE = 240


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by ops/app.py."""

    remote: Remote


def build_fediverse(app: App, door: Door) -> Fediverse:
    """Put the wire together and let the rest of the house ask it."""
    verifier = build_verifier(app, door)
    remote = build_remote(app, verifier.keys.knocking, clock=verifier.clock)
    app.resolver = remote
    return Fediverse(remote)


def visits_of(app: App, remote: Remote) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return the loops that bring threads and profiles: queues of their own, so that nothing else waits for them."""
    handlers = visit_handlers(remote)
    return [partial(carry_out_visits, app, handlers)] * LANES


async def carry_out_visits(app: App, handlers: Mapping[str, JobHandler]) -> None:
    """Do visits at a pace; each kind has its share."""
    pace = Pace(VISITS_PER_MINUTE // LANES, at_once=VISITS_AT_ONCE)
    await work_jobs(app, handlers, asyncio.Event(), pace=pace)
