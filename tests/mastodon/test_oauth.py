"""OAuth and sign-up as apps speak them, through the real server: shapes, codes, and who is let through (K6)."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.client import Client
from tests.measures import disable_member, suspend_account
from tests.nest import PASSWORD, Nest

from rookery.actions.apps import AuthorizationForm, check_authorization, grant_authorization
from rookery.actions.credentials import confirm_email
from rookery.mastodon import apps, members, oauth
from rookery.mastodon.assembly import build_face
from rookery.mastodon.tables import PREFIXES
from rookery.model.audit import Governor
from rookery.model.members import RegistrationMode, Role
from rookery.network.server import Server
from rookery.timelines.caches import MarkCache
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.timelines.streams import Streams

OOB = "urn:ietf:wg:oauth:2.0:oob"
JOIN = {"username": "ana", "email": "ana@mail.example", "password": PASSWORD, "agreement": "true", "locale": "en"}


def serve(nest: Nest, folder: Path) -> Client:
    live = Live(nest.app.db)
    homes = Homes(nest.app.db, live, kept=10)
    face = build_face(
        nest.app,
        live,
        homes,
        MarkCache(nest.app.db, kept=10),
        streams=Streams(nest.app.db, live, homes),
        callers=nest.callers,
        passwords=nest.passwords,
        media=None,  # type: ignore[arg-type]
    )
    server = Server(nest.passwords.limiter, spool=folder)
    tables = (*oauth.routes.routes, *apps.routes.routes, *members.routes.routes)
    server.mount(tables, face, prefixes=(*PREFIXES, "/"))
    return Client(server)


@pytest.fixture
def client(nest, tmp_path) -> Client:
    return serve(nest, tmp_path)


async def registers(client: Client, **more: Any) -> Any:
    body = {"client_name": "Ivory", "redirect_uris": OOB, "scopes": "read write follow push", **more}
    reply = await client.post("/api/v1/apps", json_body=body)
    assert reply.code == 200, reply
    return reply.json


def credentials(app: Any) -> dict[str, str]:
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


async def gets_token(client: Client, app: Any, **more: Any) -> Any:
    form = {"grant_type": "client_credentials", "scope": "read write", **credentials(app), **more}
    reply = await client.post("/oauth/token", form=form)
    assert reply.code == 200, reply
    return reply.json


async def grants(nest: Nest, app: Any, account_id: int, scope: str = "read write") -> str:
    form = AuthorizationForm("code", app["client_id"], app["redirect_uris"][0], scope)
    return (await grant_authorization(nest.app, await check_authorization(nest.app, form), account_id)).code


async def test_an_app_registers_in_every_way_that_apps_send(client):
    wanted = ["https://elk.example/cb", "icecubesapp://"]
    form = {
        "client_name": "Elk",
        "redirect_uris": "\n".join(wanted),
        "scopes": "read write",
        "website": "https://elk.example",
    }
    array = {"client_name": "Elk", "redirect_uris": wanted, "scopes": "read write", "website": "https://elk.example"}
    query = "client_name=Elk&redirect_uris[]=https://elk.example/cb&redirect_uris[]=icecubesapp://&scopes=read+write"
    replies = [
        await client.post("/api/v1/apps", form=form),
        await client.post("/api/v1/apps", json_body=array),
        await client.post(f"/api/v1/apps?{query}&website=https://elk.example"),
    ]
    for reply in replies:
        app = reply.json
        assert (reply.code, app["name"], app["website"]) == (200, "Elk", "https://elk.example")
        assert (app["scopes"], app["redirect_uris"]) == (["read", "write"], wanted)
        assert app["redirect_uri"] == "\n".join(wanted)
        assert app["id"].isdigit()
        assert app["client_secret_expires_at"] == 0
        assert {"client_id", "client_secret", "vapid_key"} <= app.keys()
        assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": ""},
        {"redirect_uris": ""},
        {"redirect_uris": "javascript:alert(1)"},
        {"scopes": "read everything"},
        {"website": "nope"},
    ],
)
async def test_an_app_that_cannot_be_registered_is_told_why(client, wrong):
    body = {"client_name": "Ivory", "redirect_uris": OOB, "scopes": "read", **wrong}
    reply = await client.post("/api/v1/apps", json_body=body)
    assert reply.code == 422
    assert reply.json["error"].startswith("Validation failed: ")


async def test_the_sixth_app_from_one_address_waits(client):
    for _ in range(5):
        await registers(client)
    body = {"client_name": "Ivory", "redirect_uris": OOB}
    for path in ("/api/v1/apps", "/api/v1/apps/"):
        reply = await client.post(path, json_body=body)
        assert reply.code == 429
        assert reply.headers["x-ratelimit-limit"] == "5"


async def test_an_app_gets_a_token_of_its_own_and_knows_itself(client):
    app = await registers(client)
    token = await gets_token(client, app)
    assert token.keys() == {"access_token", "token_type", "scope", "created_at"}
    assert (token["token_type"], token["scope"], type(token["created_at"])) == ("Bearer", "read write", int)
    reply = await Client(client.server, token=token["access_token"]).get("/api/v1/apps/verify_credentials")
    assert (reply.code, reply.json["name"]) == (200, "Ivory")
    assert "client_secret" not in reply.json


@pytest.mark.parametrize("way", ["form", "json", "query", "basic"])
async def test_ana_lets_an_app_in_whatever_way_it_speaks(nest, client, way):
    ana, app = await nest.joins("ana"), await registers(client)
    ask = {"grant_type": "authorization_code", "code": await grants(nest, app, ana.account_id), "redirect_uri": OOB}
    basic = base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
    if way == "form":
        reply = await client.post("/oauth/token", form={**ask, **credentials(app)})
    elif way == "json":
        reply = await client.post("/oauth/token", json_body={**ask, **credentials(app)})
    elif way == "query":
        text = "&".join(f"{name}={value}" for name, value in {**ask, **credentials(app)}.items())
        reply = await client.post(f"/oauth/token?{text}")
    else:
        reply = await client.post("/oauth/token", form=ask, headers={"authorization": f"Basic {basic}"})
    assert reply.code == 200, reply
    who = await Client(client.server, token=reply.json["access_token"]).get("/oauth/userinfo")
    assert who.json["preferred_username"] == "ana"
    assert who.json["profile"] == "https://nest.example/@ana"


@pytest.mark.parametrize(
    ("wrong", "code", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "made up"}, 400, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials", "scope": "admin:write"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "nonsense"}, 400, "invalid_scope"),
    ],
)
async def test_a_wrong_request_for_a_token_is_refused_as_oauth_says(nest, client, wrong, code, error):
    ana, app = await nest.joins("ana"), await registers(client)
    ask = {"grant_type": "authorization_code", "code": await grants(nest, app, ana.account_id), "redirect_uri": OOB}
    reply = await client.post("/oauth/token", form={**ask, **credentials(app), **wrong})
    assert (reply.code, reply.json["error"]) == (code, error)
    assert reply.json["error_description"]
    assert ("www-authenticate" in reply.headers) == (code == 401)


async def test_an_app_signs_ana_out_and_nobody_else_can(nest, client):
    ana, app, other = await nest.joins("ana"), await registers(client), await registers(client)
    ask = {"grant_type": "authorization_code", "code": await grants(nest, app, ana.account_id), "redirect_uri": OOB}
    token = (await client.post("/oauth/token", form={**ask, **credentials(app)})).json["access_token"]
    mine = Client(client.server, token=token)
    for wrong in (credentials(other), {}, {"client_id": app["client_id"], "client_secret": "x"}):
        reply = await client.post("/oauth/revoke", form={"token": token, **wrong})
        assert (reply.code, reply.json["error"]) == (403, "unauthorized_client")
    assert (await mine.get("/oauth/userinfo")).code == 200
    for _ in range(2):
        reply = await client.post("/oauth/revoke", json_body={"token": token, **credentials(app)})
        assert (reply.code, reply.json) == (200, {})
    reply = await mine.get("/oauth/userinfo")
    assert (reply.code, reply.json["error"]) == (401, "The access token was revoked")


async def test_a_made_up_token_is_refused_even_where_none_is_needed(client):
    stranger = Client(client.server, token="made-up")
    for path in ("/oauth/userinfo", "/api/v1/apps/verify_credentials", "/.well-known/oauth-authorization-server"):
        reply = await stranger.get(path)
        assert (reply.code, reply.json["error"]) == (401, "The access token is invalid")


async def test_an_apps_own_token_is_refused_where_a_person_is_needed(client):
    app = await registers(client, scopes="read write profile")
    token = (await gets_token(client, app, scope="read write profile"))["access_token"]
    machine = Client(client.server, token=token)
    for method, path in (("GET", "/oauth/userinfo"), ("POST", "/api/v1/emails/confirmations")):
        reply = await machine.call(method, path)
        assert (reply.code, reply.json["error"]) == (422, "This method requires an authenticated user")


async def test_a_missing_scope_is_named_as_such(nest, client):
    ana = await nest.joins("ana")
    token = await nest.uses_app(ana, scopes="follow")
    reply = await Client(client.server, token=token.secret).get("/oauth/userinfo")
    assert (reply.code, reply.json["error"]) == (403, "This action is outside the authorized scopes")


@pytest.mark.parametrize("lock_out", [disable_member, suspend_account])
async def test_who_is_locked_out_loses_every_app(nest, client, lock_out):
    ana = await nest.joins("ana")
    token = await nest.uses_app(ana, scopes="read")
    mine = Client(client.server, token=token.secret)
    assert (await mine.get("/oauth/userinfo")).code == 200
    await lock_out(nest.app, ana.account_id, by=Governor(None, Role.ADMIN))
    assert (await mine.get("/oauth/userinfo")).code == 401


async def test_ana_joins_through_an_app_and_confirms_her_address(nest, client):
    app = await registers(client)
    machine = Client(client.server, token=(await gets_token(client, app))["access_token"])
    reply = await machine.post("/api/v1/accounts", form=JOIN)
    assert (reply.code, reply.json["scope"]) == (200, "read write")
    ana = Client(client.server, token=reply.json["access_token"])
    waiting = await ana.get("/oauth/userinfo")
    assert (waiting.code, waiting.json["error"]) == (403, "Your login is missing a confirmed e-mail address")
    assert (await ana.get("/api/v1/emails/check_confirmation")).json is False
    assert (await ana.post("/api/v1/emails/confirmations", form={"email": "ana2@mail.example"})).json == {}
    link = await nest.link()
    assert nest.postbox.mails[-1].to == "ana2@mail.example"
    await confirm_email(nest.app, link)
    assert (await ana.get("/oauth/userinfo")).code == 200
    assert (await ana.get("/api/v1/emails/check_confirmation")).json is True
    late = await ana.post("/api/v1/emails/confirmations")
    assert late.code == 403
    assert late.json["error"] == "This method is only available while the e-mail is awaiting confirmation"
    again = await ana.post("/api/v1/accounts", form={**JOIN, "username": "ana2"})
    assert again.code == 403


async def test_a_refused_sign_up_says_what_is_wrong_with_which_field(nest, client):
    await nest.joins("ben")
    app = await registers(client)
    machine = Client(client.server, token=(await gets_token(client, app))["access_token"])
    form = {"username": "ben", "email": "nope", "password": "", "agreement": "false"}
    reply = await machine.post("/api/v1/accounts", json_body=form)
    assert reply.code == 422
    assert {field: errors[0]["error"] for field, errors in reply.json["details"].items()} == {
        "email": "ERR_INVALID",
        "password": "ERR_BLANK",
        "agreement": "ERR_ACCEPTED",
    }
    reply = await machine.post("/api/v1/accounts", json_body={**JOIN, "username": "Ben"})
    assert reply.json["details"]["username"][0]["error"] == "ERR_TAKEN"
    assert reply.json["error"].startswith("Validation failed: ")


async def test_the_sixth_sign_up_from_one_address_waits(client):
    app = await registers(client)
    machine = Client(client.server, token=(await gets_token(client, app))["access_token"])
    codes = [(await machine.post("/api/v1/accounts", form={**JOIN, "username": ""})).code for _ in range(6)]
    assert codes == [422] * 5 + [429]


async def test_nobody_joins_without_a_token_or_on_a_closed_server(make_nest, tmp_path):
    nest = make_nest(registrations=RegistrationMode.CLOSED)
    client = serve(nest, tmp_path)
    assert (await client.post("/api/v1/accounts", form=JOIN)).code == 401
    app = await registers(client)
    machine = Client(client.server, token=(await gets_token(client, app))["access_token"])
    assert (await machine.post("/api/v1/accounts", form=JOIN)).code == 403


async def test_a_test_server_takes_passwords_and_a_persons_token_for_sign_ups(make_nest, tmp_path):
    nest = make_nest(is_test=True)
    client, _ = serve(nest, tmp_path), await nest.joins("ana")
    app = await registers(client)
    ask = {"grant_type": "password", "username": "ana@mail.example", "password": PASSWORD, "scope": "read write"}
    token = (await client.post("/oauth/token", form={**ask, **credentials(app)})).json["access_token"]
    form = {**JOIN, "username": "ben", "email": "ben@mail.example"}
    reply = await Client(client.server, token=token).post("/api/v1/accounts", form=form)
    assert reply.code == 200
    assert (await Client(client.server, token=reply.json["access_token"]).get("/oauth/userinfo")).code == 200


async def test_the_metadata_names_our_own_addresses_whatever_host_is_asked(client):
    reply = await client.get("/.well-known/oauth-authorization-server", headers={"host": "evil.example"})
    found = reply.json
    assert found["issuer"] == "https://nest.example"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in found["grant_types_supported"]
    assert {urlsplit(value).netloc for name, value in found.items() if name.endswith("_endpoint")} == {"nest.example"}


async def test_the_browser_returns_to_the_app_with_code_and_state(nest):
    ana, app = await nest.joins("ana"), await nest.has_app(uri="https://elk.example/cb?server=nest")
    form = AuthorizationForm("code", app.app.client_id, "https://elk.example/cb?server=nest", "read", "a b&c")
    granted = await grant_authorization(nest.app, await check_authorization(nest.app, form), ana.account_id)
    query = parse_qs(urlsplit(granted.location).query)
    assert query == {"server": ["nest"], "code": [granted.code], "state": ["a b&c"]}
