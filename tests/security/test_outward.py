"""Requests to other servers: nobody leads us inward, fills our memory, or takes what was meant for somebody else (K1).

A row of an advisory is an address or an answer; whoever asks through the door is covered by it.
"""

import asyncio

import pytest
from tests.evilhost import FakeNames, bomb, door_for, page, redirect

from rookery.network.outward import (
    AnswerTooLarge,
    Ask,
    FetchFailed,
    FetchRefused,
    Limits,
    TookTooLong,
    TooManyRedirects,
)

INWARD = [
    pytest.param("http://[::ffff:127.0.0.1]:{port}/", id="GHSA-xfrj-c749-jxxq (CVE-2026-22245 unverified)"),
    pytest.param("http://[::]:{port}/", id="CVE-2026-46348 / GHSA-crr4-7rm4-8gpw"),
    pytest.param("http://[64:ff9b:1::7f00:1]:{port}/", id="GHSA-xx55-4rrg-8xg6"),
    pytest.param("http://[::7f00:1]:{port}/", id="GHSA-vwhj-3g83-v276"),
    pytest.param("http://0.0.0.0:{port}/", id="CVE-2026-33693"),
    pytest.param("http://127.0.0.1:{port}/", id="CVE-2026-27477 / GHSA-46w6-g98f-wxqm"),
    pytest.param("data:text/html,x", id="CVE-2026-62857 / GHSA-hqph-j65v-8cq5"),
    pytest.param("http://inward.example:{port}/", id="CVE-2021-39195"),
    pytest.param("http://mapped.example:{port}/", id="CVE-2025-25194 / GHSA-7723-35v7-qcxw"),
    pytest.param("http://metadata.example/latest", id="GEN-53"),
    pytest.param("file:///etc/passwd", id="GEN-54"),
    pytest.param("http://127.0.0.1:{port}/?x=/../image?url=", id="CVE-2026-29178"),
    pytest.param("http://localhost:{port}/cover.png", id="GHSA-5m7g-66h6-5cvq"),
]
NAMES = {"inward_example": "127.0.0.1", "mapped_example": "::ffff:7f00:1", "metadata_example": "169.254.169.254"}


@pytest.mark.parametrize("link", INWARD)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_link_leads_to_our_own_machine(evil, link, method):
    ask = Ask(link.format(port=80 if "{port}" in link else 0), method, allows_http=True)
    with pytest.raises(FetchRefused):
        await door_for(FakeNames(**NAMES), is_test=False).fetch(ask)
    local = Ask(link.format(port=evil.port), method, allows_http=True)
    with pytest.raises(FetchRefused):
        await door_for(FakeNames(**NAMES), is_test=False).fetch(local)
    assert evil.connection_count == 0


@pytest.mark.parametrize(
    "to",
    [
        pytest.param("http://10.0.0.1/", id="CVE-2026-77632 / GHSA-cxc3-7q96-6cpx"),
        pytest.param("http://metadata.example/", id="CVE-2025-23221 / GHSA-c59p-wq67-24wx"),
        pytest.param("ftp://127.0.0.1/", id="scheme"),
    ],
)
async def test_no_redirect_leads_inward(evil, to):
    evil.paths["/"] = redirect(to)
    with pytest.raises(FetchRefused):
        await door_for(FakeNames(**NAMES)).fetch(Ask(evil.url()))
    assert evil.connection_count == 1


