"""From events to errands: which function writes what an event means to other servers.

Owns: the literal table. The events are those of concerns.py, and a test says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rookery.activitypub.composing_people import (
    compose_follow,
    compose_keys,
    compose_moved,
    compose_profile,
    compose_relation,
    compose_relay,
    compose_report,
    compose_standing,
)
from rookery.activitypub.composing_polls import compose_closed, compose_vote
from rookery.activitypub.composing_posts import (
    compose_changed,
    compose_deleted,
    compose_edited,
    compose_marked,
    compose_unmarked,
)
from rookery.activitypub.composing_quotes import compose_asked, compose_published_and_asked, compose_revoked
from rookery.activitypub.desk import Desk
from rookery.activitypub.errands import Composed
from rookery.model import events
from rookery.model.events import Event

COMPOSERS: dict[type[Event], Callable[[Desk, Any], Awaitable[Composed]]] = {
    events.PostPublished: compose_published_and_asked,
    events.PostEdited: compose_edited,
    events.PostDeleted: compose_deleted,
    events.QuoteRevoked: compose_revoked,
    events.QuoteAnswered: compose_changed,
    events.QuoteAsked: compose_asked,
    events.QuotePolicyChanged: compose_changed,
    events.PostMarked: compose_marked,
    events.PostUnmarked: compose_unmarked,
    events.PollVoted: compose_vote,
    events.PollClosed: compose_closed,
    events.AccountChanged: compose_profile,
    events.AccountStandingChanged: compose_standing,
    events.AccountReported: compose_report,
    events.AccountMoved: compose_moved,
    events.KeysRotated: compose_keys,
    events.RelayChanged: compose_relay,
    events.FollowChanged: compose_follow,
    events.RelationChanged: compose_relation,
}
