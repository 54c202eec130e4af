"""Two requests in one: whoever frames a message so that two readers may differ gets nowhere, alone and behind a proxy.

Each attempt holds a whole request where one of the two readings sees a body. The application notes what it was asked.
"""

import asyncio

import pytest
import uvicorn
from tests.listening import soon

from rookery.network.listening import listen_on
from rookery.ops.up import engine_options

INNER = b"GET /inner HTTP/1.1\r\nHost: nest\r\nX-Pad: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: nest\r\nConnection: close\r\n\r\n"
HEAD = b"POST /first HTTP/1.1\r\nHost: nest\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# Empty to who reads chunks, %d bytes to who counts.
BODY = b"0\r\n\r\n" + INNER
LENGTH = b"Content-Length: %d\r\n" % len(BODY)


def headed(*lines: bytes) -> bytes:
    return HEAD + b"".join(lines) + b"\r\n" + BODY


def in_chunks(chunks: bytes) -> bytes:
    return HEAD + CHUNKED + b"\r\n" + chunks + INNER


REFUSED = {
    # Both kinds of length.
    "GEN-76": headed(LENGTH, CHUNKED),
    "chunked before length": headed(CHUNKED, LENGTH),
    "chunked and no length": headed(CHUNKED, b"Content-Length: 0\r\n"),
    # Lengths.
    "two lengths": headed(LENGTH, b"Content-Length: 0\r\n"),
    "the same length twice": headed(LENGTH, LENGTH),
    "a list of lengths": headed(b"Content-Length: 5, 5\r\n"),
    "a length with a sign": headed(b"Content-Length: +5\r\n"),
    "a length below zero": headed(b"Content-Length: -5\r\n"),
    "a length in hexadecimal": headed(b"Content-Length: 0x5\r\n"),
    "a length of nothing": headed(b"Content-Length: \r\n"),
    "a length with a gap": headed(b"Content-Length: 5 5\r\n"),
    "a length beyond 64 bits": headed(b"Content-Length: 18446744073709551621\r\n"),
    "a blank before the colon": headed(b"Content-Length : 5\r\n"),
    # Codings.
    "a coding with a blank before its colon": headed(b"Transfer-Encoding : chunked\r\n"),
    "an unknown coding": headed(b"Transfer-Encoding: xchunked\r\n"),
    "no coding": headed(b"Transfer-Encoding: identity\r\n"),
    "a coding with a parameter": headed(b"Transfer-Encoding: chunked;q=1\r\n"),
    "a coding in quotes": headed(b'Transfer-Encoding: "chunked"\r\n'),
    "a coding under another": headed(b"Transfer-Encoding: gzip, chunked\r\n"),
    "chunks inside a coding": headed(b"Transfer-Encoding: chunked, gzip\r\n"),
    "chunks twice": headed(CHUNKED, CHUNKED),
    "chunks in chunks": headed(b"Transfer-Encoding: chunked, chunked\r\n"),
    "chunks, then none": headed(CHUNKED, b"Transfer-Encoding: identity\r\n"),
    "none, then chunks": headed(b"Transfer-Encoding: identity\r\n", CHUNKED),
    "a coding after a vertical tab": headed(b"Transfer-Encoding: \x0bchunked\r\n"),
    "a coding with a zero": headed(b"Transfer-Encoding: chunked\0\r\n"),
    # Lines.
    "a folded coding": headed(b"Transfer-Encoding:\r\n chunked\r\n"),
    "a coding folded into another header": headed(b"X: y\r\n Transfer-Encoding: chunked\r\n"),
    "a folded header": headed(LENGTH, b"X: a\r\n b\r\n"),
    "bare line feeds": headed(LENGTH).replace(b"\r\n", b"\n"),
    "a line feed in a header": headed(b"X: a\n" + LENGTH),
    "a head that ends in a line feed": HEAD + LENGTH + b"\n" + BODY,
    "a carriage return in a header": headed(b"X: a\r" + LENGTH),
    "a zero in a header": headed(LENGTH, b"X: a\0b\r\n"),
    "a name with a blank": headed(LENGTH, b"X y: a\r\n"),
    "a header without a colon": headed(LENGTH, b"Xy\r\n"),
    # Chunks.
    "an extension that ends in a line feed": in_chunks(b"5;\nhello\r\n0\r\n\r\n"),
    "an extension with a carriage return": in_chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "a size that ends in a line feed": in_chunks(b"5\nhello\r\n0\r\n\r\n"),
    "a chunk that ends in a line feed": in_chunks(b"5\r\nhello\n0\r\n\r\n"),
    "a chunk that ends in anything": in_chunks(b"5\r\nhelloXX0\r\n\r\n"),
    "a chunk without an end": in_chunks(b"5\r\nhello0\r\n\r\n"),
    "a size with a prefix": in_chunks(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a size with a blank": in_chunks(b"5 \r\nhello\r\n0\r\n\r\n"),
    "a size below zero": in_chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
    "a size with a sign": in_chunks(b"+5\r\nhello\r\n0\r\n\r\n"),
    "a size beyond 64 bits": in_chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "no size": in_chunks(b"\r\nhello\r\n0\r\n\r\n"),
    "a length after the chunks": in_chunks(b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"),
    "a coding after the chunks": in_chunks(b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a last line that ends in a line feed": in_chunks(b"5\r\nhello\r\n0\r\n\n"),
    # Starts.
    "another version": b"GET /first HTTP/1.2\r\nHost: nest\r\n\r\n" + INNER,
    "no version": b"GET /first\r\n" + INNER,
    "a tab in the first line": b"GET\t/first HTTP/1.1\r\nHost: nest\r\n\r\n" + INNER,
    "a blank in the address": b"GET /first /x HTTP/1.1\r\nHost: nest\r\n\r\n" + INNER,
    "a tunnel": b"CONNECT nest:80 HTTP/1.1\r\nHost: nest\r\n\r\n" + INNER,
}
# What every reader takes the same way: the body, and INNER as a request of its own.
UNDERSTOOD = {
    "a length": HEAD + b"Content-Length: 5\r\n\r\nhello" + INNER,
    "chunks": in_chunks(b"5\r\nhello\r\n0\r\n\r\n"),
    "a coding in capitals": HEAD + b"Transfer-Encoding: CHUNKED \r\n\r\n5\r\nhello\r\n0\r\n\r\n" + INNER,
    "an extension": in_chunks(b'5;a="b\\"c"\r\nhello\r\n0\r\n\r\n'),
    "a trailer": in_chunks(b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
    "another header that looks like a coding": HEAD
    + b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello"
    + INNER,
    "a reading with a body": b"GET /first HTTP/1.1\r\nHost: nest\r\nContent-Length: 5\r\n\r\nhello" + INNER,
}


class Noting:
    """An application that answers with the path, and notes what it was asked with which body, once that is whole."""

    def __init__(self):
        self.asked = []

    async def __call__(self, scope, receive, send):
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            if not message["more_body"]:
                break
        self.asked.append((scope["path"], body))
        said = scope["path"].encode()
        headers = [(b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


@pytest.fixture
async def noting():
    """The application on the HTTP engine of the server; `noting.port` is where."""
    app = Noting()
    server = uvicorn.Server(engine_options(app))
    sockets = listen_on("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets))
    app.port = sockets[0].getsockname()[1]
    yield app
    server.should_exit = True
    await serving
    for one in sockets:
        one.close()


async def hear(connection, raw: bytes) -> bytes:
    """Say something and return all that comes until the other side hangs up."""
    reader, writer = await connection
    said = b""
    try:
        writer.write(raw)
        while piece := await soon(reader.read(65536)):
            said += piece
    except ConnectionError:
        pass
    finally:
        writer.close()
    return said


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
async def test_a_message_that_may_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(noting, raw):
    said = await hear(asyncio.open_connection("127.0.0.1", noting.port), raw + LAST)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert noting.asked == []


@pytest.mark.parametrize("raw", UNDERSTOOD.values(), ids=UNDERSTOOD.keys())
async def test_a_message_in_order_is_read_and_so_is_the_next(noting, raw):
    said = await hear(asyncio.open_connection("127.0.0.1", noting.port), raw + LAST)
    assert said.count(b"HTTP/1.1 200 ") == 3
    assert noting.asked == [("/first", b"hello"), ("/inner", b""), ("/last", b"")]


async def test_what_follows_the_last_request_of_a_connection_is_not_read(noting):
    said = await hear(asyncio.open_connection("127.0.0.1", noting.port), LAST + INNER)
    assert said.count(b"HTTP/1.1 200 ") == 1
    assert noting.asked == [("/last", b"")]


async def test_garbage_behind_a_body_is_no_request(noting):
    raw = HEAD + b"Content-Length: 5\r\n\r\nhelloGARBAGE" + INNER
    said = await hear(asyncio.open_connection("127.0.0.1", noting.port), raw)
    assert said.endswith(b"Invalid HTTP request received.") or b"/first" in said
    assert ("/inner", b"") not in noting.asked


CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream rookery {{
        server 127.0.0.1:{port};
        keepalive 1;
    }}
    server {{
        listen unix:{folder}/door;
        location / {{
            proxy_pass http://rookery;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
        }}
    }}
}}
"""


@pytest.fixture
async def proxy(noting, nginx_path, tmp_path):
    """The path of a socket at which nginx stands before the application, with one connection that all clients share."""
    config = tmp_path / "nginx.conf"
    config.write_text(CONFIG.format(folder=tmp_path, port=noting.port))
    arguments = ("-p", str(tmp_path), "-e", "stderr", "-c", str(config))
    nginx = await asyncio.create_subprocess_exec(nginx_path, *arguments, stderr=asyncio.subprocess.PIPE)
    said = b""
    while b"getrlimit" not in (line := await soon(nginx.stderr.readline())):
        assert line, said
        said += line
    yield tmp_path / "door"
    nginx.terminate()
    await nginx.communicate()


@pytest.mark.parametrize("attempts", [REFUSED, UNDERSTOOD], ids=["odd", "in order"])
async def test_nobody_behind_a_proxy_gets_the_answer_to_anothers_request(noting, proxy, attempts):
    victim = LAST.replace(b"/last", b"/victim")
    for name, raw in attempts.items():
        noting.asked.clear()
        said = await hear(asyncio.open_unix_connection(proxy), raw + LAST)
        own = await hear(asyncio.open_unix_connection(proxy), victim)
        assert own.endswith(b"/victim"), name
        paths = [path for path, _ in noting.asked]
        # Whoever asked for it may have it: then it was a request, and its answer came to the one who sent it.
        assert paths.count("/inner") == said.count(b"\r\n\r\n/inner"), name
        assert paths.count("/victim") == 1, name
        if attempts is UNDERSTOOD:
            assert noting.asked[:2] == [("/first", b"hello"), ("/inner", b"")], name
