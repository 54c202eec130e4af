"""The owner's pages in a real browser: an emoji is added and seen in a post, the door opens, somebody is let in.

Every page is held against its own policy, as in test_browser; nothing needs script.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.journeys.server import free_port
from tests.journeys.windows import PASSWORD, chromium, keep_shot, serving, window
from tests.media.drawn_pictures import pillow_photo, saved
from tests.web.conftest import mount_pages
from tests.world import World

from rookery.actions.app import App
from rookery.actions.governing import change_role
from rookery.model.audit import OPERATOR
from rookery.model.ids import IdClock
from rookery.model.members import RegistrationMode, Role
from rookery.model.settings import NestSettings, ServerSettings, Settings
from rookery.network.limits import Limiter
from rookery.storage.members import find_member_by_name

PAGES = ["", "/waiting", "/people", "/invitations", "/emoji", "/log"]


@pytest.fixture
async def nest(db, tmp_path) -> AsyncIterator[tuple[World, str]]:
    """A server whose door is open, as settings say, and which is no test server."""
    port = free_port()
    door = NestSettings(registrations=RegistrationMode.OPEN, confirms_email=False)
    settings = Settings(server=ServerSettings(port=port), nest=door)
    world = World(App(db, settings, IdClock()), tmp_path, Limiter(is_off=True))
    mount_pages(world)
    async with world.box, serving(world, port) as url:
        reading = asyncio.create_task(world.readers.run())
        yield world, url
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await world.close()


async def own(world, browser):
    """Join as the one who looks after the server."""
    await browser.joins("olga")
    member = await find_member_by_name(world.app.db.reader, "olga")
    await change_role(world.app, member.account_id, Role.ADMIN, by=OPERATOR)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no-script"])
async def test_an_owner_opens_the_door_and_hangs_up_a_picture(nest, chromium_path, tmp_path, has_script):
    world, url = nest
    picture = tmp_path / "rook.png"
    picture.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    async with (
        chromium(chromium_path) as browser,
        window(browser, url, has_script=has_script) as olga,
        window(browser, url, has_script=has_script) as bea,
    ):
        await own(world, olga)
        await olga.opens("/settings/profile")
        await olga.presses("a[href='/admin']")
        await olga.page.check("[name=mode][value=approval]")
        await olga.presses("form[action='/admin/registrations'] button.strong")
        assert "People may join, and no mail server is set" in await olga.text()
        await bea.opens("/join")
        for field, value in (("name", "bea"), ("email", "bea@mail.test"), ("password", PASSWORD), ("reason", "Rooks.")):
            await bea.page.fill(f"[name={field}]", value)
        await bea.page.check("[name=agreement]")
        await bea.presses("main form button")
        await olga.opens("/admin/waiting")
        assert "Rooks." in await olga.text()
        await olga.presses("form:has([value=approve]) button")
        assert "Nobody waits at the door." in await olga.text()
        await olga.opens("/admin/emoji")
        await olga.page.fill("[name=shortcode]", "rook")
        await olga.page.set_input_files("[name=picture]", picture)
        await olga.presses("form[action='/admin/emoji'] button")
        await bea.opens("/login")
        await bea.page.fill("[name=name]", "bea")
        await bea.page.fill("[name=password]", PASSWORD)
        await bea.presses("main form button")
        await bea.page.fill("textarea[name=text]", "A :rook: in the elm.")
        await bea.presses(".composer .send button")
        drawn = bea.page.locator(".text img.emoji")
        assert await drawn.get_attribute("alt") == ":rook:"
        box = await drawn.bounding_box()
        assert 16 <= box["height"] <= 28
        await olga.opens("/admin/log")
        for words in ("@olga let in @bea", "@olga added the emoji :rook:"):
            assert words in await olga.text()
        await bea.page.goto(f"{url}/admin")
        assert "This page is for the people who look after the server." in await bea.text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_owners_pages_fit_a_small_phone_in_either_language(nest, chromium_path, scheme):
    world, url = nest
    settings = world.app.settings
    world.app.settings = replace(settings, nest=replace(settings.nest, title="A nest with a long name of its own"))
    async with chromium(chromium_path) as browser:
        small = {"width": 320, "height": 640}
        async with window(browser, url, viewport=small, color_scheme=scheme) as olga:
            await own(world, olga)
            await world.person("a_very_long_name_of_thirty_chs")
            await olga.opens("/admin/invitations")
            await olga.presses("form[action='/admin/invitations'] button")
            for path in (*(f"/admin{page}" for page in PAGES), "/settings/invitations"):
                for language in ("en", "fr"):
                    await olga.opens(f"{path}?lang={language}")
                    wide = await olga.page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= 320, (path, language, wide)
                    await keep_shot(olga.page, f"{path.strip('/').replace('/', '-')}-{language}-{scheme}")
