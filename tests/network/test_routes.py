"""Which routes of the server are open (K6): a route that nobody meant to open fails here, by name."""

import pytest
from tests.client import Client

from rookery.model.callers import ALL_SCOPES
from rookery.ops.rooms import ROUTES

EVERY = [route for routes in ROUTES.values() for route in routes]
# Open to anybody. Reading is by the visibility gate; what changes something has a limit by address.
OPEN = {
    "GET /api/v1/timelines/link",
    "GET /",
    "GET /about",
    "GET /login",
    "POST /login",
    "GET /login/second",
    "POST /login/second",
    "POST /login/passkey",
    "GET /join",
    "POST /join",
    "GET /confirm",
    "POST /confirm",
    "GET /reset",
    "GET /decisions",
    "POST /decisions",
    "GET /password/forgotten",
    "POST /reset",
    "GET /password/reset",
    "POST /password/reset",
    "GET /claim/{secret}",
    "POST /claim/{secret}",
    "GET /oauth/authorize",
    "GET /tags/{tag}",
    "GET /trending",
    "GET /collections/{id}",
    "GET /api/v1/collections/{id}",
    "GET /api/v1/accounts/{id}/collections",
    "GET /search",
    "GET /people",
    "GET /media/far/{token}/{size}",
    "GET /media/{key}",
    "GET /static/{name}",
    "GET /@{name}",
    "GET /@{name}/{id}",
    "GET /@{name} as application/activity+json",
    "GET /@{name}/{id} as application/activity+json",
    "GET /@{name}/{id}/activity",
    "GET /@{name}/{id}/context",
    "GET /@{name}/{id}/replies",
    "GET /@{name}/{id}/stamps/{quoting}",
    "GET /@{name}/featured",
    "GET /@{name}/followers_synchronization",  # for who signs, and their own people alone
    "GET /@{name}/followers as application/activity+json",
    "GET /@{name}/following as application/activity+json",
    "GET /@{name}/outbox",
    "POST /inbox",  # who speaks is proved by a signature
    "POST /actor/inbox",
    "POST /@{name}/inbox",
    "GET /actor",
    "GET /actor/outbox",
    "GET /@{name}/{id}/history",
    "GET /@{name}/{id}/quotes",
    "GET /@{name}/{id}/embed",
    "GET /invite/{code}",
    "GET /api/oembed",
    "GET /api/openapi.json",
    "GET /api/v1/peers/search",
    "GET /api/v1/instance/terms_of_service/{date}",
    "GET /api/v1/accounts/lookup",
    "GET /api/v1/accounts",
    "GET /api/v1/accounts/{id}",
    "GET /api/v1/accounts/{id}/statuses",
    "GET /api/v1/accounts/{id}/followers",
    "GET /api/v1/accounts/{id}/following",
    "POST /api/v1/apps",
    "POST /oauth/token",
    "POST /oauth/revoke",
    "GET /.well-known/oauth-authorization-server",
    "POST /api/v1/accounts/{id}/email_subscriptions",
    "GET /api/v1_alpha/accounts/{id}/collections",
    "GET /api/v1_alpha/collections/{id}",
    "GET /api/v1/polls/{id}",
    "GET /api/v1/statuses",
    "GET /api/v1/statuses/{id}",
    "GET /api/v1/statuses/{id}/context",
    "GET /api/v1/statuses/{id}/history",
    "GET /api/v1/statuses/{id}/favourited_by",
    "GET /api/v1/statuses/{id}/quotes",
    "GET /api/v1/statuses/{id}/reblogged_by",
    "GET /api/v2/search",
    "GET /api/v1/streaming/health",
    "GET /api/v1/tags/{name}",
    "GET /api/v1/accounts/{id}/featured_tags",
    "GET /api/v1/timelines/public",
    "GET /api/v1/timelines/tag/{tag}",
    "GET /health",
    "GET /mail/stop/{link}",
    "POST /mail/stop/{link}",
    "GET /sw.js",
    "GET /.well-known/change-password",
    "GET /.well-known/passkey-endpoints",
    "GET /.well-known/security.txt",
    "GET /.well-known/host-meta",
    "GET /.well-known/host-meta.json",
    "GET /.well-known/nodeinfo",
    "GET /.well-known/webfinger",
    "GET /api/v1/accounts/{id}/endorsements",
    "GET /api/v1/custom_emojis",
    "GET /api/v1/directory",
    "GET /api/v1/instance",
    "GET /api/v1/instance/activity",
    "GET /api/v1/instance/domain_blocks",
    "GET /api/v1/instance/extended_description",
    "GET /api/v1/instance/languages",
    "GET /api/v1/instance/peers",
    "GET /api/v1/instance/privacy_policy",
    "GET /api/v1/instance/rules",
    "GET /api/v1/instance/terms_of_service",
    "GET /api/v1/instance/translation_languages",
    "GET /api/v1/trends",
    "GET /api/v1/trends/links",
    "GET /api/v1/trends/statuses",
    "GET /api/v1/trends/tags",
    "GET /api/v2/instance",
    "GET /nodeinfo/2.0",
    "GET /nodeinfo/2.1",
}
# For an app without a person, and for people whose sign-up is not complete.
# Any token of a person will do, as on Mastodon: these tell nothing about the person.
WITHOUT_SCOPE = {
    "GET /api/v1/apps/verify_credentials",
    "GET /api/v1/announcements",
    "GET /api/v1/accounts/{id}/identity_proofs",
}
READ_BY_POST = {"/oauth/userinfo", "/api/v1/statuses/{id}/translate"}
ALMOST_OPEN = {
    "GET /api/v1/apps/verify_credentials": "app",
    "POST /api/v1/accounts": "app",
    "POST /api/v1/emails/confirmations": "newcomer",
    "GET /api/v1/emails/check_confirmation": "newcomer",
}


