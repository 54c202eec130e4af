"""Translating a post: what is sent to the translator, and what comes back, put in place.

Owns: translate_post. Never: stores anything. Only what strangers may read leaves the server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rookery.actions.app import App
from rookery.model.ids import AccountId, PostId
from rookery.model.posts import Audience, Post
from rookery.model.text import Facet, FacetKind, parse_facets
from rookery.model.translation import NoTranslator, NotTranslatable
from rookery.storage import posts


@dataclass(frozen=True, slots=True)
class TranslatedPost:
    """A post's texts in another language. options: of its poll. alt_texts: of its pictures, '' where there is none.

    facets: of the text; a name in it leads to whom the post itself names so.
    """

    post: Post
    text: str
    facets: tuple[Facet, ...]
    content_warning: str
    options: tuple[str, ...]
    alt_texts: tuple[str, ...]
    source: str
    target: str
    provider: str


async def translate_post(app: App, viewer: AccountId, post_id: PostId, target: str) -> TranslatedPost:
    """Translate a post for somebody who reads it. Raises PostNotFound, NotTranslatable, NoTranslator, Unavailable."""
    post = await posts.get_visible_post(app.db.reader, post_id, viewer)
    if post.repost_of_id:
        post = await posts.get_visible_post(app.db.reader, post.repost_of_id, viewer)
    if post.audience > Audience.UNLISTED:
        raise NotTranslatable
    if app.translator is None:
        raise NoTranslator
    options = [option.title for option in post.poll.options] if post.poll else []
    texts = [post.text, post.content_warning, *options, *(picture.description for picture in post.media)]
    asked = [place for place, text in enumerate(texts) if text.strip()]
    found = await app.translator.translate([texts[place] for place in asked], source=post.language, target=target)
    for place, text in zip(asked, found.texts, strict=True):
        texts[place] = text
    end = 2 + len(options)
    return TranslatedPost(
        post,
        texts[0],
        facets_of(texts[0], post),
        texts[1],
        tuple(texts[2:end]),
        tuple(texts[end:]),
        found.source,
        target,
        app.translator.provider,
    )


def facets_of(text: str, post: Post) -> tuple[Facet, ...]:
    """Return the facets of a translated text; nobody is named in it whom the post does not name."""
    named = {one.value.casefold(): one.account_id for one in post.facets if one.kind is FacetKind.MENTION}
    return tuple(
        replace(one, account_id=named.get(one.value.casefold())) if one.kind is FacetKind.MENTION else one
        for one in parse_facets(text)
    )
