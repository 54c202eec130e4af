"""Secrets and codes: what people must be able to type."""

from rookery.actions.secrets import new_code


def test_no_command_takes_a_code_for_an_option():
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(code.isalnum() and code.isascii() and len(code) == 16 for code in codes)
