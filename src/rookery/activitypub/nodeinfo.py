"""What runs here and how much of it is used, for the programs that count servers.

Owns: NodeInfo 2.0 and 2.1. Never: a number that the client API does not tell everybody, a name of a person.
Spec: https://nodeinfo.diaspora.software/protocol, https://w3id.org/fep/f1d5
"""

from __future__ import annotations

from rookery import __version__
from rookery.actions.registrations import settings_now
from rookery.activitypub.face import FINDING, FOR_A_MINUTE, FOR_AN_HOUR, WireFace
from rookery.model.members import RegistrationMode
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, Response, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[WireFace] = RouteTable(FINDING)
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
VERSIONS = ("2.0", "2.1")
PROTOCOLS = frozenset(("activitypub", "atproto"))  # the wires that the schema has, or tolerates, a word for
OPEN_MODES = frozenset((RegistrationMode.OPEN, RegistrationMode.APPROVAL))


@routes.route("GET", "/.well-known/nodeinfo", who="anyone")
async def list_nodeinfo(face: WireFace, request: Request) -> Answer:
    """Where the two versions are."""
    links = [{"rel": f"{SCHEMA}{version}", "href": f"{face.base_url}/nodeinfo/{version}"} for version in VERSIONS]
    return json_response({"links": links}, headers=[FOR_AN_HOUR])


@routes.route("GET", "/nodeinfo/2.0", who="anyone")
async def show_nodeinfo(face: WireFace, request: Request) -> Answer:
    """What runs here. Spec: https://nodeinfo.diaspora.software/docson/index.html#/ns/schema/2.0"""
    return await answer_nodeinfo(face, "2.0", {})


@routes.route("GET", "/nodeinfo/2.1", who="anyone")
async def show_newer_nodeinfo(face: WireFace, request: Request) -> Answer:
    """The same with where to read more. Spec: …/ns/schema/2.1"""
    return await answer_nodeinfo(face, "2.1", {"homepage": f"{face.base_url}/about"})


async def answer_nodeinfo(face: WireFace, version: str, more: dict[str, str]) -> Response:
    """Answer one version. protocols: those that are spoken; reading our documents alone is none."""
    settings, counts = await settings_now(face.app), await face.usage.counts.get()
    body = {
        "version": version,
        "software": {"name": "rookery", "version": __version__, **more},
        "protocols": [wire.name for wire in face.app.wires if wire.name in PROTOCOLS],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": settings.nest.registrations in OPEN_MODES,
        "usage": {
            "users": {
                "total": counts.members,
                "activeMonth": counts.active_month,
                "activeHalfyear": counts.active_half_year,
            },
            "localPosts": counts.posts,
        },
        "metadata": {"nodeName": settings.nest.title, "nodeDescription": settings.nest.description},
    }
    kind = f'application/json; profile="{SCHEMA}{version}#"; charset=utf-8'
    return Response(ENCODE_JSON(body), headers=[(b"content-type", kind.encode()), FOR_A_MINUTE])
