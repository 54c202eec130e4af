"""CSV whose fields no spreadsheet takes for a formula, and that reads back as it was written.

Owns: writing and reading fields and rows. A field that a spreadsheet would run gets an apostrophe before it, and loses
it when it is read here; other servers read the apostrophe as part of the text.
Spec: RFC 4180, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "'"


def csv_from_rows(rows: Iterable[Iterable[Any]]) -> str:
    """Return CSV without formulas. Its line end, of two characters, makes the writer quote fields that hold either."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(str(value)) for value in row] for row in rows)
    return out.getvalue()


def guarded(text: str) -> str:
    """Return a field that is text to a spreadsheet."""
    return MARK + text if is_formula(text.lstrip(MARK)) else text


def unguarded(field: str) -> str:
    """Return the text that a field was made from."""
    return field[1:] if field.startswith(MARK) and is_formula(field.lstrip(MARK)) else field


def is_formula(text: str) -> bool:
    """True for what a spreadsheet would run, also behind blanks."""
    return text.startswith(STARTS_FORMULA) or text.lstrip(" \u00a0\u3000").startswith(STARTS_FORMULA)
