"""A post as HTML, rendered once per version and language, with gaps for what depends on the viewer and the moment.

Owns: Fragment, its gaps, the rendering of one post. Never: a query. The template prints a gap as a mark that nobody
outside this process can know; the rendered text is cut at the marks, so that showing a post is a join.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from jinja2 import Template
from markupsafe import Markup

from rookery.model.accounts import Account
from rookery.model.far_files import far_path
from rookery.model.ids import short_id
from rookery.model.markup import render_html
from rookery.model.media import Attachment
from rookery.model.posts import Post
from rookery.storage.marks import Mark
from rookery.web.people import Person
from rookery.web.templates import Templates

SECRET = secrets.token_hex(8)
GAP = re.compile(f"\x00{SECRET}:([a-z_]+)\x00")
SHOWN_MARKS = Mark.LIKE | Mark.BOOKMARK | Mark.PIN | Mark.REPOST


@dataclass(slots=True)
class Fragment:
    """One post in pieces: text, gap, text, gap, … text. footers: the row of actions by (kind of viewer, marks).

    keys: the accounts whose names it shows. kept_card: the post as it stands inside of one that quotes it.
    """

    post: Post
    author: Person
    pieces: list[str]
    make_footer: Callable[[str, int], str]
    keys: frozenset[int]
    make_card: Callable[[], list[str]]
    footers: dict[tuple[str, int], str] = field(default_factory=dict)
    kept_card: list[str] | None = None

    @property
    def url(self) -> str:
        """The path of the post's page."""
        return post_path(short_id(self.post.id), self.author)

    def card(self, when: str) -> str:
        """Return the post for inside of another, the same for every viewer who may read it. when: its age."""
        if self.kept_card is None:
            self.kept_card = self.make_card()
        pieces = self.kept_card.copy()
        pieces[1::2] = [when] * (len(pieces) // 2)
        return "".join(pieces)

    def footer(self, kind: str, bits: int) -> str:
        """Return the actions for a stranger, a member, a quoter (a member who may quote) or the author."""
        key = (kind, bits & SHOWN_MARKS)
        found = self.footers.get(key)
        if found is None:
            found = self.footers[key] = self.make_footer(*key)
        return found

    def join(self, values: Mapping[str, str]) -> Markup:
        """Fill the gaps."""
        pieces = self.pieces.copy()
        pieces[1::2] = [values[name] for name in pieces[1::2]]
        return Markup("".join(pieces))  # noqa: S704 - the template escaped what people wrote


def gap(name: str) -> Markup:
    """Return the mark of a gap, for the template."""
    return Markup(f"\x00{SECRET}:{name}\x00")  # noqa: S704 - made here


def post_path(post_id_text: str, author: Person) -> str:
    """Return the path of a post's page."""
    return f"{author.url}/{post_id_text}"


def render_fragment(
    templates: Templates, language: str, post: Post, author: Account, answered: Account | None
) -> Fragment:
    """Render one post that is no repost. answered: whose post it replies to, None for no reply or a lost one."""
    base_url = templates.settings.base_url
    person = Person.of(author)
    short = short_id(post.id)
    html = shown_html(post, base_url)
    drawn = templates.emoji.draw_html(html, author.domain)
    values = {
        "post": post,
        "author": person,
        "answered": Person.of(answered) if answered else None,
        "short": short,
        "url": post_path(short, person),
        "html": Markup(drawn),  # noqa: S704 - escaped by render_html, or sanitized remote markup
        "pictures": pictures_of(post.media),
        "card": None if post.media else post.card,
        "card_host": urlsplit(post.card.url).hostname if post.card else "",
        "gap": gap,
    }
    text = templates.render(language, "post.html", **values)
    footer: Template = templates.find(language, "post_footer.html")

    def make_footer(kind: str, bits: int) -> str:
        marks = {mark.name.lower(): bool(bits & mark) for mark in Mark if mark.name}
        return footer.render(**values, kind=kind, marks=marks)

    def make_card() -> list[str]:
        return GAP.split(templates.render(language, "quoted.html", **values))

    keys = frozenset((author.id, *((answered.id,) if answered else ())))
    return Fragment(post, person, GAP.split(text), make_footer, keys, make_card)


def shown_html(post: Post, base_url: str) -> str:
    """Return the text of a post; links to ourselves stay on the host that the reader uses."""
    html = post.html if post.html is not None else render_html(post.text, post.facets, base_url)
    return local_links(html, base_url)


def local_links(html: str, base_url: str) -> str:
    """Links to ourselves stay on the host that the reader uses; `//other.example` behind our address is no path."""
    return re.sub(rf'href="{re.escape(base_url)}/(?!/)', 'href="/', html)


@dataclass(frozen=True, slots=True)
class Picture:
    """What an <img>, <video> or <audio> needs. src: the preview; full: what a click opens, or what plays.

    kind: image, gifv, video or audio. mime: of `full`, '' for what another server has. width, height: 0 if not known.
    link, host: where it lies, for what we have no copy of and will not get; '' otherwise.
    """

    src: str
    full: str
    width: int
    height: int
    alt: str
    kind: str = "image"
    mime: str = ""
    link: str = ""
    host: str = ""

    @property
    def is_film(self) -> bool:
        """True for what is shown by <video>."""
        return self.mime.startswith("video/") if self.mime else self.kind in ("video", "gifv")

    @property
    def is_sound(self) -> bool:
        """True for what is heard by <audio>."""
        return self.mime.startswith("audio/") if self.mime else self.kind == "audio"

    @classmethod
    def of(cls, one: Attachment) -> Picture:
        """Return how an attachment is shown."""
        if one.far_token:
            return cls.of_far(one, one.far_token)
        return cls(
            f"/media/{one.preview_key or one.blob_key}",
            f"/media/{one.blob_key}",
            one.preview_width or one.width,
            one.preview_height or one.height,
            one.description,
            one.kind,
            one.mime,
        )

    @classmethod
    def of_far(cls, one: Attachment, token: str) -> Picture:
        """Return how an attachment of another server is shown: from our copy, or as a link."""
        failed = one.state == "failed"
        return cls(
            far_path(token, is_small=True),
            far_path(token),
            one.preview_width or one.width,
            one.preview_height or one.height,
            one.description,
            one.kind,
            link=one.remote_url if failed else "",
            host=(urlsplit(one.remote_url).hostname or "") if failed else "",
        )


def pictures_of(media: Iterable[Attachment]) -> list[Picture]:
    """Return how those of the attachments are shown that there is something of."""
    return [Picture.of(one) for one in media if one.far_token or (one.state == "ready" and one.blob_key)]
