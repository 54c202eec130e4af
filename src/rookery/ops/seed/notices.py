"""What people of the invented world were told of in the last days: mentions, reposts, likes.

Owns: the rows of notifications, as the readers of the log would have written them. Older ones are left away: nobody
reads them, and there would be more of them than posts.
"""

from __future__ import annotations

from typing import Any

from rookery.model.ids import us_from_id
from rookery.ops.seed.people import DAY_US, Person
from rookery.ops.seed.posts import Draft
from rookery.storage.marks import Mark

TOLD_DAYS = 14
GROUPED_FOR_US = 12 * 3600 * 1_000_000
GROUPED = {Mark.LIKE: "like", Mark.REPOST: "repost"}


def notice_rows(draft: Draft, marks: list[dict[str, Any]], now_us: int) -> list[dict[str, Any]]:
    """Return what a finished post and the marks that came with it tell. marks: rows of likes, and of its repost."""
    if draft.at_us < now_us - TOLD_DAYS * DAY_US:
        return []
    rows = [mention_row(draft, person) for person in draft.named]
    for mark in marks:
        shown = draft.repost_of or draft
        if mark["account_id"] != shown.author.id:
            rows.append(mark_row(shown, mark))
    return rows


def mention_row(draft: Draft, person: Person) -> dict[str, Any]:
    """Somebody named somebody."""
    return {
        "id": draft.id,
        "account_id": person.id,
        "kind": "mention",
        "from_id": draft.author.id,
        "post_id": draft.id,
        "group_key": f"ungrouped-{draft.id}",
        "created_at": draft.at_us,
    }


def mark_row(shown: Draft, mark: dict[str, Any]) -> dict[str, Any]:
    """Somebody liked or repeated a post; many at once become one entry."""
    kind, at_us = GROUPED[Mark(mark["kind"])], us_from_id(mark["id"])
    return {
        "id": mark["id"],
        "account_id": shown.author.id,
        "kind": kind,
        "from_id": mark["account_id"],
        "post_id": shown.id,
        "group_key": f"{kind}-{shown.id}-{at_us // GROUPED_FOR_US}",
        "created_at": at_us,
    }
