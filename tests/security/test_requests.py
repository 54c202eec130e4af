"""What a stranger may send: nothing fills the memory, nothing makes the server stumble."""

import asyncio
import json
import tracemalloc

import pytest
from tests.client import Client
from tests.listening import soon

from rookery.network.requests import pairs_from_json

MEGABYTE = 1 << 20


@pytest.mark.parametrize("name_length", [pytest.param(1_000_000, id="CPython json"), 1_001])
def test_a_long_name_around_many_values_is_refused_before_it_is_repeated(name_length):
    raw = json.dumps({"x" * name_length: {str(number): 1 for number in range(990)}}).encode()
    tracemalloc.start()
    try:
        with pytest.raises(Exception, match="the name of a parameter"):
            pairs_from_json(raw)
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


async def pour(served, start: bytes, piece: bytes) -> bytes:
    """Send a start and then pieces, up to a megabyte, until the server has enough; return what it says."""
    reader, writer = await asyncio.open_connection(*served.address.split(":"))
    try:
        writer.write(start)
        for _ in range(MEGABYTE // len(piece)):
            writer.write(piece)
            await soon(writer.drain())
        return await soon(reader.read())
    except ConnectionError:
        return b"HTTP/1.1 400 hung up"
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"GET /", b"a" * 8192, id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: nest\r\nX: ", b"a" * 8192, id="header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: nest\r\n", b"A: b\r\n" * 1000, id="headers"),
        pytest.param(
            b"POST /api/v1/apps HTTP/1.1\r\nHost: nest\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
            b"a" * 8192,
            id="trailer",
        ),
    ],
)
async def test_a_stranger_cannot_fill_the_memory_with_what_comes_before_a_body(served, start, piece):
    assert b" 400 " in (await pour(served, start, piece)).split(b"\r\n")[0]


async def test_a_long_body_and_many_requests_on_one_connection_are_welcome(served):
    reader, writer = await asyncio.open_connection(*served.address.split(":"))
    body = b"client_name=" + b"a" * 300_000
    for _ in range(3):
        head = f"POST /api/v1/apps HTTP/1.1\r\nHost: nest\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await soon(reader.readuntil(b"\r\n\r\n"))
        assert b" 422 " in answer.split(b"\r\n")[0]
        length = next(line for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await soon(reader.readexactly(int(length.split(b":")[1])))
    writer.close()


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
async def test_a_request_for_the_star_is_answered(pages, method):
    assert (await Client(pages.world.server).call(method, "*")).code == 404


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "://", "https://localhost:3000.evil.example"])
async def test_a_form_with_a_strange_origin_is_refused_in_words(pages, origin):
    reply = await Client(pages.world.server).post("/login", form={"name": "ana"}, headers={"origin": origin})
    assert reply.code == 403
