"""Typed access to merged parameters, in every spelling that apps use.

Owns: `id[]=a&id[]=b`, `id=a`, `fields_attributes[0][name]`, `poll[options][]`, JSON values, booleans. Errors are
Malformed (400) for what cannot be read and Invalid (422) for a value that breaks a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rookery.model.errors import Invalid, Malformed
from rookery.model.ids import MAX_ID, InvalidId, parse_id
from rookery.model.paging import Window
from rookery.network.requests import Pairs, Request

FALSE = frozenset(("", "0", "false", "f", "off", "no", "False", "FALSE"))
INDEX = re.compile(r"\[(?:\d*)\]")


class MissingParameter(Malformed):
    """A required parameter is absent or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(f"param is missing or the value is empty: {name}")


class Form:
    """Parameters by name; of several with the same name the last wins, lists keep all."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self.pairs = list(pairs)
        self.last = dict(self.pairs)

    def has(self, name: str) -> bool:
        """True when the parameter was sent, even empty."""
        return name in self.last

    def text(self, name: str, default: str = "") -> str:
        """Return the value as text."""
        value = self.last.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value).replace("\x00", "")

    def required(self, name: str) -> str:
        """Return the value. Raises MissingParameter."""
        value = self.text(name)
        if not value.strip():
            raise MissingParameter(name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return the value as true or false; absent gives the default."""
        value = self.last.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else str(value) not in FALSE

    def find_flag(self, name: str) -> bool | None:
        """Return the value as true or false, None when it was not sent."""
        return self.flag(name) if self.last.get(name) is not None else None

    def number(self, name: str, default: int) -> int:
        """Return the value as a whole number, cut at a point; one that cannot be read gives the default."""
        value = str(self.last.get(name, default)).partition(".")[0]
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 16 else default

    def find_id(self, name: str) -> int | None:
        """Return the value as an id, None when it is absent, empty or not an id."""
        raw = self.text(name).strip() if name in self.last else ""
        try:
            return parse_id(raw) if raw else None
        except InvalidId:
            return None

    def texts(self, name: str) -> list[str]:
        """Return every value of `name`, `name[]`, `name[0]` in their order."""
        found = []
        for key, value in self.pairs:
            is_named = key == name or (key.startswith(name) and INDEX.fullmatch(key[len(name) :]))
            if is_named and value is not None:
                found.append(str(value).replace("\x00", ""))
        return found

    def ids(self, name: str, limit: int = 100) -> list[int]:
        """Return every id of a list, each once; what is no id is left out."""
        ids: dict[int, None] = {}
        for raw in self.texts(name)[: limit * 2]:
            if raw.isascii() and raw.isdigit() and len(raw) <= 19 and int(raw) <= MAX_ID:
                ids[int(raw)] = None
        return list(ids)[:limit]

    def under(self, name: str) -> Form:
        """Return the parameters inside `name[…]`, without the outer name."""
        inner = []
        for key, value in self.pairs:
            if key.startswith(f"{name}[") and "]" in key:
                head, _, rest = key[len(name) + 1 :].partition("]")
                inner.append((head + rest, value))
        return Form(inner)

    def records(self, name: str) -> list[Form]:
        """Return the records of `name[0][a]`, `name[][a]` or a JSON array of objects, in order."""
        records: dict[str, list[tuple[str, Any]]] = {}
        count = 0
        for key, value in self.pairs:
            match = re.fullmatch(rf"{re.escape(name)}\[([^\]]*)\]\[([^\]]+)\](.*)", key)
            if not match:
                continue
            index, field = match[1], match[2] + match[3]
            if not index:
                current = records.get(f"#{count}", [])
                if any(earlier == field for earlier, _ in current):
                    count += 1
                index = f"#{count}"
            records.setdefault(index, []).append((field, value))
        return [Form(pairs) for pairs in records.values()]

    def window(self, default: int, most: int) -> Window:
        """Return the paging parameters; the limit is clamped between 1 and most."""
        limit = min(max(self.number("limit", default), 1), most)
        since = self.find_id("since_id") or 0
        before = self.find_id("max_id")
        return Window(limit, MAX_ID if before is None else before, since, self.find_id("min_id"))

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        """Return one of the allowed words. Raises Invalid."""
        value = self.text(name) or default
        if value not in allowed:
            raise Invalid(f"Validation failed: {name} is not included in the list")
        return value


async def read_form(request: Request) -> Form:
    """Return query and body merged. Raises Malformed, TooLarge."""
    return Form(await request.parameters())


def read_query(request: Request) -> Form:
    """Return the query alone: for GET routes on the hot path."""
    return Form(request.query() if request.query_string else Pairs())
