"""An authenticator in software: makes keys and signs, as a telephone or a security key does.

Owns: Authenticator. What it answers is the JSON that our page's script sends. Every field can be bent, to see what the
server does with a liar. Spec: https://www.w3.org/TR/webauthn-3/ §6.1, §6.5
"""

import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


class Authenticator:
    """One device. counts: whether it counts its signatures; flags: what it claims of its person and itself."""

    def __init__(self, origin: str, *, counts: bool = True, flags: int = UP | UV) -> None:
        self.origin, self.counts, self.flags = origin, counts, flags
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.user = b""

    def client(self, kind: str, challenge: str) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def head(self, rp_id: str, flags: int) -> bytes:
        self.count += self.counts
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def makes(self, options: dict) -> str:
        """Answer navigator.credentials.create."""
        asked = options["publicKey"]
        self.user = websafe_decode(asked["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = b"\0" * 16 + struct.pack(">H", len(self.id)) + self.id + cbor.encode(public)
        data = self.head(asked["rp"]["id"], self.flags | AT) + attested
        whole = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"attestationObject": websafe_encode(whole)}
        return self.answer("create", asked["challenge"], response)

    def signs(self, options: dict, **bent) -> str:
        """Answer navigator.credentials.get. bent: rp_id, challenge, signature, user in place of the right ones."""
        asked = options["publicKey"]
        challenge = bent.get("challenge", asked["challenge"])
        data = self.head(bent.get("rp_id", asked["rpId"]), self.flags)
        said = self.client("get", challenge)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(bent.get("signature", signature)),
            "userHandle": websafe_encode(bent.get("user", self.user)),
        }
        return self.answer("get", challenge, response)

    def answer(self, kind: str, challenge: str, response: dict) -> str:
        response = {**response, "clientDataJSON": websafe_encode(self.client(kind, challenge))}
        raw = websafe_encode(self.id)
        return json.dumps(
            {"id": raw, "rawId": raw, "type": "public-key", "clientExtensionResults": {}, "response": response}
        )
