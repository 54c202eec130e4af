"""HTTP codes of the kinds of refusal, one table for every face.

Owns: which code a kind becomes. Never: words; a face says them in its own format.
"""

from __future__ import annotations

from rookery.model.errors import (
    Conflict,
    Invalid,
    Malformed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    TooLarge,
    TooMany,
    Unavailable,
)
from rookery.network.gates import PersonNeeded
from rookery.network.responses import Headers
from rookery.network.server import MethodNotAllowed

CODES: tuple[tuple[type[Refusal], int], ...] = (
    (PersonNeeded, 422),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (MethodNotAllowed, 405),
    (Conflict, 409),
    (TooLarge, 413),
    (Invalid, 422),
    (TooMany, 429),
    (Unavailable, 503),
    (Malformed, 400),
)


def code_of(error: Refusal) -> int:
    """Return the code of a refusal, 400 for a kind without its own."""
    return next((code for kind, code in CODES if isinstance(error, kind)), 400)


def headers_of(error: Refusal) -> Headers:
    """Return the headers that a refusal brings: when to come back, which methods there are."""
    if isinstance(error, Unavailable):
        return [(b"retry-after", b"%d" % error.retry_after_s)]
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(sorted(error.allowed)).encode())]
    return []
