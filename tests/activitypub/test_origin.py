"""Whose an id is: the same scheme, host and port, and nothing that merely looks so."""

import pytest

from rookery.activitypub.origin import (
    ForeignObject,
    authority_of,
    check_foreign,
    find_origin,
    is_ours,
    read_origin,
    same_origin,
)
from rookery.model.incoming import IncomingRefused

HERE = "https://here.example"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://a.example/1", "https://a.example/2#x"),
        ("https://A.example/1", "https://a.example:443/2"),
        ("https://münchen.example/1", "https://xn--mnchen-3ya.example/2"),
        ("http://a.example:8080/1", "http://a.example:8080/2"),
        ("https://a.example./1", "https://a.example/"),
    ],
)
def test_one_server_is_one_origin(first, second):
    assert same_origin(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://a.example/1", "http://a.example/1"),
        ("https://a.example/1", "https://a.example:8443/1"),
        ("https://a.example/1", "https://b.a.example/1"),
        ("https://a.example/1", "https://a.example@b.example/1"),
        ("https://a.example/1", "https://b.example/https://a.example/1"),
        ("https://a.example/1", "https://a.example\\@b.example/1"),
        ("https://a.example/1", "https://a.example.evil.example/1"),
        ("https://a.example/1", " https://a.example/1"),
        ("https://a.example/1", "https://a.example%00.b.example/1"),
        ("acct:ana@a.example", "acct:ana@a.example"),
        ("ap://did:key:z6Mk/1", "ap://did:key:z6Mk/1"),
        ("", ""),
        ("https://", "https://"),
    ],
)
def test_another_scheme_port_host_or_nothing_is_another_origin(first, second):
    assert not same_origin(first, second)


def test_our_own_host_is_ours_on_every_scheme_and_port():
    for uri in (
        "https://here.example/@ana",
        "http://here.example/x",
        "https://HERE.example:8443/x",
        "https://here.example.",
    ):
        assert is_ours(uri, HERE)
    for uri in ("https://there.example/", "https://x.here.example/", "", "acct:ana@here.example"):
        assert not is_ours(uri, HERE)


def test_servers_on_one_machine_differ_by_port():
    assert not is_ours("http://localhost:3001/@bo", "http://localhost:3000")
    assert is_ours("http://localhost:3000/@bo", "http://localhost:3000")
    assert authority_of("http://localhost:3000/x") == "localhost:3000"


def test_nobody_brings_what_is_ours_or_somebody_elses():
    assert check_foreign("https://a.example/1", "https://a.example/bo", HERE) == "https://a.example/1"
    with pytest.raises(ForeignObject):
        check_foreign("https://here.example/1", "https://here.example/@ana", HERE)
    with pytest.raises(ForeignObject):
        check_foreign("https://a.example/1", "https://b.example/bo", HERE)
    with pytest.raises(IncomingRefused):
        check_foreign("https://a.example/" + "x" * 3000, "https://a.example/bo", HERE)


def test_an_origin_has_one_spelling():
    assert find_origin("HTTPS://A.example:443/x?y") == "https://a.example"


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/users/bea#likes/1",
        "https://a.example/@bea/1?page=2&x=a%20b",
        "https://a.example//b.example/1",
        "https://a.example/:80@b.example",
        "http://127.0.0.1:8080/1",
        "http://127.1/1",
        "https://a.example:/1",
        "https://a.example:99999/1",
        "https://a.example:80:81/1",
        "https://a..example/1",
        "https://-a.example/1",
        "https://.../1",
    ],
)
def test_reading_the_beginning_alone_says_what_reading_all_of_it_says(uri):
    assert find_origin(uri) == read_origin(uri)
