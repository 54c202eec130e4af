"""Slow clients, deaf clients and crowds: cut in time, and nobody else notices."""

import asyncio
import socket
from dataclasses import replace

import pytest
from tests.listening import Engine, serve, soon

from rookery.model.settings import LimitSettings, Settings
from rookery.network.connections import Bounds
from rookery.network.crowds import Crowd
from rookery.network.listening import listen_on
from rookery.ops.up import bounds_of, crowd_of, engine_options

QUICK = Bounds(head_within_s=0.1, body_within_s=30, window_s=0.1, least_bytes_per_s=100)
HEALTHY = b"GET /health HTTP/1.1\r\nHost: nest\r\nConnection: close\r\n\r\n"
POST = b"POST /api/v1/apps HTTP/1.1\r\nHost: nest\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Nothing:
    """An application that reads whole bodies and answers with their length, or with very much."""

    def __init__(self):
        self.under_way = 0
        self.gone = []

    async def __call__(self, scope, receive, send):
        self.under_way += 1
        try:
            await self.answer(scope, receive, send)
        finally:
            self.under_way -= 1

    async def answer(self, scope, receive, send):
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone.append(size)
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        body = b"x" * 60_000_000 if scope["path"] == "/much" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def start():
    """Serve an application under bounds; return the address to connect to."""
    running = []

    async def begin(app, bounds=QUICK, crowd=None):
        sockets = listen_on("127.0.0.1", 0)
        engine = Engine(engine_options(app, bounds, crowd))
        running.append((engine, asyncio.create_task(engine.serve(sockets)), sockets))
        return sockets[0].getsockname()

    yield begin
    for engine, task, sockets in running:
        engine.should_exit = True
        await task
        for opened in sockets:
            opened.close()


async def the_rest(reader):
    """All that comes until the other side closes; nothing when it hung up while we still spoke."""
    try:
        return await soon(reader.read())
    except ConnectionError:
        return b""


async def hear(place, *pieces):
    """Send pieces, each after the loop went round, and return all that comes until the other side closes."""
    reader, writer = await asyncio.open_connection(*place)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0)
    answer = await the_rest(reader)
    writer.close()
    return answer


def code_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_head_that_does_not_come_is_cut_with_a_sentence(start):
    place = await start(Nothing())
    answer = await hear(place, b"GET / HTTP/1.1\r\nHost: nest\r\nX: sl")
    assert code_of(answer) == 408
    assert answer.endswith(b"The request took too long to arrive.")


ACCEPTS = {
    "an app": (b"/api/v1/apps", b"", b"application/json", b'"error": "'),
    "a program": (b"/anywhere", b"Accept: application/activity+json\r\n", b"application/json", b'"error": "'),
    "a browser": (b"/join", b"Accept: text/html,*/*;q=0.8\r\n", b"text/html", b"<h1>A moment, please</h1>"),
    "un navigateur": (
        b"/join",
        b"Accept: text/html\r\nAccept-Language: fr-FR,fr;q=0.9\r\n",
        b"text/html",
        "<h1>Un instant, s’il vous plaît</h1>".encode(),
    ),
    "anything": (b"/join", b"Accept: */*\r\n", b"text/plain", b"\r\n\r\nThe"),
}


@pytest.mark.parametrize(("path", "accept", "kind", "said"), ACCEPTS.values(), ids=ACCEPTS.keys())
async def test_who_is_refused_reads_it_in_what_they_understand(start, path, accept, kind, said):
    crowd = Crowd(1, trusted_proxies=["127.0.0.0/8"])
    place = await start(Nothing(), QUICK, crowd)
    head = b"POST %b HTTP/1.1\r\nHost: nest\r\n%bContent-Length: 99\r\n\r\n" % (path, accept)
    stuck = asyncio.create_task(hear(place, head))
    await until(lambda: crowd.counts)
    refused = await hear(place, head.replace(b"Content-Length: 99", b"Content-Length: 0\r\nConnection: close"))
    late = await stuck
    for answer, code in ((refused, 429), (late, 408)):
        assert code_of(answer) == code
        assert b"content-type: " + kind in answer
        assert said in answer
        length = int(answer.split(b"content-length: ")[1].split(b"\r\n")[0])
        assert len(answer.partition(b"\r\n\r\n")[2]) == length
    assert b"connection: close" in late


