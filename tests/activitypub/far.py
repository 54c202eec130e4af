"""A server far away, with actors and keys, and requests that they sign for us.

Owns: Far (documents on an EvilHost, in every way that a test wants them), FarActor, `delivery` and `reading`. Its clock
stands still at NOW unless a test moves it.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from tests.evilhost import EvilHost, FakeNames, door_for, page

from rookery.activitypub.cavage import sign_cavage
from rookery.activitypub.foreignkeys import KeyBook
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.message_signatures import sign_message
from rookery.activitypub.multikeys import multikey_from, pem_from
from rookery.activitypub.signatures import SignedRequest
from rookery.activitypub.signing import Signer
from rookery.activitypub.verifier import Verifier

NOW = 1_800_000_000
ORIGIN = "https://nest.example"
# Made once: one takes 45 ms.
BOBS, EVES, OURS = (generate_private_key(65537, 2048) for _ in range(3))
KIND = "application/activity+json"


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class FarActor:
    """Somebody on another server. key_id: of the RSA key."""

    uri: str
    key_id: str
    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey

    @property
    def document(self) -> dict[str, Any]:
        """What their server shows of them."""
        public = {"id": self.key_id, "owner": self.uri, "publicKeyPem": pem_from(self.rsa.public_key())}
        key = {"id": f"{self.uri}#ed25519", "type": "Multikey", "controller": self.uri}
        multikey = key | {"publicKeyMultibase": multikey_from(self.ed25519.public_key())}
        return {"id": self.uri, "type": "Person", "publicKey": public, "assertionMethod": [multikey]}

    def follows(self, whom: str = f"{ORIGIN}/@ana") -> dict[str, Any]:
        """An activity of theirs."""
        return {"id": f"{self.uri}/follows/1", "type": "Follow", "actor": self.uri, "object": whom}


class Far:
    """Another server, on loopback under names of its own, and our verifier beside it."""

    def __init__(self, db: Any, evil: EvilHost, **more: Any) -> None:
        self.evil, self.clock, self.names = evil, Clock(), FakeNames()
        self.door = door_for(self.names)
        self.knocking = Knocking(self.door, self.clock)
        given = {"origin": ORIGIN, "is_test": True, "clock": self.clock, "spread": lambda: 1.0} | more
        self.keys = KeyBook(self.knocking, self.signer, **given)
        self.verifier = Verifier(db, self.keys, self.clock)

    async def signer(self) -> Signer:
        return Signer(f"{ORIGIN}/actor#main-key", OURS)

    def shows(self, path: str, document: Any, **more: Any) -> None:
        """Answer a path with a document."""
        self.evil.paths[path] = page(json.dumps(document), more.pop("kind", KIND), **more)

    def url(self, path: str, host: str = "far.example") -> str:
        return self.evil.url(path, host)

    def actor(self, name: str = "bob", rsa: RSAPrivateKey = BOBS, host: str = "far.example") -> FarActor:
        """Somebody whose server shows them as it should."""
        uri = self.url(f"/users/{name}", host)
        actor = FarActor(uri, f"{uri}#main-key", rsa, Ed25519PrivateKey.generate())
        self.shows(f"/users/{name}", actor.document)
        return actor

    def asked(self, name: str = "bob") -> int:
        return self.evil.asked(f"/users/{name}")


def delivery(
    actor: FarActor,
    activity: Any = None,
    *,
    target: str = "/inbox",
    dialect: str = "cavage",
    at: int = NOW,
    key_id: str = "",
    key: Any = None,
) -> SignedRequest:
    """A POST to one of our inboxes, signed as it should be."""
    body = (
        activity
        if isinstance(activity, bytes)
        else json.dumps(actor.follows() if activity is None else activity).encode()
    )
    return signed("POST", target, body, key or actor.rsa, key_id or actor.key_id, dialect, at)


def reading(actor: FarActor, target: str = "/@ana", *, dialect: str = "cavage", at: int = NOW) -> SignedRequest:
    """A signed GET."""
    return signed("GET", target, b"", actor.rsa, actor.key_id, dialect, at)


def signed(method, target, body, key, key_id, dialect, at=NOW) -> SignedRequest:
    if dialect == "cavage":
        added = sign_cavage(key, key_id, method, "nest.example", target, body, at)
    else:
        added = sign_message(key, key_id, method, ORIGIN, target, body, at)
    headers = {"host": "nest.example"} | {name.lower(): value for name, value in added}
    return SignedRequest(method, target, headers, body, ORIGIN)


def headers_to(actor: FarActor, path: str, *, base: str, at: int = NOW, dialect: str = "cavage") -> dict[str, str]:
    """The headers of a signed GET to a server that is called base."""
    host = base.partition("://")[2]
    if dialect == "cavage":
        added = sign_cavage(actor.rsa, actor.key_id, "GET", host, path, b"", at)
    else:
        added = sign_message(actor.rsa, actor.key_id, "GET", base, path, b"", at)
    return {"host": host, "accept": KIND} | {name.lower(): value for name, value in added}


def changed(request: SignedRequest, **headers: str | None) -> SignedRequest:
    """The same request with other headers; None takes one away. content_digest= is Content-Digest."""
    merged = dict(request.headers) | {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers={name: value for name, value in merged.items() if value is not None})
