"""Letters that look like others, so that a barred word cannot pass in a disguise.

Owns: which letters of other alphabets look like Latin ones, and when a text is in disguise. Width, mathematical
alphabets and ligatures go with NFKC. Not touched: digits for letters, accents (an accented letter is another one).

A word that mixes alphabets is a disguise; so are look-alikes in a text that has no other letter of their alphabet. A
text in disguise is compared with Latin letters for its look-alikes, and every other text as it stands: whoever filters
an English word does not lose the Russian one that happens to look like it.
Spec: https://www.unicode.org/reports/tr39/#Confusable_Detection (the part of its table that passes for plain text)
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# Cyrillic, Greek, Armenian: look-alikes over their Latin letters, and the range of the alphabet. In capitals too, for
# some resemble another letter than their small form does.
ALPHABETS = (
    (
        str.maketrans("авеѕіјкмнорстухһԁԛԝАВЕЅІЈКМНОРСТУХҺԀԚԜ", "abesijkmhopctyxhdqwABESIJKMHOPCTYXHDQW"),
        "\u0400",
        "\u052f",
    ),
    (str.maketrans("αβεηικνορτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abenikvoptuxywABEZHIKMNOPTYX"), "\u0370", "\u03ff"),
    (str.maketrans("ոսօցհՕՍՏ", "nuoqhOUS"), "\u0530", "\u058f"),
)
LOOKALIKES = {letter: like for table, _, _ in ALPHABETS for letter, like in table.items()}
SUSPECT = re.compile(f"[{''.join(map(chr, LOOKALIKES))}]")
WORD = re.compile(r"\w+")
LATIN = re.compile("[A-Za-z]")
# Without width, and lines through letters, with which no language writes.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u0334-\u0338]"
)


class Seen(NamedTuple):
    """A text without case, width and what has no shape. bare: what its disguise shows; None when it has none."""

    plain: str
    bare: str | None = None


def as_seen(text: str) -> Seen:
    """Return a text as eyes read it."""
    if text.isascii():
        return Seen(text.lower())
    shown = UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return Seen(shown.casefold(), bare_form(shown) if is_disguised(shown) else None)


def bare_form(text: str) -> str:
    """Return what a text looks like with Latin letters for their look-alikes, without case."""
    return unicodedata.normalize("NFKC", text).translate(LOOKALIKES).casefold()


def is_disguised(shown: str) -> bool:
    """True when a word mixes alphabets, or an alphabet is there with look-alikes alone."""
    if not SUSPECT.search(shown):
        return False
    if any(LATIN.search(word) and SUSPECT.search(word) for word in WORD.findall(shown)):
        return True
    letters = set(shown)
    for table, first, last in ALPHABETS:
        own = {ord(letter) for letter in letters if first <= letter <= last}
        if own and own.issubset(table):
            return True
    return False