async def test_who_says_nothing_at_all_is_let_go_without_a_word(start):
    assert await hear(await start(Nothing())) == b""


@pytest.mark.parametrize("pieces", [(b"",), (b"a" * 9,)], ids=["nothing", "a little"])
@pytest.mark.parametrize("kind", [b"Content-Length: 1000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n9\r\n"])
async def test_a_body_that_does_not_come_is_cut_and_its_request_ends(start, kind, pieces):
    app = Nothing()
    place = await start(app)
    assert code_of(await hear(place, POST + kind, *pieces)) == 408
    assert (app.under_way, len(app.gone)) == (0, 1)


async def drip(writer, piece, times, pause_s):
    """A slow line; the pause is what makes it slow."""
    for _ in range(times):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause_s)


async def test_a_slow_line_that_keeps_its_rate_passes_however_long_it_takes(start):
    place = await start(Nothing())
    reader, writer = await asyncio.open_connection(*place)
    writer.write(POST + b"Content-Length: 4000\r\n\r\n")
    await drip(writer, b"a" * 100, 40, 0.02)  # eight windows, each with far more than its ten bytes
    assert (await soon(reader.readuntil(b"4000"))).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_body_has_an_end_even_at_a_good_rate(start):
    app = Nothing()
    place = await start(app, Bounds(body_within_s=0.2, window_s=0.1, least_bytes_per_s=1))
    reader, writer = await asyncio.open_connection(*place)
    writer.write(POST + b"Content-Length: 1000000\r\n\r\n")
    dripping = asyncio.create_task(drip(writer, b"a" * 10, 500, 0.01))
    answer = await the_rest(reader)
    assert answer == b"" or code_of(answer) == 408
    await until(lambda: app.gone)
    assert app.gone[0] < 10_000
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    writer.close()


