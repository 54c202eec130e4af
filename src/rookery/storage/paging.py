"""Reading one page of an ordered list, in both directions, from one text.

Owns: `{order}` in a query. Write `id < :before AND id > :after ORDER BY id {order} LIMIT :limit`.
"""

from __future__ import annotations

from typing import Any

from rookery.model.paging import Window
from rookery.storage.database import Reader
from rookery.storage.sql import Row


class PageQuery:
    """One query in its two directions."""

    __slots__ = ("down", "up")

    def __init__(self, text: str) -> None:
        self.down = text.replace("{order}", "DESC")
        self.up = text.replace("{order}", "ASC")


async def list_rows(reader: Reader, query: PageQuery, window: Window, **params: Any) -> list[Row]:
    """Return the rows of a window, newest first."""
    text = query.up if window.goes_up else query.down
    rows = await reader.all(text, before=window.before, after=window.floor, limit=window.limit, **params)
    if window.goes_up:
        rows.reverse()
    return rows
