"""Custom emoji as the client API shows them.

Owns: the catalogue in memory, and which of its entries a text uses.
Spec: https://docs.joinmastodon.org/entities/CustomEmoji/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rookery.mastodon.addresses import media_url
from rookery.model.emoji import NAMED_IN_TEXT, CustomEmoji

Emoji = dict[str, Any]


def catalogue_from(rows: Iterable[CustomEmoji], base_url: str) -> dict[str, Emoji]:
    """Return the CustomEmoji entities by shortcode."""
    return {row.shortcode: json_from_emoji(row, base_url) for row in rows}


def json_from_emoji(emoji: CustomEmoji, base_url: str) -> Emoji:
    """Return the CustomEmoji entity; a category only when it has one."""
    values = {
        "shortcode": emoji.shortcode,
        "url": media_url(base_url, emoji.blob_key),
        "static_url": media_url(base_url, emoji.still_key),
        "visible_in_picker": not emoji.is_hidden,
    }
    return {**values, "category": emoji.category} if emoji.category else values


def emoji_from_texts(catalogue: dict[str, Emoji], *texts: str) -> list[Emoji]:
    """Return the emoji that the texts use, each once."""
    if not catalogue:
        return []
    names = {match[1] for text in texts if ":" in text for match in NAMED_IN_TEXT.finditer(text)}
    return [catalogue[name] for name in sorted(names) if name in catalogue]