async def test_many_quick_requests_on_one_connection_know_of_no_clock(start):
    place = await start(Nothing())
    reader, writer = await asyncio.open_connection(*place)
    for number in range(20):
        writer.write(POST + b"Content-Length: %d\r\n\r\n%b" % (number, b"a" * number))
        assert (await soon(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 200")
        await soon(reader.readexactly(len(str(number))))
    writer.close()


async def test_a_client_that_takes_no_answer_is_cut_and_the_answer_forgotten(start):
    app = Nothing()
    place = await start(app)
    with socket.socket() as deaf:
        deaf.setblocking(False)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, place)
        await loop.sock_sendall(deaf, b"GET /much HTTP/1.1\r\nHost: nest\r\n\r\n")
        assert (await soon(loop.sock_recv(deaf, 15))) == b"HTTP/1.1 200 OK"
        await asyncio.sleep(3 * QUICK.window_s)
        taken = 0
        with pytest.raises(ConnectionError):  # what the system still holds, then the cut
            while chunk := await soon(loop.sock_recv(deaf, 1 << 20)):
                taken += len(chunk)
            raise ConnectionAbortedError
    assert taken < 50_000_000


async def test_a_client_that_takes_its_answer_slowly_gets_it_all(start):
    place = await start(Nothing())
    reader, writer = await asyncio.open_connection(*place, limit=64 * 1024)
    writer.write(b"GET /much HTTP/1.1\r\nHost: nest\r\nConnection: close\r\n\r\n")
    taken = 0
    while chunk := await soon(reader.read(1 << 19)):
        taken += len(chunk)
        await asyncio.sleep(0.002)
    assert taken > 60_000_000
    writer.close()


async def open_many(place, count, head=b""):
    pairs = [await asyncio.open_connection(*place) for _ in range(count)]
    for _, writer in pairs:
        writer.write(head)
    return pairs


async def close_all(pairs):
    for _, writer in pairs:
        writer.close()
    for _, writer in pairs:
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_one_address_has_so_many_connections_and_its_place_is_free_when_they_end(start):
    crowd = Crowd(3)
    place = await start(Nothing(), Bounds(), crowd)
    pairs = await open_many(place, 3)
    await until(lambda: crowd.counts["127.0.0.1"] == 3)
    refused = await hear(place, HEALTHY)
    assert refused == b"" or code_of(refused) == 429
    await close_all(pairs)
    await until(lambda: not crowd.counts)
    assert code_of(await hear(place, HEALTHY)) == 200
    await until(lambda: not crowd.counts)


async def test_behind_a_proxy_those_are_counted_whom_it_names(start):
    crowd = Crowd(2, trusted_proxies=["127.0.0.0/8"])
    app = Nothing()
    place = await start(app, Bounds(), crowd)
    head = POST + b"Content-Length: 9\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
    busy = await open_many(place, 2, head)
    await until(lambda: app.under_way == 2)
    refused = await hear(place, HEALTHY.replace(b"Host", b"X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nHost"))
    assert code_of(refused) == 429
    assert b"too many connections" in refused
    assert code_of(await hear(place, HEALTHY.replace(b"Host", b"X-Forwarded-For: 203.0.113.10\r\nHost"))) == 200
    for _, writer in busy:
        writer.write(b"123456789")
    for reader, _ in busy:
        assert code_of(await soon(reader.readuntil(b"\r\n\r\n9"))) == 200
    assert not crowd.counts
    await close_all(busy)


async def test_a_proxys_client_that_leaves_in_the_middle_frees_its_place(start):
    crowd = Crowd(1, trusted_proxies=["127.0.0.0/8"])
    place = await start(Nothing(), Bounds(), crowd)
    pairs = await open_many(place, 1, POST + b"Content-Length: 9\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
    await until(lambda: crowd.counts["203.0.113.9"] == 1)
    await close_all(pairs)
    await until(lambda: not crowd.counts)


@pytest.mark.parametrize("proxies", [(), ("127.0.0.0/8",)])
async def test_a_websocket_counts_as_long_as_it_is_open(world, proxies):
    crowd = Crowd(1, trusted_proxies=proxies)
    ana = await world.person("ana")
    async with serve(world, crowd=crowd) as served:
        async with served.socket(ana, "stream=user"):
            assert crowd.counts == {"127.0.0.1": 1}
            with pytest.raises(Exception, match=r"429|did not receive|connection"):
                async with served.socket(ana, "stream=user"):
                    pass
            assert crowd.counts == {"127.0.0.1": 1}
        await until(lambda: not crowd.counts)


async def test_an_upload_that_stops_leaves_no_file_and_others_are_answered_meanwhile(world):
    ana = await world.person("ana")
    async with serve(world, bounds=QUICK) as served:
        place = served.address.split(":")
        head = (
            "POST /api/v2/media HTTP/1.1\r\nHost: nest\r\nContent-Length: 9000000\r\n"
            f"Authorization: Bearer {ana.token}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n'
        )
        stuck = asyncio.create_task(hear(place, head.encode(), b"a" * 400_000))
        assert code_of(await hear(place, HEALTHY.replace(b"/health", b"/api/v2/instance"))) == 200
        assert code_of(await stuck) == 408
        await until(lambda: not list(world.folder.glob("upload-*")))


def test_the_usual_bounds_let_the_largest_upload_pass_on_a_slow_line():
    usual = Settings()
    assert 40_000_000 / bounds_of(usual).body_within_s < 6000
    large = replace(usual, limits=LimitSettings(upload_bytes=256 * 1024 * 1024))
    assert large.limits.upload_bytes / bounds_of(large).body_within_s <= 5000
    assert crowd_of(usual, 1024).most == 256
    assert crowd_of(replace(usual, limits=LimitSettings(rate_limits=False)), 1024).most == 0
