"""The addresses under which people's programs find the way to password and passkeys, and whom to tell of a weakness.

Owns: those ways. Never: who lives here (activitypub/webfinger.py), what runs here (activitypub/nodeinfo.py).
Spec: https://w3c.github.io/webappsec-change-password-url/, RFC 9116
"""

from __future__ import annotations

from datetime import timedelta

from rookery.mastodon.face import MastodonFace
from rookery.model.ids import datetime_from_us, now_us
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response, redirect, text_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()
SECURITY_CONTACT_DAYS = 180
PASSKEY_PAGE = "/settings/security"
PASSWORD_PAGE = "/settings/account"  # noqa: S105 - an address


@routes.route("GET", "/.well-known/change-password", who="anyone")
async def find_password_page(face: MastodonFace, request: Request) -> Answer:
    """Lead password managers to the page where a password is changed."""
    return redirect(face.app.settings.base_url + PASSWORD_PAGE, 302)


@routes.route("GET", "/.well-known/passkey-endpoints", who="anyone")
async def list_passkey_pages(face: MastodonFace, request: Request) -> Answer:
    """Lead password managers to the page of passkeys. Spec: https://w3c.github.io/webappsec-passkey-endpoints/"""
    page = face.app.settings.base_url + PASSKEY_PAGE
    return json_response({"enroll": page, "manage": page})


@routes.route("GET", "/.well-known/security.txt", who="anyone")
async def show_security_contact(face: MastodonFace, request: Request) -> Answer:
    """Whom to tell of a weakness; renewed by itself, for it is made when it is asked for. Spec: RFC 9116"""
    settings = face.app.settings
    contact = f"mailto:{settings.nest.contact_email}" if settings.nest.contact_email else f"{settings.base_url}/about"
    ends = datetime_from_us(now_us()) + timedelta(days=SECURITY_CONTACT_DAYS)
    lines = [
        f"Contact: {contact}",
        f"Expires: {ends:%Y-%m-%dT00:00:00Z}",
        f"Preferred-Languages: {', '.join(settings.nest.languages)}",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return text_response("\n".join(lines) + "\n")
