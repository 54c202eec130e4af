"""Custom emoji: little pictures with a name between colons.

Owns: the noun, what a shortcode may be. Never: the pictures themselves (media makes them, storage keeps them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rookery.model.errors import Invalid, NotFound

SHORTCODE_SHAPE = re.compile(r"[A-Za-z0-9_]{2,60}")
# A name in a text; `a:rook:b` and `::rook::` name nothing (model/text.py finds facets by the same rule).
NAMED_IN_TEXT = re.compile(r"(?<![\w:]):([A-Za-z0-9_]{2,60}):(?![\w:])")
MAX_CATEGORY_CHARACTERS = 60


class EmojiRefused(Invalid):
    """A shortcode or category breaks a rule."""


class EmojiNotFound(NotFound):
    """No custom emoji of this name."""

    def __init__(self) -> None:
        super().__init__("no such emoji here")


@dataclass(frozen=True, slots=True)
class CustomEmoji:
    """One custom emoji. blob_key, still_key: pictures, the still one does not move. is_hidden: not offered to pick."""

    shortcode: str
    blob_key: str
    still_key: str
    category: str = ""
    is_hidden: bool = False


def parse_shortcode(raw: str) -> str:
    """Return the name without colons. Raises EmojiRefused."""
    name = raw.strip().removeprefix(":").removesuffix(":")
    if not SHORTCODE_SHAPE.fullmatch(name):
        raise EmojiRefused("an emoji's name has 2 to 60 letters a-z, digits or _")
    return name
