"""`docs --write DIR`: for people who change Rookery.

Owns: writing the pages that ops/reference.py makes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rookery.model.errors import Refusal
from rookery.ops.outcome import Outcome
from rookery.ops.reference import reference_pages


class PagesRefused(Refusal):
    """The pages cannot be written there."""


def write_docs(asked: argparse.Namespace) -> Outcome:
    """Write every page of the reference. Raises PagesRefused."""
    folder, pages = Path(asked.write), reference_pages()
    try:
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise PagesRefused(f"{folder} cannot be written to: {error.strerror}") from error
    return Outcome(f"Wrote {', '.join(sorted(pages))}.", {"pages": sorted(pages)})
