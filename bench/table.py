"""What was measured, as one table for people and one object for scripts.

Owns: the shape of a line, printing, the table inside docs/performance.md.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Line:
    """One figure set. None: does not apply. cpu_us: server CPU per request. ratio: to the bare server, by CPU."""

    what: str
    connections: int | None = None
    per_s: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None
    bare_per_s: float | None = None
    bare_cpu_us: float | None = None
    ratio: float | None = None
    note: str = ""


FIGURES = re.compile(r"(<!-- figures[^>]*-->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
HEADS = {
    "what": "what",
    "connections": "conn",
    "per_s": "req/s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "cpu_us": "CPU µs",
    "bare_per_s": "bare req/s",
    "bare_cpu_us": "bare µs",
    "ratio": "CPU ratio",
    "note": "",
}


def render(lines: list[Line]) -> str:
    """Return the lines as columns."""
    rows = [list(HEADS.values()), *([cell(value) for value in asdict(line).values()] for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if at in (0, len(HEADS) - 1) else text.rjust(width)
            for at, (text, width) in enumerate(pairs)
        )
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    )


def markdown(lines: list[Line]) -> str:
    """Return the lines as a table of Markdown, without the bare server's requests a second."""
    kept = [name for name in HEADS if name != "bare_per_s"]
    rows = [[HEADS[name] for name in kept], ["---" if name in ("what", "note") else "---:" for name in kept]]
    rows += [[cell(getattr(line, name)) for name in kept] for line in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def write_into(page: Path, lines: list[Line], said: str, *, is_whole: bool = True) -> None:
    """Replace the figures of a page, which stand between two comments. said: one sentence above the table.

    Unless the run was whole, only its own lines are replaced or added, and the sentence stays that of the whole run.
    """
    text = page.read_text()
    found = FIGURES.search(text)
    if not found:
        raise SystemExit(f"{page} has no place for figures: two comments, see docs/performance.md")
    made = f"{said}\n\n{markdown(lines)}" if is_whole else merge(found.group(2), markdown(lines))
    page.write_text(f"{text[: found.end(1)]}{made}{text[found.start(3) :]}")


def merge(before: str, fresh: str) -> str:
    """Return figures in which lines of the same name are the fresh ones, and what is new stands at the end."""
    new = {name_of(row): row for row in fresh.splitlines()[2:]}
    rows = [new.pop(name_of(row), row) if row.startswith("| ") else row for row in before.splitlines()]
    return "\n".join([*rows, *new.values(), ""])


def name_of(row: str) -> str:
    """Return what a row of the table measures."""
    return row.split(" | ", 1)[0]


def cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return str(value)
