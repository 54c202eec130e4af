"""Parameters from everywhere, within their limits; nothing of a broken upload stays on the disk."""

import asyncio
import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.mastodon.forms import Form
from rookery.model.errors import Malformed, TooLarge
from rookery.network.requests import MAX_JSON_DEPTH, MAX_PARAMETERS, MAX_UPLOADS, Request, parse_json, parse_pairs

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
BOUNDARY = b"multipart/form-data; boundary=xyz"


def request_of(
    body=b"", kind=b"", query=b"", *, method="POST", chunks=None, has_length=True, limit=1 << 20, spool=None
):
    """chunks: the body as it arrives; None in it is a client that goes away."""
    sent = list(chunks if chunks is not None else [body])
    headers = {b"content-type": kind} if kind else {}
    if has_length:
        headers[b"content-length"] = b"%d" % len(body)

    async def receive():
        chunk = sent.pop(0) if sent else b""
        if chunk is None:
            return {"type": "http.disconnect"}
        await asyncio.sleep(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(sent)}

    request = Request(method, "/", query, headers, "192.0.2.1", receive)
    request.body_limit, request.spool = limit, spool
    return request


def part(name, value, filename=None):
    tail = f'; filename="{filename}"'.encode() if filename is not None else b""
    return b'--xyz\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), tail, value)


def body_of(*parts, end=b"--xyz--\r\n"):
    return b"".join(parts) + end


async def form_of(*arguments, **more):
    return Form(await request_of(*arguments, **more).parameters())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"id[]=1&id[]=2&name=x&source[privacy]=private", FORM),
        (b"id[]=1&id[]=2&name=x&source[privacy]=private", b""),
        (b'{"id":[1,2],"name":"x","source":{"privacy":"private"}}', JSON),
        (b'{"id":["1","2"],"name":"x","source":{"privacy":"private"}}', b"application/json; charset=utf-8"),
        (
            body_of(part("id[]", b"1"), part("id[]", b"2"), part("name", b"x"), part("source[privacy]", b"private")),
            BOUNDARY,
        ),
    ],
)
async def test_every_spelling_says_the_same_on_every_verb(method, body, kind):
    form = await form_of(body, kind, b"name=query&only=here", method=method)
    assert form.ids("id") == [1, 2]
    assert (form.text("name"), form.text("only")) == ("x", "here")
    assert form.under("source").text("privacy") == "private"


async def test_parameters_may_stand_in_the_query_alone():
    form = await form_of(query=b"reblogs=false&languages[]=en&languages[]=fr&q=a%20b+c")
    assert (form.flag("reblogs", True), form.texts("languages"), form.text("q")) == (False, ["en", "fr"], "a b c")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"f[0][name]=a&f[0][value]=b&f[1][name]=c&f[1][value]=d", FORM),
        (b"f[][name]=a&f[][value]=b&f[][name]=c&f[][value]=d", FORM),
        (b'{"f":[{"name":"a","value":"b"},{"name":"c","value":"d"}]}', JSON),
        (b'{"f":{"0":{"name":"a","value":"b"},"1":{"name":"c","value":"d"}}}', JSON),
    ],
)
async def test_records_in_every_spelling(body, kind):
    records = (await form_of(body, kind)).records("f")
    assert [(record.text("name"), record.text("value")) for record in records] == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("1", True), ("on", True), ("false", False), ("0", False), ("off", False), ("", False)],
)
async def test_flags(value, expected):
    assert (await form_of(f"x={value}".encode(), FORM)).flag("x", not expected) is expected
    assert (await form_of(json.dumps({"x": value}).encode(), JSON)).flag("x", not expected) is expected


async def test_null_and_empty_lists_are_told_from_absence():
    form = await form_of(b'{"a":null,"b":[],"c":false,"d":0}', JSON)
    assert (form.has("a"), form.text("a", "x")) == (True, "x")
    assert (form.has("b[]"), form.texts("b")) == (True, [])
    assert (form.flag("c", True), form.text("d"), form.has("e")) == (False, "0", False)


async def test_a_body_over_the_limit_is_refused_with_and_without_its_length():
    with pytest.raises(TooLarge):
        await request_of(b"x" * 101, FORM, limit=100).body()
    with pytest.raises(TooLarge):
        await request_of(chunks=[b"x" * 60, b"x" * 60], kind=FORM, has_length=False, limit=100).body()
    assert len(await request_of(chunks=[b"x" * 50, b"x" * 50], kind=FORM, has_length=False, limit=100).body()) == 100


def many(count, spelling):
    pairs = "&".join(f"a{n}=1" for n in range(count)).encode()
    if spelling == "query":
        return {"query": pairs}
    if spelling == "form":
        return {"body": pairs, "kind": FORM}
    if spelling == "json":
        return {"body": json.dumps({f"a{n}": 1 for n in range(count)}).encode(), "kind": JSON}
    if spelling == "list":
        return {"body": json.dumps({"a": [1] * count}).encode(), "kind": JSON}
    return {"body": body_of(*(part(f"a{n}", b"1") for n in range(count))), "kind": BOUNDARY}


@pytest.mark.parametrize("spelling", ["query", "form", "json", "list", "multipart"])
async def test_a_thousand_parameters_pass_and_one_more_does_not(spelling):
    assert len(await request_of(**many(MAX_PARAMETERS, spelling)).parameters()) == MAX_PARAMETERS
    with pytest.raises(Malformed, match="more than 1000 parameters"):
        await request_of(**many(MAX_PARAMETERS + 1, spelling)).parameters()


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'"text"',
        b"[1]",
        b"3",
        b"{} {}",
        b"\xef\xbb\xbf{}",
    ],
)
async def test_json_that_is_no_strict_object_is_refused(raw):
    with pytest.raises(Malformed):
        await request_of(raw, JSON).parameters()


