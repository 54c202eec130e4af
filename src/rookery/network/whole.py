"""Answers that are whole already, in one write instead of two.

Owns: the ASGI extension by which the HTTP engine takes a head and a body together. The engine writes a head at once,
which wakes the client for a few bytes; the second write then costs as much again. Never: streams, upgrades.
Spec: https://asgi.readthedocs.io/en/latest/extensions.html, RFC 9112 §6
"""

from __future__ import annotations

from functools import partial

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from rookery.network.requests import Scope
from rookery.network.responses import Headers, Response

EXTENSION = "rookery.whole"


class BrokenHeader(ValueError):
    """A header holds a line's end or a zero byte."""


def offer_whole(cycle: RequestResponseCycle) -> None:
    """Let the application of one request send its answer whole."""
    if cycle.scope["method"] != "HEAD" and cycle.scope["http_version"] == "1.1":
        cycle.scope["extensions"] = {EXTENSION: partial(write_whole, cycle)}  # type: ignore[dict-item]


def send_whole(scope: Scope, answer: Response) -> bool:
    """Send an answer at once; False where it has to go the ordinary way. Raises BrokenHeader."""
    extensions = scope.get("extensions")
    offered = extensions.get(EXTENSION) if extensions else None
    return offered is not None and offered(answer.code, answer.headers, answer.body)


def write_whole(cycle: RequestResponseCycle, code: int, headers: Headers, body: bytes) -> bool:
    """Write one answer, unless it has no body or its client is slow. A client that is gone gets nothing."""
    if cycle.flow.write_paused or cycle.response_started or code in (204, 304):
        return False
    if cycle.disconnected:
        return True
    head = head_of(code, [*cycle.default_headers, *headers], len(body), keep_alive=cycle.keep_alive)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.writelines((head, body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def head_of(code: int, headers: Headers, length: int, *, keep_alive: bool) -> bytes:
    """Return status line and headers, the empty line included. Raises BrokenHeader. Spec: RFC 9110 §5.5"""
    lines = [b"%b: %b\r\n" % header for header in headers]
    lines.append(b"content-length: %d\r\n" % length)
    if not keep_alive:
        lines.append(b"connection: close\r\n")
    head = b"".join(lines)
    if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
        raise BrokenHeader
    return b"%b%b\r\n" % (STATUS_LINE[code], head)
