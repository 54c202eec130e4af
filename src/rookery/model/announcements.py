"""Announcements: what the people who run a server tell all its members, and how members react.

Owns: the nouns, limits, what a reaction may be. Never: looks up a custom emoji (actions/announcements.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rookery.model.errors import Invalid, NotFound
from rookery.model.text import Facet, count_seen, is_blank

MAX_CHARACTERS = 5000
MAX_REACTION_NAMES = 8
MAX_EMOJI_POINTS = 16
SHORTCODE = re.compile(r"[A-Za-z0-9_]{2,60}")
# Signs that are pictures only with the variation selector or the keycap behind them.
MAKES_PICTURE = ("\ufe0f", "\u20e3")
PICTURES = (0x1F300, 0x1FAFF)  # whole planes of pictures, also those that this Python does not know yet


class AnnouncementNotFound(NotFound):
    """No such announcement, or its time is over."""

    def __init__(self) -> None:
        super().__init__("no such announcement")


class AnnouncementRefused(Invalid):
    """An announcement breaks a rule."""


class ReactionRefused(Invalid):
    """A reaction is no emoji, or there are too many different ones."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement. starts_at_us, ends_at_us: what it is about, and when it goes; None when it has no time.

    is_all_day: the two are days (of UTC), their hours mean nothing. published_at_us: None while nobody reads it; then
    publish_at_us says when it will be published, None for a draft.
    """

    id: int
    text: str
    facets: tuple[Facet, ...]
    starts_at_us: int | None
    ends_at_us: int | None
    is_all_day: bool
    published_at_us: int | None
    publish_at_us: int | None = None
    updated_at_us: int = 0


@dataclass(frozen=True, slots=True)
class AnnouncementDraft:
    """What somebody writes. publish_at_us: when it shall be published, None for when they say so."""

    text: str
    starts_at_us: int | None = None
    ends_at_us: int | None = None
    is_all_day: bool = False
    publish_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """All reactions of one name. is_own: whether the viewer's is among them."""

    announcement_id: int
    name: str
    count: int
    is_own: bool


def check_announcement(draft: AnnouncementDraft) -> None:
    """Raises AnnouncementRefused with the rule that is broken."""
    text, starts_at_us, ends_at_us = draft.text, draft.starts_at_us, draft.ends_at_us
    if is_blank(text):
        raise AnnouncementRefused("an announcement needs some text")
    if len(text) > MAX_CHARACTERS:
        raise AnnouncementRefused(f"an announcement has at most {MAX_CHARACTERS} characters")
    if starts_at_us is not None and ends_at_us is not None and ends_at_us < starts_at_us:
        raise AnnouncementRefused("an announcement cannot end before it starts")


def is_shortcode(name: str) -> bool:
    """True for what may be the name of a custom emoji."""
    return SHORTCODE.fullmatch(name) is not None


def is_emoji(text: str) -> bool:
    """True for one emoji: a single character to the eye, made of pictures and of what modifies them."""
    if not text or len(text) > MAX_EMOJI_POINTS or count_seen(text) != 1:
        return False
    kinds = {unicodedata.category(character) for character in text}
    if kinds & {"Lu", "Ll", "Lo", "Lt", "Lm", "Cc", "Zs", "Cs", "Co"}:
        return False
    is_picture = any(PICTURES[0] <= ord(character) <= PICTURES[1] for character in text) or "So" in kinds
    return is_picture or any(sign in text for sign in MAKES_PICTURE)
