"""Posts that wait for their time.

Owns: the noun, how far ahead a time must be, how many may wait. Never: the rules of a draft (model/posts.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, datetime_from_us
from rookery.model.posts import Draft

MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US
LEAST_AHEAD_US = 5 * MINUTE_US
MOST_AHEAD_DAYS = 3650
MAX_WAITING = 300
MAX_PER_DAY = 50


class ScheduledPostNotFound(NotFound):
    """No such post waits, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("no such scheduled post; it may be published already")


class TimeRefused(Invalid):
    """A time at which nothing can be published."""


class TooManyScheduled(Invalid):
    """One person keeps too many posts waiting."""


@dataclass(frozen=True, slots=True)
class ScheduledPost:
    """A draft with the time of its publication. error: why it could not be published then, None while it waits."""

    id: int
    account_id: AccountId
    publish_at_us: int
    draft: Draft
    error: str | None = None


def check_time(publish_at_us: int, now_us: int) -> None:
    """Raises TimeRefused unless the time is 5 minutes to 10 years ahead."""
    if publish_at_us < now_us + LEAST_AHEAD_US:
        raise TimeRefused("Scheduled at date must be in the future, by at least 5 minutes")
    if publish_at_us > now_us + MOST_AHEAD_DAYS * DAY_US:
        raise TimeRefused("Scheduled at date must be within the next ten years")


def check_room(waiting_count: int, day_count: int, publish_at_us: int) -> None:
    """Raises TooManyScheduled. day_count: how many wait for the same day, UTC; both without the post in question."""
    if waiting_count >= MAX_WAITING:
        raise TooManyScheduled(f"{MAX_WAITING} posts are waiting already; cancel one first")
    if day_count >= MAX_PER_DAY:
        day = datetime_from_us(publish_at_us).date()
        raise TooManyScheduled(
            f"{MAX_PER_DAY} posts are waiting for {day.year}-{day.month:02}-{day.day:02} already; choose another day"
        )
