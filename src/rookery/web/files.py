"""Files as browsers fetch them: pictures, videos and sounds that people uploaded, and our own style sheet and icons.

Owns: `/media/{key}`, `/static/{name}`. Never: decides who may see a picture: its key is the secret.
A picture is sent as what its ending says, from a list; nothing in it may run, be sniffed or be framed.
Spec: RFC 9110 §13.1.2 (If-None-Match), RFC 8246 (immutable), RFC 6266 (Content-Disposition)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from rookery.model.errors import NotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer, FileResponse, Headers, Response, StreamResponse, redirect
from rookery.network.sending import byte_range
from rookery.storage.blobs import BlobKey, BlobMissing, parse_blob_key
from rookery.web.face import FILES, WebFace
from rookery.web.routing import PageTable

routes = PageTable()
KINDS = {
    "jpg": b"image/jpeg",
    "png": b"image/png",
    "gif": b"image/gif",
    "webp": b"image/webp",
    "avif": b"image/avif",
    "mp4": b"video/mp4",
    "webm": b"video/webm",
    "m4a": b"audio/mp4",
    "mp3": b"audio/mpeg",
}
OPEN_TO_ALL = (b"access-control-allow-origin", b"*")
PIECE_BYTES = 1024 * 1024
# A signed address is good for twelve hours; a browser may reuse where it was sent for less than that.
FOR_HOURS = (b"cache-control", b"public, max-age=21600")
FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
FOR_AN_HOUR = (b"cache-control", b"public, max-age=3600")
MEDIA_HEADERS: Headers = [
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
    """Send an uploaded picture, video or sound. What lies under a key never changes, so its key is its tag."""
    try:
        return await send_blob(face, request, parse_blob_key(request.path_values["key"]), FOR_EVER)
    except BlobMissing:
        raise NoSuchFile from None


async def send_blob(face: WebFace, request: Request, key: BlobKey, caching: tuple[bytes, bytes]) -> Answer:
    """Send what lies under a key, or where to get it. Raises NoSuchFile for no kind of ours, BlobMissing."""
    kind = KINDS.get(key.partition(".")[2])
    if kind is None:
        raise NoSuchFile
    blobs = face.media.blobs
    # Our own pages allow pictures of their own origin alone, so to them the server hands the blob on.
    is_own_page = request.header("sec-fetch-site") == "same-origin"
    if not is_own_page and (address := await blobs.address(key)):
        return redirect(address, 302, [FOR_HOURS, OPEN_TO_ALL, (b"vary", b"sec-fetch-site")])
    size_bytes = await blobs.size(key)
    tag = f'"{key}"'
    headers = [caching, *MEDIA_HEADERS, (b"etag", tag.encode())]
    if tag in request.header("if-none-match"):
        return Response(b"", 304, headers)
    headers.append((b"content-type", kind))
    path = blobs.local_path(key)
    if path is None:
        return await hand_on(face, request, key, size_bytes, headers)
    return FileResponse(path, size_bytes, headers)


async def hand_on(face: WebFace, request: Request, key: BlobKey, size_bytes: int, headers: Headers) -> Answer:
    """Send a blob that lies elsewhere, or one range of it; what is large as it comes. Spec: RFC 9110 §14"""
    start, end = byte_range(request.header("range"), size_bytes)
    headers.append((b"accept-ranges", b"bytes"))
    code = 200
    if request.header("range") and (start, end) != (0, size_bytes):
        code = 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size_bytes)))
    if end - start <= PIECE_BYTES:
        return Response(await face.media.blobs.read(key, start, end), code, headers)
    headers.append((b"content-length", b"%d" % (end - start)))
    return StreamResponse(pieces_of(face, key, start, end), code, headers)


async def pieces_of(face: WebFace, key: BlobKey, start: int, end: int) -> AsyncIterator[bytes]:
    """Read a blob piece by piece."""
    for at in range(start, end, PIECE_BYTES):
        yield await face.media.blobs.read(key, at, min(end, at + PIECE_BYTES))


@routes.route("GET", "/static/{name}", who="anyone", limit=FILES, is_vital=True)
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
