"""Public keys as the fediverse writes them: PEM, multibase, and which of them are strong enough.

Owns: reading and writing public halves, base58, what a signature of a key is. Pure. Never: a private half, a fetch.
Spec: FEP-521a; W3C Data Integrity "Multikey" https://www.w3.org/TR/cid-1.0/#Multikey; RFC 7468 (PEM)
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from rookery.model.errors import Invalid

PublicKey = RSAPublicKey | Ed25519PublicKey
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGITS = {letter: value for value, letter in enumerate(ALPHABET)}
# Unsigned varints of the multicodec table: ed25519-pub 0xed, rsa-pub 0x1205 (a DER RSAPublicKey, RFC 8017 A.1.1).
ED25519_PREFIX, RSA_PREFIX = b"\xed\x01", b"\x85\x24"
MAX_PEM_CHARACTERS, MAX_MULTIBASE_CHARACTERS = 8192, 2048
LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 8192
LEAST_EXPONENT, MOST_EXPONENT = 65537, (1 << 33) - 1


class KeyRefused(Invalid):
    """A public key cannot be read, or is too weak to believe."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this key is not accepted: {why}")


def check_strength(key: object) -> PublicKey:
    """Return a key whose kind and size we believe. Raises KeyRefused."""
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise KeyRefused("it is neither RSA nor Ed25519")
    if not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise KeyRefused(f"RSA needs {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits, this key has {key.key_size}")
    exponent = key.public_numbers().e
    if not LEAST_EXPONENT <= exponent <= MOST_EXPONENT or not exponent % 2:
        raise KeyRefused("its exponent is weak")
    return key


def parse_pem(text: str) -> PublicKey:
    """Read a PEM of a public key, SubjectPublicKeyInfo or PKCS #1. Raises KeyRefused."""
    if len(text) > MAX_PEM_CHARACTERS:
        raise KeyRefused(f"its PEM is longer than {MAX_PEM_CHARACTERS} characters")
    try:
        return check_strength(load_pem_public_key(text.strip().encode("ascii")))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused("it is not the PEM of a public key") from None


def parse_multikey(text: str) -> PublicKey:
    """Read a publicKeyMultibase in base58btc. Raises KeyRefused."""
    if not text.startswith("z") or len(text) > MAX_MULTIBASE_CHARACTERS:
        raise KeyRefused("it is not multibase with base58btc")
    try:
        raw = decode_base58(text[1:])
        if raw.startswith(ED25519_PREFIX):
            return Ed25519PublicKey.from_public_bytes(raw[len(ED25519_PREFIX) :])
        if raw.startswith(RSA_PREFIX):
            return check_strength(load_der_public_key(raw[len(RSA_PREFIX) :]))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused("its multibase holds no key") from None
    raise KeyRefused("it is neither RSA nor Ed25519")


def multikey_from(key: PublicKey) -> str:
    """Return a public key as publicKeyMultibase."""
    if isinstance(key, Ed25519PublicKey):
        return "z" + encode_base58(ED25519_PREFIX + key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return "z" + encode_base58(RSA_PREFIX + key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def pem_from(key: PublicKey) -> str:
    """Return a public key as PEM of SubjectPublicKeyInfo, with a line break at the end."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def is_signed_by(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """True when `key` made the signature: Ed25519, or RSA with PKCS #1 v1.5 over SHA-256."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def same_key(one: PublicKey, other: PublicKey) -> bool:
    """True when both are the same key."""
    return type(one) is type(other) and multikey_from(one) == multikey_from(other)


def encode_base58(raw: bytes) -> str:
    """Return base58 in the alphabet of Bitcoin."""
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def decode_base58(text: str) -> bytes:
    """Read base58. Raises ValueError for a letter that it has not."""
    number = 0
    for letter in text:
        if letter not in DIGITS:
            raise ValueError(f"base58 has no {letter!r}")
        number = number * 58 + DIGITS[letter]
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return b"\0" * (len(text) - len(text.lstrip("1"))) + body