def test_these_routes_are_open_and_no_others():
    assert {route.key for route in EVERY if route.who == "anyone"} == OPEN
    assert {route.key: route.who for route in EVERY if route.who in ("app", "newcomer")} == ALMOST_OPEN
    assert {route.who for route in EVERY} <= {"anyone", "app", "newcomer", "user", "member", "admin"}


def test_the_owners_pages_are_for_admins_and_no_others():
    assert {route.key for route in EVERY if route.who == "admin"} == {
        route.key for route in EVERY if f"{route.path}/".startswith("/admin/")
    }
    assert sum(route.who == "admin" for route in EVERY) >= 12


@pytest.mark.parametrize("route", EVERY, ids=lambda route: route.key)
def test_a_route_says_who_and_for_what(route):
    assert set(route.scopes) <= ALL_SCOPES
    if route.path.startswith("/api/") and route.who != "anyone":
        assert route.scopes or route.key in WITHOUT_SCOPE, "a person's route names its scope"
    if route.scopes and route.method == "GET" and route.path.startswith("/api/"):
        writes = any(scope.startswith("write") for scope in route.scopes)
        assert not writes or route.path.startswith(("/api/v1/media/", "/api/v1/domain_blocks/preview"))
    if route.scopes and route.method != "GET" and route.path not in READ_BY_POST:
        assert not any(scope.startswith("read") for scope in route.scopes)
    if route.who == "anyone" and route.method != "GET":
        assert route.limit.by == "address", "what anybody may change is counted by address"
    assert route.body_limit <= 100 * 1024 * 1024


def test_no_route_is_declared_twice_or_hidden_behind_another():
    keys = [route.key for route in EVERY]
    assert sorted(keys) == sorted(set(keys))


def test_what_the_accept_header_chooses_stands_beside_a_page():
    plain = {route.path for route in EVERY if route.method == "GET" and not route.types}
    typed = [route for route in EVERY if route.types]
    assert {route.path for route in typed} <= plain
    assert {route.types for route in typed} == {
        ("application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
    }


def filled(path):
    for name in ("{id}", "{choice}", "{name}", "{tag}", "{key}", "{account_id}", "{group_key}", "{code}", "{date}"):
        path = path.replace(name, "1")
    return path


async def test_nobody_gets_past_the_gate_of_a_closed_route(world):
    ana = await world.person("ana")
    narrow = Client(world.server, token=await world.token(ana.id, "read:lists"))
    for route in world.server.router.every:
        if route.who == "anyone" or "{" in filled(route.path):
            continue
        for client in (world.stranger, Client(world.server, token="wrong"), Client(world.server, token="")):
            reply = await client.call(route.method, filled(route.path))
            assert (reply.code, list(reply.json)) == (401, ["error"]), route.key
        if route.scopes and not {"read:lists", "read"} & set(route.scopes):
            reply = await narrow.call(route.method, filled(route.path))
            assert (reply.code, reply.json) == (403, {"error": "This action is outside the authorized scopes"}), (
                route.key
            )


async def test_a_bad_token_is_refused_where_none_is_needed(world):
    for route in world.server.router.every:
        if route.who == "anyone" and route.scopes and "{" not in filled(route.path):
            reply = await Client(world.server, token="wrong").call(route.method, filled(route.path))
            assert reply.code == 401, route.key
