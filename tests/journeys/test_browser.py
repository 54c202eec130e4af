"""A real browser on a real server: two people join, post, reply, and leave; with script and without.

Every page is held against its own policy: one violation, one console error or one request to somebody else fails.
ROOKERY_SHOTS=DIR keeps pictures of the pages.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright
from tests.journeys.server import free_port
from tests.media.drawn_pictures import pillow_photo, saved
from tests.web.conftest import mount_pages
from tests.world import World

from rookery.actions.app import App
from rookery.model.ids import IdClock
from rookery.model.settings import ServerSettings, Settings
from rookery.network.limits import Limiter

PASSWORD = "correct horse battery"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WATCH = "window.violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective))"
NAME = "((e) => (e.getAttribute('aria-label') || e.name || e.textContent).trim())(document.activeElement)"
SHOTS = os.environ.get("ROOKERY_SHOTS")


@asynccontextmanager
async def serving(world: World, port: int) -> AsyncIterator[str]:
    """Answer on a free port of this machine, in this process."""
    config = uvicorn.Config(world.server, host="127.0.0.1", port=port, log_config=None, lifespan="off", loop="none")
    engine = uvicorn.Server(config)
    engine.capture_signals = nullcontext  # the test runner keeps its own signals
    task = asyncio.create_task(engine.serve())
    while not engine.started:
        await asyncio.sleep(0.01)
    yield f"http://localhost:{port}"
    engine.should_exit = True
    await task


@pytest.fixture
async def nest(db, tmp_path) -> AsyncIterator[str]:
    port = free_port()
    settings = Settings(server=ServerSettings(port=port), is_test=True)
    world = World(App(db, settings, IdClock()), tmp_path, Limiter(is_off=True))
    mount_pages(world)
    async with world.box, serving(world, port) as url:
        reading = asyncio.create_task(world.readers.run())
        yield url
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await world.close()


class Watched:
    """A browser window whose every complaint is kept."""

    def __init__(self, page: Page, url: str, *, has_script: bool) -> None:
        self.page, self.url, self.has_script = page, url, has_script
        self.complaints: list[str] = []
        page.on("console", lambda message: self.note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.foreign(request.url))

    def note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, address: str) -> None:
        if not address.startswith(self.url):
            self.complaints.append(f"a request to {address}")

    async def check(self) -> None:
        if self.has_script:
            assert await self.page.evaluate("window.violations") == []
        assert self.complaints == []

    async def opens(self, path: str) -> None:
        await self.page.goto(self.url + path)
        await self.check()

    async def presses(self, selector: str) -> None:
        await self.page.click(selector)
        await self.page.wait_for_load_state("load")
        await self.check()

    async def joins(self, name: str) -> None:
        await self.opens("/join")
        for field, value in (("name", name), ("email", f"{name}@mail.test"), ("password", PASSWORD)):
            await self.page.fill(f"[name={field}]", value)
        await self.page.check("[name=agreement]")
        await self.presses("main form button")
        assert self.page.url == f"{self.url}/home"

    async def text(self) -> str:
        return await self.page.inner_text("body")


@asynccontextmanager
async def window(browser, url: str, *, has_script: bool = True, **more):
    context = await browser.new_context(java_script_enabled=has_script, locale="en-GB", **more)
    if has_script:
        await context.add_init_script(WATCH)
    yield Watched(await context.new_page(), url, has_script=has_script)
    await context.close()


@asynccontextmanager
async def chromium(path: str):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no-script"])
async def test_two_people_talk_in_a_browser(nest, chromium_path, tmp_path, has_script):
    picture = tmp_path / "rooks.png"
    picture.write_bytes(saved(pillow_photo(), "PNG"))
    async with (
        chromium(chromium_path) as browser,
        window(browser, nest, has_script=has_script) as ana,
        window(browser, nest, has_script=has_script) as bea,
    ):
        await ana.joins("ana")
        await bea.joins("bea")
        await ana.page.fill("textarea[name=text]", "Forty nests in the elms tonight.")
        await ana.page.click("details:has([name=picture1]) summary")
        await ana.page.set_input_files("[name=picture1]", picture)
        await ana.page.fill("[name=alt1]", "Rooks over a ploughed field")
        await ana.presses(".composer .send button")
        image = ana.page.locator("article img[alt='Rooks over a ploughed field']")
        await image.wait_for()
        assert await image.bounding_box()
        await bea.opens("/@ana")
        await bea.presses("button:has-text('Follow')")
        await bea.opens("/home")
        await bea.presses("article a.reply")
        await bea.page.fill("textarea[name=text]", "@ana We counted forty too.")
        if has_script:
            await bea.page.press("textarea[name=text]", "Control+Enter")
            await bea.page.wait_for_load_state("load")
        else:
            await bea.presses(".composer .send button")
        await bea.page.locator("article:has-text('We counted forty too.')").wait_for()
        await bea.presses("article.focus button.like")
        assert await bea.page.locator("article.focus button.like[aria-pressed=true]").count() == 1
        await ana.opens("/home")
        await ana.presses("article a.when")
        assert "We counted forty too." in await ana.text()
        await ana.opens("/notifications")
        for words in ("bea followed you", "bea liked your post", "bea mentioned you"):
            assert words in " ".join((await ana.text()).split()), words
        await ana.presses(".me form button")
        assert "Sign in" in await ana.text()
        await ana.opens("/home")
        assert "/login" in ana.page.url


PAGES = {
    "home": "/home",
    "profile": "/@ana",
    "search": "/search?q=ana",
    "bookmarks": "/bookmarks",
    "notifications": "/notifications",
    "settings-profile": "/settings/profile",
    "settings-account": "/settings/account",
    "settings-appearance": "/settings/appearance",
    "settings-sessions": "/settings/sessions",
    "settings-apps": "/settings/apps",
    "about": "/about",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_is_wider_than_a_small_phone_in_either_language(nest, chromium_path, scheme):
    async with chromium(chromium_path) as browser:
        small = {"width": 320, "height": 640}
        async with window(browser, nest, viewport=small, color_scheme=scheme) as ana:
            await ana.joins("ana")
            await ana.page.fill("textarea[name=text]", "w" * 200 + " https://example.org/" + "x" * 300)
            await ana.presses(".composer .send button")
            for name, path in PAGES.items():
                for language in ("en", "fr"):
                    await ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
                    wide = await ana.page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= 320, (name, language, wide)
                    await keep_shot(ana.page, f"{name}-{language}-{scheme}")


async def test_every_control_of_home_is_reached_by_keyboard_and_shows_it(nest, chromium_path):
    async with chromium(chromium_path) as browser, window(browser, nest) as ana:
        await ana.joins("ana")
        await ana.page.keyboard.press("Tab")
        assert "Skip" in await ana.page.evaluate("document.activeElement.textContent")
        seen = set()
        for _ in range(30):
            await ana.page.keyboard.press("Tab")
            if await ana.page.evaluate("document.activeElement === document.body"):
                break
            seen.add(await ana.page.evaluate(NAME))
            assert await ana.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert {"Home", "Settings", "Write", "Sign out", "text", "audience", "Post"} <= seen


async def keep_shot(page: Page, name: str) -> None:
    """Keep a picture when somebody asked for them."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{re.sub('[^a-z0-9-]', '', name)}.png", full_page=True)
