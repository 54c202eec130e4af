"""What one account weighs: crowds that are not what they seem weigh less."""

from dataclasses import replace

import pytest

from rookery.model.trends import Voice, least_score, link_key
from rookery.timelines.trend_weights import DAY_US, MOST_ORIGINS, crowd_share, mark_of, origins_of, weight_of

NOW = 20_000 * DAY_US
OLD = 1000 * DAY_US
ANA = Voice(1, "", NOW - OLD, True, False, True, 5, True)


def crowd(voices: list[Voice]) -> float:
    counts: dict[int, int] = {}
    return sum(weight_of(voice, NOW, OLD) * crowd_share(counts, origins_of(voice, NOW)) for voice in voices)


def test_somebody_with_a_face_and_a_history_weighs_one():
    assert weight_of(ANA, NOW, OLD) == 1


@pytest.mark.parametrize(
    ("change", "weight"),
    [
        ({"follower_count": 0}, 0.6),
        ({"has_picture": False}, 0.8),
        ({"created_at_us": NOW}, 0.1),
        ({"created_at_us": NOW - 7 * DAY_US // 2}, 0.55),
        ({"is_bot": True}, 0),
        ({"is_discoverable": False}, 0),
        ({"is_counted": False}, 0),
    ],
)
def test_newcomers_without_a_face_weigh_less_and_bots_nothing(change, weight):
    assert weight_of(replace(ANA, **change), NOW, OLD) == pytest.approx(weight)


def test_on_a_young_server_everybody_is_new_and_nobody_weighs_less_for_it():
    assert weight_of(replace(ANA, created_at_us=NOW), NOW, 3 * DAY_US) == 1


@pytest.mark.parametrize(
    "origin", [{"invited_by_id": 9}, {"address": "203.0.113.7"}, {"created_at_us": NOW - 10 * DAY_US}]
)
def test_ten_accounts_of_one_invitation_address_or_hour_weigh_less_than_five(origin):
    assert 4.5 < crowd([replace(ANA, id=n, **origin) for n in range(10)]) < 5


def test_ten_neighbours_with_nothing_in_common_weigh_ten():
    assert crowd([replace(ANA, id=n, invited_by_id=n, address=f"a{n}") for n in range(10)]) == 10


def test_a_thousand_accounts_of_one_far_server_weigh_less_than_eighty():
    assert 60 < crowd([replace(ANA, id=n, domain="far.example") for n in range(1000)]) < 80


def test_the_memory_of_origins_is_bounded():
    counts: dict[int, int] = {}
    for n in range(1000):
        crowd_share(counts, (mark_of(f"a:{n}"),))
    assert len(counts) == MOST_ORIGINS


def test_the_least_score_grows_with_the_square_root_of_the_people():
    assert [round(least_score(n), 1) for n in (0, 1, 16, 1000, 100_000)] == [0.5, 0.5, 2.0, 15.8, 158.1]


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("HTTPS://News.Example:443?utm_source=x&id=7#top", "https://news.example/?id=7"),
        ("http://news.example:8080/a?fbclid=1", "http://news.example:8080/a"),
        ("https://user@news.example/", ""),
        ("ftp://news.example/", ""),
        ("https://news.example/" + "a" * 2000, ""),
        ("https://[", ""),
    ],
)
def test_a_link_is_counted_without_marks_of_campaigns(raw, key):
    assert link_key(raw) == key
