"""From what a page says of itself to a card: OpenGraph, Twitter cards, JSON-LD, plain HTML, oEmbed. Pure.

Owns: decoding, which of several words counts, limits, the one iframe that a player may be. Never: fetches, parses HTML.
Spec: https://ogp.me/, https://developer.x.com/en/docs/x-for-websites/cards, https://oembed.com/, https://schema.org/,
https://encoding.spec.whatwg.org/
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import msgspec

from rookery.media.pages import PageText
from rookery.model.cards import MAX_DESCRIPTION, MAX_LINK, MAX_NAME, MAX_TITLE, Card, CardKind
from rookery.model.posts import LANGUAGE_SHAPE
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused

# The labels that pages really use, and what they mean to browsers; any other is taken for UTF-8.
ENCODINGS = {
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5", "windows-1254"), "cp1254"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean", "windows-949"), "cp949"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **{f"windows-{number}": f"cp{number}" for number in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **{f"iso-8859-{number}": f"iso8859_{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{name: name.replace("-", "_") for name in ("euc-jp", "iso-2022-jp", "koi8-r", "koi8-u", "windows-874")},
    "windows-874": "cp874",
}
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([a-z0-9_.:-]{1,40})", re.IGNORECASE)
SCANNED_BYTES = 4096
MOST_SIDE, LEAST_SIDE = 4000, 50
ARTICLES = ("article", "newsarticle", "blogposting", "report", "webpage", "videoobject", "reportagenewsarticle")
# Unseen characters that turn the reading order around or hide what stands there.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
decode_json = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A card before its picture and its author are looked up. oembed_url: where more may be asked, '' for nowhere.

    creator: the handle that the page names as its author, as written.
    """

    card: Card
    oembed_url: str = ""
    creator: str = ""
    known: frozenset[str] = field(default_factory=frozenset)


def decode_page(raw: bytes, content_type: str) -> str:
    """Return the text of a page: a byte order mark, the header, the page's own word, UTF-8, then windows-1252."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    named = CHARSET.search(content_type) or CHARSET.search(raw[:SCANNED_BYTES].decode("latin-1"))
    encoding = ENCODINGS.get(named[1].lower(), "utf-8") if named else ""
    if encoding:
        return raw.decode(encoding, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data"  # our limit may have cut a character in two
        return raw.decode("utf-8" if is_cut else "cp1252", "replace")


def facts_from_page(url: str, page_url: str, page: PageText) -> PageFacts:
    """Return what a page says. url: the card's, page_url: where the redirects ended."""
    words: dict[str, str] = {}
    for name, content in page.metas:
        if content:
            words.setdefault(name, content)
    article = article_of(page.scripts)
    first = Words(words)
    author = article.get("author")
    author = author[0] if isinstance(author, list) and author else author
    author = author if isinstance(author, dict) else {"name": author}
    provider = first("og:site_name") or text_at(article.get("publisher"), "name")
    author_name = first("author", "article:author", "dc.creator", "twitter:creator") or plain(author.get("name"))
    if author_name.startswith(("http://", "https://")):
        author_name = plain(author.get("name"))
    card = Card(
        url=url,
        title=clean(first("og:title", "twitter:title") or plain(article.get("headline")) or page.title, MAX_TITLE),
        description=clean(
            first("og:description", "twitter:description", "description") or plain(article.get("description")),
            MAX_DESCRIPTION,
        ),
        language=language_of(page.language or first("og:locale", "language")),
        author_name=clean(author_name, MAX_NAME),
        author_url=outward(plain(author.get("url")), page_url),
        provider_name=clean(provider, MAX_NAME),
        image_source=outward(first("og:image:secure_url", "og:image", "og:image:url", "twitter:image"), page_url)
        or outward(image_of(article.get("image")), page_url),
        image_description=clean(first("og:image:alt", "twitter:image:alt"), MAX_DESCRIPTION),
        published_at_us=moment(
            first("article:published_time", "date", "dc.date") or plain(article.get("datePublished"))
        ),
    )
    card = with_player(card, first, page_url)
    return PageFacts(card, oembed_link(page, page_url), first("fediverse:creator"))


