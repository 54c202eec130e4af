"""What apps are told of collections beside them: notifications, links in posts, reports, the first names of routes."""

import json

import pytest
from tests.mastodon.test_collections import PATH, made, members


async def told(person, query="?types[]=added_to_collection&types[]=collection_update"):
    return await person.calls("GET", f"/api/v1/notifications{query}")


async def grouped(person, query=""):
    return (await person.calls("GET", f"/api/v2/notifications{query}"))["notification_groups"]


async def test_who_is_put_into_a_collection_is_told_with_it(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    one = await made(ana, bea)
    await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(cleo.id)})
    await world.settle()
    for person in (bea, cleo):
        [found] = await told(person)
        assert (found["type"], found["account"]["username"]) == ("added_to_collection", "ana")
        assert (found["collection"]["id"], found["collection"]["item_count"]) == (one["id"], 2)
        assert await person.calls("GET", f"/api/v1/notifications/{found['id']}") == found
        [group] = await grouped(person)
        assert (group["type"], group["collection"]) == ("added_to_collection", found["collection"])
    assert await told(ana) == []
    assert await told(bea, "?exclude_types[]=added_to_collection") == []


async def test_other_words_are_told_once_however_often_they_change(world):
    ana, bea = await world.people("ana", "bea")
    one = await made(ana, bea)
    for name in ("Daws", "Jays"):
        await ana.calls("PUT", f"{PATH}/{one['id']}", json_body={"name": name})
        await world.settle()
    await ana.calls("PUT", f"{PATH}/{one['id']}", json_body={"sensitive": True})
    await world.settle()
    changed, added = await told(bea)
    assert [changed["type"], added["type"]] == ["collection_update", "added_to_collection"]
    assert changed["collection"]["name"] == added["collection"]["name"] == "Jays"


@pytest.mark.parametrize("how", ["left", "taken out", "deleted", "curator blocked", "hidden"])
async def test_nothing_is_told_of_a_collection_that_one_is_no_longer_in(world, how):
    ana, bea = await world.people("ana", "bea")
    one = await made(ana, bea)
    await world.settle()
    assert len(await told(bea)) == len(await grouped(bea)) == 1
    item = f"{PATH}/{one['id']}/items/{one['items'][0]['id']}"
    if how == "left":
        await bea.calls("POST", f"{item}/revoke")
    elif how == "taken out":
        await ana.calls("DELETE", item)
    elif how == "deleted":
        await ana.calls("DELETE", f"{PATH}/{one['id']}")
    elif how == "curator blocked":
        await bea.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    else:
        await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    await world.settle()
    assert await told(bea) == []
    assert await grouped(bea) == []


async def test_who_was_taken_out_and_put_in_again_is_told_again(world):
    ana, bea = await world.people("ana", "bea")
    one = await made(ana, bea)
    await world.settle()
    [first] = await told(bea)
    await ana.calls("DELETE", f"{PATH}/{one['id']}/items/{one['items'][0]['id']}")
    await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(bea.id)})
    await world.settle()
    [again] = await told(bea)
    assert int(again["id"]) > int(first["id"])


async def test_a_policy_holds_back_strangers_who_recommend(world):
    ana, bea = await world.people("ana", "bea")
    await bea.calls("PUT", "/api/v2/notifications/policy", json_body={"for_not_following": "filter"})
    await made(ana, bea)
    await world.settle()
    assert await told(bea) == []
    [asked] = await bea.calls("GET", "/api/v1/notifications/requests")
    assert asked["account"]["username"] == "ana"


async def test_an_app_that_does_not_know_the_kind_gets_words_in_the_language_of_its_person(world):
    ana, bea = await world.people("ana", "bea")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "<b>Ana"})
    await made(ana, bea)
    await ana.follows(bea)
    await world.settle()
    assert all("fallback" not in one for one in await told(bea, ""))
    follow, added = await told(bea, "?supported_types[]=follow")
    assert "fallback" not in follow
    assert added["fallback"]["title"] == (
        '<a href="http://localhost:3000/@ana">&lt;b&gt;Ana</a> put you into a collection'
    )
    assert "/notifications" in added["fallback"]["summary"]
    _, known = await told(bea, "?supported_types[]=added_to_collection")
    assert "fallback" not in known
    _, group = await grouped(bea, "?supported_types[]=follow")
    assert group["fallback"] == added["fallback"]
    alone = await bea.calls("GET", f"/api/v1/notifications/{added['id']}?supported_types[]=follow")
    assert alone["fallback"] == added["fallback"]
    path = f"/api/v2/notifications/{added['group_key']}?supported_types[]=follow"
    assert (await bea.calls("GET", path))["notification_groups"][0]["fallback"] == added["fallback"]


