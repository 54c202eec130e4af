"""What a search finds, as the client API shows it.

Owns: the Tag entity with its week of uses. Pure. Spec: https://docs.joinmastodon.org/entities/Tag/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

HISTORY_DAYS = 7
DAY_S = 86_400


def json_from_tag(tag: str, written: str, uses: Mapping[int, tuple[int, int]], today: int, base_url: str) -> Any:
    """Return the Tag entity. uses: day since 1970 -> (posts, authors); numbers are texts, as clients decode them."""
    days = [(day, *uses.get(day, (0, 0))) for day in range(today, today - HISTORY_DAYS, -1)]
    return {
        "name": written if written.casefold() == tag else tag,
        "url": f"{base_url}/tags/{quote(tag)}",
        "history": [
            {"day": str(day * DAY_S), "uses": str(count), "accounts": str(authors)} for day, count, authors in days
        ],
    }
