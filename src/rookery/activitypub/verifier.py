"""Who sent this? The one place that answers (K3), and the only maker of VerifiedActor.

Owns: the verdict on signed requests and signed documents: components, window, digest (cavage.py, message_signatures.py,
proofs.py), the key (foreignkeys.py), replays, and whether the signer may still speak to us. Never: what an activity
does; a handler takes a VerifiedActor, and nothing else makes one. Nothing is written down here.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import final

from rookery.actions.app import App
from rookery.activitypub.cavage import read_cavage
from rookery.activitypub.foreignkeys import ForeignKey, KeyBook
from rookery.activitypub.keyclaims import Document, parse_document
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.message_signatures import read_message_signature
from rookery.activitypub.multikeys import is_signed_by, same_key
from rookery.activitypub.proofs import read_proof
from rookery.activitypub.replays import Replays
from rookery.activitypub.signatures import (
    Claim,
    SignatureMismatch,
    SignatureMissing,
    SignatureRefused,
    SignedRequest,
    kind_of,
)
from rookery.activitypub.signing import Clock, signer_of
from rookery.model.accounts import Account
from rookery.model.blocks import Severity
from rookery.model.errors import Malformed
from rookery.network.door import Door
from rookery.storage.accounts import find_account_by_uri
from rookery.storage.arrivals import Arrival
from rookery.storage.database import Database, Reader
from rookery.storage.domainblocks import find_covering_block


class SignatureReplayed(SignatureRefused):
    """The same signature came before."""

    def __init__(self) -> None:
        super().__init__("this signature was used already")


class SignerRefused(SignatureRefused):
    """The signature is right, and its actor or server is not heard here."""

    def __init__(self) -> None:
        super().__init__("this server does not take requests from this actor")


class SignerIsAnother(SignatureRefused):
    """The signature is right, and it is not that of the activity's actor."""

    def __init__(self) -> None:
        super().__init__("the activity is signed by somebody else than its actor")


class _Seal:
    """What only this module has."""


_SEAL = _Seal()


@final
class VerifiedActor:
    """An actor of another server who has proved who they are. Made by Verifier alone; its values never change.

    uri: the id, as the actor writes it; host: its server; account: its row, None while we have none.
    """

    __slots__ = ("_account", "_host", "_key_id", "_uri")

    def __init__(self, uri: str, key_id: str, host: str, account: Account | None, seal: _Seal) -> None:
        if seal is not _SEAL:
            raise TypeError("only the verifier makes a VerifiedActor")
        self._uri, self._key_id, self._host, self._account = uri, key_id, host, account

    @property
    def uri(self) -> str:
        """The actor's id."""
        return self._uri

    @property
    def key_id(self) -> str:
        """The key that proved it."""
        return self._key_id

    @property
    def host(self) -> str:
        """The actor's server, without the port."""
        return self._host

    @property
    def account(self) -> Account | None:
        """The actor's row, as it was when the request came."""
        return self._account

    def __repr__(self) -> str:
        return f"VerifiedActor({self._uri})"


# What may do an activity. Without a VerifiedActor there is no way to call one.
Handler = Callable[[VerifiedActor, Document], Awaitable[None]]


