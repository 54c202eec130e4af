"""What a command says at its end: words for people, values for scripts.

Owns: the two shapes and the exit codes. Never: prints while a command still works.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DONE, REFUSED, MISUSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """text: what people read. values: what --json prints, an object."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
