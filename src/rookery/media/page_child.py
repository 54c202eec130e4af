"""The process that parses pages: reads HTML from its standard input, answers with names and short texts.

Owns: the loop, the limits of what is passed on. Started by `pages` with a clean environment, walled in by
`confinement`. Never: follows a link, runs a script, keeps anything.
Spec: https://html.spec.whatwg.org/multipage/parsing.html (Lexbor), https://ogp.me/, https://oembed.com/
"""

import json
import os

from selectolax.lexbor import LexborHTMLParser, LexborNode

from rookery.media.confinement import close_door
from rookery.media.pages import LENGTH, LONGEST_PAGE_BYTES

MOST_METAS, MOST_LINKS, MOST_SCRIPTS, MOST_FRAMES = 200, 50, 5, 3
LONGEST_TEXT, LONGEST_SCRIPT = 2_500, 60_000
KNOWN_LINKS = ("canonical", "alternate", "author", "icon")


def serve() -> None:
    """Answer pages until the other end closes."""
    LexborHTMLParser("<p>loads what the parser loads late").css_first("p")
    close_door()
    while raw := receive(LENGTH.size):
        (length,) = LENGTH.unpack(raw)
        if length > LONGEST_PAGE_BYTES:
            return
        page = receive(length)
        try:
            answer = json.dumps(describe(page.decode("utf-8", "replace"))).encode()
        except Exception:  # whatever the parser raises, the child lives on
            answer = b"null"
        send(LENGTH.pack(len(answer)) + answer)


def receive(size: int) -> bytes:
    """Read exactly so much; b"" at the end."""
    parts = bytearray()
    while len(parts) < size:
        chunk = os.read(0, size - len(parts))
        if not chunk:
            return b""
        parts += chunk
    return bytes(parts)


def send(raw: bytes) -> None:
    """Write all of it."""
    while raw:
        raw = raw[os.write(1, raw) :]


def describe(html: str) -> dict[str, object]:
    """Return what PageText holds, as plain values."""
    tree = LexborHTMLParser(html)
    root, title = tree.css_first("html"), tree.css_first("title")
    metas = [
        (name.lower(), attribute(one, "content"))
        for one in tree.css("meta")[: 5 * MOST_METAS]
        if (name := attribute(one, "property") or attribute(one, "name") or attribute(one, "itemprop"))
    ]
    links = [
        (rel, attribute(one, "type").lower(), attribute(one, "href"))
        for one in tree.css("link[rel]")[: 10 * MOST_LINKS]
        if (rel := attribute(one, "rel").lower()) in KNOWN_LINKS
    ]
    return {
        "title": title.text()[:LONGEST_TEXT] if title else "",
        "language": attribute(root, "lang") if root else "",
        "metas": metas[:MOST_METAS],
        "links": links[:MOST_LINKS],
        "scripts": [
            one.text()[:LONGEST_SCRIPT] for one in tree.css('script[type="application/ld+json"]')[:MOST_SCRIPTS]
        ],
        "frames": [
            (attribute(one, "src"), attribute(one, "width"), attribute(one, "height"))
            for one in tree.css("iframe")[:MOST_FRAMES]
        ],
    }


def attribute(node: LexborNode, name: str) -> str:
    """Return an attribute, '' when it is absent or empty."""
    return (node.attributes.get(name) or "").strip()[:LONGEST_TEXT]
