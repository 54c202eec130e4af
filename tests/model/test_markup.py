"""HTML of a text: read back by a real parser, it says what the text says and can do no more."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.model.test_text import TEXTS

from rookery.model.markup import render_html
from rookery.model.text import Facet, FacetKind, parse_facets

HERE = "https://here.example"
TAGS = {"p", "br", "a", "span"}
ATTRIBUTES = {"href", "class", "rel", "target", "translate"}
CODE = [
    "</p>",
    "<script>",
    "javascript:",
    "&lt;",
    '"onclick=x',
    "-->",
    "data:text/html,x",
    "<!--",
    "]]>",
    "\r\n",
    "\n\n",
]
LINKS = ["https://a.example/?a=b&c=d", "https://a.example/\u202e", "#tag", "@ana"]
NASTY = st.sampled_from([*"<>\"'&\x00", *CODE, *LINKS])
TEXT = st.one_of(TEXTS, st.lists(st.one_of(NASTY, st.text(max_size=8)), max_size=20).map("".join))


class Page(HTMLParser):
    """Collects text, links and everything that looks out of place."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.text, self.links, self.strange, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS or {name for name, _ in attrs} - ATTRIBUTES:
            self.strange.append((tag, attrs))
        self.links += [value for name, value in attrs if name == "href"]
        if tag == "br":
            self.text.append("\n")
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.strange.append(("/" + tag, ()))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.strange.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


def words(text):
    return re.sub(r"\s+", "", text)


def with_accounts(text):
    """Facets as actions make them: every mention is somebody."""
    found = []
    for facet in parse_facets(text):
        is_mention = facet.kind is FacetKind.MENTION
        found.append(Facet(facet.start, facet.end, facet.kind, facet.value, 7 if is_mention else None))
    return tuple(found)


def expected_words(text, facets):
    """A mention is shown without its domain; everything else as it was written."""
    pieces, at = [], 0
    for facet in facets:
        pieces.append(text[at : facet.start])
        is_mention = facet.kind is FacetKind.MENTION
        shown = "@" + facet.value.partition("@")[0] if is_mention else text[facet.start : facet.end]
        pieces.append(shown)
        at = facet.end
    return words("".join([*pieces, text[at:]]))


@settings(max_examples=400)
@given(TEXT)
@example("<b>&amp;</b> https://a.example/<x>")
@example("＃鳥 #é")
def test_the_words_are_those_of_the_text_and_nothing_else_gets_in(text):
    text = text.replace("\x00", "")
    facets = with_accounts(text)
    page = Page(render_html(text, facets, HERE))
    assert page.strange == []
    assert page.open == []
    assert words("".join(page.text)) == expected_words(text, facets)
    assert all(re.match(r"(?i)https?://", link) for link in page.links)


KINDS = st.sampled_from(list(FacetKind))


@st.composite
def made_up(draw):
    """A text with facets that no parser of ours made, in order and inside the text."""
    text = draw(TEXT)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = zip(places[::2], places[1::2], strict=False)
    value = st.one_of(NASTY, st.just('https://x.example/"><script>'), st.text(max_size=20))
    return text, tuple(
        Facet(start, end, draw(KINDS), draw(value), draw(st.sampled_from([None, 1])))
        for start, end in pairs
        if start < end
    )


@settings(max_examples=400)
@given(made_up())
@example(("click", (Facet(0, 5, FacetKind.LINK, "javascript:alert(1)"),)))
@example(("click", (Facet(0, 5, FacetKind.LINK, '" onmouseover="x'),)))
@example(("click", (Facet(0, 5, FacetKind.MENTION, '"><script>', 1),)))
def test_facets_from_elsewhere_open_no_door(made):
    text, facets = made
    page = Page(render_html(text, facets, HERE))
    assert page.strange == []
    assert page.open == []
    assert all(re.match(r"(?i)https?://", link) for link in page.links)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("  \n ", ""),
        ("a", "<p>a</p>"),
        ("a\nb", "<p>a<br />b</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        ("a\n\n\n\nb\n", "<p>a</p><p>b</p>"),
    ],
)
def test_lines_and_paragraphs(text, html):
    assert render_html(text, (), HERE) == html


def test_a_long_link_shows_its_host_and_hides_its_tail():
    url = "https://www.a.example/" + "x" * 60
    html = render_html(url, parse_facets(url), HERE)
    assert '<span class="invisible">https://www.</span><span class="ellipsis">a.example/' in html
    assert "".join(Page(html).text) == url


def test_somebody_unknown_stays_plain_text():
    assert render_html("@nobody", parse_facets("@nobody"), HERE) == "<p>@nobody</p>"