async def test_json_at_the_depth_limit_passes():
    raw = b'{"a":' * (MAX_JSON_DEPTH - 1) + b"{}" + b"}" * (MAX_JSON_DEPTH - 1)
    await request_of(raw, JSON).parameters()


@pytest.mark.parametrize("number", [str(2**63), str(2**70), "9" * 5000, "-" + "9" * 5000, "1" + "0" * 400 + ".0"])
async def test_big_numbers_are_refused_or_stay_numbers(number):
    try:
        pairs = await request_of(b'{"limit":%s}' % number.encode(), JSON).parameters()
    except Malformed:
        return
    form = Form(pairs)
    assert form.number("limit", 20) == 20
    assert form.find_id("limit") is None
    assert not (isinstance(pairs[0][1], float) and math.isinf(pairs[0][1]))


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(raw):
    with contextlib.suppress(Malformed):
        parse_json(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_pairs(raw):
    for name, value in parse_pairs(raw):
        assert isinstance(name, str)
        assert isinstance(value, str)
        f"{name}{value}".encode()  # no half characters that a database would choke on


async def test_files_lie_in_the_spool_until_they_are_forgotten(tmp_path):
    body = body_of(part("description", b"a bird"), part("file", b"\x89PNG" * 1000, "x.png"))
    request = request_of(body, BOUNDARY, spool=tmp_path, chunks=[body[:50], body[50:777], body[777:]])
    form = Form(await request.parameters())
    [upload] = request.uploads
    assert (form.text("description"), upload.field_name, upload.size_bytes) == ("a bird", "file", 4000)
    assert upload.path.parent == tmp_path
    assert upload.path.read_bytes() == b"\x89PNG" * 1000
    request.forget_uploads()
    assert list(tmp_path.iterdir()) == []


WHOLE = body_of(part("a", b"1"), part("file", b"x" * 5000, "x.png"), part("more", b"y" * 500, "y.png"))


@pytest.mark.parametrize(
    "chunks",
    [
        [WHOLE[:3000]],
        [WHOLE[:3000], None],
        [WHOLE[:3000], b"--xyz!!"],
        [WHOLE[:-10]],
        [WHOLE[:-10], None],
        [part("v", b"z" * 300_000)],
        [b"--abc\r\n"],
        [b"\r\n\r\n\r\n"],
        [WHOLE[:3000], b"z" * 2_000_000],
        [part("a", b"1")],
        [part("text", b"half of a sen")[:-7]],
        [b"--xyz\r\n" + b"X-Header: " + b"y" * 100_000],
        [b"--xyz\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\nx\r\n--xyz--\r\n"],
    ],
)
async def test_a_broken_upload_is_refused_and_leaves_nothing(tmp_path, chunks):
    request = request_of(kind=BOUNDARY, chunks=chunks, has_length=False, spool=tmp_path)
    with pytest.raises((Malformed, TooLarge)):
        await request.parameters()
    assert list(tmp_path.iterdir()) == []
    assert request.uploads == []


@pytest.mark.parametrize("end", [b"--xyz--", b"--xyz--\r\n", b"--xyz--\r\n\r\nafterword"])
async def test_the_end_of_a_body_may_be_spelled_in_three_ways(end):
    assert (await form_of(body_of(part("a", b"1"), end=end), BOUNDARY)).text("a") == "1"
    assert await request_of(b"", BOUNDARY).parameters() == []


async def test_a_cancelled_upload_leaves_nothing(tmp_path):
    never = asyncio.Event()
    request = request_of(kind=BOUNDARY, has_length=False, spool=tmp_path)
    sent = [WHOLE[:3000]]

    async def receive():
        if not sent:
            await never.wait()
        return {"type": "http.request", "body": sent.pop(), "more_body": True}

    request.receive = receive
    reading = asyncio.create_task(request.parameters())
    await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert list(tmp_path.iterdir()) == []


async def test_a_body_of_a_thousand_files_is_refused(tmp_path):
    body = body_of(*(part("file", b"x", "x.png") for _ in range(MAX_UPLOADS + 1)))
    with pytest.raises(Malformed, match="files"):
        await request_of(body, BOUNDARY, spool=tmp_path).parameters()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "kind", [b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data;" * 9]
)
async def test_a_multipart_body_without_boundary_is_refused(kind):
    with pytest.raises(Malformed, match="boundary"):
        await request_of(WHOLE, kind).parameters()


@pytest.mark.parametrize(
    ("query", "limit", "before", "after", "above"),
    [
        (b"", 20, 2**63 - 1, 0, None),
        (b"limit=0&max_id=5&since_id=3", 1, 5, 3, None),
        (b"limit=9999&min_id=0", 40, 2**63 - 1, 0, 0),
        (b"limit=x&max_id=x&min_id=-1&since_id=9999999999999999999999", 20, 2**63 - 1, 0, None),
        (b"limit=-5", 1, 2**63 - 1, 0, None),
    ],
)
def test_windows(query, limit, before, after, above):
    window = Form(parse_pairs(query)).window(20, 40)
    assert (window.limit, window.before, window.after, window.above) == (limit, before, after, above)
