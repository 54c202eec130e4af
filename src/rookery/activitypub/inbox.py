"""The inboxes: where other servers deliver. 202 says that the activity is on our disk, not that it was done.

Owns: the routes and what they refuse by its outside: the media type, the packing, whose inbox it is. Never: checks a
signature (inbox_intake.py). Spec: https://www.w3.org/TR/activitypub/#server-to-server-interactions
"""

from __future__ import annotations

from rookery.activitypub.accounts import find_standing
from rookery.activitypub.documents import MAX_DOCUMENT_BYTES
from rookery.activitypub.face import UNKEPT, WireFace
from rookery.model.errors import Refusal, Unavailable
from rookery.network.limits import Limit
from rookery.network.requests import Request
from rookery.network.responses import Answer, Response, json_response
from rookery.network.routes import RouteTable

# A large server speaks for many people; one address that sends more than this, with keys or without, is slowed down.
DELIVERING = Limit("deliveries", 90_000, 300, by="address")
KINDS = (b"application/activity+json", b"application/ld+json")
routes: RouteTable[WireFace] = RouteTable(DELIVERING)


class KindRefused(Refusal):
    """The body is not of a kind that an inbox takes."""


@routes.route("POST", "/inbox", who="anyone", body_limit=MAX_DOCUMENT_BYTES)
async def deliver(face: WireFace, request: Request) -> Answer:
    """What concerns anybody here, delivered once."""
    return await take(face, request, is_addressed=False)


@routes.route("POST", "/@{name}/inbox", who="anyone", body_limit=MAX_DOCUMENT_BYTES)
async def deliver_to_person(face: WireFace, request: Request) -> Answer:
    """What concerns one person. Nobody's inbox is 404, that of somebody who is gone 410, of a suspended one 403."""
    await find_standing(face, request)
    return await take(face, request, is_addressed=True)


@routes.route("POST", "/actor/inbox", who="anyone", body_limit=MAX_DOCUMENT_BYTES)
async def deliver_to_server(face: WireFace, request: Request) -> Answer:
    """What concerns the server itself."""
    return await take(face, request, is_addressed=False)


async def take(face: WireFace, request: Request, *, is_addressed: bool) -> Response:
    """Keep what was delivered and answer 202."""
    if face.inbox is None:
        raise Unavailable("this process takes no deliveries", 60)
    try:
        check_kind(request)
    except KindRefused as refusal:
        return json_response({"error": str(refusal)}, 415, [UNKEPT])
    await face.inbox.accept(request, is_addressed=is_addressed)
    return Response(b"", 202, [UNKEPT])


def check_kind(request: Request) -> None:
    """See that the body is a document as it stands. Raises KindRefused."""
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in KINDS:
        raise KindRefused("an inbox takes application/activity+json or application/ld+json")
    if request.headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise KindRefused("an inbox takes bodies as they are, not packed")
