"""Passwords: however long somebody's is, hashing costs the same."""

import pytest
from tests.nest import PASSWORD

from rookery.actions.credentials import change_password, reset_password
from rookery.actions.governing import set_password
from rookery.actions.members import sign_up
from rookery.model.members import MAX_PASSWORD_CHARACTERS, SignUp, SignUpRefused


class Counting:
    """A hasher that notes the longest text that it was given."""

    def __init__(self, hasher):
        self.hasher, self.most = hasher, 0

    def hash(self, password):
        self.most = max(self.most, len(password))
        return self.hasher.hash(password)

    def verify(self, stored_hash, password):
        self.most = max(self.most, len(password))
        return self.hasher.verify(stored_hash, password)

    def check_needs_rehash(self, stored_hash):
        return self.hasher.check_needs_rehash(stored_hash)


@pytest.mark.parametrize("letter", [pytest.param("a", id="atproto#3900"), "\U0001f426", "e\u0301"])
async def test_a_password_of_any_length_costs_one_short_hash(nest, letter):
    ana = await nest.joins("ana")
    longest = (letter * MAX_PASSWORD_CHARACTERS)[:MAX_PASSWORD_CHARACTERS]
    hasher = nest.passwords.hasher = Counting(nest.passwords.hasher)
    for number, password in enumerate((longest + "x", longest * 4000)):
        for refusing in (
            sign_up(nest.app, nest.passwords, SignUp(f"ben{number}", f"ben{number}@mail.example", password)),
            set_password(nest.app, nest.passwords, ana.account_id, password),
            reset_password(nest.app, nest.passwords, "any secret", password),
            change_password(nest.app, nest.passwords, ana.account_id, current=PASSWORD, new=password, keep_session=0),
        ):
            with pytest.raises(SignUpRefused, match="at most 256 characters"):
                await refusing
        assert not await nest.passwords.verify("ana", ana.password_hash, password)
        assert await nest.passwords.verify("ana", ana.password_hash, PASSWORD)
    assert hasher.most <= 256
    await set_password(nest.app, nest.passwords, ana.account_id, longest)
    await nest.signs_in("ana", longest)
