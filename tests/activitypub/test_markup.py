"""Foreign HTML read: what people see, what cannot hurt them, and that nothing makes the reader stumble."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.activitypub.markup import Names, Reader, read_markup, read_plain
from rookery.activitypub.markup_tokens import tokens_of
from rookery.model.text import FacetKind

BOB = Names(
    mentions={"https://far.example/users/bob": "bob@far.example"}, tags=frozenset({"cats"}), emoji=frozenset({"rook"})
)
PIECES = [
    *("<p>", "</p>", "<br>", "<b>", "</b>", "<i>", "</i>", "<ul>", "</ul>", "<ol>", "<li>", "</li>", "<blockquote>"),
    *("</blockquote>", "<pre>", "</pre>", "<code>", "</code>", "<div>", "</div>", "<h2>", "</h2>", "<ruby>", "</ruby>"),
    *("<rt>", "</rt>", "<rp>", "</rp>", "<span>", "</a>", '<a href="https://a.example/x">', "<a>", "<svg>", "</svg>"),
    *('<a href="https://far.example/@bob" class="mention">@bob</a>', "<!--", "-->", "<script>", "</script>", "<math>"),
    *('<a href="https://t.example/cats" rel="tag">#Cats</a>', "<annotation>", "&amp;", "&#0;", "&#x110000;", "&#9"),
    *(
        " ",
        "\n",
        "a",
        "word",
        "https://b.example/p?q=1",
        ":rook:",
        "javascript:",
        "<",
        ">",
        '"',
        "'",
        "<img alt=':rook:'>",
    ),
    *("<td>", "<template>", "<p class='quote-inline'>", "&lt;b&gt;", "\0", "\u202e", "@", "#"),
]
SOUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)
OURS = re.compile(
    r"</?(?:p|br|strong|em|del|u|code|pre|sub|sup|ruby|rt|rp|ul|ol|li|blockquote|a|span)"
    r'(?: (?:href|class|rel|target|translate)="[^"<>]*")*(?: /)?>'
)


def test_a_mention_a_link_and_a_hashtag_of_mastodon_become_facets():
    read = read_markup(
        '<p>Hi <span class="h-card"><a href="https://far.example/@bob" class="u-url mention">@<span>bob</span></a>'
        "</span>"
        ' <a href="https://a.example/x/y"><span class="invisible">https://</span><span class="ellipsis">a.exam</span>'
        '<span class="invisible">ple/x/y</span></a> '
        '<a href="https://far.example/tags/cats" class="mention hashtag" rel="tag">#<span>Cats</span></a> '
        ":rook: :no:</p>",
        BOB,
    )
    assert read.text == "Hi @bob@far.example https://a.example/x/y #Cats :rook: :no:"
    assert [(one.kind, one.value) for one in read.facets] == [
        (FacetKind.MENTION, "bob@far.example"),
        (FacetKind.LINK, "https://a.example/x/y"),
        (FacetKind.TAG, "Cats"),
        (FacetKind.EMOJI, "rook"),
    ]
    assert read.html is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<blockquote><p>so</p><p>it is</p></blockquote><p>yes</p>", "> so\n\n> it is\n\nyes"),
        ("<pre><code>if x:\n    y</code></pre>", "if x:\n    y"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢(kan)"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ("a <b>bold</b> word", "a bold word"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ('<p>$[x2 <span class="mfm-x2">big</span>]<small>s</small><center>c</center></p>', "$[x2 big]s\n\nc"),
        ("1 < 2 & 3 &gt; 2", "1 < 2 & 3 > 2"),
    ],
)
def test_the_shape_of_a_text_stays_readable(html, text):
    assert read_markup(html).text == text


def test_bold_words_and_lists_keep_markup_of_our_own():
    read = read_markup('<ul onclick="x"><li style="a"><b class="evil">a</b></li></ul>')
    assert read.html == "<ul><li><strong>a</strong></li></ul>"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action='javascript:alert(1)'><button formaction='javascript:alert(1)'>x</button></form>",
        "<a href='javascript:alert(1)'>x</a><a href='data:text/html,x'>y</a><a href=' java\nscript:alert(1)'>z</a>",
        "<a href='https://a.example/\" onclick=\"alert(1)'>x</a>",
        "<template><img src=x onerror=alert(1)></template><p id='location' name='x' class='modal'>y</p>",
        "<img src=x onerror=alert(1)><a ping='https://evil.example' target='_top' href='https://a.example'>x</a>",
        "<style>@import 'https://evil.example'</style><p style='background:url(https://evil.example)'>x</p>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
    ],
)
def test_no_script_style_or_foreign_attribute_survives(html):
    shown = read_markup(html).shown
    assert "<" not in OURS.sub("", shown)
    assert not re.search(
        r'(?:href="(?!https?://))|onclick=|onerror=|style=|<img|ping=|target="_top"', OURS.sub("", shown)
    )
    assert 'href="javascript' not in shown


def test_words_that_look_like_an_address_give_way_to_where_the_link_leads():
    for words in (
        "paypal.com",
        "https://paypal.com/login",
        "www.paypal.com",
        "<span class='invisible'>a</span>paypal.com/x",
    ):
        assert read_markup(f'<a href="https://evil.example/x">{words}</a>').text == "https://evil.example/x"
    assert read_markup('<a href="https://evil.example/x">read this</a>').text == "read this"


def test_a_formula_without_an_encoding_does_not_break_the_post():
    html = "<p>a</p><math><semantics><mi>x</mi><annotation>y</annotation></semantics></math><p>b</p>"
    assert read_markup(html).text == "a\n\nb"
    tex = '<math><semantics><annotation encoding="application/x-tex">x^2</annotation></semantics></math>'
    assert read_markup(tex).text == "x^2"


def test_the_line_that_tells_of_a_quote_is_left_out_when_the_quote_is_shown():
    html = '<p class="quote-inline">RE: <a href="https://a.example/1">https://a.example/1</a></p><p>so true</p>'
    assert read_markup(html, Names(hides_quote=True)).text == "so true"
    assert "RE:" in read_markup(html).text


def test_a_picture_in_the_text_is_kept_beside_it_and_an_emoji_is_its_name():
    read = read_markup(
        '<p>a <img src="https://a.example/e.png" alt=":rook:"><img src="https://a.example/p.png" alt="P"></p>'
    )
    assert (read.text, read.images) == ("a :rook:", (("https://a.example/p.png", "P"),))


def test_plain_text_is_not_read_as_markup():
    read = read_plain("1 <b>x</b> &amp;\n\nhttps://a.example/x")
    assert read.text == "1 <b>x</b> &amp;\n\nhttps://a.example/x"
    assert [one.value for one in read.facets] == ["https://a.example/x"]
    assert "<b>" not in read.shown


@given(SOUP)
def test_reading_is_total_and_what_was_written_reads_the_same(html):
    assert read_markup(html, BOB) == Reader(BOB).read(html)
    read = read_markup(html, BOB)
    again = read_markup(read.shown, BOB)
    assert (again.text, again.facets, again.shown, again.html) == (read.text, read.facets, read.shown, read.html)
    assert "<" not in OURS.sub("", read.shown)
    for one in read.facets:
        assert 0 <= one.start < one.end <= len(read.text)


@given(st.text(max_size=300))
def test_no_text_makes_the_reader_stumble(html):
    read = read_markup(html)
    read.text.encode()
    assert "<" not in OURS.sub("", read.shown)


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", '<a "', "<b>", "<b a=1>x<p>", "<!--", "</", "&#", "<li>", "<ul><li>", "<a href='", "x<br>", "<p>"],
)
def test_a_long_text_of_one_trick_gives_no_more_than_it_brings(piece):
    html = piece * (100_000 // len(piece))
    assert sum(1 for _ in tokens_of(html)) <= len(html)
    read = read_markup(html)
    assert len(read.shown) <= 20 * len(html) + 100


def test_formatting_that_html_would_repeat_in_each_paragraph_is_written_once():
    html = "".join(f"<i a={number}>" for number in range(2000)) + "<p>x" * 2000
    assert len(read_markup(html).shown) < 40_000
