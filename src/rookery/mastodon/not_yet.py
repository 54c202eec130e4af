"""Rows of the client API whose feature this server does not have yet, answered as a server without such content would.

Owns: those rows; each moves out with its feature. Never: pretends to have stored something.
"""

from __future__ import annotations

from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace
from rookery.model.errors import NotFound
from rookery.network.limits import MAILING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()


class NoLetters(NotFound):
    """Accounts do not write to strangers by mail here."""

    def __init__(self) -> None:
        super().__init__("no account of this server sends its posts by mail")


@routes.route("GET", "/api/v1/accounts/{id}/identity_proofs", who="user")
async def list_identity_proofs(face: MastodonFace, request: Request) -> Answer:
    """Nobody has any: the provider is gone. Spec: https://docs.joinmastodon.org/methods/accounts/#identity_proofs"""
    return json_response([], headers=deprecated_since(2022, 3, 30))


@routes.route("POST", "/api/v1/accounts/{id}/email_subscriptions", who="anyone", limit=MAILING)
async def subscribe_by_mail(face: MastodonFace, request: Request) -> Answer:
    """Nobody can be written to so, as on every server where the feature is off.

    Spec: Mastodon 4.6, api/v1/accounts/email_subscriptions_controller.rb
    """
    raise NoLetters
