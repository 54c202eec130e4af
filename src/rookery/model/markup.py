"""HTML of a text with facets: what client APIs call `content` and what our pages show.

Owns: escaping, paragraphs, links of facets. Never: trusts a character of the text; remote HTML does not pass here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from rookery.model.text import Facet, FacetKind, tag_key

SHOWN_LINK_CHARACTERS = 30
WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def render_html(text: str, facets: tuple[Facet, ...], base_url: str, pages: Mapping[int, str] | None = None) -> str:
    """Return paragraphs of escaped text; mentions, tags and links as anchors in the classes that clients expect.

    base_url: `https://here.example`, no slash. pages: account id -> address of a profile, where mentions shall lead
    somewhere else than to our own page of that account. Empty text gives an empty string.
    """
    if not text.strip():
        return ""
    pieces: list[str] = []
    at = 0
    for facet in facets:
        if facet.start < at or facet.kind is FacetKind.EMOJI:
            continue
        pieces.append(escape(text[at : facet.start]))
        pieces.append(render_facet(text, facet, base_url, pages or {}))
        at = facet.end
    pieces.append(escape(text[at:]))
    joined = "".join(pieces).replace("\r\n", "\n").strip("\n")
    paragraphs = [part.replace("\n", "<br />") for part in joined.split("\n\n") if part.strip()]
    return "".join(f"<p>{part.strip()}</p>" for part in paragraphs)


def render_facet(text: str, facet: Facet, base_url: str, pages: Mapping[int, str]) -> str:
    """Return one facet as an anchor, or its plain text when it leads nowhere."""
    shown = text[facet.start : facet.end]
    if facet.value.split() != [facet.value]:  # it could break a line inside an anchor
        return escape(shown)
    if facet.kind is FacetKind.TAG:
        href = f"{base_url}/tags/{escape(tag_key(facet.value))}"
        name = f"{escape(shown[:1])}<span>{escape(facet.value)}</span>"
        return f'<a href="{href}" class="mention hashtag" rel="tag">{name}</a>'
    if facet.kind is FacetKind.MENTION:
        if facet.account_id is None:
            return escape(shown)
        name = escape(facet.value.partition("@")[0])
        href = escape(pages.get(facet.account_id) or f"{base_url}/@{facet.value}")
        anchor = f'<a href="{href}" class="u-url mention">@<span>{name}</span></a>'
        return f'<span class="h-card" translate="no">{anchor}</span>'
    return render_link(facet.value) if WEB_ADDRESS.match(facet.value) else escape(shown)


def render_link(url: str) -> str:
    """Return a link that shows its host first and hides the long tail from sight, not from copy and paste."""
    rest = url.partition("://")[2]
    rest = rest.removeprefix("www.")
    prefix = url[: len(url) - len(rest)]
    seen, tail = rest[:SHOWN_LINK_CHARACTERS], rest[SHOWN_LINK_CHARACTERS:]
    ellipsis = ' class="ellipsis"' if tail else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener noreferrer" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span><span{ellipsis}>{escape(seen)}</span>'
        f'<span class="invisible">{escape(tail)}</span></a>'
    )
