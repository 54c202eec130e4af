"""Tokens, scopes, sessions and links: each does what it was given for, once where it says once, and no more."""

import re

import pytest
from tests.client import Client
from tests.nest import PASSWORD, Nest

from rookery.actions.credentials import LinkExpired, request_password_reset, reset_password
from rookery.mastodon.tables import ROUTES
from rookery.model.apps import OAuthRefused

REGISTERED = {"client_name": "x", "redirect_uris": "https://x.example"}
USER_ROUTES = [route for route in ROUTES if route.who == "user"]


def path_of(route) -> str:
    return re.sub(r"\{[^}]+\}", "1", route.path)


@pytest.mark.parametrize("row", [pytest.param(0, id="GHSA-58x8-3qxw-6hm7")])
async def test_an_apps_own_token_opens_no_persons_route(world, row):
    await world.person("ana")
    app = (await world.stranger.post("/api/v1/apps", form=REGISTERED)).json
    ask = {key: app[key] for key in ("client_id", "client_secret")}
    ask |= {"grant_type": "client_credentials", "scope": "read"}
    token = (await world.stranger.post("/oauth/token", form=ask)).json["access_token"]
    machine = Client(world.server, token=token)
    for route in USER_ROUTES:
        reply = await machine.call(route.method, path_of(route))
        assert reply.code in (401, 403, 422), route.key
    assert len(USER_ROUTES) > 100


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(0, id="CVE-2023-52139 / GHSA-7pxq-6xx9-xpgm"),
        pytest.param(1, id="CVE-2024-25108 / GHSA-gccq-h3xj-jgvf"),
    ],
)
async def test_a_token_does_nothing_beyond_its_scopes(world, row):
    ana = await world.person("ana", scopes="read:lists" if row else "read")
    held = {"read:lists"} if row else {"read"}
    checked = 0
    for route in USER_ROUTES:
        families = {scope.partition(":")[0] for scope in route.scopes}
        is_covered = bool(held & set(route.scopes)) or (not row and "read" in families)
        if not route.scopes or is_covered:
            continue
        reply = await ana.client.call(route.method, path_of(route))
        assert (reply.code, reply.json["error"]) == (403, "This action is outside the authorized scopes"), route.key
        checked += 1
    assert checked > 60


@pytest.mark.parametrize("row", [pytest.param(0, id="mastodon#13613/#13688")])
async def test_an_apps_secret_is_shown_once_and_kept_as_a_hash(world, row):
    app = (await world.stranger.post("/api/v1/apps", form=REGISTERED)).json
    kept = repr([tuple(row) for row in await world.app.db.reader.all("SELECT * FROM apps")])
    assert app["client_secret"] not in kept
    ana = await world.person("ana")
    assert "client_secret" not in await ana.calls("GET", "/api/v1/apps/verify_credentials")


@pytest.mark.parametrize("row", [pytest.param(0, id="lemmy#4719")])
async def test_a_reset_link_works_once_and_lies_nowhere_readable(nest: Nest, row):
    await nest.joins("ana")
    await request_password_reset(nest.app, nest.passwords.limiter, "ana@mail.example")
    secret = await nest.link()
    kept = repr([tuple(row) for row in await nest.app.db.reader.all("SELECT * FROM mail_tokens")])
    assert secret not in kept
    await reset_password(nest.app, nest.passwords, secret, "another horse")
    with pytest.raises(LinkExpired):
        await reset_password(nest.app, nest.passwords, secret, "a third horse")


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2025-24896")])
async def test_signing_out_leaves_neither_cookie_nor_session(pages, row):
    ana = await pages.member("ana")
    stolen = dict(ana.cookies)
    await ana.sends("/logout")
    assert not {"session", "step"} & ana.cookies.keys()
    thief = pages.browser()
    thief.cookies = stolen
    assert (await thief.call("GET", "/settings/security")).code == 303


@pytest.mark.parametrize("row", [pytest.param(0, id="atproto#3659 (b)")])
async def test_the_id_of_a_token_or_session_is_no_key(nest: Nest, row):
    ana = await nest.joins("ana")
    session, token = await nest.signs_in("ana"), await nest.uses_app(ana)
    for opaque in (token.id, session.id, ana.account_id):
        for identify in (nest.callers.identify_token, nest.callers.identify_session):
            with pytest.raises(Exception, match=r"invalid|sign in first"):
                await identify(str(opaque))


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-47")])
async def test_an_app_that_registers_again_has_no_more_than_it_asked_for(nest: Nest, row):
    ana = await nest.joins("ana")
    small, large = await nest.has_app(scopes="read"), await nest.has_app(scopes="read write")
    code = await nest.grants(ana, small, "read")
    with pytest.raises(OAuthRefused):
        await nest.exchanges(large, code)
    with pytest.raises(OAuthRefused):
        await nest.grants(ana, small, "read write")
    assert (await nest.exchanges(small, code)).scopes == ("read",)


@pytest.mark.parametrize("row", [pytest.param(0, id="bridgy-fed 7623f42f")])
@pytest.mark.parametrize(
    "path", ["oauth-authorization-server", "nodeinfo", "security.txt", "passkey-endpoints", "change-password"]
)
async def test_our_own_addresses_never_come_from_the_host_that_was_asked(pages, path, row):
    reply = await pages.world.stranger.get(f"/.well-known/{path}", headers={"host": "evil.example"})
    assert b"evil.example" not in reply.body + repr(reply.all_headers).encode()


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-51")])
async def test_a_sign_in_changes_every_secret_of_the_browser(pages, row):
    await pages.member("ana")
    other = pages.browser()
    await other.opens("/login")
    planted = dict(other.cookies)
    await other.sends("/login", name="ana", password="correct horse battery")
    first = other.cookies["session"]
    assert first not in planted.values()
    await other.opens("/login?again=1")
    await other.sends("/login", name="ana", password="correct horse battery")
    assert other.cookies["session"] != first
    thief = pages.browser()
    thief.cookies = {"session": first}
    assert (await thief.call("GET", "/home")).code == 303
    assert PASSWORD not in other.page
