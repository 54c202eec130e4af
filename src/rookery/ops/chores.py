"""What the server does for itself, again and again: notes of who was here, old rows, idle sessions.

Owns: the table of chores and their rhythm. Never: a rule; each chore calls one action or one statement. A chore that
fails is logged and tried again at its next turn; all of them are harmless twice, and on many processes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rookery.actions.announcements import publish_due_announcements
from rookery.actions.app import App
from rookery.actions.archives import forget_old_archives
from rookery.actions.blobs import forget_orphans
from rookery.actions.callers import CallerCache, save_seen
from rookery.actions.cards import CardRoom, forget_card_pictures, forget_unused_cards
from rookery.actions.departures import end_departures
from rookery.actions.digests import plan_digests
from rookery.actions.far_files import FarRoom, write_wanted
from rookery.actions.far_keeping import forget_ownerless, forget_unwanted
from rookery.actions.far_visits import forget_visits
from rookery.actions.imports import forget_old_imports
from rookery.actions.notices import plan_notices
from rookery.actions.polls import close_due_polls
from rookery.actions.purge import forget_stale_uploads
from rookery.actions.push_sending import forget_stale_pushes
from rookery.actions.receiving import forget_early_arrivals
from rookery.actions.scheduled_posts import publish_due_posts
from rookery.actions.sessions import end_idle_sessions
from rookery.activitypub.forgetting import forget_arrived
from rookery.activitypub.keys import KeysAhead, forget_replaced
from rookery.model.ids import now_us
from rookery.ops.fediverse import Fediverse
from rookery.storage.apps import prune_grants
from rookery.storage.factors import prune_steps
from rookery.storage.jobs import prune_jobs
from rookery.storage.log import prune_events
from rookery.storage.mailtokens import prune_mail_tokens
from rookery.storage.parcels import prune_told
from rookery.storage.proofs import prune_spent

LOG = logging.getLogger("rookery.chores")
MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
POLLS_S, SCHEDULED_S, KEYS_S = 5.0, 5.0, 5.0
DAY_US = 86_400 * 1_000_000
KEPT_EVENTS_DAYS, KEPT_JOBS_DAYS = 7, 7
KEPT_TOLD_DAYS = 90


@dataclass(frozen=True, slots=True)
class Chore:
    """One piece of housework. first_s: seconds after the start until it is done first."""

    name: str
    every_s: float
    first_s: float
    work: Callable[[], Awaitable[object]]


def chores_of(app: App, callers: CallerCache, cards: CardRoom, far: FarRoom, fediverse: Fediverse) -> list[Chore]:
    """Return all the housework of a process."""
    return [
        Chore("note who was here", MINUTE_S, MINUTE_S, lambda: save_seen(callers)),
        Chore("close polls", POLLS_S, POLLS_S, lambda: close_due_polls(app)),
        Chore("publish scheduled posts", SCHEDULED_S, 1.0, lambda: publish_due_posts(app)),
        Chore("publish announcements", SCHEDULED_S, 2.0, lambda: publish_due_announcements(app)),
        Chore("plan notices by mail", MINUTE_S, MINUTE_S / 2, lambda: plan_notices(app)),
        Chore("plan weekly letters", MINUTE_S, MINUTE_S / 2, lambda: plan_digests(app)),
        Chore("forget pushes that nobody takes", HOUR_S, 5 * MINUTE_S, lambda: forget_stale_pushes(app)),
        Chore("make keys ahead", KEYS_S, 20.0, KeysAhead(app).make_some),
        Chore("forget replaced keys", DAY_S, 30 * MINUTE_S, lambda: forget_replaced(app)),
        Chore("end idle sessions", DAY_S, 5 * MINUTE_S, lambda: end_idle_sessions(app)),
        Chore(
            "forget uploads that no post took", HOUR_S, 15 * MINUTE_S, lambda: forget_stale_uploads(app, cards.media)
        ),
        Chore("forget pictures of cards", HOUR_S, 20 * MINUTE_S, lambda: forget_card_pictures(app, cards)),
        Chore("forget cards of no post", DAY_S, 25 * MINUTE_S, lambda: forget_unused_cards(app, cards)),
        Chore("note which far files were wanted", MINUTE_S, MINUTE_S, lambda: write_wanted(app, far)),
        Chore("forget far files of nobody", 5 * MINUTE_S, 2 * MINUTE_S, lambda: forget_ownerless(app, far.media.blobs)),
        Chore("forget far files nobody wants", HOUR_S, 10 * MINUTE_S, lambda: forget_unwanted(app, far.media.blobs)),
        Chore("end departures", HOUR_S, 3 * MINUTE_S, lambda: end_departures(app)),
        Chore("forget what came too early", DAY_S, 25 * MINUTE_S, lambda: forget_early_arrivals(app)),
        Chore("forget what came in", HOUR_S, 12 * MINUTE_S, fediverse.journal.forget_old),
        Chore("forget visits to other servers", DAY_S, 35 * MINUTE_S, lambda: forget_visits(app)),
        Chore("forget old archives", HOUR_S, 20 * MINUTE_S, lambda: forget_old_archives(app, cards.media)),
        Chore("forget old imports", DAY_S, 35 * MINUTE_S, lambda: forget_old_imports(app)),
        Chore("forget files that no row knows", DAY_S, HOUR_S, lambda: forget_orphans(app, cards.media.blobs)),
        Chore("forget what arrived everywhere", HOUR_S, 7 * MINUTE_S, lambda: forget_arrived(app)),
        Chore("forget old rows", DAY_S, 10 * MINUTE_S, lambda: forget_old_rows(app)),
        Chore("look at what the tables hold", DAY_S, 20 * MINUTE_S, app.db.refresh_statistics),
    ]


async def forget_old_rows(app: App) -> None:
    """Drop events and jobs of last week that are done, codes and links that expired, what wires told long ago."""
    now = now_us()
    async with app.db.transaction() as tx:
        await prune_events(tx, now - KEPT_EVENTS_DAYS * DAY_US)
        await prune_jobs(tx, now - KEPT_JOBS_DAYS * DAY_US)
        await prune_grants(tx, now - DAY_US)
        await prune_steps(tx, now)
        await prune_spent(tx, now)
        await prune_mail_tokens(tx, now - DAY_US)
        await prune_told(tx, now - KEPT_TOLD_DAYS * DAY_US)


async def keep_doing(chore: Chore) -> None:
    """Do one chore in its rhythm until cancelled."""
    await asyncio.sleep(chore.first_s)
    while True:
        try:
            await chore.work()
        except Exception:
            LOG.exception("a chore failed: %s", chore.name)
        await asyncio.sleep(chore.every_s)
