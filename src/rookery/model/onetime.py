"""One-time codes: those that an authenticator app shows for thirty seconds, and those on a list in a drawer.

Owns: the arithmetic, the spelling, the address that a QR code holds. Never: stores a secret or counts guesses.
Spec: RFC 6238 (TOTP: SHA-1, 6 digits, 30 s, as every app knows it), RFC 4226 §5.3,
https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from urllib.parse import quote, urlencode

DIGITS = 6
STEP_S = 30
SKEW_STEPS = 1
SECRET_BYTES = 20
RECOVERY_CODE_COUNT = 10
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 16


def new_totp_secret() -> str:
    """Return 160 random bits in base32, 32 characters without padding."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the six digits of one step. Spec: RFC 4226 §5.3."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, code: str, now_s: int, *, after: int = 0) -> int | None:
    """Return the step whose code this is, one step early or late allowed, None when it is no step above `after`."""
    wanted = "".join(code.split())
    if len(wanted) != DIGITS or not (wanted.isascii() and wanted.isdigit()):
        return None
    now = now_s // STEP_S
    found = None
    for step in range(now - SKEW_STEPS, now + SKEW_STEPS + 1):
        is_right = hmac.compare_digest(code_at(secret, step), wanted)
        if is_right and step > after and found is None:
            found = step
    return found


def totp_uri(secret: str, *, name: str, issuer: str) -> str:
    """Return what an authenticator app reads: `otpauth://totp/Issuer:name?secret=…`."""
    label = quote(f"{issuer.replace(':', ' ')}:{name}", safe="@")
    query = urlencode({"secret": secret, "issuer": issuer.replace(":", " ")}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def is_totp_secret(raw: str) -> bool:
    """True for what new_totp_secret makes."""
    try:
        return len(base64.b32decode(raw)) == SECRET_BYTES
    except (binascii.Error, ValueError):
        return False


def new_recovery_codes() -> list[str]:
    """Return ten codes of 79 bits, written in fours; their letters are not mistaken for each other."""
    return [
        spaced("".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)))
        for _ in range(RECOVERY_CODE_COUNT)
    ]


def spaced(letters: str) -> str:
    """Write `abcdefgh` as `abcd-efgh`."""
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def recovery_key(raw: str) -> str | None:
    """Return a typed recovery code as it is compared, None for what is none."""
    letters = "".join(character for character in raw.lower() if character.isalnum())
    is_one = len(letters) == RECOVERY_LENGTH and set(letters) <= set(RECOVERY_LETTERS)
    return letters if is_one else None
