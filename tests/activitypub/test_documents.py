"""JSON of strangers: read in one way only, or refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.activitypub.values import JSON

from rookery.activitypub.documents import (
    MAX_DEPTH,
    MAX_DOCUMENT_BYTES,
    MAX_VALUES,
    DocumentRefused,
    alias,
    id_in,
    ids_in,
    line_in,
    listed,
    number_in,
    parse_document,
    text_in,
    type_in,
)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b"{} {}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"id":"x","@id":"y"}',
        b'{"content":"x","as:content":"y"}',
        b'{"x":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x":[' + b"1," * MAX_VALUES + b"1]}",
        b'{"x":"' + b"x" * MAX_DOCUMENT_BYTES + b'"}',
        b'{"x":' + b"9" * 5000 + b"}",
    ],
)
def test_what_two_readers_could_read_differently_is_refused_with_a_reason(raw):
    with pytest.raises(DocumentRefused) as refused:
        parse_document(raw)
    assert 10 < len(str(refused.value)) < 300


def test_colons_and_quotes_in_words_are_no_names():
    document = parse_document(rb'{"a":"x\":\"y:","b:c":{"\"":1},"d":["\\"]}')
    assert document == {
        "a": 'x":"y:',
        "b:c": {'"': 1},
        "d": ["\\"],
    }


def test_aliases_become_one_spelling_and_other_prefixes_stay():
    document = parse_document(b'{"@type":["as:Note","x:Y"],"toot:blurhash":"h","vcard:bday":"d","as:":1}')
    assert document == {"type": ["Note", "x:Y"], "blurhash": "h", "vcard:bday": "d", "as:": 1}
    assert alias("http://joinmastodon.org/ns#featured") == "featured"


def test_graphs_and_reversed_properties_mean_nothing():
    document = parse_document(b'{"@graph":[{"id":"a"}],"@included":[],"@reverse":{"id":"b"},"id":"c"}')
    assert id_in(document.get("id")) == "c"


def test_single_values_lists_and_objects_are_read_alike():
    assert listed(None) == []
    assert listed("a") == listed(["a"]) == listed({"items": ["a"]}) == ["a"]
    assert id_in({"id": "https://a.example"}) == id_in(["https://a.example"]) == "https://a.example"
    assert ids_in(["a", {"id": "a"}, 5, None, "b", "c d"], 5) == ("a", "b")
    assert text_in({"value": "x", "language": "en"}, 5) == text_in(["x"], 5) == "x"
    assert type_in({"type": ["Other", "Note"]}, frozenset(("Note",))) == "Note"
    assert line_in("a\r\nb\x1b[0m\u202e", 50) == "a b [0m"


def test_numbers_are_bounded_and_truth_is_no_number():
    assert [number_in(one) for one in (-5, 1e300, True, "5", 2.9)] == [0, 2**53 - 1, None, None, 2]


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), JSON, max_size=5))
def test_any_object_is_read_or_refused(value):
    try:
        parse_document(json.dumps(value).encode())
    except DocumentRefused as refused:
        assert str(refused)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw):
    try:
        assert isinstance(parse_document(raw), dict)
    except DocumentRefused as refused:
        assert str(refused)


@pytest.mark.parametrize(
    ("raw", "is_read"),
    [
        (b'{"a":":","b":"c"}', True),
        (b'{"a" : ":\\":","b"\n:\t{"c":":"}}', True),
        (b'{"a":1,"a":2}', False),
        (b'{"a":1,"a" :2}', False),
        (b'{"a":":","a"\n:2}', False),
        (b'{"a" :1,"a" :2,"b":":)"}', False),
        (b'{"a":{"b":":","b":1}}', False),
    ],
)
def test_a_name_that_comes_twice_is_seen_however_it_is_spaced(raw, is_read):
    if is_read:
        assert parse_document(raw)
    else:
        with pytest.raises(DocumentRefused, match="nothing twice"):
            parse_document(raw)
