"""One request as handlers see it: path, parameters merged from everywhere, body within its limit, the caller.

Owns: reading bytes off the socket, JSON with limits, forms and uploads (K8 for bytes and JSON). Never: decides who may.
Parameters of the query, an urlencoded or multipart body and a JSON body are merged on every verb, because apps send
them in all of these places; the body wins over the query.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import Malformed, TooLarge, Unavailable
from rookery.network.admission import Lane

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_BYTES = 1 << 20
MAX_PARAMETERS = 1000
MAX_NAME_CHARACTERS = 1000
MAX_JSON_DEPTH = 32
MAX_UPLOADS = 16
MAX_HEADER_BYTES = 8192
MAX_HEADERS = 16
MAX_VALUE_BYTES = 256 * 1024
SIMPLE_QUERY = re.compile(rb"[a-z_]+=[\w.:-]*(?:&[a-z_]+=[\w.:-]*){0,9}")
DECODE_JSON = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Upload:
    """A file of a multipart body, already on disk under a name of ours. Delete it with the request."""

    field_name: str
    path: Path
    size_bytes: int


class Pairs(list[tuple[str, Any]]):
    """Parameters in order of arrival, names as sent: `id[]`, `poll[options][]`, `fields_attributes[0][name]`."""


@dataclass(slots=True)
class Request:
    """One HTTP request. headers: lower-case latin-1 names. address: of the client, after trusted proxies.

    raw_path, raw_headers: as they came, undecoded and with what came twice, for those who check a signature.
    """

    method: str
    path: str
    query_string: bytes
    headers: dict[bytes, bytes]
    address: str
    receive: Receive
    path_values: dict[str, str] = field(default_factory=dict)
    caller: Caller = NOBODY
    body_limit: int = BODY_BYTES
    spool: Path | None = None
    uploads: list[Upload] = field(default_factory=list)
    request_id: str = ""
    cached_body: bytes | None = None
    cached_query: Pairs | None = None
    disconnected: bool = False
    lane: Lane | None = None
    raw_path: bytes = b""
    raw_headers: Iterable[tuple[bytes, bytes]] = ()

    def header(self, name: str) -> str:
        """Return a header's text, '' when it is absent."""
        return self.headers.get(name.encode(), b"").decode("latin-1")

    def query(self) -> Pairs:
        """Parameters of the query alone. Raises Malformed over 1,000 of them."""
        if self.cached_query is None:
            self.cached_query = parse_pairs(self.query_string) if self.query_string else Pairs()
        return self.cached_query

    def cookie(self, name: str) -> str | None:
        """Return a cookie's value, or None."""
        for part in self.header("cookie").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None

    async def body(self) -> bytes:
        """Return the whole body. Raises TooLarge over the route's limit."""
        if self.cached_body is not None:
            return self.cached_body
        length = self.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.body_limit:
            raise TooLarge(f"the request is larger than {self.body_limit} bytes")
        chunks, size = [], 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > self.body_limit:
                raise TooLarge(f"the request is larger than {self.body_limit} bytes")
            chunks.append(chunk)
        self.cached_body = b"".join(chunks)
        return self.cached_body

    async def stream(self) -> Any:
        """Yield the body's chunks as they arrive. Raises Malformed when the client goes away."""
        more = True
        while more:
            message = await self.wait_for_client()
            if message["type"] == "http.disconnect":
                self.disconnected = True
                raise Malformed("the connection ended before the request was complete")
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def wait_for_client(self) -> MutableMapping[str, Any]:
        """Return the next message; who waits for its client takes nobody's place meanwhile."""
        if self.lane is None:
            return await self.receive()
        self.lane.leave()
        try:
            return await self.receive()
        finally:
            self.lane.come_back()

    async def parameters(self) -> Pairs:
        """Query and body merged. Raises Malformed for a body that cannot be read, TooLarge."""
        pairs = Pairs(self.query())
        kind = self.headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind == b"multipart/form-data":
            pairs.extend(await self.multipart())
            return pairs
        if self.method == "GET" and b"content-length" not in self.headers:
            return pairs
        body = await self.body()
        if not body:
            return pairs
        if kind in (b"application/json", b"text/json") or kind.endswith(b"+json"):
            pairs.extend(pairs_from_json(body))
        elif kind in (b"application/x-www-form-urlencoded", b""):
            pairs.extend(parse_pairs(body))
        return pairs

    async def multipart(self) -> Pairs:
        """Read a multipart body: values as pairs, files to `uploads` on disk."""
        _, options = parse_options_header(self.headers[b"content-type"])
        boundary = options.get(b"boundary")
        if not boundary or len(boundary) > 200:
            raise Malformed("the multipart body names no boundary")
        reader = MultipartReader(bytes(boundary), self.spool)
        try:
            await self.feed(reader)
        except BaseException:  # the client may leave and the server may stop in the middle of a file
            reader.abandon()
            raise
        self.uploads.extend(reader.uploads)
        return reader.pairs

    async def feed(self, reader: MultipartReader) -> None:
        """Give the body to a reader. Raises Malformed, TooLarge."""
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > self.body_limit:
                raise TooLarge(f"the request is larger than {self.body_limit} bytes")
            reader.feed(chunk)
        if size:
            reader.finish()

    def forget_uploads(self) -> None:
        """Delete what was uploaded and nobody took."""
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)


