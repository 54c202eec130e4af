"""The gates of a request: paths, methods, addresses, limits, ranges. Every answer speaks the words of its room."""

import re
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.client import Client

from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import NotSignedIn
from rookery.network import limits
from rookery.network.codes import code_of, headers_of
from rookery.network.limits import MAX_BUCKETS, Limit, Limiter
from rookery.network.responses import FileResponse, StreamResponse, json_response
from rookery.network.routes import Router, RouteTable
from rookery.network.sending import byte_range
from rookery.network.server import Server

TIGHT = Limit("tight", 3, 300)
SIGNING = Limit("signing", 2, 300, by="address")


class Face:
    """A room that knows people by the name in their token."""

    def __init__(self, file=None):
        self.headers = [(b"access-control-allow-origin", b"*")]
        self.file = file

    async def identify(self, request):
        raw = request.header("authorization").removeprefix("Bearer ")
        if raw == "bad":
            raise NotSignedIn("the access token is invalid")
        return Caller(account_id=int(raw), token_id=1, scopes=frozenset(["read"])) if raw else NOBODY

    def answer_error(self, request, error):
        return json_response({"error": str(error)}, code_of(error), headers_of(error))

    def answer_fault(self, request):
        return json_response({"error": "fault", "id": request.request_id}, 500)


routes: RouteTable[Face] = RouteTable(Limit("wide", 1000, 300))


@routes.route("GET", "/things", who="anyone")
@routes.route("GET", "/things/{id}/parts/{part}", who="anyone")
async def show(face, request):
    return json_response({"address": request.address, **request.path_values})


@routes.route("POST DELETE", "/things", who="user", scope="write")
async def change(face, request):
    return json_response({})


@routes.route("GET", "/things/{id}", who="user", scope="read")
async def show_one(face, request):
    return json_response({"id": request.path_values["id"]})


@routes.route("GET", "/things/special", who="anyone")
async def show_special(face, request):
    return json_response({"special": True})


@routes.route("GET", "/files/{name:path}", who="anyone")
async def send(face, request):
    return FileResponse(face.file, face.file.stat().st_size, [(b"content-type", b"text/plain")])


@routes.route("GET", "/stream", who="anyone")
async def stream(face, request):
    async def chunks():
        yield b"a"
        yield b"b"

    return StreamResponse(chunks())


@routes.route("GET", "/tight", who="anyone", limit=TIGHT)
@routes.route("POST", "/signing", who="anyone", limit=SIGNING)
async def tight(face, request):
    return json_response({})


@routes.route("GET", "/broken", who="anyone")
async def broken(face, request):
    raise ZeroDivisionError


def server_of(*, limiter=None, proxies=(), file=None):
    server = Server(limiter or Limiter(is_off=True), trusted_proxies=proxies)
    server.mount(routes.routes, Face(file), prefixes=["/"])
    return server


@pytest.mark.parametrize("path", ["/things", "/things/", "/things//"])
async def test_a_slash_at_the_end_changes_nothing(path):
    assert (await Client(server_of()).get(path)).code == 200


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/things/7/parts/x", {"id": "7", "part": "x"}),
        ("/things/7/parts/x/", {"id": "7", "part": "x"}),
        ("/things/é/parts/%20", {"id": "é", "part": "%20"}),
    ],
)
async def test_values_of_a_path(path, values):
    reply = await Client(server_of()).get(path)
    assert {key: value for key, value in reply.json.items() if key != "address"} == values


@pytest.mark.parametrize(
    "path", ["/", "/thing", "/things/7/parts", "/things/7/parts/x/y", "/files", "/things\x00", "//"]
)
async def test_nothing_at_an_address_is_said_with_404_in_the_rooms_words(path):
    reply = await Client(server_of(), token="1").get(path)
    assert (reply.code, list(reply.json)) == (404, ["error"])
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_a_plain_path_goes_before_one_with_parameters():
    assert (await Client(server_of()).get("/things/special")).json == {"special": True}


async def test_another_method_is_405_with_what_is_allowed():
    reply = await Client(server_of()).put("/things")
    assert (reply.code, reply.headers["allow"]) == (405, "DELETE, GET, HEAD, POST")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert (await Client(server_of()).post("/things/7/parts/x")).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/things", "/things/7", "/broken"])
async def test_a_preflight_needs_no_token_and_says_which_methods(path):
    for token in (None, "bad"):
        reply = await Client(server_of(), token=token).call("OPTIONS", path)
        assert (reply.code, reply.body) == (200, b"")
        assert {"GET", "OPTIONS"} <= set(reply.headers["access-control-allow-methods"].split(", "))
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "authorization" in reply.headers["access-control-allow-headers"]
    assert (await Client(server_of()).call("OPTIONS", "/nowhere")).code == 404


@pytest.mark.parametrize(("path", "code"), [("/things", 200), ("/stream", 200), ("/nowhere", 404), ("/signing", 405)])
async def test_head_is_get_without_a_body(path, code):
    head, get = await Client(server_of()).call("HEAD", path), await Client(server_of()).get(path)
    assert (head.code, head.body) == (code, b"")
    assert head.headers == get.headers


