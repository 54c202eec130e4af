"""Translations in the client API.

Owns: POST /api/v1/statuses/:id/translate, the languages of the translator, the Translation shape.
Spec: https://docs.joinmastodon.org/methods/statuses/#translate, https://docs.joinmastodon.org/entities/Translation/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.translation import TranslatedPost, translate_post
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.post_forms import language_from_form
from rookery.model.ids import PostId
from rookery.model.markup import render_html
from rookery.network.limits import TRANSLATING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.members import find_member

routes: RouteTable[MastodonFace] = RouteTable()


def json_from_translated(found: TranslatedPost, base_url: str) -> Any:
    """Return the Translation entity; the text is rendered anew, so that nothing of the translator's is trusted."""
    post = found.post
    poll = {"id": str(post.id), "options": [{"title": title} for title in found.options]}
    return {
        "content": render_html(found.text, found.facets, base_url),
        "spoiler_text": found.content_warning,
        "language": found.target,
        "detected_source_language": found.source,
        "provider": found.provider,
        "poll": poll if post.poll else None,
        "media_attachments": [
            {"id": str(picture.id), "description": text}
            for picture, text in zip(post.media, found.alt_texts, strict=True)
        ],
    }


@routes.route("POST", "/api/v1/statuses/{id}/translate", who="user", scope="read:statuses read", limit=TRANSLATING)
async def translate_status(face: MastodonFace, request: Request) -> Answer:
    """A public post in the reader's language. Spec: https://docs.joinmastodon.org/methods/statuses/#translate"""
    form = await read_form(request)
    member = await find_member(face.app.db.reader, person(request))
    own = member.preferences.locale if member else None
    target = language_from_form(Form([("language", form.text("lang"))])) or own or "en"
    found = await translate_post(face.app, person(request), PostId(path_id(request)), target)
    return json_response(json_from_translated(found, face.app.settings.base_url))


@routes.route("GET", "/api/v1/instance/translation_languages", who="anyone")
async def list_translation_languages(face: MastodonFace, request: Request) -> Answer:
    """From what to what; nothing without a translator.

    Spec: https://docs.joinmastodon.org/methods/instance/#translation_languages
    """
    translator = face.app.translator
    return json_response({k: list(v) for k, v in (await translator.languages()).items()} if translator else {})
