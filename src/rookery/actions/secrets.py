"""Secrets that we hand out: session cookies, access tokens, codes, links: 256 random bits, of which the hash stays.

Owns: making and hashing them. Never: passwords, which people choose (see actions/passwords.py).
A plain SHA-256 is enough here: nobody can try 2**256 values, and it costs half a microsecond on the hot path.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from string import ascii_letters, digits

MAX_SECRET_CHARACTERS = 200


def new_secret() -> str:
    """Return 43 characters that nobody can guess, safe in headers, cookies and addresses."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return 16 letters and digits that nobody can guess, for people to type: no command takes them for an option."""
    return "".join(secrets.choice(ascii_letters + digits) for _ in range(16))


def hash_secret(raw: str) -> str:
    """Return what we store of a secret: the hex SHA-256 of its text."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def is_secret(raw: str, stored_hash: str) -> bool:
    """True when the hash is of this secret; takes the same time wherever they differ."""
    return len(raw) <= MAX_SECRET_CHARACTERS and hmac.compare_digest(hash_secret(raw), stored_hash)
