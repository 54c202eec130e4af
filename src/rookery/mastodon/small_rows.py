"""Rows of the client API that stand alone: servers by name, what a domain block would end, invitations.

Owns: those routes. Never: a rule.
"""

from __future__ import annotations

from rookery.actions.invitations import InvitationNotFound, find_good_invitation
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import read_query
from rookery.network.limits import ANONYMOUS
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response, redirect
from rookery.network.routes import RouteTable
from rookery.storage.relations import count_follows_of_domain

routes: RouteTable[MastodonFace] = RouteTable()
MOST_PEERS = 10


@routes.route("GET", "/api/v1/peers/search", who="anyone")
async def search_peers(face: MastodonFace, request: Request) -> Answer:
    """Names of known servers that begin like this. Spec: Mastodon 4.2, api/v1/peers/search_controller.rb"""
    asked = read_query(request).text("q").strip().casefold()
    known = await face.usage.domains.get() if asked else []
    return json_response([domain for domain in known if domain.startswith(asked)][:MOST_PEERS])


@routes.route("GET", "/api/v1/domain_blocks/preview", who="user", scope="write:blocks follow write")
async def preview_domain_block(face: MastodonFace, request: Request) -> Answer:
    """How many follows a block would end. Spec: Mastodon 4.3, api/v1/domain_blocks/previews_controller.rb"""
    domain = read_query(request).required("domain").strip().casefold()
    following, followers = await count_follows_of_domain(face.app.db.long_reader, person(request), domain)
    return json_response({"following_count": following, "followers_count": followers})


@routes.route("GET", "/invite/{code}", who="anyone", limit=ANONYMOUS)
async def show_invitation(face: MastodonFace, request: Request) -> Answer:
    """Whether an invitation is good, for apps; a browser goes to the page where one joins.

    Spec: Mastodon 4.3, api/v1/invites_controller.rb
    """
    invitation = await find_good_invitation(face.app, request.path_values["code"])
    if invitation is None:
        raise InvitationNotFound
    base_url = face.app.settings.base_url
    if "json" not in request.header("accept"):
        return redirect(f"{base_url}/join?invitation={invitation.code}")
    return json_response({"invite_code": invitation.code, "instance_api_url": f"{base_url}/api/v2/instance"})
