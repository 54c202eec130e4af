"""Who asks for a document: strangers, servers that sign, and those that get nothing.

Owns: who is let in, and what that may cost us. Never: which document somebody may read (K5), or whether a signature is
true (verifier.py, K3).

Where signatures are not asked for, everybody reads what a stranger reads. A signature then only turns away who comes
from a suspended server, and only as far as memory tells: nobody makes us fetch a key by signing. Where they are asked
for, an unknown key must be fetched; how many of them one address may name is counted, because whoever writes a
signature chooses whom we ask.
Spec: https://swicg.github.io/activitypub-http-signature/, https://docs.joinmastodon.org/spec/security/
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.activitypub.received import signed_request_from
from rookery.activitypub.signatures import SignatureRefused
from rookery.activitypub.verifier import SignerRefused, VerifiedActor, Verifier
from rookery.model.errors import NotAllowed, TooMany
from rookery.network.limits import Limit, Limiter
from rookery.network.requests import Request

STRANGER = 0  # as storage/visibility.py calls a viewer who is nobody
UNKNOWN_KEYS = Limit("unknown keys", 60, 300, by="address")


class ReaderRefused(NotAllowed):
    """The signer or their server is blocked here."""

    def __init__(self) -> None:
        super().__init__("this server shows nothing to yours, or to this actor")


class Porter:
    """Knows who asks. Made once by ops."""

    def __init__(self, app: App, verifier: Verifier, limiter: Limiter) -> None:
        self.app, self.verifier, self.limiter = app, verifier, limiter

    async def admit(self, request: Request) -> VerifiedActor | None:
        """Return who asks for a document, None for everybody where signatures are not asked for.

        Raises SignatureRefused (401), ReaderRefused (403), TooMany (429), KeyUnavailable (503).
        """
        if self.app.settings.federation.asks_for_signatures:
            return await self.prove(request)
        if b"signature" in request.headers:
            await self.glance(request)
        return None

    async def prove(self, request: Request) -> VerifiedActor:
        """Return who signed a request."""
        signed = signed_request_from(request, b"", self.app.settings.base_url)
        claim = self.verifier.read_claim(signed)
        try:
            await self.verifier.check_claim(claim)  # a server that is shut out costs nobody a fetch
            if self.verifier.would_ask(claim):
                self.count(request)
            return await self.verifier.verify_request(signed)
        except SignerRefused:
            raise ReaderRefused from None

    async def glance(self, request: Request) -> None:
        """Turn away whose signature, or the name in it, is of somebody shut out; what cannot be read is a stranger."""
        try:
            claim = self.verifier.read_claim(signed_request_from(request, b"", self.app.settings.base_url))
            await self.verifier.check_claim(claim)
        except SignerRefused:
            raise ReaderRefused from None
        except SignatureRefused:
            return

    def count(self, request: Request) -> None:
        """Count a key that we do not know. Raises TooMany."""
        if not self.limiter.is_off and self.limiter.take(UNKNOWN_KEYS, request.address).is_over:
            raise TooMany("too many keys that this server does not know; try again in a minute", 60)


def viewer_of(reader: VerifiedActor | None) -> int:
    """Return whom storage/visibility.py asks for: the row of a far account, STRANGER for who has none."""
    return reader.account.id if reader is not None and reader.account is not None else STRANGER
