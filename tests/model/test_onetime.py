"""One-time codes: the published vectors, skew, and codes that a person may misspell."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.model.onetime import (
    code_at,
    is_totp_secret,
    matching_step,
    new_recovery_codes,
    new_totp_secret,
    recovery_key,
    totp_uri,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()


# RFC 6238 appendix B, SHA-1, the last six of its eight digits.
@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(moment, code):
    assert code_at(SECRET, moment // 30) == code
    assert matching_step(SECRET, code, moment) == moment // 30


def test_a_clock_may_be_half_a_minute_off_and_no_more():
    code = code_at(SECRET, 1000)
    found = [matching_step(SECRET, code, step * 30) for step in (998, 999, 1000, 1001, 1002)]
    assert found == [None, 1000, 1000, 1000, None]


def test_a_step_that_was_used_is_not_found_again():
    assert matching_step(SECRET, code_at(SECRET, 1000), 30_000, after=1000) is None
    assert matching_step(SECRET, code_at(SECRET, 1001), 30_000, after=1000) == 1001


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_none(text):
    assert matching_step(SECRET, text, 30_000) in (None, 999, 1000, 1001)
    assert recovery_key(text) is None or len(recovery_key(text)) == 16


def test_spaces_in_a_code_do_not_matter():
    code = code_at(SECRET, 1000)
    assert matching_step(SECRET, f" {code[:3]} {code[3:]} ", 30_000) == 1000


def test_ten_recovery_codes_differ_and_survive_a_careless_hand():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    keys = {recovery_key(code) for code in codes}
    assert None not in keys
    assert {recovery_key(f"  {code.upper().replace('-', ' ')}") for code in codes} == keys


def test_a_secret_and_its_address():
    secret = new_totp_secret()
    assert is_totp_secret(secret)
    assert not is_totp_secret("short")
    assert not is_totp_secret("é" * 32)
    uri = totp_uri(secret, name="ana", issuer="nest: example")
    assert uri == f"otpauth://totp/nest%20%20example%3Aana?secret={secret}&issuer=nest%20%20example"
