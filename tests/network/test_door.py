"""The door out, against a server that means no good. Everything is on loopback, and time limits are short."""

import asyncio
import gzip
import random
import ssl
from pathlib import Path

import pytest
from tests.evilhost import EvilHost, FakeNames, bomb, door_for, page, redirect

from rookery.network.outward import (
    AddressRefused,
    AnswerTooLarge,
    Ask,
    FetchFailed,
    FetchRefused,
    HostBusy,
    Limits,
    TookTooLong,
    TooManyRedirects,
    WrongKind,
)

PEM = Path(__file__).parent.parent / "vectors" / "cards.test.pem"
SHORT = Limits(connect_s=2, first_byte_s=0.3, total_s=0.6)


async def test_an_answer_comes_with_its_code_headers_and_body(evil):
    evil.paths["/"] = page("hello", X_Thing="a", x_thing="b")
    got = await door_for().fetch(Ask(evil.url("/?q=ü#x")))
    assert (got.code, got.kind, got.body) == (200, "text/html", b"hello")
    assert got.headers["x-thing"] == "a, b"
    line, headers, _ = evil.requests[0]
    assert line == "GET /?q=%C3%BC HTTP/1.1"
    assert headers["user-agent"] == "Rookery/1 (+https://nest.example/)"
    assert headers["host"] == f"127.0.0.1:{evil.port}"
    assert "cookie" not in headers
    assert "referer" not in headers


async def test_what_is_posted_arrives_and_errors_are_answers_too(evil):
    evil.paths["/inbox"] = page("no", code="401 Unauthorized")
    headers = (("Content-Type", "application/json"), ("Digest", "x"))
    got = await door_for().fetch(Ask(evil.url("/inbox"), "POST", headers, b'{"a":1}'))
    assert (got.code, got.body) == (401, b"no")
    assert evil.requests[0][2] == b'{"a":1}'
    assert evil.requests[0][1]["digest"] == "x"


async def test_a_packed_answer_is_unpacked(evil):
    body = random.Random(1).randbytes(300_000).hex().encode()
    evil.paths["/"] = page(gzip.compress(body), content_encoding="gzip")
    assert (await door_for().fetch(Ask(evil.url()))).body == body


@pytest.mark.parametrize("target", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "localhost", "evil.test"])
async def test_outside_of_test_mode_nobody_leads_us_inward(evil, target):
    door = door_for(is_test=False)
    with pytest.raises(AddressRefused):
        await door.fetch(Ask(f"http://{target}:{evil.port}/", allows_http=True))
    with pytest.raises(AddressRefused):
        await door.fetch(Ask(f"https://{target}/"))
    assert evil.connection_count == 0


async def test_a_name_that_changes_its_address_is_asked_once_and_the_checked_address_is_used(evil):
    names = FakeNames(evil_example=["127.0.0.1", "10.0.0.1"])
    evil.paths["/"] = page("pinned")
    assert (await door_for(names).fetch(Ask(evil.url(host="evil.example")))).body == b"pinned"
    assert names.asked == ["evil.example"]
    rebound = FakeNames(evil_example=["127.0.0.1", "127.0.0.1"])
    with pytest.raises(AddressRefused):
        await door_for(rebound, is_test=False).fetch(Ask("http://evil.example/", allows_http=True))
    assert evil.connection_count == 1


async def test_of_several_addresses_only_those_outside_are_tried(evil):
    names = FakeNames(evil_example="10.0.0.1,169.254.169.254,127.0.0.1,::ffff:10.0.0.1")
    evil.paths["/"] = page("the third")
    assert (await door_for(names).fetch(Ask(evil.url(host="evil.example")))).body == b"the third"


async def test_redirects_are_followed_and_each_one_is_checked(evil):
    names = FakeNames(one_example="127.0.0.1", two_example="127.0.0.1", inward_example="10.0.0.1")
    evil.paths |= {"/a": redirect(evil.url("/b", "two.example")), "/b": redirect("/c", 307), "/c": page("there")}
    got = await door_for(names).fetch(Ask(evil.url("/a", "one.example")))
    assert (got.body, got.url) == (b"there", evil.url("/c", "two.example"))
    evil.paths["/in"] = redirect("http://inward.example/")
    with pytest.raises(AddressRefused):
        await door_for(names).fetch(Ask(evil.url("/in")))


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://x.example/", "data:text/html,x", "http://u@x.example/"])
async def test_a_redirect_leads_nowhere_else(evil, to):
    evil.paths["/"] = redirect(to)
    with pytest.raises(AddressRefused):
        await door_for().fetch(Ask(evil.url()))


