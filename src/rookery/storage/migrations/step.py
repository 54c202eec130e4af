"""The shape of a migration step.

Owns: what every step must say about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered change of the schema.

    lock: what it holds and for how long. undo: how an operator goes back. oldest_compatible: the oldest schema number
    whose code may still run on the result. statements run on both engines, then those of the engine.
    """

    number: int
    why: str
    phase: Literal["before", "after"]
    lock: str
    undo: str
    oldest_compatible: int
    statements: tuple[str, ...]
    sqlite: tuple[str, ...] = ()
    postgres: tuple[str, ...] = ()


def split_statements(text: str) -> tuple[str, ...]:
    """Split a text of statements at blank-line-free semicolons that end a line."""
    return tuple(part.strip() for part in text.split(";\n") if part.strip())
