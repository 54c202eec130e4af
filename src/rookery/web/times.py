"""Times that people choose in forms.

Owns: reading them. A page without script cannot know its reader's zone, so its time fields are UTC and say so; with
script the browser tells its zone beside the time (static/composer.js).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rookery.actions.scheduled_posts import check_future
from rookery.model.ids import us_from_datetime
from rookery.web.fields import Fields

MOST_ZONE_MINUTES = 24 * 60


def time_of(fields: Fields) -> int | None:
    """Return the time of a form in microseconds, None when none was chosen. Raises TimeRefused for what is none."""
    raw = fields.line("publish_at")
    return check_future(read_time(raw, fields.line("zone"))) if raw else None


def read_time(raw: str, zone: str) -> int | None:
    """Read `2026-12-24T18:00`. zone: minutes from there to UTC as browsers count them; nothing means UTC."""
    try:
        moment = datetime.fromisoformat(raw).replace(tzinfo=UTC)
        minutes = int(zone or "0")
        if abs(minutes) > MOST_ZONE_MINUTES:
            return None
        return us_from_datetime(moment + timedelta(minutes=minutes))
    except (ValueError, OverflowError):
        return None
