"""Joining, signing in and out, as a person without script does it."""

from dataclasses import replace

import pytest
from tests.web.browsing import SAME

from rookery.actions.members import make_claim
from rookery.model.members import RegistrationMode


async def test_somebody_joins_and_is_home(pages):
    ana = await pages.member("ana")
    assert "session" in ana.cookies
    assert "What is going on around you?" in ana.page
    assert "@ana" in ana.text()


async def test_a_refused_sign_up_says_what_is_wrong_beside_each_field(pages):
    stranger = pages.browser()
    await stranger.opens("/join")
    await stranger.sends("/join", 422, name="has space", email="nonsense", password="short")
    for sentence in (
        "A name has 1 to 30 letters",
        "That does not look like an e-mail address",
        "at least 8 characters",
    ):
        assert sentence in stranger.text()
    assert 'value="has space"' in stranger.page
    assert "short" not in stranger.page.replace("shortly", "")


async def test_signing_out_ends_the_session_and_its_cookie(pages):
    ana = await pages.member("ana")
    stolen = dict(ana.cookies)
    await ana.sends("/logout")
    assert "session" not in ana.cookies
    thief = pages.browser()
    thief.cookies = stolen
    reply = await thief.call("GET", "/home")
    assert (reply.code, reply.headers["location"]) == (303, "/login?next=%2Fhome")


async def test_a_wrong_password_is_answered_with_a_sentence_and_no_session(pages):
    await pages.member("ana")
    other = pages.browser()
    await other.signs_in("ana", "wrong horse", code=401)
    assert "do not belong together" in other.text()
    assert 'value="ana"' in other.page
    assert "session" not in other.cookies
    await other.signs_in("nobody", "wrong horse", code=401)


async def test_one_comes_back_to_where_one_wanted_to_go_and_never_elsewhere(pages):
    await pages.member("ana")
    other = pages.browser()
    await other.opens("/bookmarks")
    assert 'name="next" value="/bookmarks"' in other.page
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        await other.opens("/login")
        reply = await other.sends("/login", follows=False, name="ana", password="correct horse battery", next=elsewhere)
        assert reply.headers["location"] == "/home"


async def test_signing_in_gives_a_new_session_whatever_cookie_came(pages):
    await pages.member("ana")
    other = pages.browser()
    other.cookies["session"] = "planted-by-somebody-else-0123456789"
    await other.signs_in("ana")
    assert other.cookies["session"] != "planted-by-somebody-else-0123456789"


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (RegistrationMode.CLOSED, "does not take new members"),
        (RegistrationMode.APPROVAL, "Why would you like to join?"),
        (RegistrationMode.INVITATION, "Invitation code"),
    ],
)
async def test_the_join_page_says_who_may_join(pages, mode, sentence):
    app = pages.world.app
    app.settings = replace(app.settings, is_test=False, nest=replace(app.settings.nest, registrations=mode))
    stranger = pages.browser()
    await stranger.opens("/join")
    assert sentence in stranger.text()


async def test_the_first_visitor_becomes_the_owner_once(pages):
    secret = await make_claim(pages.world.app)
    owner = pages.browser()
    await owner.opens(f"/claim/{secret}")
    assert "becomes its owner" in owner.text()
    await owner.sends(
        f"/claim/{secret}", name="odile", email="odile@mail.test", password="correct horse battery", agreement="1"
    )
    assert "@odile" in owner.text()
    await pages.browser().opens(f"/claim/{secret}", 403)
    await pages.browser().opens("/claim/guess", 403)


async def test_a_forgotten_password_is_answered_the_same_for_anybody(pages):
    await pages.member("ana")
    answers = []
    for email in ("ana@mail.test", "nobody@mail.test"):
        stranger = pages.browser()
        await stranger.opens("/reset")
        await stranger.sends("/reset", 200, email=email)
        answers.append(stranger.text())
    assert answers[0] == answers[1]
    assert "on its way" in answers[0]
    await pages.browser().opens("/password/reset?token=wrong", 422)


async def test_after_a_new_password_one_reads_that_it_is_changed(pages):
    stranger = pages.browser()
    await stranger.opens("/login?changed=1")
    assert "Your password is changed." in stranger.text()
    await stranger.opens("/login")
    assert "Your password is changed." not in stranger.text()


async def test_cookies_are_bound_to_the_host_where_there_is_tls(pages):
    app = pages.world.app
    app.settings = replace(app.settings, server=replace(app.settings.server, domain="nest.example"))
    browser = pages.browser()
    await browser.opens("/login")
    [value] = [value.decode() for key, value in browser.reply.all_headers if key == b"set-cookie"]
    assert value.startswith("__Host-form=")
    assert all(flag in value for flag in ("; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"))
    assert "Domain" not in value


async def test_a_form_of_another_site_does_nothing(pages):
    ana = await pages.member("ana")
    token = ana.token()
    refused = [
        ({**SAME, "sec-fetch-site": "cross-site"}, token),
        ({"origin": "https://evil.example"}, token),
        ({"origin": "null"}, token),
        (SAME, ""),
        (SAME, "0" * 40),
    ]
    for headers, sent in refused:
        reply = await ana.call("POST", "/home", headers=headers, form={"token": sent, "text": "forged"})
        assert reply.code == 403
        assert "out of date or came from another site" in ana.text()
    await ana.opens("/home")
    assert "forged" not in ana.page
    stranger = pages.browser()
    await stranger.opens("/login")
    reply = await stranger.call("POST", "/login", headers=SAME, form={"name": "ana", "password": "x"})
    assert reply.code == 403


async def test_the_token_of_one_session_is_not_good_in_another(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    reply = await bea.call("POST", "/home", headers=SAME, form={"token": ana.token(), "text": "forged"})
    assert reply.code == 403
