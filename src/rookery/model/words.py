"""Words of a text as search knows them: folded, and in pairs of characters where a script has no spaces.

Owns: folding (case, width, accents of Latin and Greek letters), splitting. Both sides of a search, what is found and
what is asked, pass through here, so that any database which can match exact words in their order will do.

Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese runs become pairs that overlap, and the last character alone:
日本語 → 日本 本語 語. A search for one character is then a search for what begins with it.
"""

from __future__ import annotations

import re
import unicodedata

MAX_WORD_CHARACTERS = 64
MAX_WORDS = 16_000
LIGATURES = {ord(a): b for a, b in zip("œæøłđıŋþð", ("oe", "ae", "o", "l", "d", "i", "ng", "th", "d"), strict=True)}
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0eff\u1000-\u1049\u1050-\u109f\u1100-\u11ff\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and accents that belong to the letter before them; `\w` leaves them out.
JOINED = "".join(chr(c) for c in range(0x300, 0x1E00) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
RUN = re.compile(rf"(?P<unspaced>[{UNSPACED}]+)|[^\W_{UNSPACED}](?:[^\W_{UNSPACED}]|[{JOINED}])*")
SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


class Folds(dict[int, str]):
    """Code point -> its folded form, found out once each."""

    def __missing__(self, point: int) -> str:
        """Strip the accents of Latin and Greek letters; others keep theirs, where they make another letter."""
        character = chr(point)
        base = unicodedata.normalize("NFD", character)[0]
        folded = character
        if 0x300 <= point <= 0x36F:
            folded = ""
        elif base.isascii() or "\u0370" <= base <= "\u03ff":
            folded = base
        self[point] = folded
        return folded


FOLDS = Folds(LIGATURES)


def fold(text: str) -> str:
    """Return the text as searches compare it."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold().translate(FOLDS)


def split_words(text: str) -> list[str]:
    """Return the words of a text to be found, in order, at most 16,000. Addresses lose their scheme."""
    words: list[str] = []
    for match in RUN.finditer(fold(SCHEME.sub(" ", text))):
        run = match[0]
        if match["unspaced"]:
            words += [run[at : at + 2] for at in range(len(run))]
        else:
            words.append(run[:MAX_WORD_CHARACTERS])
        if len(words) >= MAX_WORDS:
            return words[:MAX_WORDS]
    return words


def asked_words(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the words to look for, in order, and whether the last one is a beginning only.

    A run without spaces at the end is asked for by its pairs alone, so that it is found inside a longer run.
    """
    words = split_words(text)
    ends_unspaced = bool(words) and len(words[-1]) == 1 and re.fullmatch(f"[{UNSPACED}]", words[-1]) is not None
    if not ends_unspaced:
        return tuple(words), False
    if len(words) > 1 and len(words[-2]) == 2 and words[-2][1] == words[-1] and is_pair(words[-2]):
        return tuple(words[:-1]), False
    return tuple(words), True


def is_pair(word: str) -> bool:
    """True for two characters of a script without spaces."""
    return re.fullmatch(f"[{UNSPACED}]{{2}}", word) is not None
