"""HTML of strangers cut into tags and text, in one pass that never turns back.

Owns: where a tag begins and ends, its name and the few attributes that mean something here, what is never shown.
Never: builds a tree: nothing of what comes in is passed on as it was written, so a misread tag can cost words, not
safety. A tree would cost more than that: HTML's own rules repeat open formatting in every paragraph, which lets a
short text grow to a huge one.
Spec: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

NAME = re.compile(r"[A-Za-z][^\s/>]*")
# One attribute; a quote that never closes takes all that is left, so that no character is looked at again.
ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s/>=]+|=)(?:\s*=\s*(?:"(?P<double>[^"]*)(?:"|\Z)|'(?P<single>[^']*)(?:'|\Z)|(?P<bare>[^\s>]*)))?"""
)
KEPT_ATTRIBUTES = frozenset(("href", "class", "rel", "alt", "src", "encoding"))
LONGEST_VALUE = 4096
# Their content is text up to their own end tag, and none of it is for readers.
RAW = frozenset(("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp", "noscript"))
RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}
HUGE_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufff9-\ufffb]")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. name in lower case; attributes: those that are kept, decoded, the first of each name."""

    name: str
    is_end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> frozenset[str]:
        """The words of its class attribute."""
        return frozenset(self.attributes.get("class", "").split())


def tokens_of(html: str) -> Iterator[Tag | str]:
    """Yield tags and decoded text in order. Each character of the input is looked at a fixed number of times."""
    at, end = 0, len(html)
    while at < end:
        start = html.find("<", at)
        if start < 0:
            yield decoded(html[at:])
            return
        if start > at:
            yield decoded(html[at:start])
        at, token = after_bracket(html, start)
        if token is not None:
            yield token
        if isinstance(token, Tag) and token.name in RAW and not token.is_end:
            found = RAW_ENDS[token.name].search(html, at)
            at = found.start() if found else end


def after_bracket(html: str, start: int) -> tuple[int, Tag | str | None]:
    """Return where what begins with this `<` ends, and what it is: a tag, text, or nothing to show."""
    if html.startswith("<!--", start):
        return past(html, "-->", start + 4), None
    is_end = html.startswith("</", start)
    name = NAME.match(html, start + 1 + is_end)
    if name is not None:
        return read_tag(html, name, is_end=is_end)
    if is_end or html[start + 1 : start + 2] in ("!", "?"):
        return past(html, ">", start + 1), None
    return start + 1, "<"


def past(html: str, ending: str, at: int) -> int:
    """Return the place behind the next `ending`, the end of the text without one."""
    found = html.find(ending, at)
    return len(html) if found < 0 else found + len(ending)


def read_tag(html: str, name: re.Match[str], *, is_end: bool) -> tuple[int, Tag | None]:
    """Return where the tag ends, and the tag; None for one that the text breaks off."""
    attributes: dict[str, str] = {}
    at = name.end()
    while match := ATTRIBUTE.match(html, at):
        at = match.end()
        key = match["name"].lower()
        if key in KEPT_ATTRIBUTES and key not in attributes:
            value = match["double"] or match["single"] or match["bare"] or ""
            attributes[key] = decoded(value[:LONGEST_VALUE])
    close = html.find(">", at)
    if close < 0:
        return len(html), None
    return close + 1, Tag(name[0].lower(), is_end, attributes)


def decoded(text: str) -> str:
    """Return text with its character references resolved, without controls and halves of characters."""
    if "&" in text:
        text = unescape(HUGE_NUMBER.sub("\ufffd", text))
    return UNWANTED.sub("", text)
