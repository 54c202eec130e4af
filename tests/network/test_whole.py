"""Whole answers in one write: the same bytes that the ordinary way would send, and nothing a header could smuggle."""

import asyncio

import pytest
import uvicorn
from tests.listening import soon

from rookery.network.listening import listen_on
from rookery.network.responses import Response
from rookery.network.whole import BrokenHeader, head_of, send_whole
from rookery.ops.up import engine_options


@pytest.fixture
async def engine():
    """The HTTP engine of the server before an application that answers `hello` and notes how its answers left."""
    ways = []

    async def app(scope, receive, send):
        answer = Response(b"hello", 204 if scope["path"] == "/empty" else 200, [(b"x-way", b"any")])
        ways.append(send_whole(scope, answer))
        if not ways[-1]:
            body = b"" if answer.code == 204 or scope["method"] == "HEAD" else answer.body
            length = [] if answer.code == 204 else [(b"content-length", b"5")]
            await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers + length})
            await send({"type": "http.response.body", "body": body})

    server = uvicorn.Server(engine_options(app))
    sockets = listen_on("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets))
    yield sockets[0].getsockname()[1], ways
    server.should_exit = True
    await serving


async def say(port, *requests: bytes) -> bytes:
    """Send requests at once and read until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    try:
        return await soon(reader.read())
    finally:
        writer.close()


GET = b"GET / HTTP/1.1\r\nhost: nest\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nhost: nest\r\nconnection: close\r\n\r\n"


async def test_requests_that_come_together_are_answered_in_order_and_the_last_ends_the_connection(engine):
    port, ways = engine
    said = await say(port, GET, GET, LAST)
    assert (
        said.count(b"HTTP/1.1 200 OK\r\n") == said.count(b"\r\n\r\nhello") == said.count(b"content-length: 5\r\n") == 3
    )
    assert said.count(b"connection: close\r\n") == 1
    assert said.count(b"date: ") == 3
    assert ways == [True, True, True]


@pytest.mark.parametrize(
    "request_line",
    [
        pytest.param(b"HEAD / HTTP/1.1", id="head"),
        pytest.param(b"GET / HTTP/1.0", id="old"),
        pytest.param(b"GET /empty HTTP/1.1", id="empty"),
    ],
)
async def test_what_has_no_plain_body_goes_the_ordinary_way(engine, request_line):
    port, ways = engine
    said = await say(port, request_line + b"\r\nhost: nest\r\nconnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 20")
    assert said.endswith(b"hello" if b"1.0" in request_line else b"\r\n\r\n")
    assert ways == [False]


@pytest.mark.parametrize("bad", [b"a\r\nset-cookie: evil", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_break_the_message_is_not_sent(bad):
    with pytest.raises(BrokenHeader):
        head_of(200, [(b"location", bad)], 0, keep_alive=True)
