"""Texts of the invented world.

Owns: filling sentences, tags and links. Never: random numbers of its own; the caller brings them, so that one number
makes one world.
"""

from __future__ import annotations

import re
from random import Random

from rookery.ops.seed.words import Language

PLACE = re.compile(r"\{(thing|place|mood|Thing|Mood)\}")


class Writer:
    """Writes with one source of chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def pick(self, choices: tuple[str, ...]) -> str:
        """One of them; cheaper than Random.choice."""
        return choices[int(self.chance.random() * len(choices))]

    def fill(self, sentence: str, language: Language) -> str:
        """Put words into the places of a sentence."""
        lists = {"thing": language.things, "place": language.places, "mood": language.moods}

        def word(match: re.Match[str]) -> str:
            name = match[1]
            chosen = self.pick(lists[name.lower()])
            return chosen[0].upper() + chosen[1:] if name[0].isupper() else chosen

        return PLACE.sub(word, sentence) if "{" in sentence else sentence

    def bio(self, language: Language) -> str:
        """What somebody says of themselves."""
        return self.fill(self.pick(language.bios), language)

    def post(self, language: Language) -> str:
        """One to four sentences, at times with tags and a link."""
        count = 1 + int(self.chance.expovariate(1.2)) if self.chance.random() < 0.6 else 1
        parts = [self.fill(self.pick(language.sentences), language) for _ in range(min(count, 4))]
        separator = "\n\n" if count > 2 else " "
        text = separator.join(parts)
        if self.chance.random() < 0.08:
            text += f" https://notes.example/{language.code}/{int(self.chance.random() * 9000)}"
        if self.chance.random() < 0.28:
            tags = {self.pick(language.tags) for _ in range(1 + int(self.chance.random() * 3))}
            text += "\n\n" + " ".join(f"#{tag}" for tag in sorted(tags))
        return text

    def reply(self, language: Language, username: str) -> str:
        """An answer to somebody."""
        return f"@{username} {self.fill(self.pick(language.replies), language)}"
