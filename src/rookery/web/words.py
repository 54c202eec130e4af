"""The languages of the pages: catalogues, dates, numbers, and the sentences of refusals.

Owns: which languages there are, the choice among them, everything that babel does. Never: HTML.
A catalogue is the text file that translators edit; it is compiled into memory at the first use, so that nothing built
lies in the repository. French spacing is written in the catalogue, never in code.
Spec: RFC 9110 §12.5.4 (Accept-Language), https://cldr.unicode.org/translation/date-time
"""

from __future__ import annotations

import gettext
import io
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_percent

from rookery.model.ids import datetime_from_us

LANGUAGES = {"en": "English", "fr": "Français"}
LOCALES = Path(__file__).parent / "locales"
# What varies in a refusal: a quoted text, a remark in brackets, a number.
VARIES = re.compile(r"'[^']{0,40}'|\([^()]*\)|\d+(?:[.,]\d+)*")
UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
# What people may say that they write in; any other code still works through apps.
WRITTEN = (
    *("ar", "bg", "br", "ca", "co", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr"),
    *("ga", "gl", "he", "hi", "hr", "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "nl", "no", "oc", "pl", "pt"),
    *("ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "th", "tr", "uk", "ur", "vi", "zh"),
)


class Words:
    """One language as pages use it."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language, self.translations = language, translations
        self.locale = Locale.parse("en_GB" if language == "en" else language)

    def gettext(self, message: str) -> str:
        """Return a message in this language."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a message that counts something."""
        return self.translations.ngettext(one, many, count)

    def sentence(self, raw: str) -> str:
        """Return the sentence of a refusal: translated where the catalogue has it, numbers and quotes kept.

        The catalogue spells what varies as {0}, {1}: `the post has {0} characters, this server allows {1}`.
        """
        found: list[str] = []

        def take(match: re.Match[str]) -> str:
            found.append(match[0])
            return f"{{{len(found) - 1}}}"

        translated = self.gettext(raw)
        if translated == raw:
            pattern = VARIES.sub(take, raw) if "{" not in raw else raw
            varied = self.gettext(pattern)
            if varied != pattern:
                translated = varied.format(*found)
        translated = translated[:1].upper() + translated[1:]
        return translated if translated.endswith((".", "!", "?")) else f"{translated}."

    def day(self, moment_us: int) -> str:
        """Return a date like 21 November 2026."""
        return format_date(datetime_from_us(moment_us), "long", locale=self.locale)

    def weekday(self, day: int) -> str:
        """Return the name of a weekday, 0 Monday to 6 Sunday."""
        return str(self.locale.days["stand-alone"]["wide"][day])

    def month(self, moment_us: int) -> str:
        """Return a month like November 2026."""
        return format_skeleton("yMMMM", datetime_from_us(moment_us), locale=self.locale)

    def moment(self, moment_us: int) -> str:
        """Return date and time in UTC, as pages without script cannot know the reader's zone."""
        when = datetime_from_us(moment_us)
        time = format_time(when, "short", locale=self.locale)
        return f"{format_date(when, 'long', locale=self.locale)}, {time} UTC"

    def age(self, moment_us: int, now: datetime | None = None) -> str:
        """Return how long ago: 5m, 3h, 2d, then a date."""
        when = datetime_from_us(moment_us)
        now = now or datetime.now(UTC)
        passed = now - when
        if passed < timedelta(minutes=1):
            return self.gettext("now")
        if passed < timedelta(days=7):
            return format_timedelta(whole(passed), format="narrow", threshold=1, locale=self.locale)
        skeleton = "MMMd" if when.year == now.year else "yMMMd"
        return format_skeleton(skeleton, when, locale=self.locale)

    def until(self, moment_us: int) -> str:
        """Return how much time is left: in 3 hours."""
        left = datetime_from_us(moment_us) - datetime.now(UTC)
        return format_timedelta(left, add_direction=True, threshold=1.2, locale=self.locale)

    def length(self, seconds: int) -> str:
        """Return a length of time: 6 hours."""
        return format_timedelta(timedelta(seconds=seconds), threshold=1, locale=self.locale)

    def count(self, number: int) -> str:
        """Return a number short: 7, 12K."""
        if number < 1000:
            return str(number)
        return format_compact_decimal(number, locale=self.locale, fraction_digits=1 if number < 10_000 else 0)

    def percent(self, share: int) -> str:
        """Return a share of a hundred as this language writes it."""
        return format_percent(share / 100, locale=self.locale)

    def language_name(self, code: str) -> str:
        """Return the name of a language in this one."""
        return str(self.locale.languages.get(code.partition("-")[0], code))

    def written_languages(self) -> list[tuple[str, str]]:
        """Return (code, name) of the languages that a composer offers, by name."""
        return sorted(((code, self.language_name(code)) for code in WRITTEN), key=lambda pair: pair[1].casefold())


def whole(passed: timedelta) -> timedelta:
    """Return a span without what is less than its largest unit: 1 minute for 75 seconds."""
    unit = next((unit for unit in UNITS if passed >= unit), timedelta(seconds=1))
    return passed // unit * unit


@cache
def words_of(language: str) -> Words:
    """Return a language's words, compiled once."""
    path = LOCALES / language / "LC_MESSAGES" / "rookery.po"
    if not path.is_file():
        return Words(language, gettext.NullTranslations())
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))


def known_language(raw: str | None) -> str | None:
    """Return our language for a code like fr-CA, None for one that we do not speak."""
    head = (raw or "").replace("_", "-").partition("-")[0].strip().lower()
    return head if head in LANGUAGES else None


def accepted_language(header: str) -> str:
    """Return the language that a browser likes best among ours, English otherwise."""
    best, most = "en", 0.0
    for part in header.split(",")[:20]:
        code, _, weight = part.partition(";q=")
        language = known_language(code)
        try:
            liking = float(weight or 1)
        except ValueError:
            continue
        if language and liking > most:
            best, most = language, liking
    return best
