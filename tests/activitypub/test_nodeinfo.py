"""What crawlers of the network are told of this server."""

import json
from dataclasses import replace

import pytest

from rookery.model.members import RegistrationMode


async def nodeinfo(world, version="2.1"):
    return (await world.stranger.get(f"/nodeinfo/{version}")).json


async def test_nodeinfo_says_honestly_what_runs_here(world):
    [ana] = await world.people("ana")
    await ana.publishes("hello")
    found = await world.stranger.get("/.well-known/nodeinfo")
    links = found.json["links"]
    assert [link["href"] for link in links] == [f"http://localhost:3000/nodeinfo/2.{n}" for n in (0, 1)]
    assert all(link["rel"].endswith(link["href"][-3:]) for link in links)
    assert found.headers["access-control-allow-origin"] == "*"
    for version in ("2.0", "2.1"):
        reply = await world.stranger.get(f"/nodeinfo/{version}")
        assert f'ns/schema/{version}#"' in reply.headers["content-type"]
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["cache-control"] == "public, max-age=60"
        shown = reply.json
        assert (shown["version"], shown["software"]["name"], shown["protocols"]) == (version, "rookery", [])
        assert (shown["usage"]["users"]["total"], shown["usage"]["localPosts"]) == (1, 1)
        assert ("homepage" in shown["software"]) == (version == "2.1")


async def test_nodeinfo_tells_the_numbers_that_the_client_api_tells_and_no_others(world):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("hello")
    await bea.publishes("for one", visibility="direct")
    shown, told = await nodeinfo(world), (await world.stranger.get("/api/v1/instance")).json["stats"]
    assert shown["usage"]["users"]["total"] == told["user_count"] == 2
    assert shown["usage"]["localPosts"] == told["status_count"]
    assert set(shown) == {"version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"}
    assert "ana" not in json.dumps(shown)


@pytest.mark.parametrize(("mode", "is_open"), [("open", True), ("approval", True), ("invitation", False)])
async def test_nodeinfo_says_whether_one_may_sign_up(world, mode, is_open):
    settings = world.app.settings
    nest = replace(settings.nest, registrations=RegistrationMode(mode), title="A <nest>")
    world.app.settings = replace(settings, nest=nest, is_test=False)
    shown = await nodeinfo(world)
    assert (shown["openRegistrations"], shown["metadata"]["nodeName"]) == (is_open, "A <nest>")


async def test_another_version_is_not_there(world):
    reply = await world.stranger.get("/nodeinfo/3.0")
    assert (reply.code, reply.json) == (404, {"error": "there is nothing at this address"})
    assert reply.headers["cache-control"] == "no-store"
