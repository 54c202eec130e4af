"""Digests of a body, as they travel in headers: recomputed over the raw bytes, never believed.

Owns: `Digest` and `Content-Digest`, made and checked. Pure. Never: decides whether a signature covers them.
Spec: RFC 3230 with RFC 5843 (Digest); RFC 9530 (Content-Digest)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

from rookery.activitypub.signatures import DigestMismatch
from rookery.activitypub.structured import FieldMalformed, Item, decode_base64, parse_dictionary

NEEDED = "sha-256"
MAX_DIGEST_CHARACTERS = 1024
KEPT_DIGESTS = 16  # the same body goes to many
# What is recomputed. Anything else that is listed beside it (unixsum, crc32c) proves nothing and is passed over.
HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha-256": lambda body: hashlib.sha256(body).digest(),
    "sha-512": lambda body: hashlib.sha512(body).digest(),
}


@lru_cache(KEPT_DIGESTS)
def digest_of(body: bytes) -> str:
    """Return the value of a Digest header."""
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


@lru_cache(KEPT_DIGESTS)
def content_digest_of(body: bytes) -> str:
    """Return the value of a Content-Digest header."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(value: str, body: bytes) -> None:
    """Hold a Digest header against a body: SHA-256 must be there, once, and all that we know must fit.

    Raises DigestMismatch.
    """
    if len(value) > MAX_DIGEST_CHARACTERS:
        raise DigestMismatch("Digest is too long")
    found: dict[str, bytes] = {}
    for part in value.split(","):
        name, _, text = part.strip().partition("=")
        name, raw = name.lower(), decode_base64(text)
        if name in found:
            raise DigestMismatch(f"{name} comes twice")
        if raw is None and name in HASHES:
            raise DigestMismatch(f"{name} is not base64")
        found[name] = raw or b""
    check_all(found, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Hold a Content-Digest header against a body, by the same rules. Raises DigestMismatch."""
    try:
        members = parse_dictionary(value)
    except FieldMalformed as error:
        raise DigestMismatch(f"Content-Digest cannot be read: {error}") from None
    found: dict[str, bytes] = {}
    for name, member in members.items():
        if isinstance(member, Item) and isinstance(member.value, bytes):
            found[name] = member.value
        elif name in HASHES:
            raise DigestMismatch(f"{name} is not a byte sequence")
    check_all(found, body)


def check_all(found: dict[str, bytes], body: bytes) -> None:
    """Raises DigestMismatch unless SHA-256 is among the digests and every one that we know is the body's."""
    if NEEDED not in found:
        raise DigestMismatch("SHA-256 is needed")
    for name, digest in found.items():
        if name in HASHES and not hmac.compare_digest(digest, HASHES[name](body)):
            raise DigestMismatch(f"{name} is that of another body")
