"""What other servers tell: what can name something, and what is cut."""

import pytest

from rookery.model.incoming import MAX_URI_CHARACTERS, IncomingRefused, check_uri, shortened

FAR = "https://far.example/users/bea"


def test_an_address_names_somebody_as_it_is_written():
    assert check_uri(FAR) == FAR


@pytest.mark.parametrize("raw", ["", " ", f" {FAR}", f"{FAR}\n", "https://far.example/a b", "https://far.example/\x00"])
def test_what_is_no_address_names_nobody(raw):
    with pytest.raises(IncomingRefused):
        check_uri(raw)


def test_an_endless_address_is_not_cut_to_name_somebody_else():
    longest = FAR + "a" * (MAX_URI_CHARACTERS - len(FAR))
    assert check_uri(longest) == longest
    with pytest.raises(IncomingRefused):
        check_uri(longest + "a")


def test_a_long_word_is_cut():
    assert shortened("abc", 2) == "ab"
    assert shortened("ab", 2) == "ab"