async def test_a_post_that_links_to_a_collection_shows_it_as_its_reader_sees_it(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    one, other = await made(ana, bea, cleo), await made(bea, name="Jays")
    near = f"http://localhost:3000/collections/{one['id']}"
    post = await cleo.publishes(f"see {near} and {other['url']} and {near}/leave and {near}")
    assert [found["id"] for found in post["tagged_collections"]] == [one["id"], other["id"]]
    plain = await cleo.publishes("nothing")
    assert plain["tagged_collections"] == []
    path = f"/api/v1/statuses/{post['id']}"
    dora, ella = await world.people("dora", "ella")
    await dora.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    await ana.calls("POST", f"/api/v1/accounts/{ella.id}/block")
    seen = (await dora.calls("GET", path))["tagged_collections"]
    assert [members(found) for found in seen] == [[str(cleo.id)], []]
    for client in (world.stranger, ana.client):
        [first, _] = (await client.get(path)).json["tagged_collections"]
        assert members(first) == [str(bea.id), str(cleo.id)]
    assert [found["id"] for found in (await ella.calls("GET", path))["tagged_collections"]] == [other["id"]]
    repost = await dora.calls("POST", f"{path}/reblog")
    assert len(repost["reblog"]["tagged_collections"]) == 2
    await ana.calls("PUT", f"{PATH}/{one['id']}", json_body={"name": "Renamed"})
    assert (await world.stranger.get(path)).json["tagged_collections"][0]["name"] == "Renamed"
    await ana.calls("DELETE", f"{PATH}/{one['id']}")
    assert [found["id"] for found in (await world.stranger.get(path)).json["tagged_collections"]] == [other["id"]]


async def test_a_role_says_how_many_collections_one_may_have(world):
    ana = await world.person("ana")
    assert (await ana.calls("GET", "/api/v1/accounts/verify_credentials"))["role"]["collection_limit"] == 10


async def test_a_collection_is_reported_and_kept_as_it_was(world):
    ana, bea = await world.people("ana", "bea")
    one, own = await made(ana, bea, description="They count."), await made(bea, name="Jays")
    body = {"account_id": str(ana.id), "collection_ids": [one["id"]]}
    report = await bea.calls("POST", "/api/v1/reports", json_body=body)
    assert (report["collection_ids"], report["status_ids"]) == ([one["id"]], None)
    for wrong in (own["id"], "1"):
        body = {"account_id": str(ana.id), "collection_ids": [wrong]}
        await bea.calls("POST", "/api/v1/reports", json_body=body, code=404)
    many = [str(number) for number in range(1, 12)]
    body = {"account_id": str(ana.id), "collection_ids": many}
    await bea.calls("POST", "/api/v1/reports", json_body=body, code=422)
    await ana.calls("DELETE", f"{PATH}/{one['id']}")
    row = await world.app.db.reader.one("SELECT collections FROM reports")
    assert json.loads(row[0]) == [{"id": int(one["id"]), "name": "Rook counters", "description": "They count."}]


async def test_the_first_names_of_the_routes_still_answer_and_say_that_they_are_old(world):
    ana, bea = await world.people("ana", "bea")
    old = PATH.replace("v1", "v1_alpha")
    reply = await ana.client.post(old, json_body={"name": "Rooks", "account_ids": [str(bea.id)]})
    assert reply.code == 200
    assert "deprecation" in reply.headers
    one = reply.json["collection"]
    assert (await world.stranger.get(f"{old}/{one['id']}")).json["collection"]["id"] == one["id"]
    for who, where in ((ana, "collections"), (bea, "in_collections")):
        found = await who.calls("GET", f"/api/v1_alpha/accounts/{who.id}/{where}")
        assert [each["id"] for each in found["collections"]] == [one["id"]]
    assert (await world.stranger.post(old, json_body={"name": "x"})).code == 401
    await bea.calls("DELETE", f"{old}/{one['id']}", code=403)
    assert await ana.calls("DELETE", f"{old}/{one['id']}") == {}