class Verifier:
    """Made once by ops. clock: Unix time."""

    def __init__(self, db: Database, keys: KeyBook, clock: Clock = time.time) -> None:
        self.db, self.keys, self.clock = db, keys, clock
        self.replays = Replays()

    async def verify_request(self, request: SignedRequest) -> VerifiedActor:
        """Return who signed a request, in either dialect. Raises SignatureRefused (401), KeyUnavailable (503).

        A signature that was seen before is refused where it could do something again, which reading cannot.
        """
        now_s = int(self.clock())
        if "signature-input" in request.headers:
            claim = read_message_signature(request, now_s)
        elif "signature" in request.headers:
            claim = read_cavage(request, now_s)
        else:
            raise SignatureMissing
        signer = await self.verify_claim(claim)
        if request.has_body and not self.replays.is_new(claim.key_id, claim.signature, claim.expires_s, now_s):
            raise SignatureReplayed
        return signer

    async def verify_delivery(
        self, request: SignedRequest, parse: Callable[[bytes], Document] = parse_document
    ) -> tuple[VerifiedActor, Document]:
        """Return the actor of an activity that was posted to us, and the activity, read from the signed bytes.

        The actor is proved by the request; what somebody else forwards counts with a proof by its actor alone.
        parse: raises ValueError, or a Refusal of its own; called when the request is verified.
        Raises SignatureRefused (401), KeyUnavailable (503), Malformed (400).
        """
        signer = await self.verify_request(request)
        try:
            activity = parse(request.body)
        except ValueError:
            raise Malformed("the body is not a JSON object") from None
        if signer.uri == id_of(activity.get("actor")):
            return signer, activity
        if "proof" not in activity:
            raise SignerIsAnother
        return await self.verify_document(activity, "actor"), activity

    async def verify_document(self, document: Document, author: str) -> VerifiedActor:
        """Return the author of a document by its proof (FEP-8b32), wherever it was found.

        author: "actor" or "attributedTo", the property that names who must have signed.
        Raises SignatureRefused, KeyUnavailable.
        """
        claim = read_proof(document, datetime.fromtimestamp(self.clock(), UTC))
        signer = await self.verify_claim(claim)
        if signer.uri != id_of(document.get(author)):
            raise SignerIsAnother
        return signer

    async def verify_claim(self, claim: Claim) -> VerifiedActor:
        """Return who made a claim, when their key says so and they are heard here. Raises SignatureRefused."""
        host = self.keys.parse(claim.key_id).host
        if await is_shut_out(self.db.reader, host):  # before we ask that server for anything
            raise SignerRefused
        key = await self.find_key(claim)
        return VerifiedActor(key.actor_uri, key.key_id, key.host, await self.find_heard(key.actor_uri), _SEAL)

    async def recall(self, arrival: Arrival) -> VerifiedActor:
        """Return who sent what is in the journal: it was verified before it was written down. Raises SignerRefused.

        Whoever was shut out since then is not heard any more.
        """
        if await is_shut_out(self.db.reader, arrival.host):
            raise SignerRefused
        account = await self.find_heard(arrival.by_uri)
        return VerifiedActor(arrival.by_uri, arrival.key_id, arrival.host, account, _SEAL)

    async def find_heard(self, uri: str) -> Account | None:
        """Return the row of an actor, None while we have none. Raises SignerRefused for a suspended one."""
        account = await find_account_by_uri(self.db.reader, uri)
        if account is not None and account.suspended_at_us is not None:
            raise SignerRefused
        return account

    async def find_key(self, claim: Claim) -> ForeignKey:
        """Return the key that made a claim. One that was remembered and does not fit is fetched again, once.

        Raises SignatureMismatch, KeyUnknown, KeyUnavailable.
        """
        known = await self.keys.find(claim.key_id)
        if is_true(claim, known):
            return known
        newer = await self.keys.find_newer(known)
        if newer is None or same_key(newer.key, known.key) or not is_true(claim, newer):
            raise SignatureMismatch
        return newer


def build_verifier(app: App, door: Door) -> Verifier:
    """Make the verifier of a server; its fetches of keys are signed by the server's own actor."""
    origin, is_test = app.settings.base_url, app.settings.is_test
    keys = KeyBook(Knocking(door), lambda: signer_of(app, None, f"{origin}/actor"), origin=origin, is_test=is_test)
    return Verifier(app.db, keys)


def is_true(claim: Claim, known: ForeignKey) -> bool:
    """True when the key is of the kind that the signature insists on, and made it over one of its texts."""
    if claim.kind not in (None, kind_of(known.key)):
        return False
    return any(is_signed_by(known.key, claim.signature, text) for text in claim.texts)


def id_of(value: object) -> str | None:
    """Return the id that a property names: itself, or that of the object in it; None for anything else."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else None


async def is_shut_out(reader: Reader, host: str) -> bool:
    """True when a server is suspended here, by its own name or the nearest one above it."""
    block = await find_covering_block(reader, host.lower())
    return block is not None and block.severity is Severity.SUSPEND
