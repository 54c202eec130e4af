"""Uploads of the client API.

Owns: both media endpoints. Pictures are made while the request waits. A video or sound is answered with 202 and then
206 until it is ready; the first version of the endpoint waits for it, because its apps expect an address at once.
Spec: https://docs.joinmastodon.org/methods/media/
"""

from __future__ import annotations

from pathlib import Path

from rookery.actions.pictures import (
    NoFile,
    UploadWords,
    change_poster,
    delete_upload,
    describe_upload,
    get_upload,
    upload_media,
)
from rookery.actions.recordings import wait_for_upload
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.posts_json import json_from_media
from rookery.model.errors import Invalid
from rookery.model.ids import MediaId
from rookery.model.media import Attachment, parse_focus
from rookery.network.limits import UPLOADING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
WRITE = "write:media write"
UPLOAD_BYTES = 100 * 1024 * 1024
# Proxies give up after a minute or two; an app that is told 202 then asks again, as with the second version.
WAITED_S = 50.0


class UploadFailed(Invalid):
    """The upload was taken and could not be prepared; the sentence says why."""


def words_from_form(form: Form) -> UploadWords:
    """Read description and focal point. Raises AltTextRefused."""
    focus = form.text("focus")
    return UploadWords(
        form.text("description") if form.has("description") else None, parse_focus(focus) if focus else None
    )


@routes.route("POST", "/api/v2/media", who="user", scope=WRITE, limit=UPLOADING, body_limit=UPLOAD_BYTES)
async def create_media(face: MastodonFace, request: Request) -> Answer:
    """Upload a picture, video or sound. Spec: https://docs.joinmastodon.org/methods/media/#v2"""
    made = await take_upload(face, request)
    return answer_media(face, made, waiting_code=202)


@routes.route("POST", "/api/v1/media", who="user", scope=WRITE, limit=UPLOADING, body_limit=UPLOAD_BYTES)
async def create_media_v1(face: MastodonFace, request: Request) -> Answer:
    """Upload, and wait until it is ready. Spec: https://docs.joinmastodon.org/methods/media/#v1"""
    made = await take_upload(face, request)
    if made.state == "waiting":
        found = await wait_for_upload(face.app, face.media, made.account_id, made.id, WAITED_S)
        made = found or made
    return answer_media(face, made, waiting_code=202)


async def take_upload(face: MastodonFace, request: Request) -> Attachment:
    """Read the form and keep its file. Raises NoFile, MediaRefused."""
    form = await read_form(request)
    upload, poster = find_upload(request, "file"), find_upload(request, "thumbnail")
    if upload is None:
        raise NoFile
    return await upload_media(face.app, face.media, person(request), upload, words_from_form(form), poster=poster)


def find_upload(request: Request, name: str) -> Path | None:
    """Return the file of a form's field, unless it is empty."""
    return next((one.path for one in request.uploads if one.field_name == name and one.size_bytes), None)


def answer_media(face: MastodonFace, attachment: Attachment, *, waiting_code: int = 206) -> Answer:
    """Answer one MediaAttachment; 206 while it is being made, 422 with the reason when it could not be."""
    if attachment.state == "failed":
        raise UploadFailed(attachment.error or "the upload could not be read; try another one")
    code = waiting_code if attachment.state == "waiting" else 200
    return json_response(json_from_media(attachment, face.app.settings.base_url), code)


@routes.route("GET", "/api/v1/media/{id}", who="user", scope=WRITE)
async def get_media(face: MastodonFace, request: Request) -> Answer:
    """An upload that no post has yet. Spec: https://docs.joinmastodon.org/methods/media/#get"""
    return answer_media(face, await get_upload(face.app, person(request), MediaId(path_id(request))))


@routes.route("PUT PATCH", "/api/v1/media/{id}", who="user", scope=WRITE)
async def update_media(face: MastodonFace, request: Request) -> Answer:
    """Change description or focal point. Spec: https://docs.joinmastodon.org/methods/media/#update"""
    words, media_id = words_from_form(await read_form(request)), MediaId(path_id(request))
    if poster := find_upload(request, "thumbnail"):
        await change_poster(face.app, face.media, person(request), media_id, poster)
    return answer_media(face, await describe_upload(face.app, person(request), media_id, words))


@routes.route("DELETE", "/api/v1/media/{id}", who="user", scope=WRITE)
async def delete_media(face: MastodonFace, request: Request) -> Answer:
    """Delete an upload that no post has. Spec: https://docs.joinmastodon.org/methods/media/#delete"""
    await delete_upload(face.app, face.media, person(request), MediaId(path_id(request)))
    return json_response({})
