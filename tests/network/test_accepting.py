"""Who gets a document and who gets the page, by the Accept header."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rookery.network.accepting import MOST_BYTES, MediaType, parse_accept, parse_media_type, prefers
from rookery.network.routes import Router, RouteTable

STREAMS = "https://www.w3.org/ns/activitystreams"
TYPES = ("application/activity+json", f'application/ld+json; profile="{STREAMS}"')
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        "application/activity+json, application/ld+json",  # as Mastodon asks
        f'application/ld+json; profile="{STREAMS}"',
        f'application/ld+json; profile="{STREAMS}", application/activity+json;q=0.9',
        f"application/ld+json;profile={STREAMS!r}".replace("'", '"'),
        f'application/ld+json; profile="http://example.org/other {STREAMS}"',
        "application/ld+json",
        "APPLICATION/Activity+JSON ; Q=0.5",
        "application/activity+json, */*;q=0.1",
        "application/activity+json, */*",
        "*/*, application/activity+json",
        "application/activity+json, text/html",
        "text/html;q=0.9, application/activity+json",
        "application/activity+json;q=0.001",
        'text/plain;note="a, b; q=1", application/activity+json',
        "nonsense, application/activity+json",
    ],
)
def test_who_names_a_document_gets_it(accept):
    assert prefers(accept.encode(), TYPES)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        "application/json",
        "text/html",
        FIREFOX,
        CHROMIUM,
        "text/html, application/activity+json",
        "text/html, application/activity+json;q=0.9",
        "application/activity+json;q=0",
        "application/activity+json;q=0, */*",
        "application/activity+json;q=0.5, */*",
        "application/activity+json;q=2",
        "application/activity+json;q=abc",
        "application/activity+jsonx",
        "xapplication/activity+json",
        'application/ld+json; profile="http://example.org/other"',
        'application/ld+json; profile=""; q=0',
        "text/plain; of=application/activity+json",
        '"application/activity+json"',
        "*/activity+json",
    ],
)
def test_everybody_else_gets_the_page(accept):
    assert not prefers(accept.encode(), TYPES)


def test_a_header_beyond_measure_asks_for_the_page_and_costs_nothing():
    began = time.monotonic()
    for raw in (b'"\\' * MOST_BYTES, b"application/activity+json," * MOST_BYTES, b";" * MOST_BYTES * 3):
        assert not prefers(raw, TYPES)
    for raw in ('"\\"' * (MOST_BYTES // 3), "," * MOST_BYTES, ';q="' * (MOST_BYTES // 4), '"' * MOST_BYTES):
        parse_accept(raw)
    assert time.monotonic() - began < 1


@given(st.text(max_size=300))
@example('application/activity+json;q="')
@example("/;q=")
def test_any_header_can_be_read(text):
    for wish in parse_accept(text):
        assert 0 <= wish.quality <= 1
        assert wish.range.family and wish.range.name
    assert prefers(text.encode(), TYPES) in (True, False)


@given(st.lists(st.sampled_from(["text/html", "text/*", "*/*", TYPES[0], "image/png"]), unique=True), st.randoms())
def test_qualities_decide_whatever_the_order(kinds, random):
    qualities = {kind: random.randrange(1, 999) for kind in kinds}
    if len(set(qualities.values())) < len(kinds) or not kinds:
        return
    first = ", ".join(f"{kind};q=0.{quality:03}" for kind, quality in qualities.items())
    last = ", ".join(f"{kind};q=0.{quality:03}" for kind, quality in reversed(qualities.items()))
    page = next((qualities[kind] for kind in ("text/html", "text/*", "*/*") if kind in qualities), 0)
    assert prefers(first.encode(), TYPES) == prefers(last.encode(), TYPES) == (qualities.get(TYPES[0], 0) > page)


def test_a_range_covers_what_falls_into_it():
    kind = MediaType("application", "ld+json", frozenset((STREAMS,)))
    assert MediaType("*", "*").covers(kind) and MediaType("application", "ld+json").covers(kind)
    assert not MediaType("application", "ld+json", frozenset(("other",))).covers(kind)
    assert not kind.covers(MediaType("application", "ld+json"))


def test_a_route_cannot_declare_what_is_no_type():
    with pytest.raises(ValueError, match="not a media type"):
        parse_media_type("activity")


def table(*declared):
    """A router of routes that answer with their own names."""

    async def handle(face, request):
        raise AssertionError

    routes = RouteTable()
    for methods, path, types in declared:
        routes.route(methods, path, who="anyone", types=types)(handle)
    router = Router()
    router.mount(routes.routes, None)
    return router


def test_a_twin_is_taken_with_the_values_of_its_path():
    router = table(("GET POST", "/@{name}", ()), ("GET", "/@{name}/outbox", ()), ("GET", "/@{name}", TYPES))
    found = router.find("GET", "/@ana")
    route, _, values = router.preferred(found, TYPES[0].encode())
    assert (route.key, values) == ("GET /@{name} as application/activity+json", {"name": "ana"})
    assert router.preferred(found, b"application/problem+json") is found
    for method, path in (("POST", "/@ana"), ("GET", "/@ana/outbox"), ("GET", "/nothing"), ("PUT", "/@ana")):
        other = router.find(method, path)
        assert router.preferred(other, TYPES[0].encode()) is other
    assert router.find("GET", "/@ana")[0].types == ()


@pytest.mark.parametrize(
    "wrong",
    [
        [("GET", "/x", TYPES), ("GET", "/x", TYPES)],
        [("POST", "/x", TYPES)],
        [("GET", "/x", ("application/pdf",))],
    ],
)
def test_a_twin_that_could_not_be_found_is_refused(wrong):
    with pytest.raises(ValueError, match=r"declared twice|only a GET"):
        table(*wrong)
