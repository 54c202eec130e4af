"""Signed requests in the dialect of the standard: HTTP Message Signatures.

Owns: reading Signature-Input and Signature strictly, the signature base, writing them. Pure: the clock is passed in.
Never: looks a key up. Exactly one signature is accepted; no component may carry a parameter (`;req`, `;sf`, `;key`), so
that there is one way to read what was signed. The algorithm follows from the key; one that says otherwise is refused.
Spec: RFC 9421 §2.5 (base), §3.1, §3.2; algorithms §3.3.2 (rsa-v1_5-sha256) and §3.3.6 (ed25519)
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from rookery.activitypub.digests import check_content_digest, content_digest_of
from rookery.activitypub.signatures import (
    MAX_SIGNATURE_CHARACTERS,
    MOST_COMPONENTS,
    Claim,
    DigestMismatch,
    KeyKind,
    SignatureMalformed,
    SignedRequest,
    check_host,
    check_key_id,
    check_window,
)
from rookery.activitypub.structured import (
    FieldMalformed,
    InnerList,
    Item,
    parse_dictionary,
    write_bare,
    write_inner_list,
)
from rookery.network.outward import Header

ALGORITHMS: dict[str, KeyKind] = {"rsa-v1_5-sha256": "rsa", "ed25519": "ed25519"}
PARAMETERS = {"created", "expires", "nonce", "alg", "keyid", "tag"}
FIELD_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
LABEL = "sig1"
WHOLE_TARGET = {"@authority", "@path", "@query"}  # together as good as @target-uri


def component_value(request: SignedRequest, name: str) -> str:
    """Return the value of one component. Raises SignatureMalformed. Spec: RFC 9421 §2.1, §2.2"""
    path, _, query = request.target.partition("?")
    derived = {
        "@method": request.method,
        "@target-uri": f"{request.origin}{request.target}",
        "@authority": request.authority,
        "@scheme": request.origin.partition(":")[0].lower(),
        "@request-target": request.target,
        "@path": path or "/",
        "@query": f"?{query}",
    }
    if name in derived:
        return derived[name]
    if not FIELD_NAME.fullmatch(name):
        raise SignatureMalformed(f"the component {name[:40]!r} is not spoken here")
    if name not in request.headers:
        raise SignatureMalformed(f"{name} is signed and not there")
    return request.headers[name].strip()


def signature_base(request: SignedRequest, inner: InnerList) -> bytes:
    """Return the text that a signature is over. Raises SignatureMalformed. Spec: RFC 9421 §2.5"""
    names = [str(item.value) for item in inner.items]
    lines = [f"{write_bare(name)}: {component_value(request, name)}" for name in names]
    lines.append(f'"@signature-params": {write_inner_list(inner)}')
    return "\n".join(lines).encode("latin-1", "strict")


def read_message_signature(request: SignedRequest, now_s: int) -> Claim:
    """Return what the one signature claims, if it covers all that it must, in time, and the body fits its digest.

    Raises SignatureMalformed, SignatureExpired, DigestMismatch.
    """
    inner, signature = parse_signature(request)
    names = parse_components(inner)
    key_id, algorithm = inner.parameters.get("keyid"), inner.parameters.get("alg")
    if type(key_id) is not str:
        raise SignatureMalformed("keyid is missing")
    if algorithm is not None and (type(algorithm) is not str or algorithm not in ALGORITHMS):
        raise SignatureMalformed("the algorithm is not spoken here")
    check_covered(request, names)
    check_host(request)
    ends = check_window(now_s, [seconds_of(inner, "created")], expires_of(inner))
    if request.has_body:
        check_content_digest(request.headers.get("content-digest", ""), request.body)
    kind = ALGORITHMS[str(algorithm)] if algorithm is not None else None
    return Claim(check_key_id(key_id), signature, (signature_base(request, inner),), kind, ends)


def parse_signature(request: SignedRequest) -> tuple[InnerList, bytes]:
    """Return the one signature and what it says of itself. Raises SignatureMalformed."""
    fields = request.headers.get("signature-input", ""), request.headers.get("signature", "")
    if max(map(len, fields)) > MAX_SIGNATURE_CHARACTERS:
        raise SignatureMalformed("the header is too long")
    try:
        inputs, signatures = map(parse_dictionary, fields)
    except FieldMalformed as error:
        raise SignatureMalformed(str(error)) from None
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise SignatureMalformed("exactly one signature is needed, with one label in both headers")
    [inner], [made] = inputs.values(), signatures.values()
    if not isinstance(inner, InnerList) or not isinstance(made, Item):
        raise SignatureMalformed("the label names no signature")
    if not isinstance(made.value, bytes) or not made.value or made.parameters:
        raise SignatureMalformed("the signature is not a byte sequence")
    if not inner.parameters.keys() <= PARAMETERS:
        raise SignatureMalformed("a parameter of the signature is not known")
    return inner, made.value


def parse_components(inner: InnerList) -> list[str]:
    """Return the names of what is covered. Raises SignatureMalformed."""
    names = []
    for item in inner.items:
        if type(item.value) is not str or item.parameters:
            raise SignatureMalformed("a component is no plain name")
        names.append(item.value)
    if len(names) > MOST_COMPONENTS or len(set(names)) < len(names):
        raise SignatureMalformed("the components are too many, or one comes twice")
    return names


def check_covered(request: SignedRequest, names: Sequence[str]) -> None:
    """Raises SignatureMalformed when the signature leaves out what it must cover."""
    if "@method" not in names:
        raise SignatureMalformed("@method must be signed")
    if "@target-uri" not in names and not set(names) >= WHOLE_TARGET:
        raise SignatureMalformed("@target-uri must be signed")
    if request.has_body and "content-digest" not in names:
        raise DigestMismatch("content-digest must be signed")


def seconds_of(inner: InnerList, name: str) -> int:
    """Return a time of the signature. Raises SignatureMalformed."""
    value = inner.parameters.get(name)
    if type(value) is not int or value < 0:
        raise SignatureMalformed(f"{name} is missing, or not a number of seconds")
    return value


def expires_of(inner: InnerList) -> int | None:
    """Return when the signature says that it ends, None when it does not. Raises SignatureMalformed."""
    return seconds_of(inner, "expires") if "expires" in inner.parameters else None


def sign_message(
    key: RSAPrivateKey | Ed25519PrivateKey, key_id: str, method: str, origin: str, target: str, body: bytes, now_s: int
) -> tuple[Header, ...]:
    """Return the headers that sign a request: Content-Digest when there is a body, Signature-Input and Signature.

    origin: scheme and authority of the other server. The algorithm is that of the key.
    """
    added: list[Header] = [] if method in ("GET", "HEAD") else [("Content-Digest", content_digest_of(body))]
    names = ["@method", "@target-uri", *(name.lower() for name, _ in added)]
    algorithm = "ed25519" if isinstance(key, Ed25519PrivateKey) else "rsa-v1_5-sha256"
    inner = InnerList(tuple(map(Item, names)), {"created": now_s, "keyid": key_id, "alg": algorithm})
    headers = {name.lower(): value for name, value in added}
    base = signature_base(SignedRequest(method, target, headers, body, origin), inner)
    signature = key.sign(base) if isinstance(key, Ed25519PrivateKey) else key.sign(base, PKCS1v15(), SHA256())
    made = f"{LABEL}={write_bare(signature)}"
    return (*added, ("Signature-Input", f"{LABEL}={write_inner_list(inner)}"), ("Signature", made))
