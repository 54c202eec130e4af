"""Apps: registering them, knowing them again, and the yes that a person gives to one.

Owns: client ids and secrets, authorization requests and their codes. Never: access tokens (actions/tokens.py), pages.
A page asks check_authorization, shows the app and the scopes, and sends the person's answer to grant_authorization or
refuse_authorization, which return where the browser goes next.
Spec: RFC 6749 §4.1.1, §4.1.2; RFC 7636 §4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.actions.secrets import hash_secret, is_secret, new_secret
from rookery.model.apps import (
    DEFAULT_SCOPES,
    OUT_OF_BAND,
    AppDraft,
    AppRefused,
    OAuthRefused,
    answer_uri,
    check_app,
    check_challenge,
    missing_parameter,
)
from rookery.model.callers import ALL_SCOPES, are_covered, parse_scopes
from rookery.model.errors import Conflict
from rookery.model.ids import AccountId, AppId, now_us
from rookery.model.members import check_standing
from rookery.storage import apps, members
from rookery.storage.apps import Grant, RegisteredApp

CODE_LIFETIME_US = 10 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class NewApp:
    """A registered app with its secret, which is shown this once."""

    app: RegisteredApp
    client_secret: str


@dataclass(frozen=True, slots=True)
class AuthorizationForm:
    """The parameters with which an app sends a person to us, as they came; '' or None for an absent one."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str | None = None
    code_challenge_method: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An app's request that a person can answer. scopes: what it asks for, all within what it registered."""

    app: RegisteredApp
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str | None

    @property
    def is_out_of_band(self) -> bool:
        """True when the person carries the code over by hand."""
        return self.redirect_uri == OUT_OF_BAND


class AuthorizationRefused(OAuthRefused):
    """A bad request of a known app to a known address: the browser may be sent back to `location` with the error."""

    def __init__(self, cause: OAuthRefused, redirect_uri: str, state: str) -> None:
        super().__init__(cause.code, str(cause))
        self.location = None if redirect_uri == OUT_OF_BAND else error_uri(redirect_uri, state, cause)


@dataclass(frozen=True, slots=True)
class Granted:
    """The code, and where the browser goes with it; location None: show the code to the person."""

    code: str
    location: str | None


@repeatable
async def register_app(
    app: App, draft: AppDraft, *, client_id: str | None = None, client_secret: str | None = None
) -> NewApp:
    """Store an app. client_id, client_secret: chosen by an operator, made here otherwise. Raises AppRefused."""
    check_app(draft, ALL_SCOPES)
    secret = client_secret or new_secret()
    registered = RegisteredApp(
        id=AppId(app.ids.next_id()),
        client_id=client_id or new_secret(),
        secret_hash=hash_secret(secret),
        name=draft.name.strip(),
        redirect_uris=draft.redirect_uris,
        scopes=draft.scopes,
        website=draft.website or None,
        created_at_us=now_us(),
    )
    async with app.db.transaction() as tx:
        if not await apps.insert_app(tx, registered):
            raise AppRefused("Client id is taken by another app")
    return NewApp(registered, secret)


async def authenticate_client(app: App, client_id: str, client_secret: str) -> RegisteredApp:
    """Return the app whose id and secret these are. Raises OAuthRefused invalid_client."""
    registered = await apps.find_client(app.db.reader, client_id) if 0 < len(client_id) <= 200 else None
    if registered is None or not is_secret(client_secret, registered.secret_hash):
        raise OAuthRefused("invalid_client")
    return registered


async def check_authorization(app: App, form: AuthorizationForm) -> AuthorizationRequest:
    """Return the request that a person may answer.

    Raises OAuthRefused to be shown on our own page when app or address are unknown, AuthorizationRefused, which may be
    sent back to the app, for everything else.
    """
    registered = await apps.find_client(app.db.reader, form.client_id) if form.client_id else None
    if registered is None:
        raise OAuthRefused("invalid_client")
    if not form.redirect_uri:
        raise missing_parameter("redirect_uri")
    if form.redirect_uri not in registered.redirect_uris:
        raise OAuthRefused("invalid_redirect_uri")
    try:
        return read_authorization(registered, form)
    except OAuthRefused as cause:
        raise AuthorizationRefused(cause, form.redirect_uri, form.state) from cause


def read_authorization(registered: RegisteredApp, form: AuthorizationForm) -> AuthorizationRequest:
    """Read the rest of a request whose app and address are known. Raises OAuthRefused."""
    if not form.response_type:
        raise missing_parameter("response_type")
    if form.response_type != "code":
        raise OAuthRefused("unsupported_response_type")
    scopes = parse_scopes(form.scope) or DEFAULT_SCOPES
    if not are_covered(scopes, registered.scopes):
        raise OAuthRefused("invalid_scope")
    challenge = check_challenge(form.code_challenge, form.code_challenge_method)
    return AuthorizationRequest(registered, form.redirect_uri, scopes, form.state, challenge)


@repeatable
async def grant_authorization(app: App, request: AuthorizationRequest, account_id: AccountId) -> Granted:
    """Store a person's yes and return its code, good for ten minutes and once. Raises MemberHeldBack, Conflict."""
    code = new_secret()
    grant = Grant(
        code_hash=hash_secret(code),
        app_id=request.app.id,
        account_id=account_id,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        challenge=request.challenge,
        expires_at_us=now_us() + CODE_LIFETIME_US,
    )
    async with app.db.transaction() as tx:
        await members.lock_member(tx, account_id)
        member = await members.find_member(tx, account_id)
        if member is None:
            raise Conflict("this account is gone")
        check_standing(member.standing)
        await apps.insert_grant(tx, grant)
    if request.is_out_of_band:
        return Granted(code, None)
    answer = {"code": code} | ({"state": request.state} if request.state else {})
    return Granted(code, answer_uri(request.redirect_uri, answer))


def refuse_authorization(request: AuthorizationRequest) -> str | None:
    """Return where the browser goes with the person's no; None: show a page."""
    if request.is_out_of_band:
        return None
    return error_uri(request.redirect_uri, request.state, OAuthRefused("access_denied"))


def error_uri(redirect_uri: str, state: str, error: OAuthRefused) -> str:
    """Return the app's address with an error in its query. Spec: RFC 6749 §4.1.2.1."""
    answer = {"error": error.code, "error_description": str(error)}
    return answer_uri(redirect_uri, answer | ({"state": state} if state else {}))
