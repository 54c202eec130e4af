"""One line that grows on the terminal while something takes long.

Owns: drawing it, on standard error and only for people: not into files, not with --json.
"""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30
REDRAW_S = 0.1


class Progress:
    """Counts towards a goal. what: said before the bar."""

    def __init__(self, *, is_quiet: bool = False, out: TextIO = sys.stderr) -> None:
        self.out = out
        self.is_shown = not is_quiet and out.isatty()
        self.drawn_at = 0.0

    def show(self, what: str, done: int, goal: int) -> None:
        """Draw where the work stands, at most ten times a second and at its end."""
        now = time.monotonic()
        if not self.is_shown or (done < goal and now - self.drawn_at < REDRAW_S):
            return
        self.drawn_at = now
        filled = WIDTH * done // max(goal, 1)
        end = "\n" if done >= goal else ""
        self.out.write(f"\r{what:<10} [{'#' * filled}{' ' * (WIDTH - filled)}] {done:,} of {goal:,}{end}")
        self.out.flush()
