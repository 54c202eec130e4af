"""From a request as our server read it to one whose signature can be checked.

Owns: that translation. Never: believes anything. What a signature covers must have come once: of two headers with one
name a proxy in front of us may have read the other one.
"""

from __future__ import annotations

from urllib.parse import quote

from rookery.activitypub.signatures import SignatureMalformed, SignedRequest
from rookery.network.requests import Request

ONCE = frozenset((b"host", b"date", b"digest", b"content-digest", b"signature", b"signature-input", b"content-type"))
PATH_SAFE = "/!$&'()*+,;=:@~"


def signed_request_from(request: Request, body: bytes, origin: str) -> SignedRequest:
    """Return the request for the verifier. origin: ours, from the settings. Raises SignatureMalformed."""
    seen: set[bytes] = set()
    for name, _ in request.raw_headers:
        if name in ONCE and name in seen:
            raise SignatureMalformed(f"{name.decode('latin-1')} came twice")
        seen.add(name)
    target = request.raw_path.decode("latin-1") or quote(request.path, safe=PATH_SAFE)
    if request.query_string:
        target += f"?{request.query_string.decode('latin-1')}"
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()}
    return SignedRequest(request.method, target, headers, body, origin)