async def test_errors_of_every_kind_carry_the_rooms_headers():
    client = Client(server_of())
    for reply, code in (
        (await client.get("/broken"), 500),
        (await client.post("/things"), 401),
        (await Client(server_of(), token="bad").get("/things"), 401),
        (await Client(server_of(), token="1").post("/things"), 403),
    ):
        assert (reply.code, reply.headers["access-control-allow-origin"]) == (code, "*")
        assert "Error" not in reply.body.decode()


ONE_PROXY = ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ([], "192.0.2.1", None, "192.0.2.1"),
        ([], "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ([], "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        (ONE_PROXY, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (ONE_PROXY, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", None, "10.0.0.1"),
        (ONE_PROXY, "10.0.0.1", "", "10.0.0.1"),
        (ONE_PROXY, "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "6.6.6.6, 203.0.113.9,10.1.2.3 , 10.0.0.2", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (ONE_PROXY, "::1", "203.0.113.9", "203.0.113.9"),
        (ONE_PROXY, "::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (ONE_PROXY, "10.0.0.1", "[2001:db8:1:2::5]:4711", "2001:db8:1:2::"),
        (ONE_PROXY, "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        (ONE_PROXY, "10.0.0.1", "unknown", "10.0.0.1"),
        (ONE_PROXY, "10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"),
        ([], "2001:db8::1", None, "2001:db8::"),
        ([], "::ffff:192.0.2.1", None, "192.0.2.1"),
        ([], "fe80::1%eth0", None, "fe80::"),
    ],
)
async def test_who_asks_is_the_peer_or_what_a_trusted_proxy_says(proxies, peer, forwarded, address):
    client = Client(server_of(proxies=proxies), address=peer)
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    reply = await client.get("/things", headers={**headers, "forwarded": "for=6.6.6.6", "x-real-ip": "6.6.6.6"})
    assert reply.json == {"address": address}


@pytest.fixture
def clock(monkeypatch):
    """Virtual seconds for the limiter."""
    now = [1_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    return now


async def test_the_fourth_of_three_is_refused_and_says_when_to_come_back():
    client = Client(server_of(limiter=Limiter()), token="1")
    replies = [await client.get("/tight") for _ in range(4)]
    assert [reply.code for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["2", "1", "0", "0"]
    refused = replies[3]
    assert refused.headers["x-ratelimit-limit"] == "3"
    assert 1 <= int(refused.headers["retry-after"]) <= 101
    assert refused.headers["x-ratelimit-reset"].endswith("Z")
    assert refused.json["error"].startswith("too many requests; try again in")
    assert refused.headers["access-control-allow-origin"] == "*"
    assert (await Client(server_of(limiter=Limiter()), token="2").get("/tight")).code == 200


async def test_people_are_counted_apart_and_strangers_by_their_address():
    server = server_of(limiter=Limiter())
    for client in (Client(server, token="1"), Client(server, token="2"), Client(server, address="192.0.2.7")):
        assert [(await client.get("/tight")).code for _ in range(4)] == [200, 200, 200, 429]
    one, neighbour = Client(server, address="2001:db8::1"), Client(server, address="2001:db8::2")
    assert [(await who.get("/tight")).code for who in (one, neighbour, one, neighbour)] == [200, 200, 200, 429]


async def test_signing_in_is_counted_by_address_whatever_the_token():
    server = server_of(limiter=Limiter())
    codes = [(await Client(server, token=token).post("/signing")).code for token in ("1", "2", "3")]
    assert codes == [200, 200, 429]


async def test_guessing_tokens_is_counted():
    server = server_of(limiter=Limiter())
    codes = {(await Client(server, token="bad").get("/things")).code for _ in range(limits.ANONYMOUS.count + 1)}
    assert codes == {401, 429}


def test_a_bucket_refills_evenly(clock):
    limiter = Limiter()
    assert [limiter.take(TIGHT, "x").is_over for _ in range(4)] == [False, False, False, True]
    clock[0] += 99
    assert limiter.take(TIGHT, "x").is_over
    clock[0] += 1
    assert not limiter.take(TIGHT, "x").is_over
    clock[0] += 10_000
    assert [limiter.take(TIGHT, "x").is_over for _ in range(4)] == [False, False, False, True]


def test_a_clock_that_steps_back_locks_nobody_out(clock):
    limiter = Limiter()
    limiter.take(TIGHT, "x")
    clock[0] -= 86_400
    assert not limiter.take(TIGHT, "x").is_over
    assert not limiter.take(TIGHT, "x").is_over


def test_the_limiter_forgets_rather_than_grows(clock):
    limiter = Limiter()
    for subject in range(MAX_BUCKETS + 10):
        clock[0] += 0.001
        limiter.take(TIGHT, subject)
    assert len(limiter.buckets) <= MAX_BUCKETS
    assert (TIGHT.name, MAX_BUCKETS + 9) in limiter.buckets
    assert (TIGHT.name, 0) not in limiter.buckets


SIZE = 700_000


@pytest.fixture
def big_file(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(bytes(number * 7 % 251 for number in range(SIZE)))
    return path


@pytest.mark.parametrize(
    ("asked", "code", "start", "end"),
    [
        (None, 200, 0, SIZE),
        ("bytes=0-", 200, 0, SIZE),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=5-9", 206, 5, 10),
        ("bytes=100000-", 206, 100_000, SIZE),
        ("bytes=99999-600001", 206, 99_999, 600_002),
        ("bytes=-5", 206, SIZE - 5, SIZE),
        ("bytes=-300000", 206, SIZE - 300_000, SIZE),
        ("bytes=-9999999", 200, 0, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 5}", 206, SIZE - 1, SIZE),
        ("bytes=9-5", 200, 0, SIZE),
        ("bytes=0-1,4-5", 200, 0, SIZE),
        ("bytes=-0", 200, 0, SIZE),
        ("bytes=-", 200, 0, SIZE),
        ("bytes=a-b", 200, 0, SIZE),
        ("bytes=²-", 200, 0, SIZE),
        ("bytes=" + "9" * 5000 + "-", 200, 0, SIZE),
        ("bytes=--5", 200, 0, SIZE),
        ("lines=1-2", 200, 0, SIZE),
        (f"bytes={SIZE}-", 200, 0, SIZE),
    ],
)
async def test_ranges_of_a_file(big_file, asked, code, start, end):
    client = Client(server_of(file=big_file))
    headers = {"range": asked} if asked else {}
    reply = await client.get("/files/a/b.txt", headers=headers)
    assert (reply.code, len(reply.body)) == (code, end - start)
    assert reply.body == big_file.read_bytes()[start:end]
    assert reply.headers["content-length"] == str(end - start)
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers.get("content-range") == (f"bytes {start}-{end - 1}/{SIZE}" if code == 206 else None)
    head = await client.call("HEAD", "/files/a/b.txt", headers=headers)
    assert (head.code, head.body, head.headers) == (code, b"", reply.headers)


@given(st.text(alphabet="bytes=-,0123456789 ²x", max_size=20), st.integers(0, 50))
def test_any_range_is_inside_the_file(raw, size):
    start, end = byte_range(raw, size)
    assert 0 <= start <= end <= size
    assert end > start or size == 0


def test_a_route_declared_twice_is_refused():
    twice: RouteTable[Face] = RouteTable()
    for path in ("/a/{id}/b", "/a/{other}/b"):
        twice.route("GET", path, who="anyone")(show)
    with pytest.raises(ValueError, match="declared twice"):
        Router().mount(twice.routes, Face())


# --- the client API's own routes -------------------------------------------------------------------------------------

BAD = [
    "",
    "0",
    "-1",
    "1",
    "20",
    "true",
    "null",
    "NaN",
    "²",
    "\x00",
    "a\x00b",
    "\ud800",
    "%",
    "'",
    '"',
    "é",
    "1e309",
    "0x10",
]
BIG = [str(2**63), str(2**63 - 1), "9" * 19, "9" * 30, "..", "@ana", "#x", "1,2", "[]", "x" * 3000]
NASTY = st.one_of(st.sampled_from([*BAD, *BIG]), st.integers(-(2**70), 2**70).map(str), st.text(max_size=12))
PAGING = ["max_id", "min_id", "since_id", "limit", "offset", "id", "id[]", "ids[]", "account_id"]
WORDS = [
    "acct",
    "q",
    "type",
    "any[]",
    "all[]",
    "none[]",
    "tagged",
    "timeline[]",
    "types[]",
    "exclude_types[]",
    "choices[]",
]
FLAGS = ["local", "remote", "only_media", "pinned", "exclude_replies", "exclude_reblogs", "resolve", "following"]
NAMES = st.sampled_from([*PAGING, *WORDS, *FLAGS])


QUERIES = st.lists(st.tuples(NAMES, NASTY), max_size=5)


def spelled(pairs):
    quoted = [[quote_from_bytes(text.encode("utf-8", "surrogatepass")) for text in pair] for pair in pairs]
    return "&".join("=".join(pair) for pair in quoted)


def filled(path, value):
    """A path with a value in place of its parameters."""
    clean = value.encode("utf-8", "replace").decode().replace("?", "").replace("/", "")
    return re.sub(r"\{[^}]*\}", lambda _: clean or "x", path)


async def test_no_parameters_of_any_get_route_break_the_server(world):
    ana = await world.person("ana")
    post = await ana.publishes("hello #x @ana")
    endless = "streaming"
    paths = sorted({r.path for r in world.server.router.every if r.method == "GET" and endless not in r.path})
    asked = [(filled(path, value), "") for path in paths if "{" in path for value in [*BAD, *BIG]]
    known = [filled(path, value) for path in paths for value in (str(ana.id), post["id"])]

    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(st.sampled_from(known), QUERIES)
    def collect(path, pairs):
        asked.append((path, spelled(pairs)))

    collect()
    broken = []
    for path, query in asked:
        for client in (ana.client, world.stranger):
            reply = await client.get(f"{path}?{query}")
            if reply.code >= 500:
                broken.append((path, query, reply))
    assert len(asked) > 1000
    assert broken == []
