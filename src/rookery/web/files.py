"""Files as browsers fetch them: pictures that people uploaded, and our own style sheet and icons.

Owns: `/media/{key}`, `/static/{name}`. Never: decides who may see a picture: its key is the secret.
A picture is sent as what its ending says, from a list; nothing in it may run, be sniffed or be framed.
Spec: RFC 9110 §13.1.2 (If-None-Match), RFC 8246 (immutable), RFC 6266 (Content-Disposition)
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from rookery.model.errors import NotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, FileResponse, Headers, Response
from rookery.storage.blobs import parse_blob_key
from rookery.web.face import FILES, WebFace
from rookery.web.routing import PageTable

routes = PageTable()
PICTURES = {
    "jpg": b"image/jpeg",
    "png": b"image/png",
    "gif": b"image/gif",
    "webp": b"image/webp",
    "avif": b"image/avif",
}
FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
FOR_AN_HOUR = (b"cache-control", b"public, max-age=3600")
MEDIA_HEADERS: Headers = [
    FOR_EVER,
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"content-disposition", b"inline"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
STATIC_CSP = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")


class NoSuchFile(NotFound):
    """Nothing is kept under this name."""

    def __init__(self) -> None:
        super().__init__("no such file")


@routes.route("GET", "/media/{key}", who="anyone", limit=FILES)
async def send_media(face: WebFace, request: Request) -> Answer:
    """Send an uploaded picture. What lies under a key never changes, so its key is its tag."""
    key = parse_blob_key(request.path_values["key"])
    kind = PICTURES.get(key.partition(".")[2])
    if kind is None:
        raise NoSuchFile
    tag = f'"{key}"'
    headers = [*MEDIA_HEADERS, (b"etag", tag.encode())]
    path = face.media.blobs.path_of(key)
    try:
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
    except FileNotFoundError:
        raise NoSuchFile from None
    if tag in request.header("if-none-match"):
        return Response(b"", 304, headers)
    return FileResponse(path, size_bytes, [(b"content-type", kind), *headers])


@routes.route("GET", "/static/{name}", who="anyone", limit=FILES)
async def send_static(face: WebFace, request: Request) -> Answer:
    """Send one of our own files; an address with its version is good for a year."""
    file = face.static.files.get(request.path_values["name"])
    if file is None:
        raise NoSuchFile
    query = request.query_string.decode("latin-1")
    is_versioned = dict(parse_qsl(query)).get("v") == file.version
    tag = f'"{file.version}"'
    headers = [FOR_EVER if is_versioned else FOR_AN_HOUR, STATIC_CSP, (b"etag", tag.encode())]
    if tag in request.header("if-none-match"):
        return Response(b"", 304, headers)
    headers += [(b"content-type", file.kind), (b"vary", b"accept-encoding")]
    if file.packed and "gzip" in request.header("accept-encoding"):
        return Response(file.packed, 200, [*headers, (b"content-encoding", b"gzip")])
    return Response(file.body, 200, headers)
