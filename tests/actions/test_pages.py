"""What a page says of itself, and what of it becomes a card."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.actions.pages import PageFacts, decode_page, facts_from_page, frame_html, with_oembed
from rookery.media.pages import PageText
from rookery.model.cards import MAX_TITLE, Card, CardKind, links_of
from rookery.model.text import parse_facets

URL = "https://birds.example/merle"
EVIL = '"><script>alert(1)</script>'


def facts(*metas: tuple[str, str], **more) -> PageFacts:
    return facts_from_page(URL, URL, PageText(metas=metas, **more))


@pytest.mark.parametrize(
    ("raw", "content_type", "text"),
    [
        ("ü".encode(), "text/html", "ü"),
        ("ü".encode(), "text/html; charset=utf-8", "ü"),
        ("ü".encode("latin-1"), "text/html; charset=ISO-8859-1", "ü"),
        ("aüb".encode("latin-1"), "text/html", "aüb"),
        (b"<meta charset='shift_jis'>" + "日本".encode("shift_jis"), "text/html", "<meta charset='shift_jis'>日本"),
        ("привет".encode("koi8-r"), 'text/html; charset="KOI8-R"', "привет"),
        ("\ufeffü".encode("utf-16-le"), "text/html; charset=utf-8", "ü"),
        ("ü".encode(), "text/html; charset=unicode_escape", "ü"),
        ("ü".encode(), "text/html; charset=../../x", "ü"),
        ("aü".encode()[:-1], "text/html", "a\ufffd"),
        (b"", "", ""),
    ],
)
def test_a_page_is_read_in_the_letters_it_was_written_in(raw, content_type, text):
    assert decode_page(raw, content_type) == text


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_bytes_and_no_header_stop_the_reading(raw, content_type):
    assert isinstance(decode_page(raw, content_type), str)


def test_opengraph_comes_before_twitter_and_plain_html():
    page = facts(("description", "d"), ("twitter:title", "T"), ("og:title", "O"), title="H").card
    assert (page.title, page.description) == ("O", "d")
    assert facts(("twitter:title", "T"), title="H").card.title == "T"
    assert facts(title=" H\n i ").card.title == "H i"


def test_json_ld_says_who_wrote_it_and_when():
    script = (
        '{"@graph": [{"@type": "Person"}, {"@type": ["NewsArticle"], "headline": "H", "datePublished": "2026-01-02",'
        ' "author": [{"name": "Ana", "url": "/ana"}], "image": [{"url": "/a.jpg"}], "publisher": {"name": "P"}}]}'
    )
    card = facts(scripts=("{broken", script)).card
    assert (card.title, card.author_name, card.author_url) == ("H", "Ana", "https://birds.example/ana")
    assert (card.image_source, card.provider_name) == ("https://birds.example/a.jpg", "P")
    assert card.published_at_us == 1_767_312_000_000_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "@graph", "author", "name", "image", "url", "html", "type", "width"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON, st.lists(st.tuples(st.sampled_from(["og:image", "og:video", "author", "date"]), st.text(max_size=20))))
def test_no_page_and_no_oembed_breaks_the_reading(answer, metas):
    page = PageText(metas=tuple(metas), scripts=(f'{{"@type": "Article", "author": {json.dumps(answer)}}}',))
    read = with_oembed(facts_from_page(URL, URL, page), answer, ("x", "y", "z"), URL)
    assert read.card.html == ""
    assert read.card.image_source.startswith(("https://", "http://")) or not read.card.image_source


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:image/png,x", "//127.0.0.1/x", "http://[", "file:///x", ""]
)
def test_no_address_of_a_page_leads_a_browser_astray(link):
    script = f'{{"@type": "Article", "author": {{"name": "a", "url": "{link}"}}}}'
    card = facts(("og:image", link), ("twitter:player", link), ("og:title", "t"), scripts=(script,)).card
    assert (card.image_source, card.author_url, card.html) == ("", "", "")


def test_texts_are_short_and_hide_nothing():
    card = facts(("og:title", "a\u202eb\0c " + "x" * 5000), ("og:locale", "en_US")).card
    assert len(card.title) <= MAX_TITLE
    assert card.title.startswith("a b c x")
    assert card.language == "en-US"
    assert facts(("og:locale", "<script>")).card.language == ""


def test_a_player_is_one_iframe_of_our_own_writing():
    html = frame_html("https://v.example/1?a=1&b=2", URL, 640, 360, EVIL)
    assert html.startswith('<iframe src="https://v.example/1?a=1&amp;b=2" width="640" height="360" title="&quot;&gt;')
    assert html.count("<") == 2
    assert 'sandbox="' in html
    assert "allow-top-navigation" not in html


@pytest.mark.parametrize(
    ("src", "page", "width"),
    [
        ("http://v.example/1", URL, 640),
        ("https://v.example/1", "http://birds.example/", 640),
        ("javascript:alert(1)", URL, 640),
        ("https://localhost/1", URL, 640),
        ("https://127.0.0.1/1", URL, 640),
        ("https://v.example/1", URL, 0),
        ("", URL, 640),
    ],
)
def test_a_player_that_does_not_come_by_https_from_outside_is_left_out(src, page, width):
    assert frame_html(src, page, width, 360, "t") == ""


def test_oembed_brings_a_player_for_videos_alone():
    plain = PageFacts(Card(URL, title="t"))
    frame = ("https://v.example/1", "640", "360")
    read = with_oembed(plain, {"type": "video", "html": "…", "provider_name": EVIL}, frame, URL)
    assert (read.card.kind, read.card.width, read.card.provider_name) == (CardKind.VIDEO, 640, EVIL)
    for answer in ({"type": "link"}, {"type": "x"}, [], None):
        assert with_oembed(plain, answer, frame, URL) == plain
    assert with_oembed(plain, {"type": "rich"}, None, URL) == replace(plain)


def test_the_links_of_a_post_are_those_that_are_nothing_else():
    facets = parse_facets("@ana #tag https://a.example/ https://b.example/")
    assert links_of(facets, None) == ["https://a.example/", "https://b.example/"]
    html = (
        '<p><span class="quote-inline">RE: <a href="https://q.example/">q</a><br></span>'
        '<span class="h-card"><a class="u-url mention" href="https://m.example/@a">@a</a></span>'
        '<a class="mention hashtag" rel="tag" href="https://h.example/t">#t</a><a rel="tag" href="https://i.example/">'
        '</a><a>none</a><img><a href="https://a.example/">a</a></b></p>'
    )
    assert links_of((), html) == ["https://a.example/"]
