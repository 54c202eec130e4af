"""Web push as it goes over the wire: what is encrypted for a browser or phone, and how this server says who it is.

Owns: both encryptions, VAPID keys and their tokens, the headers of one message. Pure but for random numbers. Never:
sends, knows a notification, keeps a key.
Spec: RFC 8291 (aes128gcm), draft-ietf-webpush-encryption-04 (aesgcm, which apps older than 2017 and the relays of many
phones still expect), RFC 8292 (VAPID), RFC 8030 §5 (TTL, Urgency)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rookery.model.errors import Invalid

CURVE = ec.SECP256R1()
RECORD_BYTES = 4096
MAX_MESSAGE_BYTES = 3993  # what push services must take, less header, key and tag: RFC 8291 §4
MAX_KEY_CHARACTERS = 200
TOKEN_LASTS_S = 12 * 3600
Headers = list[tuple[str, str]]


class PushKeysRefused(Invalid):
    """The keys of a subscription are not what a browser makes."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"subscription key {name} is invalid: it must be {rule}")
        self.name = name


@dataclass(frozen=True, slots=True)
class PushKeys:
    """What a browser or phone gives out to be written to. p256dh: an uncompressed point, 65 bytes. auth: 16 bytes."""

    p256dh: bytes
    auth: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted message with the headers that say how."""

    body: bytes
    headers: Headers


class VapidKey:
    """The key pair by which push services know this server."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private
        self.public = encode(point_of(private.public_key()))

    @classmethod
    def generate(cls) -> VapidKey:
        """Make a new pair."""
        return cls(ec.generate_private_key(CURVE))

    @classmethod
    def parse(cls, text: str) -> VapidKey:
        """Read what `text` wrote. Raises ValueError."""
        return cls(ec.derive_private_key(int.from_bytes(decode(text), "big"), CURVE))

    @property
    def text(self) -> str:
        """The private number in base64url: 32 bytes."""
        return encode(self.private.private_numbers().private_value.to_bytes(32, "big"))

    def token(self, endpoint: str, contact: str, now_s: int) -> str:
        """Return the signed word that names this server to one push service. Spec: RFC 8292 §2; RFC 7518 §3.4."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + TOKEN_LASTS_S, "sub": contact}
        head = encode(b'{"typ":"JWT","alg":"ES256"}')
        signed = f"{head}.{encode(json.dumps(claims, separators=(',', ':')).encode())}"
        r, s = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encode(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64 of either alphabet, padded or not, as apps send it. Raises ValueError."""
    plain = text.strip().replace("+", "-").replace("/", "_").rstrip("=")
    if len(plain) > MAX_KEY_CHARACTERS or not plain.isascii():
        raise ValueError("not base64 of a key")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def parse_push_keys(p256dh: str, auth: str) -> PushKeys:
    """Read a subscription's keys. Raises PushKeysRefused."""
    try:
        point = decode(p256dh)
        public_key_of(point)
    except (ValueError, UnsupportedAlgorithm):
        raise PushKeysRefused("p256dh", "a point of the curve P-256, 65 bytes in base64url") from None
    try:
        secret = decode(auth)
    except ValueError:
        secret = b""
    if len(secret) != 16:
        raise PushKeysRefused("auth", "16 bytes in base64url")
    return PushKeys(point, secret)


def public_key_of(point: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError for bytes that are no uncompressed point of the curve."""
    if len(point) != 65:
        raise ValueError("65 bytes make a point")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def expand(salt: bytes, secret: bytes, purpose: bytes, length: int) -> bytes:
    """HKDF of at most one block. Spec: RFC 5869."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)[:length]


def seal(
    message: bytes,
    keys: PushKeys,
    *,
    is_standard: bool,
    salt: bytes | None = None,
    own: ec.EllipticCurvePrivateKey | None = None,
) -> Sealed:
    """Encrypt at most MAX_MESSAGE_BYTES. salt, own: fresh ones for every message; tests of vectors bring their own."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a push message has at most {MAX_MESSAGE_BYTES} bytes, this one {len(message)}")
    salt = salt or os.urandom(16)
    own = own or ec.generate_private_key(CURVE)
    shared = own.exchange(ec.ECDH(), public_key_of(keys.p256dh))
    write = seal_aes128gcm if is_standard else seal_aesgcm
    return write(message, keys, shared, salt, point_of(own.public_key()))


def seal_aes128gcm(message: bytes, keys: PushKeys, shared: bytes, salt: bytes, own_point: bytes) -> Sealed:
    """One record with its header. Spec: RFC 8291 §3.4; RFC 8188 §2."""
    secret = expand(keys.auth, shared, b"WebPush: info\0" + keys.p256dh + own_point, 32)
    key = expand(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = expand(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + struct.pack("!IB", RECORD_BYTES, len(own_point)) + own_point
    return Sealed(head + AESGCM(key).encrypt(nonce, message + b"\x02", None), [("content-encoding", "aes128gcm")])


def seal_aesgcm(message: bytes, keys: PushKeys, shared: bytes, salt: bytes, own_point: bytes) -> Sealed:
    """The older form: salt and key travel in headers. Spec: draft-ietf-webpush-encryption-04 §3, §4."""
    secret = expand(keys.auth, shared, b"Content-Encoding: auth\0", 32)
    context = b"P-256\0" + b"".join(struct.pack("!H", len(point)) + point for point in (keys.p256dh, own_point))
    key = expand(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
    nonce = expand(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
    body = AESGCM(key).encrypt(nonce, b"\0\0" + message, None)
    return Sealed(
        body,
        [
            ("content-encoding", "aesgcm"),
            ("encryption", f"salt={encode(salt)}"),
            ("crypto-key", f"dh={encode(own_point)}"),
        ],
    )


def headers_for(sealed: Sealed, token: str, key: VapidKey, *, ttl_s: int, urgency: str) -> Headers:
    """Return every header of a message. urgency: very-low, low, normal or high. Spec: RFC 8030 §5; RFC 8292 §3."""
    kept = [pair for pair in sealed.headers if pair[0] != "crypto-key"]
    dh = dict(sealed.headers).get("crypto-key")
    named = [("authorization", f"vapid t={token}, k={key.public}")]
    if dh is not None:
        named = [("authorization", f"WebPush {token}"), ("crypto-key", f"{dh};p256ecdsa={key.public}")]
    about = [("content-type", "application/octet-stream"), ("ttl", str(ttl_s)), ("urgency", urgency)]
    return [*kept, *named, *about]
