"""What members want by mail while they are away: notices of what concerns them, and a letter once a week.

Owns: the choices with their defaults, the moments when mails are due, what a mail holds. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rookery.model.ids import datetime_from_us, us_from_datetime
from rookery.model.notifications import STAFF_KINDS

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
BATCH_US = 10 * 60 * SECOND_US  # what happens within ten minutes comes in one mail
AWAY_US = DAY_US  # who was here within a day has seen it or will
GAP_US = HOUR_US  # between two notices to one member who wants them always
NO_DIGEST = -1
DIGEST_HOUR = 7  # UTC: morning in Europe, before the evening in the Americas
MEMBER_KINDS = ("mention", "follow_request", "follow", "repost", "like")
USUAL_KINDS = frozenset(("mention", "follow_request", *STAFF_KINDS))


class MailTopic(StrEnum):
    """What one link ends: all notices, or the weekly letter."""

    NOTICES = "notices"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class MailChoice:
    """A member's choices. is_always: also while they are here. digest_day: 0 Monday to 6 Sunday, or NO_DIGEST."""

    kinds: frozenset[str] = USUAL_KINDS
    is_always: bool = False
    digest_day: int = NO_DIGEST


def next_digest_us(day: int, now_us: int) -> int:
    """Return the next moment after now that is DIGEST_HOUR of a weekday, 0 Monday to 6 Sunday."""
    now = datetime_from_us(now_us)
    moment = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    moment += timedelta(days=(day - moment.weekday()) % 7)
    return us_from_datetime(moment if moment > now else moment + timedelta(days=7))


def notice_due_us(choice: MailChoice, last_seen_us: int, mailed_us: int, now_us: int) -> int:
    """Return when a member may next get a notice: now, or a later moment."""
    gap_us = GAP_US if choice.is_always else AWAY_US
    earliest = mailed_us + gap_us
    if not choice.is_always:
        earliest = max(earliest, last_seen_us + AWAY_US)
    return max(earliest, now_us)


@dataclass(frozen=True, slots=True)
class MailBlock:
    """One piece of a mail. kind: heading, text, item or small. quote: somebody's words under it. url: its link."""

    kind: str
    text: str
    quote: str = ""
    url: str = ""
