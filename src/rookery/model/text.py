"""Text of a post: found mentions, hashtags, links and custom emoji, each as a facet with its place.

Owns: one pass over the text, facets, character counting as clients count, tag keys, plain words for filters.
Never: looks anybody up; a mention becomes an account in actions. Positions are code points, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

LINK_CHARACTERS = 23  # what every link counts in clients, whatever its length
LINK_IN_ASCII = "x" * LINK_CHARACTERS
MAX_FACET_COUNT = 1000
MOST_JOINED = 16  # code points that may count as one character: no flag, family or accented letter has more

TOKEN = re.compile(
    r"""
    (?P<link>\b(?i:https?)://[^\s<>"'`{}|\\^\x00-\x20、。「」『』（）【】]{1,2000})
  | (?<![\w/@=.&])@(?P<mention>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)
        (?:@(?P<domain>(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w][\w-]{0,61}[\w](?::\d{1,5})?|localhost(?::\d{1,5})?))?
        (?![A-Za-z0-9_@])
  | (?<![\w/&\#=])[\#＃](?P<tag>\w{1,100})
  | (?<![\w:]):(?P<emoji>[A-Za-z0-9_]{2,60}):(?![\w:])
    """,
    re.VERBOSE,
)
JOINERS = "\u200c\u200d"  # inside words of Persian and the scripts of India
MAX_TAG_CHARACTERS = 100
TRAILING = ".,:;!?'\")]}»”’…、。！？"
UNSEEN = frozenset(["Cc", "Cf", "Zs", "Zl", "Zp"])
PAIRS = {")": "(", "]": "[", "}": "{"}


class FacetKind(StrEnum):
    """What a stretch of text is."""

    LINK = "link"
    MENTION = "mention"
    TAG = "tag"
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True)
class Facet:
    """One stretch of the text. value: the URL, the handle, the tag as written, or the emoji's shortcode.

    account_id: who is mentioned, once actions has looked the handle up; such mentions alone become links.
    """

    start: int
    end: int
    kind: FacetKind
    value: str
    account_id: int | None = None


def parse_facets(text: str) -> tuple[Facet, ...]:
    """Find links, mentions, hashtags and emoji in one pass; at most 1,000, the rest stays plain text."""
    found: list[Facet] = []
    match = TOKEN.search(text)
    while match and len(found) < MAX_FACET_COUNT:
        facet = facet_from_match(match)
        if facet:
            found.append(facet)
        match = TOKEN.search(text, facet.end if facet else match.end())
    return tuple(found)


def facet_from_match(match: re.Match[str]) -> Facet | None:
    """Turn one token into a facet, or None when it only looks like one (a tag of digits, a link without host)."""
    start = match.start()
    if link := match["link"]:
        link = trim_link(link)
        return Facet(start, start + len(link), FacetKind.LINK, link) if has_host(link) else None
    if mention := match["mention"]:
        handle = f"{mention}@{match['domain']}" if match["domain"] else mention
        return Facet(start, match.end(), FacetKind.MENTION, handle)
    if match["tag"]:
        end = end_of_tag(match.string, match.start("tag"))
        tag = match.string[match.start("tag") : end]
        return Facet(start, end, FacetKind.TAG, tag) if is_tag(tag) else None
    return Facet(start, match.end(), FacetKind.EMOJI, match["emoji"])


def end_of_tag(text: str, start: int) -> int:
    """Return where a tag ends: letters, digits and _ with the marks and joiners that many scripts write words with."""
    end = last = start
    for character in text[start : start + MAX_TAG_CHARACTERS]:
        end += 1
        is_mark = unicodedata.category(character) in ("Mn", "Mc") and not "\ufe00" <= character <= "\ufe0f"
        if character.isalnum() or character == "_" or is_mark:
            last = end
        elif character not in JOINERS:
            break
    return last


def trim_link(link: str) -> str:
    """Drop punctuation that ends the sentence, keep closing brackets that the link itself opened."""
    while link and link[-1] in TRAILING:
        opening = PAIRS.get(link[-1])
        if opening and link.count(opening) >= link.count(link[-1]):
            break
        link = link[:-1]
    return link


def has_host(link: str) -> bool:
    """True when the link names a host that a browser could open."""
    try:
        parts = urlsplit(link)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_tag(tag: str) -> bool:
    """A hashtag has at least one letter; digits and underscores alone are a number, not a subject."""
    return any(character.isalpha() for character in tag)


def is_blank(text: str) -> bool:
    """True when a reader would see nothing: only spaces, controls and characters without width."""
    return not text.strip() or all(unicodedata.category(character) in UNSEEN for character in text)


def tag_key(tag: str) -> str:
    """Return the form in which hashtags are compared: NFKC, case folded, accents kept."""
    return unicodedata.normalize("NFKC", tag).casefold()


def count_characters(text: str, facets: tuple[Facet, ...] = ()) -> int:
    """Count as clients do: what people see as one character is one; a link is 23; the domain of a mention is free."""
    pieces: list[str] = []
    at = 0
    for facet in facets:
        shown = None
        if facet.kind is FacetKind.LINK:
            shown = LINK_IN_ASCII
        elif facet.kind is FacetKind.MENTION:
            shown = "@" + facet.value.partition("@")[0]
        if shown is not None and facet.start >= at:
            pieces += (text[at : facet.start], shown)
            at = facet.end
    return count_seen("".join((*pieces, text[at:])))


def count_seen(text: str) -> int:
    """Count user-perceived characters: marks, joiners and modifiers belong to the character before them.

    A close cousin of Unicode's extended grapheme clusters (UAX 29) that never counts more than they do for emoji
    sequences, flags, accents and Hangul syllables typed whole. A heap of marks or joiners is not one character: each
    MOST_JOINED code points count as one at least.
    """
    if text.isascii():
        return len(text)
    count, joins, flag_open = 0, False, False
    for character in text:
        point = ord(character)
        extends = point in (0x200D, 0xFE0F, 0xFE0E) or 0x1F3FB <= point <= 0x1F3FF or 0xE0020 <= point <= 0xE007F
        extends = extends or (point > 0x2FF and unicodedata.category(character) in ("Mn", "Me", "Mc"))
        is_flag = 0x1F1E6 <= point <= 0x1F1FF
        closes_flag = is_flag and flag_open
        if not (extends or joins or closes_flag):
            count += 1
        flag_open = is_flag and not closes_flag
        joins = point == 0x200D
    return max(count, len(text) // MOST_JOINED)