class Words:
    """The first of several names that a page has a word for."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words

    def __call__(self, *names: str) -> str:
        return next((self.words[name] for name in names if name in self.words), "")


def clean(text: str, limit: int) -> str:
    """Return one line without unseen characters, at most `limit` long."""
    text = " ".join(UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def plain(value: Any) -> str:
    """Return a text from JSON, '' for anything else."""
    return value if isinstance(value, str) else ""


def text_at(value: Any, key: str) -> str:
    """Return a text inside an object, or the text itself."""
    return plain(value.get(key)) if isinstance(value, dict) else plain(value)


def image_of(value: Any) -> str:
    """Return the first picture of a schema.org `image`: an address, an object, or a list of them."""
    value = value[0] if isinstance(value, list) and value else value
    return text_at(value, "url")


def outward(raw: str, page_url: str) -> str:
    """Return an address that stands on a page as a whole one, '' for what a browser should not be led to."""
    try:
        place = parse_destination(urljoin(page_url, raw.strip()), allows_http=True, is_test=is_inside(page_url))
    except (AddressRefused, ValueError):
        return ""
    return place.url if raw and len(place.url) <= MAX_LINK else ""


def is_inside(page_url: str) -> bool:
    """True for a page on a local name or port: only in test mode could it be fetched, and its pictures may be there."""
    try:
        parse_destination(page_url, allows_http=True, is_test=False)
    except AddressRefused:
        return True
    return False


def language_of(raw: str) -> str:
    """Return a language code, '' for none: en_US is en-US."""
    code = raw.strip().replace("_", "-")
    code = code[:2].lower() + code[2:]
    return code if LANGUAGE_SHAPE.fullmatch(code) else ""


def moment(raw: str) -> int | None:
    """Return microseconds since 1970 from an ISO date, None for none or one outside of 1990 to 2100."""
    try:
        when = datetime.fromisoformat(raw.strip()[:40])
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return int(when.timestamp()) * 1_000_000 if 1990 <= when.year <= 2100 else None


def article_of(scripts: tuple[str, ...]) -> dict[str, Any]:
    """Return the first thing in a page's JSON-LD that is an article, {} for none. No contexts, no references."""
    for script in scripts:
        try:
            found = decode_json(script.encode())
        except (msgspec.DecodeError, RecursionError):
            continue
        for thing in things_in(found):
            kinds = thing.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and kind.lower() in ARTICLES for kind in kinds):
                return thing
    return {}


def things_in(found: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-LD script: itself, a list, or a graph."""
    for thing in found if isinstance(found, list) else [found]:
        if isinstance(thing, dict):
            graph = thing.get("@graph")
            yield from (one for one in (graph if isinstance(graph, list) else [thing]) if isinstance(one, dict))


def oembed_link(page: PageText, page_url: str) -> str:
    """Return where a page's oEmbed JSON is."""
    links = (href for rel, kind, href in page.links if rel == "alternate" and kind == "application/json+oembed")
    return outward(next(links, ""), page_url)


def with_player(card: Card, first: Words, page_url: str) -> Card:
    """Return the card with the player that OpenGraph or Twitter's words name."""
    kind = first("og:video:type")
    player = first("twitter:player") or (
        first("og:video:secure_url", "og:video:url", "og:video") if kind in ("text/html", "") else ""
    )
    width = side(first("twitter:player:width", "og:video:width"))
    height = side(first("twitter:player:height", "og:video:height"))
    frame = frame_html(player, page_url, width, height, card.title)
    if not frame:
        return card
    return replace(card, kind=CardKind.VIDEO, html=frame, width=width, height=height)


def side(raw: Any) -> int:
    """Return a number of pixels within reason, 0 for none."""
    text = str(raw) if isinstance(raw, int | str) else ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if LEAST_SIDE <= number <= MOST_SIDE else 0


def frame_html(src: str, page_url: str, width: int, height: int, title: str) -> str:
    """Return one iframe of our own writing, '' unless both the page and the player come by https from outside.

    It is fenced: no way to leave its frame, to ask for anything, or to learn where it stands.
    """
    try:
        page = parse_destination(page_url, allows_http=False, is_test=False)
        player = parse_destination(urljoin(page.url, src), allows_http=False, is_test=False)
    except (AddressRefused, ValueError):
        return ""
    if not src or not width or not height or page.scheme != "https" or len(player.url) > MAX_LINK:
        return ""
    return (
        f'<iframe src="{html.escape(player.url)}" width="{width}" height="{height}" title="{html.escape(title)}"'
        ' sandbox="allow-scripts allow-same-origin allow-popups allow-presentation allow-forms"'
        ' referrerpolicy="no-referrer" loading="lazy" allowfullscreen></iframe>'
    )


def with_oembed(facts: PageFacts, answer: Any, frame: tuple[str, str, str] | None, page_url: str) -> PageFacts:
    """Return the facts with what oEmbed adds. answer: its JSON; frame: (src, width, height) of its html's iframe."""
    if not isinstance(answer, dict):
        return facts
    card = facts.card
    card = replace(
        card,
        title=card.title or clean(plain(answer.get("title")), MAX_TITLE),
        author_name=clean(plain(answer.get("author_name")), MAX_NAME) or card.author_name,
        author_url=outward(plain(answer.get("author_url")), page_url) or card.author_url,
        provider_name=clean(plain(answer.get("provider_name")), MAX_NAME) or card.provider_name,
        provider_url=outward(plain(answer.get("provider_url")), page_url),
        image_source=card.image_source or outward(plain(answer.get("thumbnail_url")), page_url),
    )
    width, height = side(answer.get("width")), side(answer.get("height"))
    if answer.get("type") == "photo" and (source := outward(plain(answer.get("url")), page_url)):
        card = replace(card, kind=CardKind.PHOTO, image_source=source, embed_url=source, width=width, height=height)
    elif answer.get("type") in ("video", "rich") and frame:
        width, height = side(frame[1]) or width, side(frame[2]) or height
        written = frame_html(frame[0], page_url, width, height, card.title)
        if written:
            kind = CardKind(answer["type"])
            card = replace(card, kind=kind, html=written, width=width, height=height)
    return replace(facts, card=card)
