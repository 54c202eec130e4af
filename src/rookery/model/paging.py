"""A window on a list that is ordered by id, newest first.

Owns: the three bounds that every list understands and how they combine. Never: SQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import MAX_ID


@dataclass(frozen=True, slots=True)
class Window:
    """The bounds of one page.

    before: only older than this id. after: nothing older, the newest page down to it. above: the page right above
    this id, which wins over `after`. limit: entries at most, clamped by the caller.
    """

    limit: int = 20
    before: int = MAX_ID
    after: int = 0
    above: int | None = None

    @property
    def goes_up(self) -> bool:
        """True when the page is read from `above` upward and then turned round."""
        return self.above is not None

    @property
    def floor(self) -> int:
        """The exclusive lower bound."""
        return self.after if self.above is None else self.above
