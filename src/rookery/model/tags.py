"""Hashtags as things to follow, to feature, to look at.

Owns: the noun, what a name may be, limits. Never: finds hashtags in a text (model/text.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rookery.model.errors import Invalid, NotFound
from rookery.model.text import is_tag, tag_key

NAME_SHAPE = re.compile(r"\w{1,100}")
MAX_FEATURED_TAGS = 10
MAX_FOLLOWED_TAGS = 1000
HISTORY_DAYS = 7


class TagNotFound(NotFound):
    """The text cannot be a hashtag, or nobody featured it."""

    def __init__(self) -> None:
        super().__init__("no such hashtag")


class TagRefused(Invalid):
    """Raised with the rule that following or featuring breaks."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One hashtag. name: in its compared form; shown: as first written. id: None while nobody used it."""

    name: str
    shown: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class TagDay:
    """How much a hashtag was used on a day. day: days since 1970, UTC."""

    day: int
    use_count: int
    account_count: int


@dataclass(frozen=True, slots=True)
class FeaturedTag:
    """A hashtag on a profile. post_count, last_post_at_us: of the owner's public and unlisted posts with it."""

    id: int
    tag: Tag
    post_count: int
    last_post_at_us: int | None


@dataclass(frozen=True, slots=True)
class TagRule:
    """What staff decided about a hashtag. is_trendable: None while nobody decided."""

    is_usable: bool = True
    is_trendable: bool | None = None
    is_listable: bool = True


def parse_tag(raw: str) -> Tag:
    """Read a name with or without its #. Raises TagNotFound."""
    shown = raw.strip().removeprefix("#").removeprefix("＃")
    if not NAME_SHAPE.fullmatch(shown) or not is_tag(shown):
        raise TagNotFound
    return Tag(tag_key(shown), shown)
