"""What is a link that a server may open, however it is written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rookery.network.destinations import follow, parse_destination
from rookery.network.outward import AddressRefused


def parse(raw: str, *, allows_http: bool = True, is_test: bool = False):
    return parse_destination(raw, allows_http=allows_http, is_test=is_test)


REFUSED = [
    "",
    "example.org",
    "//example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org:70/_x",
    "data:text/html,x",
    "javascript:alert(1)",
    "https://",
    "https:///path",
    "https://user@example.org/",
    "https://user:password@example.org/",
    "https://example.org@127.0.0.1/",
    "https://@example.org/",
    "https://example.org:22/",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://example.org:x/",
    "https://127.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0/",
    "https://127.0.0.0x1/",
    "https://1.2.3.4.5/",
    "https://01.2.3.4/",
    "https://[::1/",
    "https://[::1]x/",
    "https://[example.org]/",
    "https://[v1.x]/",
    "https://exa mple.org/",
    "https://example.org/\r\nHost: evil",
    "https://example.org/\tx",
    "https://example.org\\@evil.example/",
    "https://example..org/",
    "https://-example.org/",
    "https://exa%6dple.org/",
    "https://exam!ple.org/",
    f"https://{'a' * 64}.example.org/",
    f"https://{'a.' * 130}org/",
    f"https://example.org/{'a' * 5000}",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://printer/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://x.onion/",
    "https://router.home.arpa/",
]


@pytest.mark.parametrize("raw", REFUSED)
def test_what_is_no_public_web_address_is_refused(raw):
    with pytest.raises(AddressRefused):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://EXAMPLE.org:443/A?b=c#d", "https://example.org/A?b=c"),
        ("https://example.org./x", "https://example.org/x"),
        ("http://example.org:80/x", "http://example.org/x"),
        ("http://example.org:443/x", "http://example.org:443/x"),
        ("https://bücher.example/ä?ö=ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://example。org/", "https://example.org/"),
        ("https://example.org/a%20b/%zz", "https://example.org/a%20b/%zz"),
        ("https://[2606:4700:0:0::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://a_b.example.org/", "https://a_b.example.org/"),
    ],
)
def test_a_link_has_one_normal_form(raw, url):
    assert parse(raw).url == url
    assert parse(url).url == url


@pytest.mark.parametrize("raw", ["https://①②⑦.0.0.1/", "https://１27.0.0.1/", "https://[::ffff:127.0.0.1]/"])
def test_an_address_in_disguise_is_an_address(raw):
    assert parse_destination(raw, allows_http=True, is_test=True).literal is not None
    with pytest.raises(AddressRefused, match="public internet"):
        parse(raw)


def test_plain_http_is_for_callers_that_ask_for_it():
    with pytest.raises(AddressRefused, match="https"):
        parse("http://example.org/", allows_http=False)


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://example.org", "http://["]))
@example("\x80", "https://")
def test_whatever_is_written_is_a_link_or_refused(rest, beginning):
    try:
        place = parse(beginning + rest)
    except AddressRefused:
        return
    assert place.url.isascii()
    assert parse(place.url) == place
    assert not set(place.target) & set(" \r\n\t\\#")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://example.org/b"),
        ("c?d#e", "https://example.org/a/c?d"),
        ("//other.example/x", "https://other.example/x"),
        ("https://other.example", "https://other.example/"),
    ],
)
def test_a_redirect_is_read_from_where_it_stands(location, url):
    assert follow(parse("https://example.org/a/b"), location, allows_http=False, is_test=False).url == url
