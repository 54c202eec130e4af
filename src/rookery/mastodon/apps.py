"""Apps of the client API: registering one, and asking which one a token is of.

Owns: the routes under /api/v1/apps, the CredentialApplication entity. Spec: https://docs.joinmastodon.org/methods/apps/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.apps import register_app
from rookery.actions.callers import TokenInvalid
from rookery.actions.pushes import vapid_key
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form, read_form
from rookery.model.apps import DEFAULT_SCOPES, AppDraft
from rookery.model.callers import parse_scopes
from rookery.network.limits import APP_REGISTRATION
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.apps import RegisteredApp, find_app

routes: RouteTable[MastodonFace] = RouteTable()


def draft_from_form(form: Form) -> AppDraft:
    """Read a registration. redirect_uris: one text, several on lines of their own, or a list."""
    lines = [line for text in form.texts("redirect_uris") for line in text.split()]
    scopes = parse_scopes(" ".join(form.texts("scopes")))
    return AppDraft(
        name=form.text("client_name"),
        redirect_uris=tuple(dict.fromkeys(lines)),
        scopes=scopes or DEFAULT_SCOPES,
        website=form.text("website").strip() or None,
    )


def json_from_app(app: RegisteredApp, vapid_key: str) -> dict[str, Any]:
    """Return the Application entity; redirect_uri is the older spelling of redirect_uris."""
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": list(app.scopes),
        "redirect_uris": list(app.redirect_uris),
        "redirect_uri": "\n".join(app.redirect_uris),
        "vapid_key": vapid_key,
    }


@routes.route("POST", "/api/v1/apps", who="anyone", limit=APP_REGISTRATION)
async def create_app(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/apps/#create."""
    new = await register_app(face.app, draft_from_form(await read_form(request)))
    secrets = {
        "client_id": new.app.client_id,
        "client_secret": new.client_secret,
        "client_secret_expires_at": 0,
    }
    return json_response(json_from_app(new.app, (await vapid_key(face.app)).public) | secrets)


@routes.route("GET", "/api/v1/apps/verify_credentials", who="app")
async def show_app(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/apps/#verify_credentials."""
    app_id = request.caller.app_id
    app = await find_app(face.app.db.reader, app_id) if app_id is not None else None
    if app is None:
        raise TokenInvalid
    return json_response(json_from_app(app, (await vapid_key(face.app)).public))
