"""The face that other servers see: what its handlers reach, media types, how refusals read, how long answers keep.

Owns: WireFace, the two names of an ActivityStreams document, CORS. Never: a rule of a document, who somebody is
(admitting.py): unless signatures are asked for, every reader is a stranger. Spec: https://www.w3.org/TR/activitypub/#retrieving-objects
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rookery.actions.app import App
from rookery.activitypub.admitting import Porter
from rookery.activitypub.desk import STRANGER as STRANGER
from rookery.activitypub.inbox_intake import Inbox
from rookery.activitypub.signatures import SignatureMissing
from rookery.activitypub.verifier import VerifiedActor
from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import NotFound, Refusal
from rookery.network.codes import code_of, headers_of
from rookery.network.limits import Limit
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Headers, Response, json_response
from rookery.storage.database import Reader
from rookery.timelines.usage import UsageCache

ACTIVITY = "application/activity+json"
STREAMS = "https://www.w3.org/ns/activitystreams"
TYPES = (ACTIVITY, f'application/ld+json; profile="{STREAMS}"')
HEADERS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
# A server that meets a long thread asks for many people and posts at once; who goes through all names is slowed down.
READING = Limit("documents", 3000, 300, by="address")
FINDING = Limit("discovery", 900, 300, by="address")
# What somebody takes back must be gone soon; who somebody is and what runs here changes seldom.
FOR_A_MINUTE = (b"cache-control", b"public, max-age=60")
FOR_AN_HOUR = (b"cache-control", b"public, max-age=3600")
UNKEPT = (b"cache-control", b"no-store")
# Where who asks decides what the answer is, nobody in between may keep it.
FOR_THE_SIGNER: Headers = [(b"cache-control", b"private, no-store"), (b"vary", b"Signature, Signature-Input")]


class Gone(NotFound):
    """What stood here was deleted for good. tombstone: what is left of it."""

    def __init__(self, tombstone: dict[str, Any]) -> None:
        super().__init__("there is nothing at this address any more")
        self.tombstone = tombstone


@dataclass(slots=True)
class WireFace:
    """Everything that handlers of this room reach. usage: the numbers that the client API tells too.

    inbox: None where nothing is taken in. porter: who knows the signers of requests; without one nobody is known, and
    where signatures are asked for, nobody gets a document.
    """

    app: App
    usage: UsageCache
    inbox: Inbox | None = None
    porter: Porter | None = None
    headers: Headers = field(default_factory=lambda: HEADERS)

    @property
    def base_url(self) -> str:
        """What others see, without a slash at the end; never what a request calls us."""
        return self.app.settings.base_url

    @property
    def reader(self) -> Reader:
        """Where documents are read."""
        return self.app.db.reader

    async def identify(self, request: Request) -> Caller:
        """Everybody is a stranger to the routes; a token or a cookie changes nothing."""
        return NOBODY

    @property
    def asks_for_signatures(self) -> bool:
        """True when documents are given only to those who sign (authorized fetch)."""
        return self.app.settings.federation.asks_for_signatures

    async def admit(self, request: Request) -> VerifiedActor | None:
        """Return who asks for a document; None for a stranger, who is only let in where signatures are not asked for.

        Raises SignatureRefused (401), ReaderRefused (403), TooMany (429), KeyUnavailable (503).
        """
        if self.porter is not None:
            return await self.porter.admit(request)
        if self.asks_for_signatures:
            raise SignatureMissing
        return None

    async def prove(self, request: Request) -> VerifiedActor:
        """Return who signed a request, for what only signers read. Raises as admit does."""
        if self.porter is None:
            raise SignatureMissing
        return await self.porter.prove(request)

    def send(self, value: dict[str, Any]) -> Response:
        """Send a document about our people: caches keep it for a minute, unless the signer decides what is in it."""
        response = send_document(value)
        if self.asks_for_signatures:
            response.headers = [response.headers[0], *FOR_THE_SIGNER]
        return response

    def answer_error(self, request: Request, error: Refusal) -> Response:
        """Say the refusal as `{"error": sentence}`; absent and hidden read the same."""
        if isinstance(error, Gone):
            return send_document(error.tombstone, 410)
        sentence = "there is nothing at this address" if isinstance(error, NotFound) else str(error)
        kept = FOR_THE_SIGNER if self.asks_for_signatures else [UNKEPT]
        return json_response({"error": sentence}, code_of(error), [*kept, *headers_of(error)])

    def answer_fault(self, request: Request) -> Response:
        """Say that the server failed; the log has the details under the number."""
        body = {"error": f"the server made a mistake; its operator finds it under the number {request.request_id}"}
        return json_response(body, 500, [UNKEPT])


def send_document(value: dict[str, Any], code: int = 200, *, caching: tuple[bytes, bytes] = FOR_A_MINUTE) -> Response:
    """Send an ActivityStreams document."""
    return Response(ENCODE_JSON(value), code, [(b"content-type", f"{ACTIVITY}; charset=utf-8".encode()), caching])
