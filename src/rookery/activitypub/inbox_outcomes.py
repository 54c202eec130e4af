"""What becomes of an activity that was tried: done, tried again later, or set aside for an admin.

Owns: that decision, by what went wrong. An admin shall see what should not happen (somebody speaks for somebody else,
a document that breaks a rule, a mistake of ours), and not what happens all day: likes of posts that are gone, follows
of people who left, votes after the end.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Refusal, Unavailable
from rookery.model.incoming import IncomingRefused, NotTheirs
from rookery.storage.arrivals import Arrival
from rookery.storage.database import StorageBusy

LOG = logging.getLogger("rookery.inbox")
# Of what another server must answer: a minute, doubling, at most six hours; together about two days.
MOST_ATTEMPTS, FIRST_PAUSE_S, LONGEST_PAUSE_S = 16, 60, 6 * 3600
# Of what this server did wrong: soon again, and not often.
MOST_FAULTS = 4
BUSY_PAUSE_S = 2.0


class Ignored(Refusal):
    """What came is in order and means nothing here; it is counted and forgotten."""


class Step(StrEnum):
    """What is written down."""

    DONE = "done"
    LATER = "later"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Outcome:
    """count_as: a few words under which it is counted. pause_s: until the next try."""

    step: Step
    count_as: str
    reason: str = ""
    pause_s: float = 0.0


def outcome_of(error: Exception, arrival: Arrival) -> Outcome:
    """Return what becomes of an activity whose handling ended with this."""
    if isinstance(error, StorageBusy):
        return Outcome(Step.LATER, "later", str(error), BUSY_PAUSE_S)
    if isinstance(error, Unavailable):
        if arrival.attempt_count >= MOST_ATTEMPTS:
            return Outcome(Step.ASIDE, "set aside", f"tried {arrival.attempt_count} times: {error}")
        pause = max(pause_s(arrival.attempt_count), error.retry_after_s)
        return Outcome(Step.LATER, "later", str(error), pause)
    if isinstance(error, IncomingRefused | NotTheirs):
        return Outcome(Step.ASIDE, "set aside", str(error))
    if isinstance(error, Refusal):
        return Outcome(Step.DONE, f"ignored: {type(error).__name__}")
    LOG.error("handling %s of %s failed", arrival.doing, arrival.by_uri, exc_info=error)
    reason = f"the server made a mistake: {type(error).__name__}: {error}"
    if arrival.attempt_count >= MOST_FAULTS:
        return Outcome(Step.ASIDE, "set aside", reason)
    return Outcome(Step.LATER, "later", reason, pause_s(arrival.attempt_count))


def pause_s(attempt_count: int) -> float:
    """Seconds until the next try, spread by up to a quarter so that herds dissolve."""
    pause = min(FIRST_PAUSE_S << min(attempt_count - 1, 20), LONGEST_PAUSE_S)
    return pause * (1 + secrets.randbelow(250) / 1000)
