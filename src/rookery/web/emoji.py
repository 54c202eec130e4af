"""Custom emoji as pages draw them: small pictures in the line, by the names that a text uses.

Owns: the catalogue in memory, the <img>, where in a text a name counts. Never: escapes less than it was given; what it
adds is made of names and keys that have no character of HTML in them. A moving emoji stands still for who prefers that.
Spec: https://html.spec.whatwg.org/multipage/embedded-content.html#the-picture-element (media, the first that fits)
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from rookery.model.emoji import NAMED_IN_TEXT, CustomEmoji
from rookery.model.events import EmojiChanged, Event
from rookery.storage.database import Database
from rookery.storage.emoji import list_emoji

TAG = re.compile(r"(<[^>]*>)")
TAG_NAME = re.compile(r"<(/?)(a|code|pre)\b")
STILL = "(prefers-reduced-motion: reduce)"


def picture_of(emoji: CustomEmoji) -> str:
    """Return the HTML of one emoji; its name is what screen readers say and what is copied."""
    name = f":{emoji.shortcode}:"
    img = (
        f'<img class="emoji" src="/media/{emoji.blob_key}" alt="{name}" title="{name}" width="20" height="20"'
        ' loading="lazy" draggable="false">'
    )
    if emoji.still_key == emoji.blob_key:
        return img
    return f'<picture><source srcset="/media/{emoji.still_key}" media="{STILL}">{img}</picture>'


class EmojiShelf:
    """The emoji of this process, read again when one came or went."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.pictures: dict[str, str] = {}
        self.changes, self.known = 1, 0

    def on_event(self, event: Event) -> None:
        """Note that the catalogue is another one."""
        if isinstance(event, EmojiChanged):
            self.changes += 1

    async def learn(self) -> None:
        """Read the catalogue if it changed. Call before rendering."""
        if self.known != self.changes:
            seen = self.changes
            catalogue = await list_emoji(self.db.reader)
            self.pictures = {one.shortcode: picture_of(one) for one in catalogue}
            self.known = seen

    def draw(self, text: str) -> Markup:
        """Return a plain text, escaped, with its emoji drawn."""
        return Markup(self.drawn(str(escape(text))))  # noqa: S704 - escaped one step before

    def draw_html(self, html: str) -> str:
        """Draw the emoji of safe HTML: between tags, not inside links and code."""
        if not self.pictures or ":" not in html:
            return html
        pieces, depth = TAG.split(html), 0
        for at, piece in enumerate(pieces):
            if at % 2 == 0:
                pieces[at] = piece if depth else self.drawn(piece)
            elif tag := TAG_NAME.match(piece):
                depth = max(depth - 1, 0) if tag[1] else depth + 1
        return "".join(pieces)

    def drawn(self, escaped: str) -> str:
        """Draw the emoji of a text without tags."""
        if not self.pictures or ":" not in escaped:
            return escaped
        return NAMED_IN_TEXT.sub(lambda match: self.pictures.get(match[1], match[0]), escaped)
