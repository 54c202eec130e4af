"""The CSV in which servers exchange their domain blocks.

Owns: reading and writing it. Never: applies anything; staff reviews the difference first. At most MAX_ROWS rows are
read. Spec: https://docs.joinmastodon.org/admin/moderation/ (export and import of domain blocks)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from rookery.archives.tables import csv_from_rows, unguarded
from rookery.model.blocks import BlockRefused, DomainBlock, ListedBlock, Severity, parse_domain

HEADER = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")
MAX_ROWS = 20_000
MAX_COMMENT_CHARACTERS = 2000


def blocks_from_csv(text: str) -> tuple[list[ListedBlock], list[str]]:
    """Return the rows that make sense, each domain once, and the first words of those that do not."""
    found: dict[str, ListedBlock] = {}
    wrong = []
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    names = {(name or "").strip().lstrip("#"): name for name in reader.fieldnames or ()}
    for count, row in enumerate(reader):
        if count >= MAX_ROWS:
            break
        values = {name: unguarded(str(row.get(column) or "").strip()) for name, column in names.items()}
        try:
            block = block_from_values(values)
        except (BlockRefused, ValueError):
            wrong.append((values.get("domain") or "?")[:80])
        else:
            found[block.domain] = block
    return list(found.values()), wrong


def block_from_values(values: dict[str, str]) -> ListedBlock:
    """Build one row. Raises BlockRefused, ValueError."""
    domain = parse_domain(values.get("domain", ""))
    if "*" in domain or "." not in domain:
        raise BlockRefused("a domain with holes cannot be blocked")
    return ListedBlock(
        domain,
        Severity(values.get("severity") or "suspend"),
        is_true(values.get("reject_media", "")),
        is_true(values.get("reject_reports", "")),
        " ".join(values.get("public_comment", "").split())[:MAX_COMMENT_CHARACTERS],  # staff reviews line by line
        is_true(values.get("obfuscate", "")),
    )


def is_true(raw: str) -> bool:
    """Read True, true, 1."""
    return raw.lower() in ("true", "1", "t", "yes")


def csv_from_blocks(blocks: Iterable[DomainBlock | ListedBlock]) -> str:
    """Return the file."""
    rows = (
        (one.domain, one.severity.value, one.rejects_media, one.rejects_reports, one.public_comment, one.is_obfuscated)
        for one in blocks
    )
    return csv_from_rows((HEADER, *rows))
