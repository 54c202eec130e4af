"""Language and theme outlast the session, in a cookie that tells nobody apart."""

from hypothesis import given
from hypothesis import strategies as st

from rookery.model.members import Preferences
from rookery.web.guards import set_cookie
from rookery.web.looks import THEMES, Look, look_cookie, look_of_member, parse_look
from rookery.web.words import LANGUAGES

CLICK = {"sec-fetch-site": "same-origin"}
ELSEWHERE = {"sec-fetch-site": "cross-site"}


@given(st.text(max_size=60))
def test_whatever_a_cookie_holds_a_look_is_one_of_a_few(raw):
    look = parse_look(raw)
    assert look.language in (None, *LANGUAGES)
    assert look.theme in THEMES


@given(st.sampled_from([None, *LANGUAGES]), st.sampled_from(THEMES))
def test_a_look_survives_its_cookie(language, theme):
    look = Look(language, theme)
    name, value = look_cookie("https://nest.example", look)
    assert name == b"set-cookie"
    pair, _, flags = value.decode().partition("; ")
    assert parse_look(pair.removeprefix("__Host-look=")) == look
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Secure" in flags
    assert ("Max-Age=0" in flags) == (look == Look())
    assert look_cookie("http://localhost:3000", Look()) == set_cookie("http://localhost:3000", "look", "", 0)


def test_a_members_choices_come_before_what_the_browser_kept():
    kept = Look("fr", "dark")
    assert look_of_member(Preferences(locale="en", theme="light"), kept) == Look("en", "light")
    assert look_of_member(Preferences(), kept) == Look("fr", "auto")
    assert look_of_member(Preferences(locale="xx", theme="odd"), Look()) == Look()


async def test_language_and_theme_stay_after_signing_out(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/appearance")
    await ana.sends("/settings/appearance", theme="dark", locale="fr")
    await ana.sends("/logout")
    assert '<html lang="fr" data-theme="dark">' in ana.page
    await ana.opens("/login")
    assert '<html lang="fr" data-theme="dark">' in ana.page
    await ana.opens("/nulle-part", 404)
    assert '<html lang="fr" data-theme="dark">' in ana.page
    assert ana.cookies == {"form": ana.cookies["form"], "look": "fr.dark"}


async def test_who_signs_in_next_sees_their_own_theme(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    for browser, theme in ((bea, "contrast"), (ana, "dark")):
        await browser.opens("/settings/appearance")
        await browser.sends("/settings/appearance", theme=theme, locale="fr")
        await browser.sends("/logout")
    await ana.signs_in("bea")
    assert '<html lang="fr" data-theme="contrast">' in ana.page
    assert ana.cookies["look"] == "fr.contrast"


async def test_a_choice_that_is_taken_back_leaves_no_cookie(pages):
    ana = await pages.member("ana", language="fr")
    assert ana.cookies["look"] == "fr.auto"
    await ana.opens("/settings/appearance")
    await ana.sends("/settings/appearance", theme="auto", locale="")
    assert set(ana.cookies) == {"session"}


async def test_a_strangers_click_on_a_language_is_remembered_and_taken_on_when_they_join(pages):
    stranger = pages.browser()
    await stranger.opens("/about?lang=fr", headers=CLICK)
    assert stranger.cookies == {"look": "fr.auto"}
    await stranger.opens("/about")
    assert '<html lang="fr">' in stranger.page
    reply = await stranger.opens("/?lang=fr", headers=CLICK)
    assert "set-cookie" not in reply.headers
    await stranger.joins("ana")
    assert '<html lang="fr">' in stranger.page
    elsewhere = pages.browser()
    await elsewhere.signs_in("ana")
    assert '<html lang="fr">' in elsewhere.page


async def test_a_link_from_elsewhere_changes_nothing_for_good(pages):
    stranger = pages.browser()
    for headers in (ELSEWHERE, None):
        await stranger.opens("/about?lang=fr", headers=headers)
        assert '<html lang="fr">' in stranger.page
        assert stranger.cookies == {}


async def test_a_newcomer_begins_with_the_theme_of_their_browser(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/appearance")
    await ana.sends("/settings/appearance", theme="dark", locale="en")
    await ana.sends("/logout")
    await ana.joins("bea")
    elsewhere = pages.browser()
    await elsewhere.signs_in("bea")
    assert '<html lang="en" data-theme="dark">' in elsewhere.page
