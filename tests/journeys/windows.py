"""Windows of a real browser on a nest in this process.

Owns: the fixtures `browsed` and `browsed_url`, Watched: every window is held against the page's own policy, and one
violation, one console error or one request to somebody else fails. ROOKERY_SHOTS=DIR keeps pictures of the pages.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright
from tests.journeys.server import free_port
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


@dataclass
class Browsed:
    """A world whose pages answer at an address."""

    world: World
    url: str


@pytest.fixture
async def browsed(db, tmp_path) -> AsyncIterator[Browsed]:
    port = free_port()
    settings = Settings(server=ServerSettings(port=port), is_test=True)
    world = World(App(db, settings, IdClock()), tmp_path, Limiter(is_off=True))
    mount_pages(world)
    async with world.box, serving(world, port) as url:
        reading = asyncio.create_task(world.readers.run())
        yield Browsed(world, url)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await world.close()


@pytest.fixture
def browsed_url(browsed: Browsed) -> str:
    return browsed.url


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

    async def signs_in(self, name: str) -> None:
        await self.opens("/login")
        await self.page.fill("[name=name]", name)
        await self.page.fill("[name=password]", PASSWORD)
        await self.presses("main form button")

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


async def keep_shot(page: Page, name: str) -> None:
    """Keep a picture when somebody asked for them."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{re.sub('[^a-z0-9-]', '', name)}.png", full_page=True)
