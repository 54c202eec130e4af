"""A server on loopback that translates as LibreTranslate does: it shouts, and says in which language.

Owns: ShoutingHost. Spec: https://docs.libretranslate.com/
"""

import json
from collections.abc import AsyncIterator

import pytest
from tests.evilhost import EvilHost, door_for, page

from rookery.network.translating import LibreTranslate

LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["en", "fr", "pt-BR"]},
    {"code": "fr", "name": "French", "targets": ["en", "fr"]},
    {"code": "pt-BR", "name": "Portuguese (Brazil)", "targets": ["en"]},
]


def answer(value, code="200 OK") -> bytes:
    return page(json.dumps(value), "application/json", code)


class ShoutingHost(EvilHost):
    """key: what it asks for. asked: the bodies of all translations so far."""

    key = ""

    async def start(self, ssl=None) -> None:
        await super().start(ssl)
        self.paths |= {"/languages": answer(LANGUAGES), "/translate": self.translate}

    @property
    def asked(self) -> list[dict]:
        return [json.loads(body) for line, _, body in self.requests if line.startswith("POST /translate ")]

    async def translate(self, reader, writer) -> None:
        body = self.asked[-1]
        if body.get("api_key", "") != self.key:
            writer.write(answer({"error": "Invalid API key"}, "403 Forbidden"))
        else:
            found = {"translatedText": [f"{text.upper()} ({body['target']})" for text in body["q"]]}
            if body["source"] == "auto":
                found["detectedLanguage"] = [{"confidence": 90, "language": "fr"} for _ in body["q"]]
            writer.write(answer(found))
        await writer.drain()


def translator_at(host: EvilHost, **more) -> LibreTranslate:
    """A translator as the settings would make it, that reaches loopback because the operator named it."""
    given = {"key": "", "provider": "Shouter", "timeout_s": 5, "most_characters": 1000, **more}
    door = given.pop("door", None) or door_for(is_test=False, named=host.url("").rstrip("/"))
    return LibreTranslate(door, host.url(""), **given)


@pytest.fixture
async def shouting() -> AsyncIterator[ShoutingHost]:
    host = ShoutingHost()
    await host.start()
    yield host
    await host.stop()
