"""A post in the reader's language, on a page of its own: it works without script, and costs nothing until asked for.

Owns: `/@name/id/translation`. Never: sends what strangers may not read (actions/translation.py refuses).
"""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from rookery.actions.translation import TranslatedPost, translate_post
from rookery.model.ids import short_id
from rookery.model.markup import render_html
from rookery.model.posts import PostNotFound
from rookery.network.limits import TRANSLATING
from rookery.network.responses import Answer
from rookery.web.fragments import Picture, local_links
from rookery.web.posts import visible_post
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()


@routes.page("/@{name}/{id}/translation", who="member", limit=TRANSLATING)
async def show_translation(visit: Visit) -> Answer:
    """What a public post says, in the language in which the visitor reads these pages."""
    post, author, _ = await visible_post(visit)
    if post.repost_of_id:
        raise PostNotFound
    found = await translate_post(visit.face.app, visit.account_id, post.id, visit.words.language)
    base_url = visit.face.base_url
    html = local_links(render_html(found.text, found.facets, base_url), base_url)
    return visit.page(
        "translation.html",
        author=author,
        url=f"{author.url}/{short_id(post.id)}",
        post=post,
        found=found,
        html=Markup(html),  # noqa: S704 - escaped by render_html
        pictures=pictures_of(found),
        source=visit.words.language_name(found.source),
    )


def pictures_of(found: TranslatedPost) -> list[Picture]:
    """Return the pictures with what they show said in the other language."""
    return [
        replace(Picture.of(one), alt=text)
        for one, text in zip(found.post.media, found.alt_texts, strict=True)
        if one.far_token or (one.state == "ready" and one.blob_key)
    ]
