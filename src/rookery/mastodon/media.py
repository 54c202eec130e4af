"""Uploads of the client API.

Owns: both media endpoints. Pictures are made while the request waits, so v1 and v2 answer alike; 202 and 206 belong to
what takes longer. Spec: https://docs.joinmastodon.org/methods/media/
"""

from __future__ import annotations

from rookery.actions.pictures import (
    NoFile,
    UploadWords,
    delete_upload,
    describe_upload,
    get_upload,
    upload_picture,
)
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.posts_json import json_from_media
from rookery.model.ids import MediaId
from rookery.model.media import Attachment, parse_focus
from rookery.network.limits import UPLOADING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
WRITE = "write:media write"
UPLOAD_BYTES = 100 * 1024 * 1024


def words_from_form(form: Form) -> UploadWords:
    """Read description and focal point. Raises AltTextRefused."""
    focus = form.text("focus")
    return UploadWords(
        form.text("description") if form.has("description") else None, parse_focus(focus) if focus else None
    )


@routes.route("POST", "/api/v2/media", who="user", scope=WRITE, limit=UPLOADING, body_limit=UPLOAD_BYTES)
@routes.route("POST", "/api/v1/media", who="user", scope=WRITE, limit=UPLOADING, body_limit=UPLOAD_BYTES)
async def create_media(face: MastodonFace, request: Request) -> Answer:
    """Upload a picture. Spec: https://docs.joinmastodon.org/methods/media/#v2"""
    form = await read_form(request)
    upload = next((one for one in request.uploads if one.field_name == "file"), None)
    if upload is None or not upload.size_bytes:
        raise NoFile
    made = await upload_picture(face.app, face.media, person(request), upload.path, words_from_form(form))
    return answer_media(face, made)


def answer_media(face: MastodonFace, attachment: Attachment) -> Answer:
    """Answer one MediaAttachment; 206 while it is being made."""
    code = 206 if attachment.state == "waiting" else 200
    return json_response(json_from_media(attachment, face.app.settings.base_url), code)


@routes.route("GET", "/api/v1/media/{id}", who="user", scope=WRITE)
async def get_media(face: MastodonFace, request: Request) -> Answer:
    """An upload that no post has yet. Spec: https://docs.joinmastodon.org/methods/media/#get"""
    return answer_media(face, await get_upload(face.app, person(request), MediaId(path_id(request))))


@routes.route("PUT PATCH", "/api/v1/media/{id}", who="user", scope=WRITE)
async def update_media(face: MastodonFace, request: Request) -> Answer:
    """Change description or focal point. Spec: https://docs.joinmastodon.org/methods/media/#update"""
    words = words_from_form(await read_form(request))
    return answer_media(face, await describe_upload(face.app, person(request), MediaId(path_id(request)), words))


@routes.route("DELETE", "/api/v1/media/{id}", who="user", scope=WRITE)
async def delete_media(face: MastodonFace, request: Request) -> Answer:
    """Delete an upload that no post has. Spec: https://docs.joinmastodon.org/methods/media/#delete"""
    await delete_upload(face.app, face.media, person(request), MediaId(path_id(request)))
    return json_response({})
