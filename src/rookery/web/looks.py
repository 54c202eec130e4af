"""How pages look in one browser: their language and theme, in a cookie that outlasts the session.

Owns: Look, its cookie. Never: a name, a number or a moment: the cookie has one of a few values, the same for everybody
who chose alike, so it cannot tell two people apart. It is made by a choice alone, and goes when the choice does.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.members import Preferences
from rookery.network.requests import Request
from rookery.web.guards import LONG_S, cookie_name, set_cookie
from rookery.web.words import LANGUAGES, known_language

LOOK = "look"
THEMES = ("auto", "light", "dark", "contrast")


@dataclass(frozen=True, slots=True)
class Look:
    """language: one of ours, None for the browser's own. theme: one of THEMES."""

    language: str | None = None
    theme: str = "auto"


def parse_look(raw: str) -> Look:
    """Return the look of a cookie like `fr.dark`; what we cannot have written counts as no choice."""
    language, _, theme = raw.partition(".")
    return Look(language if language in LANGUAGES else None, theme if theme in THEMES else "auto")


def look_of(request: Request, base_url: str) -> Look:
    """Return the look that a browser has kept."""
    return parse_look(request.cookie(cookie_name(base_url, LOOK)) or "")


def look_cookie(base_url: str, look: Look) -> tuple[bytes, bytes]:
    """Return the header that keeps a look, or that removes the cookie when nothing is chosen."""
    if look == Look():
        return set_cookie(base_url, LOOK, "", 0)
    return set_cookie(base_url, LOOK, f"{look.language or ''}.{look.theme}", LONG_S)


def look_of_member(preferences: Preferences, before: Look) -> Look:
    """Return a member's look for the browser they use. Who never chose a language keeps the one they read in."""
    theme = preferences.theme if preferences.theme in THEMES else "auto"
    return Look(known_language(preferences.locale) or before.language, theme)
