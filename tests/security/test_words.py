"""What people write: no longer than it counts, no further than it says."""

import pytest

from rookery.model.members import SignUpRefused, parse_email
from rookery.model.posts import Draft, PostLimits, PostTooLong, check_draft
from rookery.model.text import count_seen
from rookery.web.fragments import local_links

FAMILY = "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f469\U0001f3ff"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\u200d" * 200_000, id="CVE-2026-23962 / GHSA-gg8q-rcg7-p79g"),
        "z" + "\u0301" * 200_000,
        "\U0001f1e6\u200d" * 200_000,
    ],
)
def test_a_heap_of_marks_or_joiners_does_not_pass_for_a_short_post(text):
    with pytest.raises(PostTooLong):
        check_draft(Draft(1, text), PostLimits())


def test_a_whole_family_is_still_one_character():
    assert count_seen(FAMILY) == 1
    assert count_seen(FAMILY * 50) == 50


@pytest.mark.parametrize(
    "email", [pytest.param("you%elsewhere.example@nest.example", id="GHSA-5r37-qpwq-2jhh"), '"a b"@nest.example']
)
def test_an_address_that_a_mail_server_would_send_on_is_refused(email):
    with pytest.raises(SignUpRefused):
        parse_email(email)


def test_a_link_to_our_own_page_stays_on_the_readers_host():
    assert local_links('<a href="https://nest.example/@ana">', "https://nest.example") == '<a href="/@ana">'


async def test_a_link_that_names_us_does_not_lead_elsewhere(pages):
    browser = await pages.member("ana")
    base_url = pages.web.base_url
    await browser.sends("/home", text=f"see {base_url}//evil.example/x")
    await browser.opens("/@ana")
    assert f'href="{base_url}//evil.example/x"' in browser.page
    assert 'href="//' not in browser.page
