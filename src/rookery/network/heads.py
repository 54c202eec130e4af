"""The head of an answer alone, for who has no use for the rest: no state machine writes the request or reads the head.

Owns: the bytes of a request, the protocol that waits for one head and then hangs up. Never: reads a body, so nothing
here says where one ends, and no connection is used twice; connects (network/exchange.py does).
Spec: RFC 9112 §3, §4, §5
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rookery.network.outward import Ask, FetchFailed, FetchRefused, Header

HEAD_BYTES = 64 * 1024
MOST_HINTS = 8  # answers of the kind 1xx before the real one
NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
METHOD = re.compile(NAME)
TARGET = re.compile(r"/[\x21-\x7e]*")
FIELD = re.compile(NAME + r": [\t\x20-\x7e]*")
END = re.compile(rb"\r?\n\r?\n")
STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n\0]*)?")
SAID = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*)")


@dataclass(frozen=True, slots=True)
class Head:
    """What came before the body of an answer. headers: lower-case name -> value, repeated ones joined."""

    code: int
    headers: dict[str, str]


def write_request(ask: Ask, target: str, headers: Iterable[Header]) -> bytes:
    """Return a whole request. Raises FetchRefused for headers that are none."""
    lines = [f"{name}: {value}" for name, value in headers]
    if not (METHOD.fullmatch(ask.method) and TARGET.fullmatch(target) and all(map(FIELD.fullmatch, lines))):
        raise FetchRefused("the request cannot be written: a header has what no header may have")
    return "\r\n".join((f"{ask.method} {target} HTTP/1.1", *lines, "", "")).encode("ascii") + ask.body


def parse_head(raw: bytes) -> Head:
    """Read a head without its last, empty line. Raises FetchFailed."""
    first, *lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    status = STATUS.fullmatch(first)
    if status is None:
        raise FetchFailed("the answer is no HTTP", 60)
    headers: dict[str, str] = {}
    for line in lines:
        said = SAID.fullmatch(line)
        if said is None:
            raise FetchFailed("the answer has a header that cannot be read", 60)
        name, value = said[1].decode("ascii").lower(), said[2].decode("latin-1").rstrip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(int(status[1]), headers)


class Listener(asyncio.Protocol):
    """Waits on one connection for one head. found: the head, or FetchFailed, OSError."""

    def __init__(self) -> None:
        self.found: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self.heard, self.hint_count = bytearray(), 0

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.found.done():
            return
        looked_at = max(0, len(self.heard) - 3)
        self.heard += data
        try:
            while end := END.search(self.heard, looked_at):
                head = parse_head(bytes(self.heard[: end.start()]))
                if self.is_final(head):
                    self.found.set_result(head)
                    return
                del self.heard[: end.end()]
                looked_at = 0
            if len(self.heard) > HEAD_BYTES:
                raise FetchFailed("the head of the answer is too long", 60)
        except FetchFailed as error:
            self.found.set_exception(error)

    def is_final(self, head: Head) -> bool:
        """True for an answer, False for a hint that one will come. Raises FetchFailed."""
        if head.code >= 200:
            return True
        self.hint_count += 1
        if head.code == 101 or self.hint_count > MOST_HINTS:
            raise FetchFailed("the answer does not come", 60)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The server hung up."""
        if not self.found.done():
            self.found.set_exception(error or FetchFailed("the server hung up without an answer", 60))
