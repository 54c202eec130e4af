"""The head of an answer, read by itself: as strictly as the whole would be, and nothing behind it is looked at."""

import asyncio
import time

import pytest
from tests.evilhost import door_for, page, redirect

from rookery.network.outward import Ask, FetchFailed, FetchRefused, Limits, TookTooLong, TooManyRedirects

SHORT = Limits(first_byte_s=0.3, total_s=0.6)


def letter(url, **more) -> Ask:
    return Ask(url, "POST", body=b"{}", limits=SHORT, **more)


async def test_what_is_posted_arrives_and_the_head_tells_how(evil):
    evil.paths["/inbox"] = page("later", code="429 Slow", retry_after="7", x="a", X="b")
    head = await door_for().read_head(letter(evil.url("/inbox?a=b", "one.example"), headers=(("content-type", "x/y"),)))
    assert (head.code, head.headers["retry-after"], head.headers["x"]) == (429, "7", "a, b")
    [(line, headers, body)] = evil.requests
    assert (line, body) == ("POST /inbox?a=b HTTP/1.1", b"{}")
    assert headers["host"] == f"one.example:{evil.port}"
    assert (headers["content-length"], headers["connection"], headers["content-type"]) == ("2", "close", "x/y")


@pytest.mark.parametrize("piece_size", [1, 3, 1000])
async def test_a_head_that_comes_in_pieces_after_hints_is_one_head(evil, piece_size):
    raw = (
        b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nA:  b \r\n\r\nbody"
    )

    async def drips(reader, writer):
        for at in range(0, len(raw), piece_size):
            writer.write(raw[at : at + piece_size])
            await asyncio.sleep(0)

    evil.paths["/"] = drips
    head = await door_for().read_head(letter(evil.url()))
    assert (head.code, head.headers) == (202, {"a": "b"})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
    ids=range(16),
)
async def test_a_head_that_is_broken_is_a_failure_that_says_so(evil, raw):
    evil.paths["/"] = raw
    with pytest.raises(FetchFailed):
        await door_for().read_head(letter(evil.url()))


@pytest.mark.parametrize("header", [("X", "a\r\nEvil: b"), ("X\r\nEvil", "b"), ("X", "a\0b"), ("X", "ä"), ("X y", "b")])
async def test_no_header_smuggles_a_second_one(evil, header):
    with pytest.raises(FetchRefused):
        await door_for().read_head(letter(evil.url(), headers=(header,)))
    assert evil.requests == []


async def test_a_head_without_end_or_without_beginning_is_left(evil):
    async def silent(reader, writer):
        await reader.read()

    async def dripping(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    evil.paths |= {"/silent": silent, "/drip": dripping}
    door = door_for()
    for path in ("/silent", "/drip"):
        began = time.monotonic()
        with pytest.raises(TookTooLong, match=r"0\.3"):
            await door.read_head(letter(evil.url(path)))
        assert time.monotonic() - began < 5
    assert door.turns._value == 64


async def test_nobody_there_is_a_failure(evil):
    evil.server.close()
    with pytest.raises(FetchFailed):
        await door_for().read_head(letter(evil.url()))


async def test_a_letter_is_sent_on_once_within_its_origin_alone(evil):
    evil.paths |= {
        "/moved": redirect("/inbox", 308),
        "/inbox": page("", code="202 Accepted"),
        "/away": redirect(f"http://two.example:{evil.port}/inbox", 307),
        "/circle": redirect("/circle", 307),
    }
    assert (await door_for().read_head(letter(evil.url("/moved")))).code == 202
    assert [body for _, _, body in evil.requests] == [b"{}", b"{}"]
    for path in ("/away", "/circle"):
        with pytest.raises(TooManyRedirects):
            await door_for().read_head(letter(evil.url(path)))


@pytest.mark.parametrize("host", ["10.0.0.1", "inside.example", "127.0.0.1"])
async def test_no_letter_leads_inward(evil, host):
    door = door_for(is_test=False, at_once=1)
    door.resolve = lambda name, port: answer_inside()
    with pytest.raises(FetchRefused):
        await door.read_head(letter(f"https://{host}/inbox"))
    assert evil.connection_count == 0


async def answer_inside() -> list[str]:
    return ["10.0.0.1"]
