"""The fields of a form, as text, numbers and choices.

Owns: reading pairs. Never: a rule; what is missing is empty.
"""

from __future__ import annotations

from rookery.model.ids import InvalidId, parse_id
from rookery.network.requests import Pairs

MAX_FIELD_CHARACTERS = 200_000


class Fields:
    """What a form sent; the last value of a name counts."""

    def __init__(self, pairs: Pairs) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in pairs:
            self.values.setdefault(name, []).append("" if value is None else str(value)[:MAX_FIELD_CHARACTERS])

    def text(self, name: str) -> str:
        """Return a field as it was typed, with the line ends of a text area made plain."""
        found = self.values.get(name)
        return found[-1].replace("\r\n", "\n").replace("\0", "") if found else ""

    def line(self, name: str) -> str:
        """Return a field of one line, without outer spaces."""
        return " ".join(self.text(name).split("\n")).strip()

    def texts(self, name: str) -> list[str]:
        """Return every value of a name, in order."""
        return [value.replace("\0", "") for value in self.values.get(name, [])]

    def number(self, name: str, otherwise: int) -> int:
        """Return a whole number, or `otherwise` for what is none."""
        found = number_from(self.text(name).strip())
        return otherwise if found is None else found

    def numbers(self, name: str) -> list[int]:
        """Return every whole number of a name."""
        return [number for raw in self.texts(name) if (number := number_from(raw)) is not None]

    def is_on(self, name: str) -> bool:
        """True for a ticked box."""
        return self.text(name) in ("1", "on", "true")


def number_from(raw: str) -> int | None:
    """Return a whole number that storage can hold, or None."""
    try:
        return parse_id(raw)
    except InvalidId:
        return None
