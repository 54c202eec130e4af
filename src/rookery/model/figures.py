"""Figures about a server over some days, for those who look after it.

Owns: the period with its bounds, the shapes of answers. Never: counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rookery.model.errors import Invalid

EPOCH = date(1970, 1, 1)
DAY_US = 86_400 * 1_000_000
MOST_DAYS = 731
MOST_COHORT_DAYS = 31


class PeriodRefused(Invalid):
    """The dates cannot be read, or end before they begin."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, UTC, both included, as days since 1970."""

    first: int
    last: int

    @property
    def days(self) -> range:
        """Every day of it."""
        return range(self.first, self.last + 1)

    @property
    def before(self) -> Period:
        """As many days right before."""
        length = self.last - self.first + 1
        return Period(self.first - length, self.first - 1)

    def clamped(self, most: int) -> Period:
        """The period, cut to its last `most` days."""
        return Period(max(self.first, self.last - most + 1), self.last)


@dataclass(frozen=True, slots=True)
class Measured:
    """One key over a period. previous: the sum of the period before, None where that says nothing."""

    key: str
    unit: str | None
    total: int
    previous: int | None
    by_day: dict[int, int]


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a ranking. value: a number, or a version; unit: bytes or None."""

    key: str
    label: str
    value: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who joined in a period, and how many of them were here in it and in each later one: (first day, count)."""

    first: int
    size: int
    returned: tuple[tuple[int, int], ...]


def parse_day(raw: str) -> int:
    """Return the day of an ISO 8601 date or moment. Raises PeriodRefused."""
    try:
        return (datetime.fromisoformat(raw.strip()).date() - EPOCH).days
    except ValueError:
        raise PeriodRefused("give dates like 2026-11-21") from None


def parse_period(first: str, last: str) -> Period:
    """Read two dates; of a longer time only the last two years count. Raises PeriodRefused."""
    period = Period(parse_day(first), parse_day(last))
    if period.last < period.first:
        raise PeriodRefused("the period ends before it begins")
    return period.clamped(MOST_DAYS)


def day_text(day: int) -> str:
    """`2026-11-21T00:00:00.000Z`."""
    return f"{EPOCH + timedelta(days=day):%Y-%m-%d}T00:00:00.000Z"


def first_of_month(day: int) -> int:
    """The first day of a day's month."""
    return ((EPOCH + timedelta(days=day)).replace(day=1) - EPOCH).days


def next_month(day: int) -> int:
    """The first day of the month after a day's."""
    return first_of_month(first_of_month(day) + 32)
