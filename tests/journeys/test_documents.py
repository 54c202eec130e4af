"""Over real sockets: one address is a page for people and a document for servers, and caches are told why."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest
import requests

STREAMS = "https://www.w3.org/ns/activitystreams"
DOCUMENT, PAGE = "application/activity+json; charset=utf-8", "text/html; charset=utf-8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
WISHES = [
    ("application/activity+json", DOCUMENT),
    (f'application/ld+json; profile="{STREAMS}"', DOCUMENT),
    ("application/activity+json, application/ld+json", DOCUMENT),  # Mastodon
    (f'application/ld+json; profile="{STREAMS}", application/activity+json; q=0.8, text/html; q=0.1', DOCUMENT),
    ("text/html;q=0.1, application/activity+json;q=0.2", DOCUMENT),
    ("*/*", PAGE),
    (None, PAGE),
    (BROWSER, PAGE),
    ("text/html, application/activity+json", PAGE),
    ("application/activity+json;q=0, */*", PAGE),
    ("application/json", PAGE),
]


@pytest.fixture(scope="module")
def post(server) -> dict:
    """A public post of Ana's."""
    headers = {"authorization": f"Bearer {server.person('ana')}"}
    return requests.post(f"{server.url}/api/v1/statuses", json={"status": "hello"}, headers=headers, timeout=10).json()


@pytest.mark.parametrize(("accept", "kind"), WISHES)
def test_the_header_decides_what_an_address_answers(server, post, accept, kind):
    for address in (f"{server.url}/@ana", post["uri"]):
        reply = requests.get(address, headers={"accept": accept}, timeout=10)  # None sends no such header
        assert (reply.status_code, reply.headers["content-type"]) == (200, kind)
        assert "Accept" in [word.strip() for word in reply.headers["vary"].split(",")]
        if kind == DOCUMENT:
            assert reply.json()["id"] == address
            head = requests.head(address, headers={"accept": accept}, timeout=10)
            assert head.headers["content-type"] == kind and head.content == b""


def test_from_a_handle_to_a_post_as_another_server_goes(server, post):
    def read(address, accept):
        asked = urllib.request.Request(address, headers={"accept": accept})
        with urllib.request.urlopen(asked, timeout=10) as reply:
            return json.load(reply)

    found = read(f"{server.url}/.well-known/webfinger?resource=acct:ana@localhost", "application/jrd+json")
    [me] = [link["href"] for link in found["links"] if link["rel"] == "self"]
    actor = read(me, "application/activity+json")
    page = read(read(actor["outbox"], "application/activity+json")["first"], "application/activity+json")
    assert [item["object"]["id"] for item in page["orderedItems"]] == [post["uri"]]
    for path in ("/@ana/outbox", "/actor", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/.well-known/host-meta.json"):
        assert read(server.url + path, "*/*")
    with pytest.raises(HTTPError) as refused:
        read(f"{server.url}/.well-known/webfinger", "*/*")
    assert refused.value.code == 400 and "resource" in json.load(refused.value)["error"]
