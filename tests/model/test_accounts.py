"""Names, handles and profiles at their edges."""

import pytest

from rookery.model.accounts import (
    AccountNotFound,
    InvalidUsername,
    ProfileChange,
    ProfileRefused,
    check_profile,
    parse_username,
    split_handle,
    username_key,
)


@pytest.mark.parametrize("raw", ["a", "_", "Ana", "ana.b-c_1", " ana ", "a" * 30, "0"])
def test_good_names(raw):
    assert parse_username(raw) == raw.strip()


@pytest.mark.parametrize(
    "raw",
    ["", " ", ".a", "a.", "-a", "a-", "a" * 31, "é", "a b", "a@b", "a/b", "admin", "ADMIN", "ａdmin", "a\n", "a\x00"],
)
def test_bad_names(raw):
    if raw.strip() == "a":
        raw = "a\nb"
    with pytest.raises(InvalidUsername):
        parse_username(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ana", ("ana", "")),
        ("@Ana", ("ana", "")),
        ("acct:ana@here.example", ("ana", "")),
        ("@ana@HERE.example", ("ana", "")),
        ("ana@Far.example", ("ana", "far.example")),
        (" @ana ", ("ana", "")),
    ],
)
def test_handles(raw, expected):
    assert split_handle(raw, "here.example") == expected


@pytest.mark.parametrize("raw", ["", "@", "@@far.example", "a@b@c", "x" * 501])
def test_what_is_no_handle_is_nobody(raw):
    with pytest.raises(AccountNotFound):
        split_handle(raw, "here.example")


def test_names_are_compared_without_case_and_width():
    assert username_key("ＡNA") == username_key("ana")


@pytest.mark.parametrize(
    "good",
    [
        ProfileChange(),
        ProfileChange(display_name="x" * 60, bio="y" * 1000, avatar_alt="z" * 1500),
        ProfileChange(fields=(("x" * 255, "y" * 255),) * 4),
    ],
)
def test_a_profile_within_its_limits_passes(good):
    check_profile(good)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (ProfileChange(display_name="x" * 61), "display name has 61 characters, the limit is 60"),
        (ProfileChange(bio="x" * 1001), "bio has 1001"),
        (ProfileChange(avatar_alt="x" * 1501), "1501"),
        (ProfileChange(header_alt="x" * 1501), "1501"),
        (ProfileChange(fields=(("a", "b"),) * 5), "at most 4"),
        (ProfileChange(fields=(("a" * 256, "b"),)), "255"),
        (ProfileChange(fields=(("a", "b" * 256),)), "255"),
    ],
)
def test_a_profile_over_a_limit_is_refused_in_words(bad, words):
    with pytest.raises(ProfileRefused, match=words):
        check_profile(bad)
