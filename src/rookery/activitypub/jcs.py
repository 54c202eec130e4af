"""One text for each JSON value: what is hashed when a document is signed.

Owns: canonicalization. Pure and total over what JSON can say and every reader understands alike: numbers beyond 2^53,
NaN and half characters are refused, because two programs would read them differently.
Spec: RFC 8785 (JCS); numbers as ECMAScript prints them, https://tc39.es/ecma262/#sec-numeric-types-number-tostring
"""

from __future__ import annotations

import math
import re
from typing import Any

from rookery.model.errors import Invalid

MOST_DEPTH = 64
LARGEST_INTEGER = 1 << 53
ESCAPES = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
ESCAPED = {code: ESCAPES.get(code, f"\\u{code:04x}") for code in (*range(32), 34, 92)}
HALF = re.compile("[\ud800-\udfff]")


class NotCanonical(Invalid):
    """The value has no canonical text."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this document cannot be signed or verified: {why}")


def canonical_json(value: Any) -> bytes:
    """Return the canonical text of None, bools, numbers, strings, lists and dicts, in UTF-8. Raises NotCanonical."""
    parts: list[str] = []
    write(value, parts, 0)
    return "".join(parts).encode()


def write(value: Any, parts: list[str], depth: int) -> None:
    """Append the text of a value. Raises NotCanonical."""
    if depth > MOST_DEPTH:
        raise NotCanonical(f"it is nested deeper than {MOST_DEPTH}")
    if isinstance(value, list | tuple):
        write_list(value, parts, depth)
    elif isinstance(value, dict):
        write_object(value, parts, depth)
    else:
        parts.append(scalar_of(value))


def scalar_of(value: Any) -> str:
    """Return the text of what holds nothing else. Raises NotCanonical."""
    if isinstance(value, str):
        return text_of(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_of(value)
    raise NotCanonical(f"{type(value).__name__} is not JSON")


def write_list(value: list[Any] | tuple[Any, ...], parts: list[str], depth: int) -> None:
    """Append a list."""
    parts.append("[")
    for place, entry in enumerate(value):
        if place:
            parts.append(",")
        write(entry, parts, depth + 1)
    parts.append("]")


def write_object(value: dict[Any, Any], parts: list[str], depth: int) -> None:
    """Append an object, its names in the order of their UTF-16 code units. Spec: RFC 8785 §3.2.3"""
    if not all(isinstance(name, str) for name in value):
        raise NotCanonical("a name is not a string")
    texts = {name: text_of(name) for name in value}
    parts.append("{")
    for place, name in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be"))):
        parts.append(f",{texts[name]}:" if place else f"{texts[name]}:")
        write(value[name], parts, depth + 1)
    parts.append("}")


def text_of(value: str) -> str:
    """Return a string in its quotes. Raises NotCanonical for half a character. Spec: RFC 8785 §3.2.2.2"""
    if HALF.search(value):
        raise NotCanonical("a string holds half a character")
    return f'"{value.translate(ESCAPED)}"'


def number_of(value: int | float) -> str:
    """Return a number as ECMAScript prints it. Raises NotCanonical. Spec: RFC 8785 §3.2.2.3"""
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical("an integer is beyond 2^53")
        return str(value)
    if not math.isfinite(value):
        raise NotCanonical("a number is not finite")
    if value == 0:
        return "0"
    # Python prints the same shortest digits; only where the point stands differs.
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(power or 0)
    return ("-" if value < 0 else "") + place_point(digits.rstrip("0"), point)


def place_point(digits: str, point: int) -> str:
    """Return 0.digits times ten to the `point` as ECMAScript writes it: k digits and n of Number::toString."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = point - 1
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"
