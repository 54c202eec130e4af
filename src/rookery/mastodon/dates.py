"""Dates as client APIs spell them.

Spec: ISO 8601 UTC with exactly three digits of a second; clients parse no other form.
"""

from __future__ import annotations

from datetime import UTC, datetime

from rookery.model.ids import datetime_from_us, us_from_datetime


def date_from_us(moment_us: int) -> str:
    """`2026-11-21T10:50:00.123Z`."""
    moment = datetime_from_us(moment_us)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def find_date(moment_us: int | None) -> str | None:
    """The same, or None."""
    return None if moment_us is None else date_from_us(moment_us)


def midnight_from_us(moment_us: int) -> str:
    """The day's beginning in the same form."""
    return f"{datetime_from_us(moment_us):%Y-%m-%d}T00:00:00.000Z"


def day_from_us(moment_us: int) -> str:
    """`2026-11-21`."""
    return f"{datetime_from_us(moment_us):%Y-%m-%d}"


def parse_date(raw: str) -> int | None:
    """Read an ISO 8601 date with time, UTC where it names no zone; microseconds, None for what is none."""
    try:
        moment = datetime.fromisoformat(raw.strip())
        return us_from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
