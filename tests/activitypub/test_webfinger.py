"""From a name to an address."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.client import Client

from rookery.activitypub.face import WireFace
from rookery.activitypub.webfinger import ResourceNeeded, ResourceUnreadable, is_server, name_from_resource, resource_of
from rookery.model.accounts import AccountNotFound, username_key
from rookery.model.settings import Settings
from rookery.network.limits import Limiter
from rookery.network.requests import Request

BASE = "http://localhost:3000"


async def finger(world, resource, more="", code=200):
    reply = await world.stranger.get(f"/.well-known/webfinger?resource={quote(resource, safe='')}{more}")
    assert reply.code == code, reply
    return reply


@pytest.mark.parametrize(
    "resource",
    [
        "acct:ana@localhost",
        "acct:Ana@LOCALHOST",
        "ACCT:ana@localhost",
        "acct:@ana@localhost",
        "ana@localhost",
        "@ana@localhost",
        "acct:ana@localhost:3000",
        " acct:ana@localhost ",
        f"{BASE}/@ana",
        f"{BASE}/@ana/",
        f"{BASE}/@Ana",
    ],
)
async def test_webfinger_knows_who_lives_here(world, resource):
    await world.person("ana")
    reply = await finger(world, resource)
    assert reply.headers["content-type"] == "application/jrd+json; charset=utf-8"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cache-control"] == "public, max-age=60"
    assert reply.json == {
        "subject": "acct:ana@localhost",
        "aliases": [f"{BASE}/@ana"],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": f"{BASE}/@ana"},
            {"rel": "self", "type": "application/activity+json", "href": f"{BASE}/@ana"},
            {
                "rel": "http://ostatus.org/schema/1.0/subscribe",
                "template": f"{BASE}/authorize_interaction?uri={{uri}}",
            },
        ],
    }


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("", 400, "is missing"),
        ("?resource=", 400, "is missing"),
        ("?resource=%20", 400, "is missing"),
        ("?resource=%00", 400, "cannot be read"),
        ("?resource=acct:a%00b@localhost", 400, "cannot be read"),
        ("?resource=acct:ana%0d%0a@localhost", 400, "cannot be read"),
        ("?resource=" + "a" * 3000, 400, "cannot be read"),
        ("?resource=acct:bea@localhost", 404, "nothing at this address"),
        ("?resource=acct:ana@far.example", 404, "nothing at this address"),
        ("?resource=ana", 404, "nothing at this address"),
        ("?resource=http://localhost:3000/@ana@far.example", 404, "nothing at this address"),
        ("?resource=http://localhost:3000/@ana/3kq", 404, "nothing at this address"),
        ("?resource=http://localhost:3000/@", 404, "nothing at this address"),
        ("?resource=https://localhost:3000/@ana", 404, "nothing at this address"),
        ("?resource=http://localhost:3000.far.example/@ana", 404, "nothing at this address"),
        ("?resource=http://far.example/@ana", 404, "nothing at this address"),
        ("?resource=acct:ana@", 404, "nothing at this address"),
        ("?resource=@localhost", 404, "nothing at this address"),
        ("?resource=acct:@", 404, "nothing at this address"),
        ("?resource=mailto:ana@localhost", 404, "nothing at this address"),
        ("?resource=acct:ana@localhost@localhost", 404, "nothing at this address"),
    ],
)
async def test_webfinger_knows_nobody_else(world, query, code, words):
    await world.person("ana")
    reply = await world.stranger.get(f"/.well-known/webfinger{query}")
    assert reply.code == code
    assert words in reply.json["error"]
    assert (reply.headers["cache-control"], reply.headers["access-control-allow-origin"]) == ("no-store", "*")


async def test_the_links_can_be_fewer_and_the_rest_stays(world):
    await world.person("ana")
    reply = await finger(world, "acct:ana@localhost", "&rel=self&rel=nothing")
    assert [link["rel"] for link in reply.json["links"]] == ["self"]
    assert reply.json["aliases"] == [f"{BASE}/@ana"]
    assert (await finger(world, "acct:ana@localhost", "&rel=nothing")).json["links"] == []


@pytest.mark.parametrize(
    "resource", [BASE, f"{BASE}/", f"{BASE}/actor", "acct:localhost@localhost", "acct:localhost:3000@localhost:3000"]
)
async def test_the_server_itself_is_found(world, resource):
    shown = (await finger(world, resource)).json
    assert shown["subject"] == "acct:localhost@localhost"
    hrefs = {link["rel"]: (link["type"], link["href"]) for link in shown["links"]}
    for rel in ("self", "https://www.w3.org/ns/activitystreams#Service"):
        assert hrefs[rel] == ("application/activity+json", f"{BASE}/actor")


async def test_who_is_suspended_is_not_told(world):
    ana, mod = await world.person("ana"), await world.person("mod", scopes="admin:write read")
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=int(ana.id))
    await finger(world, "acct:ana@localhost", code=404)
    await finger(world, f"{BASE}/@ana", code=404)
    await finger(world, f"acct:{mod.name}@localhost")


async def test_the_picture_is_told(world):
    ana = await world.person("ana")
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE accounts SET avatar_key = 'abc.webp' WHERE id = :id", id=int(ana.id))
    links = (await finger(world, "acct:ana@localhost")).json["links"]
    assert links[-1] == {"rel": "http://webfinger.net/rel/avatar", "href": f"{BASE}/media/abc.webp"}


async def test_what_the_request_calls_us_changes_nothing(world):
    """bridgy-fed 7623f42f, GEN-75"""
    await world.person("ana")
    for headers in ({"host": "evil.example"}, {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}):
        for path in ("webfinger?resource=acct:ana@localhost", "host-meta", "nodeinfo", "host-meta.json"):
            reply = await world.stranger.get(f"/.well-known/{path}", headers=headers)
            assert reply.code == 200 and b"evil" not in reply.body
    reply = await world.stranger.get("/.well-known/webfinger?resource=acct:ana@evil.example", headers=headers)
    assert reply.code == 404


async def test_host_meta_leads_to_webfinger(world):
    xml = await world.stranger.get("/.well-known/host-meta")
    assert b'template="http://localhost:3000/.well-known/webfinger?resource={uri}"' in xml.body
    assert xml.headers["content-type"] == "application/xrd+xml; charset=utf-8"
    for path, accept in (
        ("host-meta", "application/json"),
        ("host-meta", "application/jrd+json"),
        ("host-meta.json", ""),
    ):
        reply = await world.stranger.get(f"/.well-known/{path}", headers={"accept": accept})
        [link] = reply.json["links"]
        assert link["template"].endswith("/.well-known/webfinger?resource={uri}")
    for accept in ("*/*", "text/html,application/xml;q=0.9", "application/json;q=0.1, application/xrd+xml"):
        reply = await world.stranger.get("/.well-known/host-meta", headers={"accept": accept})
        assert reply.body == xml.body and reply.headers["vary"] == "Accept"


async def test_who_goes_through_all_names_is_slowed_down(world):
    world.server.limiter = Limiter()
    codes = [(await world.stranger.get("/.well-known/webfinger?resource=acct:x@localhost")).code for _ in range(960)]
    assert 429 in codes and set(codes[:900]) == {404}
    assert (await Client(world.server, address="192.0.2.9").get("/.well-known/nodeinfo")).code == 200


class Here:
    """As much of an application as names need."""

    settings = Settings()


FACE = WireFace(Here(), None)


@given(st.text(max_size=100))
@example("acct:ana@localhost")
@example(f"{BASE}/@%61na")
@example("acct:ſ@localhost")
@example("0@")
def test_any_resource_is_somebodys_name_or_nobodys(text):
    assert is_server(FACE, text) in (True, False)
    try:
        key = name_from_resource(FACE, text)
    except AccountNotFound:
        return
    assert key == username_key(key) and "@" not in key
    assert "localhost" in text.casefold(), "no other domain is ours"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
@example(b"resource=%ff")
@example(b"resource=a&resource=b")
def test_any_query_asks_for_a_printable_resource_or_is_refused(raw):
    async def receive():
        return {}

    request = Request("GET", "/.well-known/webfinger", b"resource=" + raw, {}, "127.0.0.1", receive)
    try:
        asked = resource_of(request)
    except (ResourceNeeded, ResourceUnreadable):
        return
    assert asked == asked.strip() and asked.isprintable() and json.dumps(asked)
