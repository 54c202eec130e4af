"""The second step, proofs and passkeys as a person without script meets them; the pages that script adds to."""

import json
import re
import time
from dataclasses import replace
from html import unescape

import pytest
from tests.authenticator import Authenticator
from tests.web.browsing import ORIGIN, Inventory

from rookery.actions.archives import archive_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.actions.proofs import FRESH_US
from rookery.actions.work import zero_bits
from rookery.archives.own import pack_archive
from rookery.model.ids import now_us
from rookery.model.members import RegistrationMode
from rookery.model.onetime import code_at
from rookery.model.settings import SigningSettings

PASSWORD = "correct horse battery"


def code_now(secret: str, ahead: int = 0) -> str:
    return code_at(secret, int(time.time()) // 30 + ahead)


async def turns_on(browser) -> tuple[str, list[str]]:
    """Set the second step up; return (secret, recovery codes)."""
    await browser.opens("/settings/security/codes")
    secret = re.search(r'class="key">([A-Z2-7 ]+)<', browser.page)[1].replace(" ", "")
    await browser.sends("/settings/security/codes", 200, code=code_now(secret, -1))
    return secret, re.findall(r"<code dir=\"ltr\">([a-z0-9-]+)</code>", browser.page)


async def grows_old(pages) -> None:
    async with pages.world.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET created_at = :then", then=now_us() - FRESH_US)
        await tx.run("DELETE FROM session_proofs")


def options_of(page: str) -> dict:
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page)[1]))


