"""What is found in a text, and how long clients think it is."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rookery.model.text import FacetKind, count_characters, count_seen, parse_facets, tag_key

LINKS = [
    ("see https://a.example.", "https://a.example"),
    ("(https://a.example/x)", "https://a.example/x"),
    ("https://en.wikipedia.example/wiki/Rook_(bird)", "https://en.wikipedia.example/wiki/Rook_(bird)"),
    ("(https://en.wikipedia.example/wiki/Rook_(bird))", "https://en.wikipedia.example/wiki/Rook_(bird)"),
    ("https://a.example/?q=[x]&y={z}", "https://a.example/?q=[x]&y="),
    ("https://a.example/a,b;c!", "https://a.example/a,b;c"),
    ("https://a.example:8443/x", "https://a.example:8443/x"),
    ("http://localhost:3000/@ana", "http://localhost:3000/@ana"),
    ("https://münchen.example/straße", "https://münchen.example/straße"),
    ("https://例え.テスト/パス", "https://例え.テスト/パス"),
    ("「https://a.example/」です", "https://a.example/"),
    ("https://a.example/x。つぎ", "https://a.example/x"),
    ("https://a.example/#frag", "https://a.example/#frag"),
    ("https://user@a.example/", "https://user@a.example/"),
    ('"https://a.example"', "https://a.example"),
    ("<https://a.example>", "https://a.example"),
    ("HTTPS://A.example/X", "HTTPS://A.example/X"),
    ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ("https://", None),
    ("https://...", None),
    ("http://[", None),
    ("javascript:alert(1)", None),
    ("ftp://a.example", None),
    ("xhttps://a.example", None),
    ("https://a.example:0/", None),
    ("https://a.example:99999/", None),
]
MENTIONS = [
    ("@ana", ["ana"]),
    ("@ana.", ["ana"]),
    ("@ana, @bea: (@cleo)", ["ana", "bea", "cleo"]),
    ("@ana@far.example", ["ana@far.example"]),
    ("@ana@far.example.", ["ana@far.example"]),
    ("@ana@far.example:3001!", ["ana@far.example:3001"]),
    ("@ana@münchen.example", ["ana@münchen.example"]),
    ("@ana@localhost:3000", ["ana@localhost:3000"]),
    ("@a.b-c_d", ["a.b-c_d"]),
    ("@anaさん", ["ana"]),
    ("@ana's", ["ana"]),
    ("ana@far.example", []),
    ("mail ana.b@far.example now", []),
    ("a.@ana", []),
    ("https://a.example/@ana", []),
    ("@@ana", []),
    ("@", []),
    ("@ana@", []),
    ("@ana@far", []),
    ("@ana@far@example.com", []),
    ("@-ana", []),
]
TAGS = [
    ("#birds", ["birds"]),
    ("#birds.", ["birds"]),
    ("#1", []),
    ("#2024_", []),
    ("#2024birds", ["2024birds"]),
    ("#日本語", ["日本語"]),
    ("＃日本語", ["日本語"]),
    ("#한국어 #中文", ["한국어", "中文"]),
    ("#été", ["été"]),
    ("#e\u0301te\u0301", ["e\u0301te\u0301"]),
    ("#हिन्दी", ["हिन्दी"]),
    ("#ภาษาไทย", ["ภาษาไทย"]),
    ("#مرحبا", ["مرحبا"]),
    ("#می\u200cخواهم", ["می\u200cخواهم"]),
    ("a#b", []),
    ("&#39;", []),
    ("##x", []),
    ("#", []),
    ("#-x", []),
    ("https://a.example/#x", []),
    ("#a #A #a", ["a", "A", "a"]),
]
EMOJI = [
    (":rook:", ["rook"]),
    ("a :rook: b", ["rook"]),
    (":rook::rook:", []),
    ("10:30:45", []),
    ("a:rook:b", []),
    (":x:", []),
    ("鳥 :rook_2:", ["rook_2"]),
]


def found(text, kind):
    return [facet.value for facet in parse_facets(text) if facet.kind is kind]


@pytest.mark.parametrize(("text", "link"), LINKS)
def test_links(text, link):
    assert found(text, FacetKind.LINK) == ([link] if link else [])


@pytest.mark.parametrize(("text", "names"), MENTIONS)
def test_mentions(text, names):
    assert found(text, FacetKind.MENTION) == names


@pytest.mark.parametrize(("text", "tags"), TAGS)
def test_tags(text, tags):
    assert found(text, FacetKind.TAG) == tags


@pytest.mark.parametrize(("text", "codes"), EMOJI)
def test_emoji(text, codes):
    assert found(text, FacetKind.EMOJI) == codes


def test_right_to_left_text_keeps_its_places():
    text = "שלום @ana מה #שלומך https://a.example/שלום"
    for facet in parse_facets(text):
        assert facet.value.strip("#@") in text[facet.start : facet.end]
    assert len(parse_facets(text)) == 3


WORDS = ["https://", "http://", "HTTP", "@ana", "@ana@far.example", "#tag", ":rook:", "https://a.example/x", "न्दी"]
PIECES = st.sampled_from([*"@#:./()[]aB1_- \né鳥＃、。ß👩\u0301\u200d\u200c", *WORDS])
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@settings(max_examples=400)
@given(TEXTS)
@example("https://[")
@example("@" * 500)
@example("https://" + "(" * 300 + ")" * 300)
def test_facets_lie_inside_the_text_and_never_overlap(text):
    end = 0
    for facet in parse_facets(text):
        assert end <= facet.start < facet.end <= len(text)
        end = facet.end
        shown = text[facet.start : facet.end]
        marks = {FacetKind.LINK: "", FacetKind.MENTION: "@", FacetKind.EMOJI: ":"}
        expected = {
            FacetKind.LINK: facet.value,
            FacetKind.MENTION: f"@{facet.value}",
            FacetKind.TAG: shown[0] + facet.value,
            FacetKind.EMOJI: f":{facet.value}:",
        }[facet.kind]
        assert shown == expected
        assert shown.startswith(marks.get(facet.kind, ("#", "＃")))


def test_a_long_text_is_read_in_a_moment_and_has_at_most_a_thousand_facets():
    assert len(parse_facets("#a " * 5000)) == 1000
    for nasty in ("@a" * 40_000, "#" * 80_000, ":" * 80_000, "https://a" * 9000, "a." * 40_000, "@a." * 30_000):
        assert len(parse_facets(nasty)) <= 1000


SEEN = [
    ("", 0),
    ("hello", 5),
    ("été", 3),
    ("e\u0301te\u0301", 3),
    ("👍", 1),
    ("👍🏽", 1),
    ("👩‍👩‍👧‍👦", 1),
    ("🇫🇷🇩🇪", 2),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1),
    ("☎️", 1),
    ("日本語", 3),
    ("한국어", 3),
    ("a\nb", 3),
]


@pytest.mark.parametrize(("text", "count"), SEEN)
def test_what_people_see_as_one_character_counts_one(text, count):
    assert count_seen(text) == count


COUNTED = [
    ("https://a.example/" + "x" * 500, 23),
    ("http://a.b", 23),
    ("see https://a.example/é\u0301\u0301\u0301!", 4 + 23 + 1),
    ("@ana", 4),
    ("@ana@far.example hi", 7),
    ("@ana@far.example:3000", 4),
    ("#tag :rook:", 11),
    ("https://a.example/" + "\u0301" * 1500, 23),
]


@pytest.mark.parametrize(("text", "count"), COUNTED)
def test_links_count_23_and_domains_of_mentions_nothing(text, count):
    assert count_characters(text, parse_facets(text)) == count


@given(TEXTS)
def test_counting_follows_the_rule_of_clients(text):
    pieces, at = [], 0
    facets = parse_facets(text)
    for facet in facets:
        pieces.append(text[at : facet.start])
        shown = text[facet.start : facet.end]
        if facet.kind is FacetKind.LINK:
            shown = "x" * 23
        elif facet.kind is FacetKind.MENTION:
            shown = "@" + facet.value.partition("@")[0]
        pieces.append(shown)
        at = facet.end
    assert count_characters(text, facets) == count_seen("".join([*pieces, text[at:]]))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Birds", "bIRDS"), ("Straße", "STRASSE"), ("Ｂｉｒｄｓ", "birds"), ("\u212aelvin", "kelvin"), ("e\u0301", "É")],
)
def test_tags_that_look_the_same_are_the_same(one, other):
    assert tag_key(one) == tag_key(other)


def test_accents_make_another_tag():
    assert tag_key("ete") != tag_key("été")
