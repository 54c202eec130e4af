"""Files of other servers, from our copies: the only way in which a page or an app gets to see them.

Owns: `/media/far/{token}/{size}`. Never: takes an address: a token stands for one link of one post, profile or emoji,
so this is nobody's proxy; sends a browser to the server where the file lies. Who has to wait longer than a moment is
told to come back, and the fetch goes on.
Spec: RFC 9110 §15.6.4 (503), §10.2.3 (Retry-After)
"""

from __future__ import annotations

from rookery.actions.far_files import forget_lost_copy, get_far_file
from rookery.model.far_files import FarFile, FarFileAway, FarFileKind, FarFileNotFound, FarToken, parse_far_token
from rookery.network.requests import Request
from rookery.network.responses import Answer, Headers, Response
from rookery.storage.blobs import BlobMissing, parse_blob_key
from rookery.storage.far_files import find_far_file
from rookery.web.face import FILES, WebFace
from rookery.web.files import OPEN_TO_ALL, send_blob
from rookery.web.routing import PageTable

routes = PageTable()
WITHIN_S = 10.0
SIZES = ("whole", "small")
# One pixel that is seen through. Spec: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
BLANK = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
# Looked at again tomorrow: that is how we know what is wanted. What is behind an address rarely changes.
FOR_A_DAY = (b"cache-control", b"public, max-age=86400")
EMPTY: Headers = [(b"content-security-policy", b"default-src 'none'; sandbox"), OPEN_TO_ALL]
NOT_THERE: Headers = [(b"cache-control", b"public, max-age=300"), *EMPTY]


@routes.route("GET", "/media/far/{token}/{size}", who="anyone", limit=FILES)
async def send_far_file(face: WebFace, request: Request) -> Answer:
    """Send our copy of a file, fetched now where there is none. size: whole, or small for a preview or a still."""
    size = request.path_values["size"]
    if size not in SIZES:
        return Response(b"", 404, NOT_THERE)
    try:
        token = parse_far_token(request.path_values["token"])
        file = await get_far_file(face.app, face.far, token, within_s=WITHIN_S)
        try:
            return await send_copy(face, request, file, size)
        except BlobMissing:
            await forget_lost_copy(face.app, face.far, file)
            file = await get_far_file(face.app, face.far, token, within_s=WITHIN_S)
            return await send_copy(face, request, file, size)
    except (FarFileNotFound, BlobMissing):
        return await without_copy(face, request, 404, NOT_THERE)
    except FarFileAway as away:
        retry_after = (b"retry-after", b"%d" % away.retry_after_s)
        return await without_copy(face, request, 503, [(b"cache-control", b"no-store"), retry_after, *EMPTY])


async def without_copy(face: WebFace, request: Request, code: int, headers: Headers) -> Answer:
    """Say that there is no copy: in place of somebody's picture with nothing, drawn, so that names stand calmly.

    In place of an attachment or an emoji a browser shows its words, because the answer is empty.
    """
    file = await find_far_file(face.app.db.reader, FarToken(request.path_values["token"]))
    if file is None or file.kind not in (FarFileKind.AVATAR, FarFileKind.HEADER):
        return Response(b"", code, headers)
    return Response(BLANK, code, [*headers, (b"content-type", b"image/gif")])


async def send_copy(face: WebFace, request: Request, file: FarFile, size: str) -> Answer:
    """Send one of the two sizes. Raises BlobMissing."""
    key = file.small_key if size == "small" else file.blob_key
    return await send_blob(face, request, parse_blob_key(key or ""), FOR_A_DAY)
