"""Rows of the client API whose feature this server does not have yet, answered as a server without such content would.

Owns: those rows; each moves out with its feature. Never: pretends to have stored something.
"""

from __future__ import annotations

from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()


@routes.route("GET", "/api/v1/accounts/{id}/identity_proofs", who="user")
async def list_identity_proofs(face: MastodonFace, request: Request) -> Answer:
    """Nobody has any: the provider is gone. Spec: https://docs.joinmastodon.org/methods/accounts/#identity_proofs"""
    return json_response([], headers=deprecated_since(2022, 3, 30))
