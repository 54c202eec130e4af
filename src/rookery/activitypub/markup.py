"""HTML from anywhere read as our own words and facets, and as markup that we wrote ourselves (K8).

Owns: read_markup, what tags mean here, what a link is: a mention, a hashtag, an address or words with an address.
Never: raises (what cannot be read is shown as bare words), passes on a tag, class or address that it did not judge,
opens a link, loads a picture. Reading what it wrote gives the same again.
Links go to http and https only, and words that look like an address are replaced by the address they lead to.
Spec: https://docs.joinmastodon.org/spec/activitypub/#sanitization, https://w3id.org/fep/c16b
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice
from urllib.parse import urlsplit

from rookery.activitypub.markup_tokens import Tag, decoded, tokens_of
from rookery.activitypub.markup_writing import Writer
from rookery.model.emoji import NAMED_IN_TEXT
from rookery.model.incoming import MAX_HTML_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_URL_CHARACTERS
from rookery.model.markup import WEB_ADDRESS, render_link
from rookery.model.text import Facet, FacetKind, end_of_tag, has_host, is_tag, parse_facets, tag_key

MAX_INPUT_CHARACTERS = 500_000
MOST_IMAGES = 64
MOST_TOKENS = 20_000  # tags and stretches of text; a page of tags alone would hold everybody up for seconds
SPACES = re.compile(r"[ \t\n\r\f]+")
INLINE = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em"), "em"),
    **dict.fromkeys(("s", "del", "strike"), "del"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    **{name: name for name in ("u", "sub", "sup", "ruby", "rt")},
}
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
CONTAINERS = frozenset(("blockquote", "ul", "ol", "li"))
BLOCKS = HEADINGS | {
    *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "hr"),
    *("table", "tr", "caption", "dl", "dt", "dd", "figure", "figcaption", "details", "summary", "fieldset", "form"),
}
# Not for readers, or not without what is around it; whatever stands in them is left out.
HIDDEN = frozenset(
    ("head", "template", "svg", "math", "object", "select", "datalist", "canvas", "audio", "video", "rp", "embed")
)
VOID = frozenset(("embed", "br", "img", "a"))
QUOTE_CLASSES = frozenset(("quote-inline", "reference-link-inline"))
TEX = frozenset(("application/x-tex", "text/x-tex", "tex"))
ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:/?/?)?[^\s/@]+\.[^\s/.@]{2,}(?::\d+)?(?:[/?#]\S*)?|[a-z][a-z0-9+.-]*://\S*", re.I
)
EMOJI_ALT = re.compile(r":[A-Za-z0-9_]{2,60}:")


@dataclass(frozen=True, slots=True)
class Names:
    """What a document says of the names in its text.

    mentions: uri -> `user@domain`. tags: keys of its hashtags. emoji: shortcodes that it has pictures for.
    hides_quote: it quotes, so the line that says so to others is left out.
    """

    mentions: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    emoji: frozenset[str] = frozenset()
    hides_quote: bool = False


@dataclass(frozen=True, slots=True)
class Markup:
    """What was read. shown: markup of ours, always; html: the same where it says more than text and facets, else None.

    images: (address, description) of pictures in the text, which are not part of it.
    """

    text: str
    facets: tuple[Facet, ...] = ()
    shown: str = ""
    html: str | None = None
    images: tuple[tuple[str, str], ...] = ()


NAMELESS = Names()


def read_markup(html: str, names: Names = NAMELESS) -> Markup:
    """Return what the HTML says. Never raises: what trips the reader is shown as its bare words."""
    html = html[:MAX_INPUT_CHARACTERS]
    try:
        first = Reader(names).read(html)
        if first.html is None:
            return first
        # What was empty or never closed still parted lines; our own markup has neither, so it is read once more.
        return replace(Reader(names).read(first.shown), images=first.images)
    except Exception:  # the text of a stranger must not keep a page from anybody
        return read_plain(bare_words(html))


def read_plain(text: str, names: Names = NAMELESS) -> Markup:
    """Return a text that is not HTML (plain, or Markdown as it was typed), with its links and emoji."""
    kept = decoded(text.replace("&", "&amp;"))[:MAX_TEXT_CHARACTERS].strip()
    facets = Finder(names).find(kept)
    paragraphs = [part for part in re.split(r"\n{2,}", kept) if part.strip()]
    shown = "".join(f"<p>{escape(part.strip()).replace(chr(10), '<br />')}</p>" for part in paragraphs)
    return Markup(kept, facets, shown)


def bare_words(html: str) -> str:
    """Return what stands outside of angle brackets, and nothing cleverer."""
    parts = html.split("<")
    return " ".join([parts[0], *(part.partition(">")[2] for part in parts[1:])]).strip()


def find_web_url(raw: str) -> str:
    """Return an address that a link may lead to, '' for any other. Spec: GHSA-x2rc: no javascript:, no data:"""
    url = raw.strip(" \t\n\r\f")
    is_fit = 0 < len(url) <= MAX_URL_CHARACTERS and url.isprintable() and " " not in url
    if not is_fit or not WEB_ADDRESS.match(url) or any(one in url for one in "\"'<>`\\"):
        return ""
    return url if has_host(url) else ""


def host_in(url: str) -> str:
    """Return the host of an address, '' without."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what stands out in plain words."""

    names: Names

    def find(self, text: str) -> tuple[Facet, ...]:
        """Return links, and emoji that the document has pictures for: between two links, as if nothing stood around."""
        if ":" not in text:
            return ()
        found: list[Facet] = []
        at = 0
        for link in (one for one in parse_facets(text) if one.kind is FacetKind.LINK and find_web_url(one.value)):
            found += (*self.emoji_between(text, at, link.start), link)
            at = link.end
        return (*found, *self.emoji_between(text, at, len(text)))

    def emoji_between(self, text: str, start: int, end: int) -> list[Facet]:
        """Return the known emoji of one stretch."""
        return [
            Facet(start + match.start(), start + match.end(), FacetKind.EMOJI, match[1])
            for match in NAMED_IN_TEXT.finditer(text[start:end])
            if match[1] in self.names.emoji
        ]

    def show(self, text: str, facets: tuple[Facet, ...]) -> str:
        """Return plain words as markup, links as anchors."""
        pieces: list[str] = []
        at = 0
        for one in facets:
            if one.kind is FacetKind.LINK:
                pieces += (escape(text[at : one.start]), render_link(one.value))
                at = one.end
        return "".join((*pieces, escape(text[at:])))


