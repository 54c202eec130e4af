"""Every route and stream of the client API is served, or somebody wrote down why it is not.

The list is tests/vectors/client_api.txt: one line per route, several methods before the path where they mean the same;
WS and SSE are streams by their names.
"""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from rookery.mastodon.forms import Form
from rookery.mastodon.streaming import PATH, UnknownStream, parse_wanted
from rookery.model.callers import NOBODY
from rookery.network.routes import Router
from rookery.ops.rooms import ROUTES

LINES = (Path(__file__).parents[1] / "vectors" / "client_api.txt").read_text().splitlines()
# What this server does not serve, and why. A line that is served, or that the list does not have, may not stand here.
NOT_SERVED = {
    "GET /api/v1/donation_campaigns": "asks the makers of one server for their fundraising; no app calls it",
    "GET /api/v1/streaming": "leads to another host for streams; here they are on this one, by WebSocket",
}


def router() -> Router:
    every: Router = Router()
    for table in ROUTES.values():
        every.mount(table, None)
    return every


EVERY = router()


def is_served(method: str, path: str) -> bool:
    where, _, query = path.partition("?")
    if method == "WS":
        form = Form(parse_qsl(query))
        try:
            return bool(where == PATH and parse_wanted(form.text("stream"), form, NOBODY).topics)
        except UnknownStream:
            return False
    filled = re.sub(r":[a-z_]+(?=/|$)", "1", where)
    return not isinstance(EVERY.find("GET" if method == "SSE" else method, filled), frozenset)


def rows() -> list[tuple[str, str]]:
    """Every (method, path) of the list."""
    return [(method, line.split()[-1]) for line in LINES for method in line.split()[:-1]]


@pytest.mark.parametrize(("method", "path"), rows())
def test_a_route_that_apps_know_is_served_or_has_its_reason(method, path):
    assert is_served(method, path) != (f"{method} {path}" in NOT_SERVED)


def test_no_reason_stands_for_a_route_that_nobody_knows():
    assert NOT_SERVED.keys() <= {f"{method} {path}" for method, path in rows()}
    assert all(len(reason) > 20 for reason in NOT_SERVED.values())


def test_what_is_nowhere_is_not_taken_for_served():
    assert not is_served("GET", "/api/v1/nowhere")
    assert not is_served("WS", "/api/v1/streaming?stream=local")
    assert not is_served("SSE", "/api/v1/streaming/local")


async def test_nobody_is_promised_letters_of_an_account_by_mail(world):
    ana = await world.person("ana")
    reply = await world.stranger.post(f"/api/v1/accounts/{ana.id}/email_subscriptions", json_body={"email": "b@c.test"})
    assert (reply.code, reply.json["error"]) == (404, "Record not found")