class MultipartReader:
    """Collects the parts of one body. Files go to disk at once, values stay in memory within limits."""

    def __init__(self, boundary: bytes, spool: Path | None) -> None:
        self.spool = spool
        self.pairs = Pairs()
        self.uploads: list[Upload] = []
        self.headers: dict[bytes, bytes] = {}
        self.name = b""
        self.value = b""
        self.part_name = ""
        self.buffer = bytearray()
        self.file: Any = None
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self.begin,
                "on_header_field": self.take_name,
                "on_header_value": self.take_value,
                "on_header_end": self.end_header,
                "on_headers_finished": self.open_part,
                "on_part_data": self.take,
                "on_part_end": self.end_part,
            },
        )

    def begin(self) -> None:
        self.headers, self.buffer, self.file = {}, bytearray(), None

    def take_name(self, raw: bytes, start: int, end: int) -> None:
        self.name += raw[start:end]
        self.check_header()

    def take_value(self, raw: bytes, start: int, end: int) -> None:
        self.value += raw[start:end]
        self.check_header()

    def check_header(self) -> None:
        if len(self.name) + len(self.value) > MAX_HEADER_BYTES or len(self.headers) >= MAX_HEADERS:
            raise Malformed("a part of the multipart body has too long or too many headers")

    def end_header(self) -> None:
        self.headers[self.name.lower()] = self.value
        self.name = self.value = b""

    def open_part(self) -> None:
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        self.part_name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            if len(self.uploads) >= MAX_UPLOADS:
                raise Malformed(f"the request has more than {MAX_UPLOADS} files")
            descriptor, path = tempfile.mkstemp(dir=self.spool, prefix="upload-")
            self.file = open(descriptor, "wb")  # noqa: SIM115, PTH123 - closed in end_part or abandon
            self.uploads.append(Upload(self.part_name, Path(path), 0))
        elif len(self.pairs) >= MAX_PARAMETERS:
            raise Malformed(f"the request has more than {MAX_PARAMETERS} parameters")

    def take(self, raw: bytes, start: int, end: int) -> None:
        if self.file:
            self.file.write(raw[start:end])
            self.uploads[-1].size_bytes += end - start
            return
        self.buffer += raw[start:end]
        if len(self.buffer) > MAX_VALUE_BYTES:
            raise Malformed(f"the value of {self.part_name[:40]} is too long")

    def end_part(self) -> None:
        if self.file:
            self.file.close()
        else:
            self.pairs.append((self.part_name, self.buffer.decode("utf-8", "replace")))

    def feed(self, chunk: bytes) -> None:
        """Take more bytes. Raises Malformed when they are no multipart body, Unavailable when the disk is full."""
        try:
            self.parser.write(chunk)
        except FormParserError as error:
            raise Malformed("the multipart body cannot be read") from error
        except OSError as error:
            raise Unavailable("the server has no room for the upload now; try again later", 60) from error

    def finish(self) -> None:
        """End of the body. Raises Malformed unless it was whole."""
        if self.parser.state is not MultipartState.END:
            raise Malformed("the multipart body ends in the middle")

    def abandon(self) -> None:
        """Delete what was written."""
        if self.file:
            self.file.close()
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)
        self.uploads.clear()


def parse_pairs(raw: bytes) -> Pairs:
    """Read an urlencoded text. Raises Malformed over 1,000 parameters."""
    if SIMPLE_QUERY.fullmatch(raw):  # most of what apps ask; a third of the cost
        parts = (part.partition("=") for part in raw.decode("ascii").split("&"))
        return Pairs((name, value) for name, _, value in parts)
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    try:
        return Pairs(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
    except ValueError as error:
        raise Malformed(f"the request has more than {MAX_PARAMETERS} parameters") from error


def parse_json(raw: bytes) -> Any:
    """Read strict JSON: no NaN, at most 32 levels deep. Raises Malformed."""
    if raw.count(b"[") + raw.count(b"{") > MAX_JSON_DEPTH and deepest(raw) > MAX_JSON_DEPTH:
        raise Malformed("the JSON body is nested too deep")
    try:
        return DECODE_JSON(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the JSON body cannot be read: {error}") from error


def deepest(raw: bytes) -> int:
    """Upper bound of the nesting: brackets inside strings count too, which errs on the safe side."""
    depth = most = 0
    for byte in raw:
        if byte in b"[{":
            depth += 1
            most = max(most, depth)
        elif byte in b"]}":
            depth -= 1
    return most


def pairs_from_json(raw: bytes) -> Pairs:
    """Spell a JSON object as the pairs that a form would have sent. Raises Malformed."""
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise Malformed("the JSON body must be an object")
    pairs = Pairs()
    for name, inner in value.items():
        flatten(name, inner, pairs)
    if len(pairs) > MAX_PARAMETERS:
        raise Malformed(f"the request has more than {MAX_PARAMETERS} parameters")
    return pairs


def flatten(name: str, value: Any, pairs: Pairs) -> None:
    """Append `name[inner]` and `name[]` pairs; null is absence of text, kept as None."""
    if len(pairs) > MAX_PARAMETERS:
        raise Malformed(f"the request has more than {MAX_PARAMETERS} parameters")
    if len(name) > MAX_NAME_CHARACTERS:  # every value inside repeats it: a megabyte of body would become a gigabyte
        raise Malformed(f"the name of a parameter has more than {MAX_NAME_CHARACTERS} characters")
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            flatten(f"{name}[{inner_name}]", inner, pairs)
    elif isinstance(value, list):
        if not value:
            pairs.append((f"{name}[]", None))
        for index, inner in enumerate(value):
            flatten(f"{name}[{index}]" if isinstance(inner, dict) else f"{name}[]", inner, pairs)
    else:
        pairs.append((name, value))
