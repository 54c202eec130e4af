"""Templates: one jinja environment per language, everything escaped unless it is Markup made by us.

Owns: the environments, what every template may call. Never: reads a database.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from rookery.model.ids import datetime_from_us, short_id
from rookery.model.settings import Settings
from rookery.web.emoji import EmojiShelf
from rookery.web.people import Person
from rookery.web.static_files import StaticFiles
from rookery.web.words import LANGUAGES, Words, words_of

FOLDER = Path(__file__).parent / "templates"


class Templates:
    """Made once per process."""

    def __init__(self, settings: Settings, static: StaticFiles, emoji: EmojiShelf) -> None:
        self.settings, self.static, self.emoji = settings, static, emoji
        self.environments = {language: self.environment(words_of(language)) for language in LANGUAGES}

    def environment(self, words: Words) -> Environment:
        """Return the environment of one language."""
        made = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
        made.globals |= {
            "words": words,
            "nest": self.settings.nest,
            "base_url": self.settings.base_url,
            "domain": self.settings.server.domain,
            "static": self.static.url,
            "languages": LANGUAGES,
            "short_id": short_id,
            "Person": Person,
        }
        made.filters |= {"iso": iso_time, "count": words.count, "emoji": self.emoji.draw, "field_time": field_time}
        return made

    def find(self, language: str, name: str) -> Template:
        """Return a compiled template."""
        return self.environments[language].get_template(name)

    def render(self, language: str, name: str, /, **values: Any) -> str:
        """Return a rendered template."""
        return self.find(language, name).render(**values)


def iso_time(moment_us: int) -> str:
    """Return a moment as machines read it."""
    when: datetime = datetime_from_us(moment_us)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def field_time(moment_us: int) -> str:
    """Return a moment as a form's time field spells it: UTC, to the minute."""
    return datetime_from_us(moment_us).strftime("%Y-%m-%dT%H:%M")
