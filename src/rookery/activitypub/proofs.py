"""Proofs inside a document: an object signed by its author, which holds wherever it was found.

Owns: making and reading `proof` of the suite eddsa-jcs-2022. Pure: key and clock are passed in. Never: looks a key up,
says who may sign what. Linked-data signatures (`signature`) are no proofs here and grant nothing.
Spec: FEP-8b32; W3C Data Integrity EdDSA Cryptosuites §3.3 https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rookery.activitypub.jcs import NotCanonical, canonical_json
from rookery.activitypub.multikeys import decode_base58, encode_base58
from rookery.activitypub.signatures import (
    SKEW_S,
    Claim,
    SignatureExpired,
    SignatureMalformed,
    SignatureMissing,
    check_key_id,
)

CONTEXT = "https://w3id.org/security/data-integrity/v1"
FIXED = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
SIGNATURE_BYTES, MAX_VALUE_CHARACTERS = 64, 120
Document = dict[str, Any]


def make_proof(key: Ed25519PrivateKey, key_id: str, document: Document, now: datetime) -> Document:
    """Return the document with a proof by its author. now: aware UTC. Raises NotCanonical."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    options = FIXED | {"verificationMethod": key_id, "created": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    value = "z" + encode_base58(key.sign(hash_of(options, bare)))
    return bare | {"proof": options | {"proofValue": value}}


def hash_of(options: Document, bare: Document) -> bytes:
    """Return the 64 bytes that are signed. Raises NotCanonical. Spec: vc-di-eddsa §3.3.4"""
    return b"".join(hashlib.sha256(canonical_json(part)).digest() for part in (options, bare))


def read_proof(document: Document, now: datetime, *, max_age_s: int | None = None) -> Claim:
    """Return what the one proof of a document claims; true only if its key signed, and may speak for the author.

    A proof does not grow old by itself, for what it proves may be found years later; it may not come from the future.
    max_age_s: where an old one is of no use.
    Raises SignatureMissing, SignatureMalformed, SignatureExpired.
    """
    proof = document.get("proof")
    if proof is None or proof == []:
        raise SignatureMissing
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise SignatureMalformed("exactly one proof is needed")
    if any(proof.get(name) != value for name, value in FIXED.items()):
        raise SignatureMalformed("the proof is not an eddsa-jcs-2022 for assertionMethod")
    check_times(proof, now, max_age_s)
    key_id, signature = proof.get("verificationMethod"), parse_value(proof.get("proofValue"))
    if not isinstance(key_id, str):
        raise SignatureMalformed("verificationMethod is missing")
    bare = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in proof:
        bare["@context"] = check_context(proof["@context"], bare.get("@context"))
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        text = hash_of(options, bare)
    except NotCanonical as error:
        raise SignatureMalformed(str(error)) from None
    return Claim(check_key_id(key_id), signature, (text,), "ed25519", 0)


def check_context(signed: Any, given: Any) -> Any:
    """Return the context that was signed: the document's must begin with it. Raises SignatureMalformed."""
    ours, theirs = (value if isinstance(value, list) else [value] for value in (given, signed))
    if ours[: len(theirs)] != theirs:
        raise SignatureMalformed("the proof was made under another @context")
    return signed


def parse_value(raw: Any) -> bytes:
    """Read a proofValue: 64 bytes in multibase. Raises SignatureMalformed."""
    if isinstance(raw, str) and raw.startswith("z") and len(raw) <= MAX_VALUE_CHARACTERS:
        try:
            signature = decode_base58(raw[1:])
        except ValueError:
            signature = b""
        if len(signature) == SIGNATURE_BYTES:
            return signature
    raise SignatureMalformed("proofValue is not 64 bytes in multibase")


def check_times(proof: Document, now: datetime, max_age_s: int | None) -> None:
    """Raises SignatureMalformed, SignatureExpired."""
    created = parse_moment(proof.get("created"), "created")
    if created > now + timedelta(seconds=SKEW_S):
        raise SignatureExpired("the proof is from the future")
    if max_age_s is not None and created < now - timedelta(seconds=max_age_s):
        raise SignatureExpired(f"the proof is older than {max_age_s // 86_400} days")
    if "expires" in proof and parse_moment(proof["expires"], "expires") <= now:
        raise SignatureExpired("the proof has expired")


def parse_moment(raw: Any, what: str) -> datetime:
    """Read a time with its offset. Raises SignatureMalformed."""
    if isinstance(raw, str) and MOMENT.fullmatch(raw):
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            pass
    raise SignatureMalformed(f"{what} is missing, or not a time")