async def test_redirects_in_a_circle_or_without_end_are_left(evil):
    evil.paths |= {"/a": redirect("/b"), "/b": redirect("/a")}
    with pytest.raises(TooManyRedirects, match="circle"):
        await door_for().fetch(Ask(evil.url("/a")))
    evil.paths |= {f"/{n}": redirect(f"/{n + 1}") for n in range(20)}
    with pytest.raises(TooManyRedirects, match="3 times"):
        await door_for().fetch(Ask(evil.url("/0")))
    assert evil.asked("/4") == 0


async def test_the_body_of_a_redirect_is_never_read(evil):
    async def endless(reader, writer):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Encoding: gzip\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    evil.paths |= {"/": endless, "/there": page("there")}
    assert (await door_for().fetch(Ask(evil.url()))).body == b"there"


async def test_secrets_and_signatures_stay_with_the_origin_they_were_made_for(evil):
    names = FakeNames(one_example="127.0.0.1", two_example="127.0.0.1")
    evil.paths |= {"/a": redirect("/b"), "/b": redirect(evil.url("/c", "two.example")), "/c": page("c")}
    signed = []

    def sign(method: str, url: str, body: bytes):
        signed.append(url)
        return (("Signature", url),)

    headers = (("Authorization", "secret"), ("Accept", "text/html"))
    await door_for(names).fetch(Ask(evil.url("/a", "one.example"), headers=headers, sign=sign))
    first, second, third = (headers for _, headers, _ in evil.requests)
    assert signed == [evil.url("/a", "one.example"), evil.url("/b", "one.example")]
    assert (first["signature"], second["signature"]) == tuple(signed)
    assert second["authorization"] == "secret"
    assert third["accept"] == "text/html"
    assert "authorization" not in third
    assert "signature" not in third


async def test_what_is_posted_does_not_wander(evil):
    names = FakeNames(one_example="127.0.0.1", two_example="127.0.0.1")
    evil.paths |= {
        "/302": redirect("/inbox"),
        "/307": redirect("/inbox", 307),
        "/two": redirect("/307", 308),
        "/away": redirect(evil.url("/inbox", "two.example"), 307),
        "/inbox": page("taken"),
    }
    door = door_for(names)
    assert (await door.fetch(Ask(evil.url("/302", "one.example"), "POST", body=b"x"))).code == 302
    assert (await door.fetch(Ask(evil.url("/307", "one.example"), "POST", body=b"x"))).body == b"taken"
    for path in ("/two", "/away"):
        with pytest.raises(TooManyRedirects):
            await door.fetch(Ask(evil.url(path, "one.example"), "POST", body=b"x"))
    assert evil.asked("/inbox") == 1


@pytest.mark.parametrize("name", ["Host", "Cookie", "Content-Length", "Transfer-Encoding", "Accept-Encoding"])
async def test_a_caller_does_not_set_what_is_the_doors_own(evil, name):
    with pytest.raises(FetchRefused):
        await door_for().fetch(Ask(evil.url(), headers=((name, "x"),)))
    assert evil.requests == []


@pytest.mark.parametrize("header", [("X", "a\r\nEvil: b"), ("X\r\nEvil", "b"), ("X", "a\0b")])
async def test_no_header_smuggles_a_second_one(evil, header):
    with pytest.raises(FetchRefused):
        await door_for().fetch(Ask(evil.url(), headers=(header,)))
    assert evil.requests == []


async def test_a_bomb_does_not_go_off(evil):
    evil.paths |= {"/big": bomb(50_000_000), "/ratio": bomb(900_000)}
    for path in ("/big", "/ratio"):
        with pytest.raises(AnswerTooLarge):
            await door_for().fetch(Ask(evil.url(path)))