@dataclass(slots=True)
class Anchor:
    """A link that is open, with its words so far."""

    tag: Tag
    words: list[str] = field(default_factory=list)


class Reader:
    """Walks through the tokens once. hidden: the element that is left out, with how deep it repeats itself."""

    def __init__(self, names: Names) -> None:
        self.names = names
        finder = Finder(names)
        self.writer = Writer(finder.find, finder.show)
        self.anchor: Anchor | None = None
        self.hidden: tuple[str, int] | None = None
        self.is_tex = False
        self.images: list[tuple[str, str]] = []
        self.by_name = {
            (handle.partition("@")[0].casefold(), host_in(uri)): handle for uri, handle in names.mentions.items()
        }

    def read(self, html: str) -> Markup:
        """Return what the HTML says."""
        for token in islice(tokens_of(html), MOST_TOKENS):
            if self.writer.is_full:
                break
            if self.hidden is not None and self.is_skipped(token):
                continue
            if isinstance(token, str):
                self.take_text(token)
            elif token.is_end:
                self.end(token.name)
            else:
                self.start(token)
        self.end_anchor()
        words, shown = self.writer.finish()
        facets = tuple(one for one in self.writer.facets if one.end <= MAX_TEXT_CHARACTERS)
        is_whole = len(words) <= MAX_TEXT_CHARACTERS and len(shown) <= MAX_HTML_CHARACTERS
        html_of_ours = shown if self.writer.is_rich and is_whole else None
        return Markup(words[:MAX_TEXT_CHARACTERS], facets, shown, html_of_ours, tuple(self.images))

    def is_skipped(self, token: Tag | str) -> bool:
        """True for what stands in a hidden element; finds its end. TeX in a formula is shown."""
        name, depth = self.hidden or ("", 0)
        if isinstance(token, str):
            return not self.is_tex
        if name == "p" and (token.name in BLOCKS or token.name in CONTAINERS):  # a paragraph ends where a block begins
            self.hidden = None
            return token.name == "p" and token.is_end
        if token.name == "annotation":
            self.is_tex = not token.is_end and token.attributes.get("encoding", "").lower() in TEX
        if token.name == name:
            depth += -1 if token.is_end else 1
            self.hidden = (name, depth) if depth else None
            self.is_tex = self.is_tex and depth > 0
        return True

    def start(self, tag: Tag) -> None:
        """Take a tag that opens something."""
        name = tag.name
        if name in HIDDEN or (self.names.hides_quote and tag.classes & QUOTE_CLASSES):
            self.hidden = None if name in VOID else (name, 1)
        elif name in BLOCKS or name in CONTAINERS or name in ("pre", "br"):
            self.start_block(name)
        else:
            self.start_inline(tag)

    def start_inline(self, tag: Tag) -> None:
        """Take a tag that stands among words: a link, a picture, a way of writing, a cell of a table."""
        name, writer = tag.name, self.writer
        match name:
            case "a":
                self.end_anchor()
                self.anchor = Anchor(tag)
            case "img":
                self.take_image(tag)
            case "td" | "th" | "option":
                self.take_text(" ")
            case "rt":
                writer.close_inline("rt")
                if writer.has("ruby"):
                    writer.open_inline("rt")
            case _ if name in INLINE and self.anchor is None:
                writer.open_inline(INLINE[name])

    def start_block(self, name: str) -> None:
        """Begin a block or a line. A link that has words ends here; one without may still get them."""
        if self.anchor is not None and not self.anchor.words:
            return
        self.end_anchor()
        writer = self.writer
        if name == "br":
            writer.break_line()
        elif name in CONTAINERS:
            writer.open_container(name)
        elif name in HEADINGS:
            writer.open_leaf("p")
            writer.open_inline("strong")
        else:
            writer.open_leaf("pre" if name == "pre" else "p")

    def end(self, name: str) -> None:
        """Take a tag that closes something; what was never opened is passed over."""
        writer = self.writer
        if name == "a":
            self.end_anchor()
        elif name in CONTAINERS or name in BLOCKS or name == "pre":
            if self.anchor is not None and not self.anchor.words:
                return
            self.end_anchor()
            self.end_block(name)
        elif name in INLINE and self.anchor is None:
            writer.close_inline(INLINE[name])

    def end_block(self, name: str) -> None:
        """End a block."""
        writer = self.writer
        if name in CONTAINERS:
            writer.close_container(name)
        elif writer.innermost() in ("li", "ul", "ol") and not writer.has("pre"):
            del writer.open[writer.container_count() :]
        elif name == "pre" or not writer.has("pre"):
            writer.end_block(2)

    def take_text(self, text: str) -> None:
        """Take words. Spaces count once, but for preformatted lines."""
        if self.anchor is not None:
            self.anchor.words.append(text)
        elif self.writer.has("pre"):
            self.take_lines(text)
        else:
            self.take_words(text)

    def take_words(self, text: str) -> None:
        """Take words of a paragraph."""
        words = SPACES.sub(" ", text)
        self.writer.has_space = self.writer.has_space or words.startswith(" ")
        if kept := words.strip(" "):
            self.writer.put_text(kept)
            self.writer.has_space = words.endswith(" ")

    def take_lines(self, text: str) -> None:
        """Take preformatted lines."""
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").split("\n")):
            if number:
                self.writer.break_line()
            if line:
                self.writer.put_text(line)

    def take_image(self, tag: Tag) -> None:
        """Take a picture: an emoji is its name; others are kept beside the text."""
        alt = tag.attributes.get("alt", "")
        if EMOJI_ALT.fullmatch(alt):
            self.take_text(alt)
        elif (url := find_web_url(tag.attributes.get("src", ""))) and len(self.images) < MOST_IMAGES:
            self.images.append((url, alt))

    def end_anchor(self) -> None:
        """Write the link that was open as what it is."""
        anchor, self.anchor = self.anchor, None
        if anchor is None:
            return
        raw = "".join(anchor.words)
        words = SPACES.sub(" ", raw).strip(" ")
        self.writer.has_space = self.writer.has_space or raw[:1] in SPACED
        self.write_anchor(anchor.tag, words)
        self.writer.has_space = self.writer.has_space or raw[-1:] in SPACED

    def write_anchor(self, tag: Tag, words: str) -> None:
        """Write a link with these words: '' for none."""
        url = find_web_url(tag.attributes.get("href", ""))
        handle = self.mentioned(tag.attributes.get("href", ""), words)
        if handle and url:
            self.put(f"@{handle}", mention_markup(url, handle), FacetKind.MENTION, handle)
        elif url and (name := self.tagged(tag, words)):
            self.put(f"#{name}", tag_markup(url, name), FacetKind.TAG, name)
        elif not url:
            if words:
                self.take_text(words)
        elif not words or looks_like_address(words, url):
            self.put(url, render_link(url), FacetKind.LINK, url)
        else:
            self.put(words, link_markup(url, words), FacetKind.LINK, url)
            self.writer.is_rich = True

    def put(self, words: str, markup: str, kind: FacetKind, value: str) -> None:
        """Write one facet."""
        self.writer.put(words, markup, Facet(0, len(words), kind, value))

    def mentioned(self, href: str, words: str) -> str:
        """Return the handle of whom a link mentions, '' for none: its address, or name and host, must be told."""
        if handle := self.names.mentions.get(href):
            return handle
        name = words.replace("\u2068", "").replace("\u2069", "").removeprefix("@").partition("@")[0]
        return self.by_name.get((name.casefold(), host_in(href)), "") if words.startswith("@") else ""

    def tagged(self, tag: Tag, words: str) -> str:
        """Return the hashtag that a link is, '' for none."""
        name = words[1:] if words[:1] in ("#", "＃") else ""
        is_told = "hashtag" in tag.classes or "tag" in tag.attributes.get("rel", "").split()
        if not name or not (is_told or tag_key(name) in self.names.tags):
            return ""
        return name if end_of_tag(name, 0) == len(name) and is_tag(name) else ""


SPACED = frozenset(" \t\n\r\f")


def looks_like_address(words: str, url: str) -> bool:
    """True for words that a reader takes for an address: they are replaced by the true one, cut or not."""
    shown = words.rstrip("…")
    if "…" in words and shown and " " not in shown and shown in url:
        return True
    return words == url or bool(ADDRESS.fullmatch(shown))


def mention_markup(url: str, handle: str) -> str:
    """Return a mention as clients expect it."""
    name = escape(handle.partition("@")[0])
    anchor = f'<a href="{escape(url)}" class="u-url mention">@<span>{name}</span></a>'
    return f'<span class="h-card" translate="no">{anchor}</span>'


def tag_markup(url: str, name: str) -> str:
    """Return a hashtag as clients expect it."""
    return f'<a href="{escape(url)}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'


def link_markup(url: str, words: str) -> str:
    """Return a link with words of its own."""
    return f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener noreferrer">{escape(words)}</a>'