@pytest.mark.parametrize("row", [pytest.param(0, id="GHSA-jqx4-9gpq-rppm")])
async def test_a_name_server_that_changes_its_mind_is_not_asked_twice(evil, row):
    names = FakeNames(evil_example=["127.0.0.1", "10.0.0.1"])
    evil.paths["/"] = page("the checked one")
    got = await door_for(names).fetch(Ask(evil.url(host="evil.example")))
    assert (got.body, names.asked) == (b"the checked one", ["evil.example"])


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2026-34148 / GHSA-gm9m-gwc4-hwgp")])
async def test_a_server_that_redirects_to_itself_is_asked_once(evil, row):
    evil.paths["/"] = redirect("/")
    with pytest.raises(TooManyRedirects):
        await door_for().fetch(Ask(evil.url()))
    assert evil.connection_count == 1


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2026-96624 (GHSA-f59r-8gcj-68f2)")])
async def test_what_we_post_is_not_sent_on_to_somebody_else(evil, row):
    names = FakeNames(one_example="127.0.0.1", two_example="127.0.0.1")
    evil.paths["/inbox"] = redirect(evil.url("/inbox", "two.example"), 307)
    with pytest.raises(TooManyRedirects):
        await door_for(names).fetch(Ask(evil.url("/inbox", "one.example"), "POST", body=b"secret"))
    assert evil.connection_count == 1


@pytest.mark.parametrize("row", [pytest.param(0, id="Akkoma 2025.10 (b)")])
async def test_a_signature_covers_the_address_it_is_sent_to(evil, row):
    evil.paths |= {"/old": redirect("/new"), "/new": page("x")}
    await door_for().fetch(Ask(evil.url("/old"), sign=lambda method, url, body: (("Signature", f"{method} {url}"),)))
    assert [headers["signature"] for _, headers, _ in evil.requests] == [
        f"GET {evil.url('/old')}",
        f"GET {evil.url('/new')}",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(bomb(30_000_000), id="GEN-23"),
        pytest.param(page(b"", content_encoding="gzip, gzip, gzip"), id="CVE-2025-66418 / GHSA-gm62-xv2j-4w53"),
        pytest.param(page(b"x" * 2_000_000), id="CVE-2026-96623 (GHSA-mc44-6cfg-2v6w)"),
        pytest.param(page(b"x", "application/activity+json"), id="CVE-2024-25636 / GHSA-qqrm-9grj-6v32"),
    ],
)
async def test_no_answer_is_larger_or_of_another_kind_than_was_asked_for(evil, answer):
    evil.paths["/"] = answer
    with pytest.raises(FetchRefused):
        await door_for().fetch(Ask(evil.url(), kinds=("text/html",)))


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2026-21441")])
async def test_the_body_of_a_redirect_is_not_unpacked(evil, row):
    evil.paths |= {
        "/": bomb(30_000_000).replace(b"200 OK", b"302 Found\r\nLocation: /there", 1),
        "/there": page("there"),
    }
    assert (await door_for().fetch(Ask(evil.url()))).body == b"there"


async def test_a_body_without_end_does_not_fill_the_memory(evil):
    async def endless(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    evil.paths["/"] = endless
    with pytest.raises(AnswerTooLarge):
        await door_for().fetch(Ask(evil.url()))


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2023-36461 / GHSA-9pxv-6qvf-pjwc")])
async def test_a_server_that_sends_a_byte_now_and_then_meets_the_deadline_of_the_whole(evil, row):
    async def dripping(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    evil.paths["/"] = dripping
    with pytest.raises(TookTooLong, match="the whole answer"):
        await door_for().fetch(Ask(evil.url(), limits=Limits(total_s=0.2)))


async def test_a_server_that_takes_its_time_takes_only_so_much_of_ours(evil):
    async def silent(reader, writer):
        await reader.read()

    evil.paths["/"] = silent
    with pytest.raises(TookTooLong):
        await door_for().fetch(Ask(evil.url(), limits=Limits(first_byte_s=0.05)))


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b"5\r\nhelloXX0\r\n\r\n", id="CVE-2025-43859"),
        b"5\r\nhello\n\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\r\n-1\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 9\r\nno header\r\n\r\n",
    ],
)
async def test_chunks_with_loose_ends_are_no_answer(evil, chunks):
    evil.paths["/"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    with pytest.raises(FetchFailed):
        await door_for(FakeNames()).fetch(Ask(evil.url()))