async def test_the_second_step_is_set_up_asked_for_and_turned_off(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/security/codes")
    assert "<svg" in ana.page
    assert "otpauth://totp/localhost%3Aana?secret=" in ana.page
    await ana.sends("/settings/security/codes", 422, code="000000")
    assert "This code is not right" in ana.text()
    secret, codes = await turns_on(ana)
    assert len(codes) == 10
    other = pages.browser()
    await other.signs_in("ana")
    assert "session" not in other.cookies
    assert "Second step" in other.text()
    await other.sends("/login/second", 403, code="000000")
    await other.sends("/login/second", code=code_now(secret), next="/bookmarks")
    assert "Bookmarks" in other.text()
    assert "step" not in other.cookies
    third = pages.browser()
    await third.signs_in("ana")
    await third.sends("/login/second", code=codes[0].upper())
    await third.opens("/settings/security")
    assert "9 recovery codes are left" in third.text()
    await third.sends("/settings/security/off")
    await pages.browser().signs_in("ana")


async def test_an_apps_page_is_not_reached_with_a_password_alone(pages):
    ana = await pages.member("ana")
    await turns_on(ana)
    reply = await ana.call("POST", "/api/v1/apps", form={"client_name": "Elk", "redirect_uris": "https://elk.example/"})
    query = f"client_id={reply.json['client_id']}&redirect_uri=https://elk.example/&response_type=code"
    other = pages.browser()
    await other.opens(f"/oauth/authorize?{query}")
    onward = unescape(re.search(r'name="next" value="([^"]+)"', other.page)[1])
    await other.sends("/login", name="ana", password=PASSWORD, next=onward)
    assert "Second step" in other.text()
    await other.opens(f"/oauth/authorize?{query}")
    assert "Sign in" in other.text()
    assert "Let Elk in?" not in other.text()


async def test_the_password_grant_of_a_test_server_asks_for_the_code_too(pages):
    ana = await pages.member("ana")
    secret, _ = await turns_on(ana)
    app = (await ana.call("POST", "/api/v1/apps", form={"client_name": "x", "redirect_uris": "https://x.example"})).json
    ask = {key: app[key] for key in ("client_id", "client_secret")}
    ask |= {"grant_type": "password", "username": "ana", "password": PASSWORD}
    client = pages.world.stranger
    assert (await client.post("/oauth/token", form=ask)).json["error"] == "invalid_grant"
    assert (await client.post("/oauth/token", form={**ask, "otp_attempt": "000000"})).code == 400
    assert (await client.post("/oauth/token", form={**ask, "otp_attempt": code_now(secret)})).code == 200


async def test_the_second_step_without_the_first_leads_to_the_beginning(pages):
    stranger = pages.browser()
    await stranger.opens("/login/second")
    assert "Name or e-mail address" in stranger.text()
    await stranger.sends("/login/second", 403, code="123456")
    stranger.cookies["step"] = "x" * 43
    await stranger.sends("/login/second", 403, code="123456")
    assert "session" not in stranger.cookies


SENSITIVE = [
    *("/settings/account", "/settings/security", "/settings/security/codes", "/settings/archive"),
    "/settings/archive/file",
]
FORMS = [
    *("/settings/account/password", "/settings/account/email", "/settings/account/leave", "/settings/archive"),
    *("/settings/security/codes", "/settings/security/off", "/settings/security/recovery"),
    *("/settings/security/passkeys", "/settings/security/passkeys/change"),
]


async def test_what_matters_asks_for_a_proof_when_the_last_is_old(pages):
    ana = await pages.member("ana")
    await grows_old(pages)
    for path in SENSITIVE:
        reply = await ana.call("GET", path)
        assert reply.headers["location"].startswith("/settings/prove?next="), path
    for path in FORMS:
        await ana.opens("/home")
        await ana.sends(path, new="a new password", email="thief@evil.example", code="1", follows=False)
        assert ana.reply.headers["location"].startswith("/settings/prove?next="), path
    await ana.opens("/settings/account")
    await ana.sends("/settings/prove", 403, current="wrong")
    assert "not your current password" in ana.text()
    await ana.sends("/settings/prove", current=PASSWORD, next="/settings/account")
    assert "E-mail address" in ana.text()


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
async def test_a_proof_leads_nowhere_else(pages, elsewhere):
    ana = await pages.member("ana")
    await ana.opens(f"/settings/prove?next={elsewhere}")
    await ana.sends("/settings/prove", current=PASSWORD, next=elsewhere, follows=False)
    assert ana.reply.headers["location"] == "/settings"


async def test_a_passkey_is_added_signs_in_and_proves(pages):
    ana, device = await pages.member("ana"), Authenticator(ORIGIN)
    await ana.opens("/settings/security")
    answer = device.makes(options_of(ana.page))
    await ana.sends("/settings/security/passkeys", answer=answer, name="Blue key")
    assert "Blue key" in ana.text()
    other = pages.browser()
    await other.opens("/login")
    await other.sends("/login/passkey", answer=device.signs(options_of(other.page)))
    assert "session" in other.cookies
    await grows_old(pages)
    await other.opens("/settings/account")
    await other.sends("/settings/prove", answer=device.signs(options_of(other.page)), next="/settings/account")
    assert "New address" in other.text()
    stranger = pages.browser()
    await stranger.opens("/login")
    await stranger.sends("/login/passkey", 403, answer=answer)
    assert "was not accepted" in stranger.text()


async def test_pages_of_secrets_carry_no_inline_script_and_are_kept_nowhere(pages):
    ana = await pages.member("ana")
    for path in ("/settings/security", "/settings/security/codes", "/login?again=1"):
        await ana.opens(path)
        assert ana.reply.headers["cache-control"].startswith("private, no-")
        for name, attributes in Inventory(ana.page).elements:
            assert "style" not in attributes, path
            assert name != "script" or attributes.get("src", "").startswith("/static/"), path


@pytest.fixture
def open_server(pages):
    app = pages.world.app
    nest = replace(app.settings.nest, registrations=RegistrationMode.OPEN, confirms_email=False)
    app.settings = replace(app.settings, is_test=False, nest=nest, signing=SigningSettings(work_bits=6))
    return pages


async def test_a_browser_that_worked_is_home_and_one_without_script_waits(open_server):
    form = {"password": PASSWORD, "agreement": "1"}
    ana, ben = open_server.browser(), open_server.browser()
    await ana.opens("/join")
    task, bits = (re.search(rf'data-{name}="([^"]+)"', ana.page)[1] for name in ("task", "bits"))
    work = next(n for n in range(1 << 20) if zero_bits(task, str(n)) >= int(bits))
    sent = {"task": task, "bits": bits, "work": str(work)}
    await ana.sends("/join", name="ana", email="ana@mail.test", **form, **sent)
    assert "session" in ana.cookies
    await ben.opens("/join")
    assert "a person will look at your request first" in ben.text()
    await ben.sends("/join", 200, name="ben", email="ben@mail.test", task=task, bits=bits, work="", **form)
    assert "Your request is with the people" in ben.text()
    await ben.opens("/join")
    await ben.sends("/join", 422, name="cleo", email="cleo@mail.test", **form, **sent)
    assert "send the form once more" in ben.text()


async def test_a_sign_up_into_a_full_queue_is_told_when_to_come_back(open_server):
    ana = open_server.browser()
    await ana.opens("/join")
    open_server.world.passwords.waiting = 10_000
    await ana.sends("/join", 503, name="ana", email="ana@mail.test", password=PASSWORD, agreement="1")
    assert int(ana.reply.headers["retry-after"]) > 0


async def test_an_archive_is_asked_for_packed_and_fetched(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/archive/file", 404)
    await ana.opens("/settings/archive")
    await ana.sends("/settings/archive")
    assert "We are packing it." in ana.text()
    await ana.sends("/settings/archive", 429)
    while await run_due_jobs(pages.world.app, archive_handlers(pages.world.app, pages.world.media, pack_archive)):
        pass
    await ana.opens("/settings/archive")
    assert "is ready" in ana.text()
    reply = await ana.call("GET", "/settings/archive/file")
    assert reply.body.startswith(b"PK")
    assert reply.headers["content-disposition"].startswith('attachment; filename="ana-')
    assert reply.headers["cache-control"] == "private, no-store"
    bea = await pages.member("bea")
    await bea.opens("/settings/archive/file", 404)


async def test_password_managers_and_finders_of_weaknesses_are_led_to_us(pages):
    client = pages.world.stranger
    found = (await client.get("/.well-known/passkey-endpoints")).json
    assert found == {"enroll": f"{ORIGIN}/settings/security", "manage": f"{ORIGIN}/settings/security"}
    text = (await client.get("/.well-known/security.txt", headers={"host": "evil.example"})).body.decode()
    assert f"Contact: {ORIGIN}/about" in text
    assert re.search(r"^Expires: 20\d\d-\d\d-\d\dT00:00:00Z$", text, re.M)
    assert "evil" not in text
