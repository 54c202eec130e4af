"""Speak to a server that translates as LibreTranslate does.

Owns: its two requests, their bounds, which of its languages is meant, what was translated lately. The server is the one
that the operator named, so it alone may be private (network/door.py); what it says is a stranger's text to everybody
above. Never: knows posts, or sends what was not given to it.
Spec: https://docs.libretranslate.com/api/operations/translate/, …/api/operations/languages/
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from rookery.model.errors import Unavailable
from rookery.model.settings import Settings
from rookery.model.translation import LanguageUnknown, TooLongToTranslate, Translated
from rookery.network.destinations import parse_destination
from rookery.network.door import Door
from rookery.network.outward import Ask, Budget, FetchFailed, FetchRefused, Limits

T = TypeVar("T")
LOG = logging.getLogger("rookery.translation")
BUDGET = Budget("translation", at_once=4, count=300, per_s=60)
LANGUAGES_S = 3600  # for which the languages are known
KEPT = 500  # translations of posts
MOST_LANGUAGES = 500
WIDEST = 8  # a translation is at most so many times as long as its text, and some characters
SOME = 200
FOUND_OUT = "auto"
Languages = Mapping[str, tuple[str, ...]]


class TranslatorFailed(Unavailable):
    """The translator did not answer as one does."""

    def __init__(self) -> None:
        super().__init__("the translator of this server did not answer as it should; try again later", 60)


class Detected(msgspec.Struct):
    """What a text was taken for."""

    language: str


class Reply(msgspec.Struct):
    """The answer to several texts, in their order."""

    translatedText: list[str]
    detectedLanguage: list[Detected] | Detected | None = None


class Language(msgspec.Struct):
    """One language that the server knows; targets: None for all others, as old servers say."""

    code: str
    targets: list[str] | None = None


class LibreTranslate:
    """A translator (model/translation.py). url: of the server, with the path before its routes; key: '' for none."""

    def __init__(
        self, door: Door, url: str, *, key: str, provider: str, timeout_s: int, most_characters: int, kept: int = KEPT
    ) -> None:
        self.door, self.url, self.key, self.provider = door, url.rstrip("/"), key, provider
        self.most_characters, self.kept = most_characters, kept
        self.limits = Limits(first_byte_s=timeout_s, total_s=timeout_s, redirects=1)
        self.known: Languages = {}
        self.known_at = 0.0
        self.done: OrderedDict[tuple[tuple[str, ...], str, str], Translated] = OrderedDict()
        self.doing: dict[tuple[tuple[str, ...], str, str], asyncio.Task[Translated]] = {}

    async def languages(self) -> Languages:
        """As Translator.languages; asked anew after LANGUAGES_S."""
        if not self.known or time.monotonic() - self.known_at > LANGUAGES_S:
            listed = await self.ask(Ask(f"{self.url}/languages", limits=self.limits, budget=BUDGET), list[Language])
            self.known, self.known_at = known_from(listed[:MOST_LANGUAGES]), time.monotonic()
        return self.known

    async def translate(self, texts: Sequence[str], *, source: str | None, target: str) -> Translated:
        """As Translator.translate; the same texts are asked for once. Raises TooLongToTranslate, LanguageUnknown."""
        if sum(map(len, texts)) > self.most_characters:
            raise TooLongToTranslate(self.most_characters)
        known = await self.languages()
        spoken = find_code(source or "", known) or FOUND_OUT
        targets = known[spoken] if spoken != FOUND_OUT else tuple(known)
        wanted = find_code(target, targets)
        if wanted is None:
            raise LanguageUnknown(target)
        key = (tuple(texts), spoken, wanted)
        if found := self.done.get(key):
            self.done.move_to_end(key)
            return found
        task = self.doing.get(key)
        if task is None:
            task = self.doing[key] = asyncio.create_task(self.translate_anew(*key))
            task.add_done_callback(lambda _: self.doing.pop(key, None))
        return await asyncio.shield(task)

    async def translate_anew(self, texts: tuple[str, ...], source: str, target: str) -> Translated:
        """Ask the server and keep what it says."""
        body: dict[str, object] = {"q": list(texts), "source": source, "target": target, "format": "text"}
        if self.key:
            body["api_key"] = self.key
        ask = Ask(
            f"{self.url}/translate",
            "POST",
            (("content-type", "application/json"),),
            msgspec.json.encode(body),
            limits=self.limits,
            budget=BUDGET,
        )
        found = translated_from(await self.ask(ask, Reply), texts, source)
        self.done[texts, source, target] = found
        while len(self.done) > self.kept:
            self.done.popitem(last=False)
        return found

    async def ask(self, ask: Ask, shape: type[T]) -> T:
        """Return the answer in a shape. Raises TranslatorFailed; the log has the reason and nothing of the texts."""
        try:
            answer = await self.door.fetch(ask)
            if answer.code != 200:
                raise FetchFailed(f"it answered {answer.code}")
            return msgspec.json.decode(answer.body, type=shape)
        except (FetchFailed, FetchRefused) as error:
            LOG.warning("the translator at %s failed: %s", self.url, error)
        except (msgspec.DecodeError, UnicodeDecodeError):
            LOG.warning("the translator at %s answered what is no translation", self.url)
        raise TranslatorFailed


def known_from(listed: Sequence[Language]) -> Languages:
    """Return every language with those that it is translated into."""
    codes = [one.code for one in listed]
    return {
        one.code: tuple(code for code in (codes if one.targets is None else one.targets) if code != one.code)
        for one in listed
    }


def find_code(asked: str, known: Sequence[str] | Languages) -> str | None:
    """Return the code of a language among those that are known: `pt-BR` may be there, else `pt` will do, None for none.

    Spec: RFC 4647 §3.4 (lookup)
    """
    folded = {code.casefold(): code for code in known}
    pieces = asked.casefold().replace("_", "-").split("-")
    while pieces:
        if found := folded.get("-".join(pieces)):
            return found
        pieces.pop()
    head = asked.casefold().partition("-")[0]
    return next((code for low, code in folded.items() if head and low.partition("-")[0] == head), None)


def translated_from(reply: Reply, texts: Sequence[str], source: str) -> Translated:
    """Return what came back. Raises TranslatorFailed when it is not one text for each, or out of all proportion."""
    found = tuple(text.replace("\x00", "") for text in reply.translatedText)
    is_right = len(found) == len(texts) and all(
        len(new) <= WIDEST * len(old) + SOME for old, new in zip(texts, found, strict=False)
    )
    if not is_right:
        LOG.warning("the translator gave %d texts for %d, or one out of all proportion", len(found), len(texts))
        raise TranslatorFailed
    detected = reply.detectedLanguage
    first = detected[0] if isinstance(detected, list) and detected else detected
    spoken = first.language[:35] if isinstance(first, Detected) else "und"
    return Translated(found, spoken if source == FOUND_OUT else source)


def open_translator(settings: Settings, version: str) -> LibreTranslate | None:
    """Return the translator that the settings name, None for none. It has a door of its own, for it may be private."""
    asked = settings.translation
    if not asked.url:
        return None
    origin = parse_destination(asked.url, allows_http=True, is_test=True).origin
    door = Door(settings.base_url, version=version, is_test=settings.is_test, named=origin)
    return LibreTranslate(
        door,
        asked.url,
        key=asked.key,
        provider=asked.provider or urlsplit(asked.url).hostname or "",
        timeout_s=asked.timeout_s,
        most_characters=asked.characters,
    )
