"""What of the ActivityPub wire lives as long as the server: keys of others, the inbox, who is fetched from far away.

Owns: making these and what runs of them beside the requests. Never: a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.activitypub.handling import Handling
from rookery.activitypub.handling_parts import Hands
from rookery.activitypub.inbox_intake import Inbox
from rookery.activitypub.inbox_journal import Journal
from rookery.activitypub.inbox_processing import Processing, Turns
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.verifier import Verifier, build_verifier
from rookery.network.door import Door

CROWDED_S = 0.1  # how late the event loop may be before what came in waits for local people


@dataclass(frozen=True, slots=True)
class Fediverse:
    """Made once by ops/app.py."""

    verifier: Verifier
    remote: Remote
    journal: Journal
    processing: Processing
    inbox: Inbox


def build_fediverse(app: App, door: Door, late_s: Callable[[], float] = lambda: 0.0) -> Fediverse:
    """Put the wire together. late_s: how late the event loop is."""
    verifier = build_verifier(app, door)
    remote = build_remote(app, verifier.keys.knocking, clock=verifier.clock)
    return assemble(app, verifier, remote, late_s)


def assemble(app: App, verifier: Verifier, remote: Remote, late_s: Callable[[], float] = lambda: 0.0) -> Fediverse:
    """Put the inbox behind a verifier and before what fetches."""
    turns, journal = Turns(), Journal(app)
    handling = Handling(Hands(app, remote, verifier.keys, turns.away))
    processing = Processing(app, verifier, journal, handling, turns, is_late=lambda: late_s() > CROWDED_S)
    journal.taker = processing
    return Fediverse(verifier, remote, journal, processing, Inbox(app, verifier, journal))
