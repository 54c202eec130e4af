"""Answers: bytes with a code and headers, redirects, streams.

Owns: the shapes that the server sends. Never: knows what the bytes mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

Headers = list[tuple[bytes, bytes]]
ENCODE_JSON = msgspec.json.Encoder().encode
JSON_TYPE = (b"content-type", b"application/json; charset=utf-8")
HTML_TYPE = (b"content-type", b"text/html; charset=utf-8")
TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")


@dataclass(slots=True)
class Response:
    """A whole answer. body: ready bytes. says: names of headers that stand here and not as its face has them."""

    body: bytes = b""
    code: int = 200
    headers: Headers = field(default_factory=list)
    says: frozenset[bytes] = frozenset()


@dataclass(slots=True)
class StreamResponse:
    """An answer that goes on: chunks are sent as they come, until the iterator ends or the client leaves.

    cut: when set, the answer ends soon even if the client takes nothing more.
    """

    chunks: AsyncIterator[bytes]
    code: int = 200
    headers: Headers = field(default_factory=list)
    cut: asyncio.Event | None = None


@dataclass(slots=True)
class FileResponse:
    """A file on disk, sent in pieces, with single byte ranges. media type and caching come in headers."""

    path: Path
    size_bytes: int
    headers: Headers = field(default_factory=list)
    code: int = 200


Answer = Response | StreamResponse | FileResponse


def json_response(value: Any, code: int = 200, headers: Headers | None = None) -> Response:
    """Encode a value of plain types."""
    return Response(ENCODE_JSON(value), code, [JSON_TYPE, *(headers or ())])


def json_bytes(body: bytes, code: int = 200, headers: Headers | None = None) -> Response:
    """Send JSON that is encoded already."""
    return Response(body, code, [JSON_TYPE, *(headers or ())])


def html_response(text: str, code: int = 200, headers: Headers | None = None) -> Response:
    """Send a page."""
    return Response(text.encode(), code, [HTML_TYPE, *(headers or ())])


def text_response(text: str, code: int = 200) -> Response:
    """Send plain text."""
    return Response(text.encode(), code, [TEXT_TYPE])


def redirect(location: str, code: int = 303, headers: Headers | None = None) -> Response:
    """Send the browser elsewhere; 303 turns a POST into a GET. Control characters cannot pass."""
    safe = "".join(character for character in location if character >= " " and character != "\x7f")
    return Response(b"", code, [(b"location", safe.encode("utf-8", "replace")), *(headers or ())])
