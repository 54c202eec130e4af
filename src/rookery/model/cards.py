"""Link cards: what a page says of itself, shown under the post that links to it.

Owns: the noun, its limits, which link of a post gets a card. Never: fetches, parses HTML of strangers.
A card belongs to a link, not to a post: a thousand posts with the same link share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from rookery.model.ids import AccountId
from rookery.model.text import Facet, FacetKind

MAX_TITLE, MAX_DESCRIPTION, MAX_NAME, MAX_LINK = 300, 1000, 200, 2000
SKIPPED_CLASSES = frozenset(("mention", "hashtag", "u-url", "quote-inline", "reference-link-inline"))
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


class CardKind(StrEnum):
    """What a link leads to."""

    LINK = "link"
    PHOTO = "photo"
    VIDEO = "video"
    RICH = "rich"


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a link. Empty texts mean unknown. html: '' or one iframe of our own writing.

    author_id: who wrote the page, when they allow its site to name them. image_key: a picture of ours, image_source
    where it came from; width, height: of the player or the picture. published_at_us: when the page says it was written.
    """

    url: str
    kind: CardKind = CardKind.LINK
    title: str = ""
    description: str = ""
    language: str = ""
    author_name: str = ""
    author_url: str = ""
    author_id: AccountId | None = None
    provider_name: str = ""
    provider_url: str = ""
    html: str = ""
    embed_url: str = ""
    width: int = 0
    height: int = 0
    image_source: str = ""
    image_description: str = ""
    image_key: str | None = None
    blurhash: str | None = None
    published_at_us: int | None = None


class LinkReader(HTMLParser):
    """Collects the links of a remote post's sanitized HTML, without mentions, hashtags and the quoted post."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, unless something around it says what it is."""
        values = {name: value or "" for name, value in attrs}
        is_skipped = (
            bool(SKIPPED_CLASSES & set(values.get("class", "").split())) or "tag" in values.get("rel", "").split()
        )
        if tag == "a" and not is_skipped and not any(skipped for _, skipped in self.open):
            self.links.append(values.get("href", ""))
        if tag not in VOID:
            self.open.append((tag, is_skipped))

    def handle_endtag(self, tag: str) -> None:
        """Leave what was opened last under this name."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return


def links_of(facets: tuple[Facet, ...], html: str | None) -> list[str]:
    """Return the links of a post in their order, as written. html: of a remote post, None for ours."""
    if html is None:
        return [facet.value for facet in facets if facet.kind is FacetKind.LINK]
    reader = LinkReader()
    reader.feed(html)
    return [link for link in reader.links if link]
