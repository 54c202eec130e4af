"""Hashtags as the client API shows them.

Pure: from nouns to plain values. Spec: https://docs.joinmastodon.org/entities/Tag/, …/entities/FeaturedTag/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from rookery.mastodon.dates import day_from_us
from rookery.model.tags import HISTORY_DAYS, FeaturedTag, Tag, TagDay

DAY_S = 86_400


def json_from_tag(tag: Tag, base_url: str, days: Iterable[TagDay], today: int) -> dict[str, Any]:
    """Return the Tag entity for strangers. today: days since 1970."""
    return {
        "id": str(tag.id or ""),
        "name": tag.shown,
        "url": f"{base_url}/tags/{quote(tag.name)}",
        "history": history_from(days, today),
    }


def history_from(days: Iterable[TagDay], today: int) -> list[dict[str, str]]:
    """Return a week of uses, today first, numbers as texts, days as seconds since 1970."""
    known = {day.day: day for day in days}
    week = (known.get(day, TagDay(day, 0, 0)) for day in range(today, today - HISTORY_DAYS, -1))
    return [
        {"day": str(day.day * DAY_S), "accounts": str(day.account_count), "uses": str(day.use_count)} for day in week
    ]


def json_from_featured(featured: FeaturedTag, profile: str) -> dict[str, Any]:
    """Return the FeaturedTag entity; counts are texts. profile: address of the owner's page."""
    last = featured.last_post_at_us
    return {
        "id": str(featured.id),
        "name": featured.tag.shown,
        "url": f"{profile}/tagged/{quote(featured.tag.name)}",
        "statuses_count": str(featured.post_count),
        "last_status_at": day_from_us(last) if last is not None else None,
    }
