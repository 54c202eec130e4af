"""Custom emoji as the client API shows them.

Owns: the catalogue in memory, and which of its entries a text uses.
Spec: https://docs.joinmastodon.org/entities/CustomEmoji/
"""

from __future__ import annotations

import re
from typing import Any

SHORTCODE = re.compile(r":([A-Za-z0-9_]{2,60}):")
Emoji = dict[str, Any]


def emoji_from_texts(catalogue: dict[str, Emoji], *texts: str) -> list[Emoji]:
    """Return the emoji that the texts use, each once."""
    if not catalogue:
        return []
    names = {match[1] for text in texts if ":" in text for match in SHORTCODE.finditer(text)}
    return [catalogue[name] for name in sorted(names) if name in catalogue]
