"""What these tests share: the pages of tests/web, far inboxes, a far village, ana, and our way to fetch."""

import pytest
from tests.activitypub.inboxes import inboxes, post
from tests.activitypub.village import Village, remote_for
from tests.web.conftest import pages

__all__ = ["inboxes", "pages", "post"]


@pytest.fixture
async def ana(world):
    return await world.person("ana")


@pytest.fixture
def village(evil):
    return Village(evil)


@pytest.fixture
async def remote(world):
    """Who fetches for us."""
    built = remote_for(world.app)
    yield built
    await built.close()
