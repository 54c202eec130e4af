"""The examples of the specifications: what others signed is read, and what we sign is what they would."""

import base64
import json
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from rookery.activitypub.cavage import parse_names, parse_parameters, signed_text
from rookery.activitypub.jcs import NotCanonical, canonical_json
from rookery.activitypub.message_signatures import signature_base
from rookery.activitypub.multikeys import decode_base58, is_signed_by, parse_multikey, parse_pem
from rookery.activitypub.proofs import make_proof, read_proof
from rookery.activitypub.signatures import SignedRequest
from rookery.activitypub.structured import parse_dictionary

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "signatures.json").read_text())
LATER = datetime(2026, 1, 1, tzinfo=UTC)
PROOF = VECTORS["fep8b32"]


def request_of(vector):
    given = {"method": vector["method"], "target": vector["target"], "headers": vector["headers"]}
    return SignedRequest(**given, body=vector["body"].encode(), origin=vector.get("origin", ""))


@pytest.mark.parametrize("vector", VECTORS["cavage"], ids=lambda vector: vector["source"])
def test_the_text_of_the_draft_is_ours(vector):
    parameters, request = parse_parameters(vector["signature"]), request_of(vector)
    text = signed_text(request, parse_names(parameters["headers"]), parameters, request.target)
    key = load_pem_public_key(vector["key"].encode())  # 1,024 bits: parse_pem would refuse it
    assert is_signed_by(key, base64.b64decode(parameters["signature"]), text)
    assert not is_signed_by(key, base64.b64decode(parameters["signature"]), text + b" ")


@pytest.mark.parametrize("vector", VECTORS["rfc9421"], ids=lambda vector: vector["source"])
def test_the_signature_base_of_the_standard_is_ours(vector):
    [inner], [made] = (parse_dictionary(vector[name]).values() for name in ("input", "signature"))
    base = signature_base(request_of(vector), inner)
    assert is_signed_by(parse_pem(vector["key"]), made.value, base)
    if "private" in vector:
        assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private"])).sign(base) == made.value


def test_a_proof_made_here_is_the_proof_of_the_proposal():
    key = Ed25519PrivateKey.from_private_bytes(decode_base58(PROOF["private"][1:])[2:])
    proof = PROOF["document"]["proof"]
    made = make_proof(
        key, proof["verificationMethod"], PROOF["document"], datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
    )
    assert made == PROOF["document"]


def test_the_proof_of_the_proposal_is_believed_and_none_beside_it():
    claim = read_proof(PROOF["document"], LATER)
    key = parse_multikey(PROOF["public"])
    assert is_signed_by(key, claim.signature, claim.texts[0])
    other = PROOF["document"] | {"object": {"type": "Note", "content": "Hello World"}}
    claim = read_proof(other, LATER)
    assert not is_signed_by(key, claim.signature, claim.texts[0])


@pytest.mark.parametrize(("raw", "text"), VECTORS["jcs"]["documents"])
def test_documents_have_the_one_text_of_the_standard(raw, text):
    assert canonical_json(json.loads(raw)).decode() == text


@pytest.mark.parametrize(("raw", "text"), VECTORS["jcs"]["numbers"])
def test_numbers_are_printed_as_ecmascript_does(raw, text):
    assert canonical_json(struct.unpack(">d", bytes.fromhex(raw))[0]).decode() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back_as_itself(number):
    assert float(canonical_json(number)) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(JSON)
def test_the_canonical_text_is_json_of_the_same_value_and_its_own_canonical_text(value):
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {"\udfff": 1}, {1: 2}, b"x", {"a": {1, 2}}]
)
def test_what_two_programs_may_read_differently_has_no_canonical_text(value):
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_a_value_nested_without_end_has_none_either():
    value: list = []
    for _ in range(100):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical_json(value)
