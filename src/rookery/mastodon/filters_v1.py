"""Filters of the client API, first version: each keyword stands alone, with the rules of its filter.

Owns: the routes under /api/v1/filters, which apps should leave for the second version; the ids here are keywords' ids.
Spec: https://docs.joinmastodon.org/methods/filters/#v1
"""

from __future__ import annotations

from rookery.actions.filters import change_filter, create_filter, delete_filter, delete_word, get_filter_of_word
from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.filters_api import READ, WRITE, contexts_from_form, expiry_from_form
from rookery.mastodon.filters_json import json_from_old_filter
from rookery.mastodon.forms import Form, read_form
from rookery.model.filters import Filter, FilterAction, FilterChange, FilterRefused, FilterWord, WordChange
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response, json_response
from rookery.network.routes import RouteTable
from rookery.storage.filters import list_filters

routes: RouteTable[MastodonFace] = RouteTable()
DEPRECATED = deprecated_since(2022, 11, 14)


def change_from_old_form(form: Form, word_id: int | None) -> FilterChange:
    """Read a filter of one keyword; the phrase is its title as well."""
    phrase = form.text("phrase") if form.has("phrase") or word_id is None else None
    irreversible = form.find_flag("irreversible")
    action = None if irreversible is None else FilterAction.HIDE if irreversible else FilterAction.WARN
    return FilterChange(
        title=phrase,
        contexts=contexts_from_form(form),
        action=action,
        words=(WordChange(word_id, phrase, form.find_flag("whole_word")),),
        **expiry_from_form(form),
    )


def answer_word(shown: Filter, word: FilterWord) -> Response:
    """Answer one V1::Filter."""
    return json_response(json_from_old_filter(shown, word), headers=DEPRECATED)


@routes.route("GET", "/api/v1/filters", who="user", scope=READ)
async def list_old_filters(face: MastodonFace, request: Request) -> Answer:
    """Every keyword of yours. Spec: https://docs.joinmastodon.org/methods/filters/#get-v1"""
    found = await list_filters(face.app.db.reader, person(request))
    shown = [json_from_old_filter(one, word) for one in found for word in one.words]
    return json_response(shown, headers=DEPRECATED)


@routes.route("POST", "/api/v1/filters", who="user", scope=WRITE)
async def make_old_filter(face: MastodonFace, request: Request) -> Answer:
    """Make a filter of one keyword. Spec: https://docs.joinmastodon.org/methods/filters/#create-v1"""
    made = await create_filter(face.app, person(request), change_from_old_form(await read_form(request), None))
    return answer_word(made, made.words[0])


@routes.route("GET", "/api/v1/filters/{id}", who="user", scope=READ)
async def show_old_filter(face: MastodonFace, request: Request) -> Answer:
    """One keyword. Spec: https://docs.joinmastodon.org/methods/filters/#get-one-v1"""
    found, word = await get_filter_of_word(face.app.db.reader, person(request), path_id(request))
    return answer_word(found, word)


@routes.route("PUT PATCH", "/api/v1/filters/{id}", who="user", scope=WRITE)
async def edit_old_filter(face: MastodonFace, request: Request) -> Answer:
    """Change a keyword and its filter. Spec: https://docs.joinmastodon.org/methods/filters/#update-v1"""
    form = await read_form(request)
    found, word = await get_filter_of_word(face.app.db.reader, person(request), path_id(request))
    change = change_from_old_form(form, word.id)
    if len(found.words) > 1 and any(form.has(key) for key in ("irreversible", "expires_in", "context", "context[]")):
        raise FilterRefused("this filter has several keywords; change it in an app that knows the newer filters")
    if len(found.words) > 1:
        change = FilterChange(words=change.words)
    after = await change_filter(face.app, person(request), found.id, change)
    return answer_word(after, next(one for one in after.words if one.id == word.id))


@routes.route("DELETE", "/api/v1/filters/{id}", who="user", scope=WRITE)
async def remove_old_filter(face: MastodonFace, request: Request) -> Answer:
    """Delete a keyword, with its filter when nothing else is in it.

    Spec: https://docs.joinmastodon.org/methods/filters/#delete-v1
    """
    found, word = await get_filter_of_word(face.app.db.reader, person(request), path_id(request))
    if len(found.words) == 1 and not found.posts:
        await delete_filter(face.app, person(request), found.id)
    else:
        await delete_word(face.app, person(request), word.id)
    return json_response({}, headers=DEPRECATED)
