"""Custom emoji as pages draw them: small pictures in the line, by the names that a text uses.

Owns: the catalogue in memory, the <img>, where in a text a name counts. Never: escapes less than it was given; what it
adds is made of names and keys that have no character of HTML in them. A moving emoji stands still for who prefers that.
Spec: https://html.spec.whatwg.org/multipage/embedded-content.html#the-picture-element (media, the first that fits)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from rookery.model.accounts import Account, words_of_account
from rookery.model.emoji import NAMED_IN_TEXT, CustomEmoji
from rookery.model.events import EmojiChanged, Event
from rookery.model.far_files import far_path
from rookery.storage.database import Database
from rookery.storage.emoji import list_emoji
from rookery.storage.far_emoji import FarEmoji, list_far_emoji

TAG = re.compile(r"(<[^>]*>)")
TAG_NAME = re.compile(r"<(/?)(a|code|pre)\b")
STILL = "(prefers-reduced-motion: reduce)"
MOST_FAR = 20_000


def picture_of(emoji: CustomEmoji) -> str:
    """Return the HTML of one emoji; its name is what screen readers say and what is copied."""
    still = f"/media/{emoji.still_key}" if emoji.still_key != emoji.blob_key else ""
    return img_of(emoji.shortcode, f"/media/{emoji.blob_key}", still)


def picture_of_far(emoji: FarEmoji) -> str:
    """Return the HTML of one emoji of another server; whether it moves is known once it is here."""
    return img_of(emoji.shortcode, far_path(emoji.token), far_path(emoji.token, is_small=True))


def img_of(shortcode: str, moving: str, still: str) -> str:
    """Return the <img>. moving, still: paths; still '' for one that never moves."""
    img = (
        f'<img class="emoji" src="{moving}" alt=":{shortcode}:" title=":{shortcode}:" width="20" height="20"'
        ' loading="lazy" draggable="false">'
    )
    return f'<picture><source srcset="{still}" media="{STILL}">{img}</picture>' if still else img


class EmojiShelf:
    """The emoji of this process, read again when one came or went.

    far: those of other servers that somebody named lately, by domain. The address of one stays when its picture
    changes, so nothing has to be forgotten but for room.
    """

    def __init__(self, db: Database) -> None:
        self.db = db
        self.pictures: dict[str, str] = {}
        self.far: dict[str, dict[str, str]] = {}
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

    async def learn_people(self, accounts: Iterable[Account]) -> None:
        """Know what far people name in their profiles. Call before rendering their names."""
        await self.learn_far([(one.domain, words_of_account(one)) for one in accounts if one.domain])

    async def learn_far(self, texts: Iterable[tuple[str, str]]) -> None:
        """Know what the texts of people of other servers name. texts: (domain, text). Call before rendering them."""
        named = [(domain, match[1]) for domain, text in texts if domain for match in NAMED_IN_TEXT.finditer(text)]
        unknown = [(domain, name) for domain, name in named if name not in self.far.get(domain, ())]
        if not unknown:
            return
        if sum(map(len, self.far.values())) > MOST_FAR:
            self.far.clear()
            unknown = named
        found = await list_far_emoji(self.db.reader, {one[0] for one in unknown}, {one[1] for one in unknown})
        for domain, emoji in found.items():
            drawn = {name: picture_of_far(one) for name, one in emoji.items()}
            self.far[domain] = {**self.far.get(domain, {}), **drawn}

    def draw(self, text: str, domain: str = "") -> Markup:
        """Return a plain text, escaped, with its emoji drawn. domain: of who wrote it, '' for ours."""
        return Markup(self.drawn(str(escape(text)), domain))  # noqa: S704 - escaped one step before

    def draw_html(self, html: str, domain: str = "") -> str:
        """Draw the emoji of safe HTML: between tags, not inside links and code."""
        if ":" not in html or not (self.far.get(domain) if domain else self.pictures):
            return html
        pieces, depth = TAG.split(html), 0
        for at, piece in enumerate(pieces):
            if at % 2 == 0:
                pieces[at] = piece if depth else self.drawn(piece, domain)
            elif tag := TAG_NAME.match(piece):
                depth = max(depth - 1, 0) if tag[1] else depth + 1
        return "".join(pieces)

    def drawn(self, escaped: str, domain: str) -> str:
        """Draw the emoji of a text without tags; the same name means another picture elsewhere."""
        pictures = self.far.get(domain) if domain else self.pictures
        if not pictures or ":" not in escaped:
            return escaped
        return NAMED_IN_TEXT.sub(lambda match: pictures.get(match[1], match[0]), escaped)