async def chunks(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        await writer.drain()


async def test_a_body_without_end_is_cut_off(evil):
    async def endless(reader, writer):
        await chunks(writer, b"x" * 65536)

    evil.paths |= {"/": endless, "/announced": page(b"").replace(b"Content-Length: 0", b"Content-Length: 99999999")}
    for path in ("/", "/announced"):
        with pytest.raises(AnswerTooLarge):
            await door_for().fetch(Ask(evil.url(path)))
    async with door_for().open(Ask(evil.url(), limits=Limits(body_bytes=100_000))) as answer:
        assert await answer.read_beginning() == b"x" * 100_000


async def test_who_speaks_slowly_or_not_at_all_is_left(evil):
    async def silent(reader, writer):
        await reader.read()

    async def dripping(reader, writer):
        await chunks_slowly(reader, writer)

    async def chunks_slowly(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    evil.paths |= {"/silent": silent, "/drip": dripping}
    with pytest.raises(TookTooLong, match=r"0\.3"):
        await door_for().fetch(Ask(evil.url("/silent"), limits=SHORT))
    with pytest.raises(TookTooLong, match=r"0\.6"):
        await door_for().fetch(Ask(evil.url("/drip"), limits=SHORT))
    assert door_for().turns._value == 64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        page(b"not packed at all", content_encoding="gzip"),
        page(gzip.compress(b"cut" * 1000)[:20], content_encoding="gzip"),
    ],
    ids=range(15),
)
async def test_an_answer_that_is_broken_is_a_failure_that_says_so(evil, raw):
    evil.paths["/"] = raw
    with pytest.raises(FetchFailed):
        await door_for().fetch(Ask(evil.url(), limits=SHORT))


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "gzip, br", "deflate", "x" * 1000])
async def test_only_one_packing_is_taken(evil, encoding):
    evil.paths["/"] = page(gzip.compress(b"x"), content_encoding=encoding)
    with pytest.raises(FetchRefused):
        await door_for().fetch(Ask(evil.url()))


async def test_only_the_kinds_that_were_asked_for_are_taken(evil):
    evil.paths |= {"/pdf": page("x", "application/pdf"), "/png": page("x", "image/png"), "/no": page("x", "imagex")}
    door = door_for()
    assert (await door.fetch(Ask(evil.url("/png"), kinds=("text/html", "image/")))).kind == "image/png"
    for path in ("/pdf", "/no"):
        with pytest.raises(WrongKind):
            await door.fetch(Ask(evil.url(path), kinds=("text/html", "image/")))


async def test_a_server_that_asks_for_patience_is_left_alone(evil):
    evil.paths["/"] = page("busy", code="429 Too Many", Retry_After="120")
    door = door_for()
    assert (await door.fetch(Ask(evil.url()))).code == 429
    with pytest.raises(HostBusy) as busy:
        await door.fetch(Ask(evil.url()))
    assert 110 < busy.value.retry_after_s <= 120
    assert evil.connection_count == 1


async def test_nobody_listening_is_a_failure_and_so_is_a_name_without_address(evil):
    await evil.stop()
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await door_for().fetch(Ask(evil.url()))

    async def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FetchFailed, match="cannot be resolved"):
        await door_for(nothing).fetch(Ask("http://nobody.example/"))


@pytest.fixture
async def secure():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    host = EvilHost()
    await host.start(context)
    yield host
    await host.stop()


async def test_tls_proves_the_name_though_the_address_is_pinned(secure):
    secure.paths["/"] = page("proven")
    trusting = ssl.create_default_context(cafile=str(PEM))
    ask = Ask(secure.url(host="cards.test", scheme="https"))
    assert (await door_for(tls=trusting).fetch(ask)).body == b"proven"
    assert (await door_for(tls=trusting).read_head(ask)).code == 200
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await door_for(tls=trusting).read_head(Ask(secure.url(host="other.test", scheme="https")))
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await door_for(tls=trusting).fetch(Ask(secure.url(host="other.test", scheme="https")))
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await door_for().fetch(ask)


async def test_nobody_takes_us_from_https_down_to_http(secure, evil):
    secure.paths["/"] = redirect(evil.url("/"))
    trusting = ssl.create_default_context(cafile=str(PEM))
    with pytest.raises(TooManyRedirects, match="https to http"):
        await door_for(tls=trusting).fetch(Ask(secure.url(host="cards.test", scheme="https"), allows_http=True))
    assert evil.connection_count == 0


async def test_a_proxy_in_the_environment_is_nothing_to_us(evil, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    evil.paths["/"] = page("direct")
    assert (await door_for().fetch(Ask(evil.url()))).body == b"direct"


async def test_a_gate_is_asked_before_each_hop_and_its_word_ends_the_request(evil):
    hosts = []

    async def gate(host):
        hosts.append(host)
        if host == "barred.example":
            raise FetchRefused("not there")

    evil.paths["/start"] = redirect(evil.url("/end", "barred.example"))
    evil.paths["/end"] = page("never seen")
    with pytest.raises(FetchRefused, match="not there"):
        await door_for().fetch(Ask(evil.url("/start", "open.example"), gate=gate))
    assert hosts == ["open.example", "barred.example"]
    assert evil.asked("/end") == 0
