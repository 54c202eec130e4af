"""Chromium with a virtual authenticator: a passkey from its making to the next sign-in; and the work of a sign-up."""

import asyncio
import time

import pytest
from playwright.async_api import async_playwright
from tests.journeys.server import free_port
from tests.journeys.windows import FLAGS, PASSWORD, keep_shot, serving, window
from tests.web.conftest import mount_pages
from tests.world import World

from rookery.actions.app import App
from rookery.model.ids import IdClock
from rookery.model.members import RegistrationMode
from rookery.model.onetime import code_at
from rookery.model.settings import NestSettings, ServerSettings, Settings, SigningSettings
from rookery.network.limits import Limiter

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def open_nest(db, tmp_path):
    port = free_port()
    settings = Settings(
        server=ServerSettings(port=port),
        nest=NestSettings(registrations=RegistrationMode.OPEN, confirms_email=False),
        signing=SigningSettings(work_bits=12),
    )
    world = World(App(db, settings, IdClock()), tmp_path, Limiter(is_off=True))
    mount_pages(world)
    async with world.box, serving(world, port) as url:
        reading = asyncio.create_task(world.readers.run())
        yield url
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await world.close()


@pytest.fixture
async def browser(chromium_path):
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield opened
        await opened.close()


async def test_ana_joins_with_a_little_work_and_signs_in_with_her_finger(open_nest, browser):
    async with window(browser, open_nest) as ana:
        await ana.opens("/join")
        for field, value in (("name", "ana"), ("email", "ana@mail.test"), ("password", PASSWORD)):
            await ana.page.fill(f"[name={field}]", value)
        await ana.page.check("[name=agreement]")
        await ana.page.click("main form button")
        await ana.page.wait_for_url(f"{open_nest}/home")
        await ana.check()
        talk = await ana.page.context.new_cdp_session(ana.page)
        await talk.send("WebAuthn.enable")
        device = (await talk.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE}))["authenticatorId"]
        await ana.opens("/settings/security")
        await ana.page.fill("form.fields-form.passkey [name=name]", "My finger")
        await ana.page.click("text=Add a passkey")
        await ana.page.wait_for_url("**/settings/security?saved=1")
        assert "My finger" in await ana.text()
        kept = (await talk.send("WebAuthn.getCredentials", {"authenticatorId": device}))["credentials"]
        assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("localhost", True)]
        await ana.page.click(".me form button")
        await ana.opens("/login")
        await ana.page.click("text=Sign in with a passkey")
        await ana.page.wait_for_url(f"{open_nest}/home")
        await ana.check()
        await talk.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        await ana.opens("/settings/prove?next=/settings/account")
        await ana.page.click("text=Use a passkey")
        await ana.page.wait_for_selector(".passkey .problem:not([hidden])")
        assert "/settings/prove" in ana.page.url
        await talk.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
        await ana.page.click("text=Use a passkey")
        await ana.page.wait_for_url(f"{open_nest}/settings/account")
        await ana.check()


async def test_without_script_a_person_waits_and_reads_why(open_nest, browser):
    async with window(browser, open_nest, has_script=False) as ben:
        await ben.opens("/join")
        assert "a person will look at your request first" in await ben.text()
        for field, value in (("name", "ben"), ("email", "ben@mail.test"), ("password", PASSWORD)):
            await ben.page.fill(f"[name={field}]", value)
        await ben.page.check("[name=agreement]")
        await ben.presses("main form button")
        assert "Almost there" in await ben.text()
        await ben.opens("/login")
        assert not await ben.page.is_visible("text=Sign in with a passkey")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
async def test_bea_sets_up_a_second_step_and_leaves(browsed, browser, width, scheme):
    async with window(browser, browsed.url, viewport={"width": width, "height": 844}, color_scheme=scheme) as bea:
        await bea.joins("bea")
        await bea.opens("/settings/security/codes")
        secret = (await bea.page.inner_text(".key")).replace(" ", "")
        await keep_shot(bea.page, f"totp-{width}-{scheme}")
        await bea.page.fill("[name=code]", code_at(secret, int(time.time()) // 30 - 1))
        await bea.presses("text=Turn on")
        assert await bea.page.locator(".codes li").count() == 10
        await keep_shot(bea.page, f"recovery-{width}-{scheme}")
        await bea.presses("text=I have kept them")
        assert "10 recovery codes are left" in await bea.text()
        await keep_shot(bea.page, f"security-{width}-{scheme}")
        await bea.presses(".me form button")
        await bea.signs_in("bea")
        assert "/login/second" in bea.page.url
        await keep_shot(bea.page, f"second-{width}-{scheme}")
        await bea.page.fill("[name=code]", code_at(secret, int(time.time()) // 30))
        await bea.presses("main form button")
        await bea.opens("/settings/account")
        await bea.page.click("details.leave summary")
        await keep_shot(bea.page, f"account-{width}-{scheme}")
        await bea.presses("text=Delete my account")
        assert "Goodbye" in await bea.text()
        await keep_shot(bea.page, f"left-{width}-{scheme}")
