"""The followers of one of ours on one other server, shown to that server alone, so that both can mend what got lost.

Owns: that route. Never: compares (follower_digests.py, synchronizing.py). Spec: https://w3id.org/fep/8fcf
"""

from __future__ import annotations

from rookery.activitypub.accounts import find_standing
from rookery.activitypub.actors import collection
from rookery.activitypub.addresses import actor_uri
from rookery.activitypub.face import FOR_THE_SIGNER, READING, WireFace, send_document
from rookery.activitypub.follower_digests import followers_at, synchronization_url
from rookery.activitypub.vocabulary import ACTIVITYSTREAMS
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable

routes: RouteTable[WireFace] = RouteTable(READING)


@routes.route("GET", "/@{name}/followers_synchronization", who="anyone")
async def show_partial_followers(face: WireFace, request: Request) -> Answer:
    """Which people of the signer's own server follow somebody of ours; only it may know."""
    signer = await face.prove(request)
    account = await find_standing(face, request)
    uris = await followers_at(face.reader, account.id, signer.uri)
    url = synchronization_url(actor_uri(account, face.base_url))
    response = send_document(collection(url, ACTIVITYSTREAMS, uris))
    response.headers = [response.headers[0], *FOR_THE_SIGNER]
    return response
