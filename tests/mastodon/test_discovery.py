"""Finding people: by name, by suggestion, in the directory, through friends."""

import pytest
from tests.world import PASSWORD

from rookery.actions.members import create_member
from rookery.model.members import SignUp


def names(accounts):
    return [account["username"] for account in accounts]


async def finds(person, query):
    await person.nest.settle()
    return names(await person.calls("GET", f"/api/v1/accounts/search?{query}"))


@pytest.mark.parametrize("query", ["%25", "_", "!", "%27", "@@", "%5C", "%22", "x" * 3000, "%F0%9F%90%A6"])
async def test_no_query_is_a_wildcard_or_breaks_the_search(world, query):
    ana = await world.person("ana")
    assert await finds(ana, f"q={query}") == []


async def test_whoever_blocks_is_not_found(world):
    ana, bea = await world.people("ana", "bea")
    assert await finds(ana, "q=be") == ["bea"]
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    assert await finds(ana, "q=be") == []


async def test_people_with_most_followers_are_suggested_until_turned_down(world):
    ana, bea, cleo, dora, eve = await world.people("ana", "bea", "cleo", "dora", "eve")
    for fan in (bea, dora, eve):
        await fan.follows(cleo)
    await eve.follows(bea)
    await ana.follows(eve)
    await dora.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"discoverable": False})
    found = await ana.calls("GET", "/api/v2/suggestions")
    assert names(one["account"] for one in found) == ["cleo", "bea"]
    assert (found[0]["source"], found[0]["sources"]) == ("global", ["most_followed"])
    old = await ana.client.get("/api/v1/suggestions?limit=1")
    assert names(old.json) == ["cleo"]
    assert old.headers["deprecation"].startswith("@")
    await ana.calls("DELETE", f"/api/v1/suggestions/{cleo.id}")
    assert names(await ana.calls("GET", "/api/v1/suggestions")) == ["bea"]
    await ana.calls("DELETE", "/api/v1/suggestions/12345", code=404)


async def test_the_directory_shows_who_wants_to_be_found(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"discoverable": False})
    await ana.publishes("hello")
    active = await world.stranger.get("/api/v1/directory")
    assert names(active.json) == ["ana", "bea"]
    assert names((await world.stranger.get("/api/v1/directory?order=new&local=true")).json) == ["bea", "ana"]
    assert names(await bea.calls("GET", "/api/v1/directory?offset=1&limit=5")) == ["bea"]
    assert (await world.stranger.get("/api/v1/directory?order=odd")).code == 422


async def test_the_directory_leaves_out_whom_one_keeps_away_and_whose_sign_up_is_not_complete(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await create_member(world.app, world.passwords, SignUp("dora", "dora@mail.test", PASSWORD), is_confirmed=False)
    assert names((await world.stranger.get("/api/v1/directory?order=new")).json) == ["cleo", "bea", "ana"]
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    await cleo.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    assert names(await ana.calls("GET", "/api/v1/directory?order=new")) == ["ana"]


async def test_friends_among_somebodys_followers_are_named(world):
    ana, bea, cleo, dora = await world.people("ana", "bea", "cleo", "dora")
    await ana.follows(bea)
    for fan in (bea, cleo):
        await fan.follows(dora)
    path = f"/api/v1/accounts/familiar_followers?id[]={dora.id}&id[]={bea.id}"
    [of_dora, of_bea] = await ana.calls("GET", path)
    assert (of_dora["id"], names(of_dora["accounts"])) == (str(dora.id), ["bea"])
    assert of_bea == {"id": str(bea.id), "accounts": []}
    await bea.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"hide_collections": True})
    assert (await ana.calls("GET", path))[0]["accounts"] == []


async def test_ana_recommends_whom_she_follows(world):
    ana, bea = await world.people("ana", "bea")
    path = f"/api/v1/accounts/{bea.id}"
    await ana.calls("POST", f"{path}/endorse", code=422)
    await ana.follows(bea)
    assert (await ana.calls("POST", f"{path}/endorse"))["endorsed"] is True
    assert (await ana.calls("POST", f"{path}/pin"))["endorsed"] is True
    assert names(await ana.calls("GET", "/api/v1/endorsements")) == ["bea"]
    assert names((await world.stranger.get(f"/api/v1/accounts/{ana.id}/endorsements")).json) == ["bea"]
    assert (await ana.calls("POST", f"{path}/unendorse"))["endorsed"] is False
    await ana.calls("POST", f"{path}/endorse")
    await ana.calls("POST", f"{path}/unfollow")
    assert await ana.calls("GET", "/api/v1/endorsements") == []
    assert (await ana.calls("POST", f"{path}/unpin"))["endorsed"] is False
