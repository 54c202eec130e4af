"""The pages on the shared world: `pages` is the world with the room of pages mounted."""

import pytest
from tests.web.browsing import Browser

from rookery.web.assembly import build_web_face
from rookery.web.tables import PREFIXES, ROUTES


def mount_pages(world):
    face = build_web_face(
        world.app,
        world.live,
        world.homes,
        world.marks,
        callers=world.callers,
        passwords=world.passwords,
        media=world.media,
        far=world.far,
    )
    world.server.faces = [mounted for mounted in world.server.faces if mounted.prefix not in PREFIXES]
    world.server.mount(ROUTES, face, prefixes=PREFIXES)
    return face


@pytest.fixture
async def pages(world):
    """The world with pages; `pages.web` is the face."""
    async with world.box:
        yield Pages(world, mount_pages(world))


class Pages:
    def __init__(self, world, web):
        self.world, self.web = world, web

    def browser(self, **more) -> Browser:
        return Browser(self.world.server, **more)

    async def member(self, name: str, **more) -> Browser:
        """Somebody who has just joined, in their browser."""
        browser = self.browser(**more)
        await browser.joins(name)
        return browser
