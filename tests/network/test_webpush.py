"""Web push on the wire: the RFC's own example, a second implementation that opens what we seal, and the signed name."""

import base64
import json

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from rookery.network.webpush import (
    MAX_MESSAGE_BYTES,
    PushKeys,
    PushKeysRefused,
    VapidKey,
    decode,
    encode,
    headers_for,
    parse_push_keys,
    point_of,
    public_key_of,
    seal,
)

PHONE = ec.derive_private_key(
    int.from_bytes(decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
)
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
KEYS = parse_push_keys(P256DH, AUTH)


def test_the_example_of_rfc_8291_comes_out_to_the_byte():
    """RFC 8291 §5 and appendix A."""
    own = VapidKey.parse("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").private
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        KEYS,
        is_standard=True,
        salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
        own=own,
    )
    assert encode(sealed.body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=MAX_MESSAGE_BYTES))
def test_a_second_implementation_opens_what_is_sealed_today(message):
    sealed = seal(message, KEYS, is_standard=True)
    opened = http_ece.decrypt(sealed.body, private_key=PHONE, auth_secret=KEYS.auth, version="aes128gcm")
    assert opened == message
    assert len(sealed.body) <= 4096


@given(st.binary(max_size=MAX_MESSAGE_BYTES))
def test_a_second_implementation_opens_what_is_sealed_for_older_apps(message):
    sealed = seal(message, KEYS, is_standard=False)
    headers = dict(sealed.headers)
    opened = http_ece.decrypt(
        sealed.body,
        salt=decode(headers["encryption"].removeprefix("salt=")),
        dh=decode(headers["crypto-key"].removeprefix("dh=")),
        private_key=PHONE,
        auth_secret=KEYS.auth,
        version="aesgcm",
    )
    assert opened == message


def test_no_two_messages_are_sealed_alike():
    assert seal(b"x", KEYS, is_standard=True).body != seal(b"x", KEYS, is_standard=True).body


def test_a_message_that_no_push_service_takes_is_refused():
    with pytest.raises(ValueError, match="at most 3993 bytes"):
        seal(b"x" * (MAX_MESSAGE_BYTES + 1), KEYS, is_standard=True)


@pytest.mark.parametrize("spell", [str, lambda raw: raw + "=", lambda raw: raw.replace("-", "+").replace("_", "/")])
def test_keys_are_read_in_every_spelling_of_apps(spell):
    assert parse_push_keys(spell(P256DH), AUTH + "==") == KEYS


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        ("A" * 87, AUTH),
        (encode(b"\x04" + b"\x01" * 64), AUTH),
        (encode(KEYS.p256dh[:33]), AUTH),
        (P256DH * 9, AUTH),
        ("ünï", AUTH),
        (P256DH, ""),
        (P256DH, encode(b"x" * 15)),
        (P256DH, "?" * 22),
    ],
)
def test_keys_that_no_browser_makes_are_refused(p256dh, auth):
    with pytest.raises(PushKeysRefused):
        parse_push_keys(p256dh, auth)


def verified(token: str, key: VapidKey) -> dict:
    signed, _, signature = token.rpartition(".")
    raw = decode_long(signature)
    numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public_key_of(decode(key.public)).verify(numbers, signed.encode(), ec.ECDSA(SHA256()))
    head, claims = (json.loads(decode_long(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims


def decode_long(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_server_signs_its_name_for_one_push_service():
    key = VapidKey.generate()
    token = key.token("https://push.example:8443/send/abc?x=1", "mailto:op@nest.example", 1_000_000)
    assert verified(token, VapidKey.parse(key.text)) == {
        "aud": "https://push.example:8443",
        "exp": 1_000_000 + 12 * 3600,
        "sub": "mailto:op@nest.example",
    }


def test_headers_say_how_long_and_how_urgent_in_both_forms():
    key = VapidKey.generate()
    new = dict(headers_for(seal(b"x", KEYS, is_standard=True), "T", key, ttl_s=60, urgency="high"))
    old = dict(headers_for(seal(b"x", KEYS, is_standard=False), "T", key, ttl_s=60, urgency="low"))
    assert new["authorization"] == f"vapid t=T, k={key.public}"
    assert (new["content-encoding"], new["ttl"], new["urgency"]) == ("aes128gcm", "60", "high")
    assert old["authorization"] == "WebPush T"
    assert old["content-encoding"] == "aesgcm"
    assert old["crypto-key"].startswith("dh=B")
    assert old["crypto-key"].endswith(f";p256ecdsa={key.public}")


def test_a_point_is_what_browsers_call_a_key():
    assert point_of(PHONE.public_key()) == PushKeys(decode(P256DH), b"").p256dh
