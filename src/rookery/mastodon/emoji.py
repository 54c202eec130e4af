"""Custom emoji as the client API shows them.

Owns: the catalogue in memory, and which of its entries a text uses.
Spec: https://docs.joinmastodon.org/entities/CustomEmoji/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rookery.mastodon.addresses import far_url, media_url
from rookery.model.emoji import NAMED_IN_TEXT, CustomEmoji
from rookery.storage.database import Reader
from rookery.storage.far_emoji import FarEmoji, list_far_emoji

Emoji = dict[str, Any]
Catalogues = dict[str, dict[str, Emoji]]  # by domain


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


async def far_catalogues(reader: Reader, texts: Iterable[tuple[str, str]], base_url: str) -> Catalogues:
    """Return what the texts of people of other servers name: domain -> shortcode -> CustomEmoji entity.

    texts: (domain, text). Domain '' is left out: ours are in the catalogue.
    """
    wanted = [(domain, match[1]) for domain, text in texts if domain for match in NAMED_IN_TEXT.finditer(text)]
    if not wanted:
        return {}
    found = await list_far_emoji(reader, {domain for domain, _ in wanted}, {name for _, name in wanted})
    return {
        domain: {name: json_from_far_emoji(emoji, base_url) for name, emoji in named.items()}
        for domain, named in found.items()
    }


def json_from_far_emoji(emoji: FarEmoji, base_url: str) -> Emoji:
    """Return the CustomEmoji entity."""
    return {
        "shortcode": emoji.shortcode,
        "url": far_url(base_url, emoji.token),
        "static_url": far_url(base_url, emoji.token, is_small=True),
        "visible_in_picker": False,
    }


def emoji_from_texts(catalogue: dict[str, Emoji], *texts: str) -> list[Emoji]:
    """Return the emoji that the texts use, each once."""
    if not catalogue:
        return []
    names = {match[1] for text in texts if ":" in text for match in NAMED_IN_TEXT.finditer(text)}
    return [catalogue[name] for name in sorted(names) if name in catalogue]
