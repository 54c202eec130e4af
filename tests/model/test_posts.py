"""Drafts and polls: every rule, at its edge."""

import pytest

from rookery.model.posts import (
    MAX_POLL_S,
    MIN_POLL_S,
    Audience,
    Draft,
    PollDraft,
    PollRefused,
    PostEmpty,
    PostLimits,
    PostRefused,
    PostTooLong,
    check_draft,
)

LIMITS = PostLimits(characters=50)


def draft(text="hello", **more):
    return Draft(1, text, **more)


def poll(*options, lasts_s=3600):
    return PollDraft(options or ("a", "b"), lasts_s)


@pytest.mark.parametrize(
    "good",
    [
        draft("x" * 50),
        draft("👩‍👩‍👧‍👦" * 50),
        draft("https://a.example/" + "y" * 1000),
        draft("x" * 45, content_warning="y" * 5),
        draft("", media_ids=(1, 2, 3, 4)),
        draft("", poll=poll()),
        draft(poll=poll("x" * 50, "y", "z", "é" * 50)),
        draft(poll=poll(lasts_s=MIN_POLL_S)),
        draft(poll=poll(lasts_s=MAX_POLL_S)),
        *(draft(language=code) for code in ("en", "fr", "pt-BR", "zh-Hant-TW", "kmr", "sr-Latn")),
    ],
)
def test_a_good_draft_passes(good):
    check_draft(good, LIMITS)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (draft("x" * 51), PostTooLong),
        (draft("x" * 46, content_warning="y" * 5), PostTooLong),
        (draft("", content_warning="y"), PostEmpty),
        (draft(" \n\t"), PostEmpty),
        (draft("\u200b\u2060\ufeff"), PostEmpty),
        (draft(media_ids=(1, 2, 3, 4, 5)), PostRefused),
        (draft(media_ids=(1,), poll=poll()), PostRefused),
        (draft(poll=poll("one")), PollRefused),
        (draft(poll=poll(*"abcde")), PollRefused),
        (draft(poll=poll("a", " ")), PollRefused),
        (draft(poll=poll("a", " a ")), PollRefused),
        (draft(poll=poll("a", "x" * 51)), PollRefused),
        (draft(poll=poll(lasts_s=MIN_POLL_S - 1)), PollRefused),
        (draft(poll=poll(lasts_s=MAX_POLL_S + 1)), PollRefused),
        *((draft(language=code), PostRefused) for code in ("", "e", "english", "en_US", "EN", "en-", "<b>", "é")),
    ],
)
def test_a_bad_draft_is_refused_with_its_rule(bad, error):
    with pytest.raises(error) as caught:
        check_draft(bad, LIMITS)
    assert len(str(caught.value)) > 10


def test_audiences_are_ordered_from_wide_to_narrow():
    assert list(Audience) == [Audience.PUBLIC, Audience.UNLISTED, Audience.FOLLOWERS, Audience.MENTIONED]
    assert [int(one) for one in Audience] == [0, 1, 2, 3]
