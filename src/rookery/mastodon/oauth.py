"""OAuth as the client API speaks it: tokens, their end, who somebody is, where everything lies.

Owns: parameters and answers of these routes, the error shape `{error, error_description}`. Never: the consent page
(web), a rule of OAuth (model/apps.py, actions/apps.py, actions/tokens.py).
Spec: https://docs.joinmastodon.org/methods/oauth/, RFC 6749, RFC 7009, RFC 8414.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from rookery.actions.apps import authenticate_client
from rookery.actions.tokens import (
    NewToken,
    exchange_code,
    give_app_token,
    give_token_for_password,
    revoke_token,
)
from rookery.mastodon.accounts_json import profile_url
from rookery.mastodon.addresses import media_url
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_form
from rookery.model.apps import OAuthRefused, missing_parameter
from rookery.model.callers import ALL_SCOPES
from rookery.network.limits import SIGN_IN
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account
from rookery.storage.apps import RegisteredApp

routes: RouteTable[MastodonFace] = RouteTable()
SECOND_US = 1_000_000
CODES = {"invalid_client": 401, "unauthorized_client": 403, "access_denied": 403}
Giver = Callable[[MastodonFace, RegisteredApp, Form], Awaitable[NewToken]]


def answer_refusal(refusal: OAuthRefused) -> Response:
    """Say a refusal as OAuth does. Spec: RFC 6749 §5.2."""
    body = {"error": refusal.code, "error_description": str(refusal)}
    code = CODES.get(refusal.code, 400)
    challenge = f'Bearer realm="Rookery", error="{refusal.code}"'.encode()
    return json_response(body, code, [(b"www-authenticate", challenge)] if code == 401 else [])


def json_from_token(token: NewToken) -> dict[str, Any]:
    """Return the Token entity; created_at is a number of seconds. Spec: …/entities/Token/."""
    return {
        "access_token": token.secret,
        "token_type": "Bearer",
        "scope": " ".join(token.scopes),
        "created_at": token.created_at_us // SECOND_US,
    }


def client_credentials(request: Request, form: Form) -> tuple[str, str]:
    """Return (id, secret) of the app that asks, from HTTP Basic or the parameters, '' for absent ones."""
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return form.text("client_id"), form.text("client_secret")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    client_id, _, secret = pair.partition(":")
    return unquote(client_id), unquote(secret)


async def give_for_code(face: MastodonFace, client: RegisteredApp, form: Form) -> NewToken:
    """Exchange an authorization code. Raises OAuthRefused."""
    for name in ("code", "redirect_uri"):
        if not form.text(name):
            raise missing_parameter(name)
    return await exchange_code(
        face.app,
        client,
        code=form.text("code"),
        redirect_uri=form.text("redirect_uri"),
        verifier=form.text("code_verifier") or None,
    )


async def give_for_client(face: MastodonFace, client: RegisteredApp, form: Form) -> NewToken:
    """Give the app a token of its own. Raises OAuthRefused."""
    return await give_app_token(face.app, client, " ".join(form.texts("scope")))


async def give_for_password(face: MastodonFace, client: RegisteredApp, form: Form) -> NewToken:
    """Give a token for name and password, in test mode. Raises OAuthRefused, TooMany."""
    return await give_token_for_password(
        face.app,
        face.passwords,
        client,
        name=form.text("username"),
        password=form.text("password"),
        raw_scopes=" ".join(form.texts("scope")),
        code=form.text("otp_attempt"),
    )


GIVERS: dict[str, Giver] = {
    "authorization_code": give_for_code,
    "client_credentials": give_for_client,
    "password": give_for_password,
}


async def give_token(face: MastodonFace, request: Request, form: Form) -> NewToken:
    """Find out who asks for what, and give it. Raises OAuthRefused, TooMany."""
    kind = form.text("grant_type")
    if not kind:
        raise missing_parameter("grant_type")
    if kind not in GIVERS or (kind == "password" and not face.app.settings.is_test):
        raise OAuthRefused("unsupported_grant_type")
    client = await authenticate_client(face.app, *client_credentials(request, form))
    return await GIVERS[kind](face, client, form)


@routes.route("POST", "/oauth/token", who="anyone", limit=SIGN_IN)
async def create_token(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/oauth/#token."""
    form = await read_form(request)
    try:
        return json_response(json_from_token(await give_token(face, request, form)))
    except OAuthRefused as refusal:
        return answer_refusal(refusal)


async def find_asking_client(face: MastodonFace, request: Request, form: Form) -> RegisteredApp | None:
    """Return the app whose credentials came with the request, or None."""
    try:
        return await authenticate_client(face.app, *client_credentials(request, form))
    except OAuthRefused:
        return None


@routes.route("POST", "/oauth/revoke", who="anyone", limit=SIGN_IN)
async def end_token(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/oauth/#revoke."""
    form = await read_form(request)
    client = await find_asking_client(face, request, form)
    try:
        await revoke_token(face.app, client, form.text("token"))
    except OAuthRefused as refusal:
        return answer_refusal(refusal)
    return json_response({})


@routes.route("GET POST", "/oauth/userinfo", who="user", scope="profile read:accounts read")
async def show_userinfo(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/oauth/#userinfo."""
    account = await get_account(face.app.db.reader, person(request))
    base_url = face.app.settings.base_url
    page = profile_url(account, base_url)
    picture = media_url(base_url, account.avatar_key) if account.avatar_key else f"{base_url}/static/avatar.png"
    return json_response(
        {
            "iss": base_url,
            "sub": account.uri or page,
            "name": account.display_name or account.username,
            "preferred_username": account.username,
            "profile": page,
            "picture": picture,
        }
    )


def describe_server(base_url: str, *, is_test: bool) -> dict[str, Any]:
    """Return the metadata document. Absolute addresses come from the settings, never from the request's Host."""
    grants = ["authorization_code", "client_credentials"]
    return {
        "issuer": base_url,
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base_url}/oauth/authorize",
        "token_endpoint": f"{base_url}/oauth/token",
        "revocation_endpoint": f"{base_url}/oauth/revoke",
        "userinfo_endpoint": f"{base_url}/oauth/userinfo",
        "app_registration_endpoint": f"{base_url}/api/v1/apps",
        "scopes_supported": sorted(ALL_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [*grants, "password"] if is_test else grants,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


@routes.route("GET", "/.well-known/oauth-authorization-server", who="anyone")
async def show_metadata(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata, RFC 8414 §2."""
    settings = face.app.settings
    return json_response(describe_server(settings.base_url, is_test=settings.is_test))
