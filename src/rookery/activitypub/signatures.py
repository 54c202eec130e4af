"""What both dialects of signed requests have in common: the request, what a signature claims, and how it may fail.

Owns: SignedRequest, Claim, the window of time, the errors. Pure: the clock is passed in. Never: looks a key up, decides
whether a claim is true; activitypub/verifier.py does (K3).
Spec: https://swicg.github.io/activitypub-http-signature/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rookery.activitypub.multikeys import PublicKey
from rookery.model.errors import NotSignedIn

PAST_S, SKEW_S = 2 * 3600, 3600
MAX_SIGNATURE_CHARACTERS, MAX_KEY_ID_CHARACTERS = 8192, 2048
MOST_COMPONENTS = 40
KeyKind = Literal["rsa", "ed25519"]
INTEGER = re.compile(r"[0-9]{1,15}")
KEY_ID = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,2048}")  # printable, without quotes, backslashes and spaces


class SignatureRefused(NotSignedIn):
    """The request is not proved to come from whom it names. Answered 401; the sentence is for the other operator."""


class SignatureMissing(SignatureRefused):
    """There is no signature."""

    def __init__(self) -> None:
        super().__init__("this request must be signed with an HTTP signature")


class SignatureMalformed(SignatureRefused):
    """The signature cannot be read, or leaves out what it must cover."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the signature cannot be accepted: {why}")


class SignatureExpired(SignatureRefused):
    """The signature is too old, or from the future."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the signature is out of time: {why}; is the clock right?")


class SignatureMismatch(SignatureRefused):
    """The key did not sign this."""

    def __init__(self) -> None:
        super().__init__("the signature does not fit the request and its key")


class DigestMismatch(SignatureRefused):
    """The body is not the one that was signed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the digest of the body cannot be accepted: {why}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request as it came. method: upper case; target: path and query, undecoded; headers: lower-case name -> value.

    origin: scheme and authority under which the world knows us ("https://nest.example"), never from the request.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @property
    def authority(self) -> str:
        """Our host, with the port when it is not the usual one."""
        return self.origin.partition("://")[2].lower()

    @property
    def has_body(self) -> bool:
        """True for requests whose body must be signed, an empty one too."""
        return self.method not in ("GET", "HEAD") or bool(self.body)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signature says of itself; true only when `key_id`'s key made `signature` over one of `texts`.

    kind: the kind of key that the signature insists on, None when it leaves that to the key. expires_s: Unix time after
    which it is refused anyway.
    """

    key_id: str
    signature: bytes
    texts: tuple[bytes, ...]
    kind: KeyKind | None
    expires_s: int


def kind_of(key: PublicKey) -> KeyKind:
    """Return the kind of a key."""
    return "ed25519" if isinstance(key, Ed25519PublicKey) else "rsa"


def check_host(request: SignedRequest) -> None:
    """Raises SignatureMalformed when the request was meant for another server."""
    host = request.headers.get("host", "").strip().lower()
    usual = ":443" if request.origin.startswith("https:") else ":80"
    if not host or host.removesuffix(usual) != request.authority.removesuffix(usual):
        raise SignatureMalformed("Host is not this server")


def check_key_id(raw: str) -> str:
    """Return a keyId that may be looked up. Raises SignatureMalformed."""
    if not KEY_ID.fullmatch(raw):
        raise SignatureMalformed("keyId is not a URI")
    return raw


def check_window(now_s: int, moments: list[int], expires_s: int | None) -> int:
    """Return when the signature is of no use any more. moments: every time that it covers, at least one.

    Raises SignatureExpired.
    """
    for moment in moments:
        if moment < now_s - PAST_S:
            raise SignatureExpired(f"it is older than {PAST_S // 3600} hours")
        if moment > now_s + SKEW_S:
            raise SignatureExpired(f"it is more than {SKEW_S // 3600} hour in the future")
    if expires_s is not None and expires_s <= now_s:
        raise SignatureExpired("it has expired")
    ends = min(moments) + PAST_S + 1
    return ends if expires_s is None else min(ends, expires_s)


def parse_seconds(raw: str, what: str) -> int:
    """Read a Unix time in whole seconds. Raises SignatureMalformed."""
    if not INTEGER.fullmatch(raw):
        raise SignatureMalformed(f"{what} is not a number of seconds")
    return int(raw)
