"""People with Mastodon.py in their hands, on a running server, once per engine and module."""

import io
import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from PIL import Image
from tests.journeys.server import SCOPES, RunningServer

from mastodon import Mastodon

T = TypeVar("T")
STAFF_SCOPES = f"{SCOPES} admin:read admin:write"


def picture(colour: str) -> bytes:
    raw = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(raw, "JPEG")
    return raw.getvalue()


def app_of(server: RunningServer, token: str) -> Mastodon:
    return Mastodon(access_token=token, api_base_url=server.url, ratelimit_method="throw")


def soon(question: Callable[[], T]) -> T:
    """Ask until the answer is not empty: what derives from a commit arrives a moment later."""
    deadline = time.monotonic() + 10
    while not (found := question()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def ana(server) -> Mastodon:
    return app_of(server, server.person("ana"))


@pytest.fixture(scope="module")
def bea(server) -> Mastodon:
    return app_of(server, server.person("bea"))


@pytest.fixture(scope="module")
def owner(server) -> Mastodon:
    server.run("account", "create", "olga", "--email", "olga@mail.test", "--role", "owner", "--confirmed")
    return app_of(server, server.run("token", "create", "olga", "--scopes", STAFF_SCOPES)["token"])
