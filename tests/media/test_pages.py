"""Pages of strangers, read in a child that can do nothing else."""

import asyncio
import os

import pytest

from rookery.media.pages import PageReader, PageUnreadable, parse_page_text

PAGE = """<!doctype html><html lang="fr"><head><title> Un merle </title>
<meta property="og:title" content="Le merle &amp; moi"><meta NAME="Description" content="noir">
<link rel="canonical" href="/merle"><link rel="alternate" type="application/json+oembed" href="/o">
<link rel="stylesheet" href="/x.css">
<script type="application/ld+json">{"@type": "Article"}</script><script>alert(1)</script></head>
<body><iframe src="https://v.example/1" width="640" height="360"></iframe>"""


@pytest.fixture
async def reader():
    async with PageReader() as opened:
        yield opened


async def test_a_page_says_what_it_is(reader):
    page = await reader.read(PAGE)
    assert (page.title.strip(), page.language) == ("Un merle", "fr")
    assert page.metas == (("og:title", "Le merle & moi"), ("description", "noir"))
    assert page.links == (("canonical", "", "/merle"), ("alternate", "application/json+oembed", "/o"))
    assert page.scripts == ('{"@type": "Article"}',)
    assert page.frames == (("https://v.example/1", "640", "360"),)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "\0\0\0",
        "<" * 1_000_000,
        "<a " + "b=c " * 200_000,
        "<!--" * 250_000,
        "<svg><math><table>" * 50_000,
        "<meta property='x' content='" + "y" * 1_000_000,
        "<meta property='x' content='y'>" * 30_000,
        "\ud800 lone",
        pytest.param("<div>" * 200_000, id="CVE-2022-31052 / GHSA-22p3-qrh9-cx32"),
    ],
    ids=lambda html: html[:12],
)
async def test_no_page_holds_the_reader_up(reader, html):
    async with asyncio.timeout(30):
        try:
            page = await reader.read(html)
            assert len(page.metas) <= 200
        except PageUnreadable:
            pass
        assert (await reader.read(PAGE)).language == "fr"


async def test_many_pages_at_once_share_one_child(reader):
    pages = await asyncio.gather(*(reader.read(f"<title>{number}</title>") for number in range(20)))
    assert [page.title for page in pages] == [str(number) for number in range(20)]


async def test_a_child_that_dies_is_replaced(reader):
    await reader.read(PAGE)
    os.kill(reader.process.pid, 9)
    await reader.process.wait()
    assert (await reader.read(PAGE)).language == "fr"


async def test_an_idle_child_ends(reader):
    reader.idle_s = 0.01
    await reader.read(PAGE)
    async with asyncio.timeout(5):
        await reader.process.wait()


async def test_a_child_that_lies_is_not_believed():
    for answer in (None, [], {"title": 1}, {"title": "", "language": "", "metas": [["a"]]}):
        with pytest.raises((TypeError, KeyError, ValueError)):
            parse_page_text(answer)
