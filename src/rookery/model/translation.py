"""Translating what strangers may read: the protocol that a translator fulfils, and its refusals.

Owns: Translator, Translated. Never: speaks to one. A translator's texts are as foreign as a stranger's: they are plain
text and rendered anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rookery.model.errors import Invalid, NotAllowed, Unavailable

AGAIN_S = 3600


class NotTranslatable(NotAllowed):
    """What was written for few goes to nobody else."""

    def __init__(self) -> None:
        super().__init__("only public posts are translated: a translator would read the others")


class NoTranslator(Unavailable):
    """No translator is there to ask."""

    def __init__(self) -> None:
        super().__init__("this server has no translator", AGAIN_S)


class TooLongToTranslate(Invalid):
    """More text than the operator lets a translator have at once."""

    def __init__(self, most: int) -> None:
        super().__init__(f"this is too long to translate; the limit is {most} characters")


class LanguageUnknown(Invalid):
    """The translator does not write the language."""

    def __init__(self, language: str) -> None:
        super().__init__(f"the translator of this server does not know the language {language[:35]}")


@dataclass(frozen=True, slots=True)
class Translated:
    """Texts in another language, in the order of those that were given. source: the language as it was found."""

    texts: tuple[str, ...]
    source: str


class Translator(Protocol):
    """Translates plain texts. provider: its name, which readers see."""

    provider: str

    async def translate(self, texts: Sequence[str], *, source: str | None, target: str) -> Translated:
        """Translate all of the texts. Raises Unavailable."""
        ...

    async def languages(self) -> Mapping[str, Sequence[str]]:
        """Return the languages it knows, each with those that it is translated into. Raises Unavailable."""
        ...
