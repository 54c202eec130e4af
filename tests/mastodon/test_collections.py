"""Collections through the client API: curating, consent, blocks, limits."""

import pytest

PATH = "/api/v1/collections"


async def made(person, *people, name="Rook counters", **more):
    body = {"name": name, "account_ids": [str(one.id) for one in people], **more}
    return (await person.calls("POST", PATH, json_body=body))["collection"]


def members(collection) -> list[str]:
    return [item["account_id"] for item in collection["items"]]


async def seen(client, made_one) -> list[str]:
    reply = await client.get(f"{PATH}/{made_one['id']}")
    assert reply.code == 200
    return members(reply.json["collection"])


async def test_a_collection_is_made_read_changed_and_deleted(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    one = await made(ana, bea, description="They count.", language="en", tag_name="#Rooks", sensitive=False)
    assert (one["name"], one["description"], one["language"], one["local"]) == (
        *("Rook counters", "They count.", "en"),
        True,
    )
    assert one["tag"] == {"name": "Rooks", "url": "http://localhost:3000/tags/rooks"}
    assert (one["account_id"], one["item_count"], members(one)) == (str(ana.id), 1, [str(bea.id)])
    assert one["url"] == f"http://localhost:3000/collections/{one['id']}"
    assert one["items"][0]["state"] == "accepted"
    added = await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(cleo.id)})
    again = await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(cleo.id)})
    assert added == again
    reply = (await world.stranger.get(f"{PATH}/{one['id']}")).json
    assert members(reply["collection"]) == [str(bea.id), str(cleo.id)]
    assert [account["username"] for account in reply["accounts"]] == ["ana", "bea", "cleo"]
    changed = (await ana.calls("PATCH", f"{PATH}/{one['id']}", json_body={"name": "Daw counters", "tag_name": ""}))[
        "collection"
    ]
    assert (changed["name"], changed["description"], changed["tag"]) == ("Daw counters", "They count.", None)
    assert changed["updated_at"] > one["updated_at"]
    item = added["collection_item"]["id"]
    assert await ana.calls("DELETE", f"{PATH}/{one['id']}/items/{item}") == {}
    assert await seen(world.stranger, one) == [str(bea.id)]
    assert await ana.calls("DELETE", f"{PATH}/{one['id']}") == {}
    assert (await world.stranger.get(f"{PATH}/{one['id']}")).code == 404


async def test_only_the_curator_changes_a_collection(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    one = await made(ana, bea)
    item = one["items"][0]["id"]
    for method, path, body in (
        ("PUT", f"{PATH}/{one['id']}", {"name": "mine"}),
        ("DELETE", f"{PATH}/{one['id']}", None),
        ("POST", f"{PATH}/{one['id']}/items", {"account_id": str(cleo.id)}),
        ("DELETE", f"{PATH}/{one['id']}/items/{item}", None),
        ("POST", f"{PATH}/{one['id']}/items/{item}/revoke", None),
    ):
        await cleo.calls(method, path, code=403, **({"json_body": body} if body else {}))
    assert await seen(world.stranger, one) == [str(bea.id)]
    assert (await world.stranger.call("POST", PATH, json_body={"name": "x"})).code == 401


async def test_who_takes_themselves_out_stays_out(world):
    ana, bea = await world.people("ana", "bea")
    one = await made(ana, bea)
    item = one["items"][0]["id"]
    await bea.calls("POST", f"{PATH}/{one['id']}/items/{item}/revoke")
    assert await seen(world.stranger, one) == []
    await ana.calls("DELETE", f"{PATH}/{one['id']}/items/{item}")
    await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(bea.id)}, code=422)


@pytest.mark.parametrize("order", ["the one", "the other"])
async def test_a_block_keeps_people_out_and_hides_who_was_in(world, order):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    one = await made(ana, bea, cleo)
    by, whom = (ana, bea) if order == "the one" else (bea, ana)
    await by.calls("POST", f"/api/v1/accounts/{whom.id}/block")
    assert await seen(world.stranger, one) == [str(cleo.id)]
    other = await made(ana, name="More")
    await ana.calls("POST", f"{PATH}/{other['id']}/items", json_body={"account_id": str(bea.id)}, code=422)


async def test_whom_a_reader_blocks_is_hidden_from_them_and_whom_the_curator_blocks_sees_nothing(world):
    ana, bea, cleo, dora = await world.people("ana", "bea", "cleo", "dora")
    one = await made(ana, bea, cleo)
    await dora.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    assert await seen(dora.client, one) == [str(cleo.id)]
    await ana.calls("POST", f"/api/v1/accounts/{dora.id}/block")
    await dora.calls("GET", f"{PATH}/{one['id']}", code=404)
    assert (await dora.calls("GET", f"/api/v1/accounts/{ana.id}/collections"))["collections"] == []


async def test_who_does_not_want_to_be_found_is_in_no_collection(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.calls("PATCH", "/api/v1/accounts/update_credentials", form={"discoverable": "false"})
    shown = await ana.calls("GET", f"/api/v1/accounts/{bea.id}")
    assert shown["feature_approval"]["current_user"] == "denied"
    await ana.calls("POST", PATH, json_body={"name": "x", "account_ids": [str(bea.id)]}, code=422)
    assert (await ana.calls("GET", f"/api/v1/accounts/{ana.id}/collections"))["collections"] == []
    one = await made(ana, cleo)
    await cleo.calls("PATCH", "/api/v1/accounts/update_credentials", form={"discoverable": "false"})
    assert await seen(world.stranger, one) == []


async def test_a_suspended_curator_or_member_is_gone(world, db):
    ana, bea = await world.people("ana", "bea")
    one = await made(ana, bea)
    for person, code in ((bea, 200), (ana, 404)):
        async with db.transaction() as tx:
            await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=person.id)
        reply = await world.stranger.get(f"{PATH}/{one['id']}")
        assert reply.code == code
    assert (await world.stranger.get(f"/api/v1/accounts/{ana.id}/collections")).code == 404


async def test_lists_tell_what_one_curates_and_where_one_is_recommended(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    first, hidden = await made(ana, bea), await made(ana, bea, name="Hidden", discoverable=False)
    mine = await ana.calls("GET", f"/api/v1/accounts/{ana.id}/collections")
    assert [one["id"] for one in mine["collections"]] == [hidden["id"], first["id"]]
    assert {account["username"] for account in mine["partial_accounts"]} == {"ana", "bea"}
    others = await world.stranger.get(f"/api/v1/accounts/{ana.id}/collections")
    assert [one["id"] for one in others.json["collections"]] == [first["id"]]
    page = await ana.client.get(f"/api/v1/accounts/{ana.id}/collections?limit=1")
    assert 'offset=1>; rel="next"' in page.headers["link"]
    own = await bea.calls("GET", f"/api/v1/accounts/{bea.id}/in_collections")
    assert [one["id"] for one in own["collections"]] == [hidden["id"], first["id"]]
    theirs = await cleo.calls("GET", f"/api/v1/accounts/{bea.id}/in_collections")
    assert [one["id"] for one in theirs["collections"]] == [first["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 41},
        {"description": "x" * 101},
        {"language": "<b>"},
        {"tag_name": "two words"},
        {"account_ids": ["1"]},
    ],
)
async def test_what_breaks_a_rule_makes_nothing(world, wrong):
    [ana] = await world.people("ana")
    await ana.calls("POST", PATH, json_body={"name": "Rooks", **wrong}, code=422)
    assert (await ana.calls("GET", f"/api/v1/accounts/{ana.id}/collections"))["collections"] == []


async def test_ten_collections_of_twenty_five_are_the_most(world, db):
    ana, *others = await world.people("ana", *(f"p{n}" for n in range(26)))
    one = await made(ana, *others[:25])
    assert one["item_count"] == 25
    await ana.calls("POST", f"{PATH}/{one['id']}/items", json_body={"account_id": str(others[25].id)}, code=422)
    await ana.calls("POST", PATH, json_body={"name": "x", "account_ids": [str(p.id) for p in others]}, code=422)
    for n in range(9):
        await made(ana, name=f"number {n}")
    await ana.calls("POST", PATH, json_body={"name": "one more"}, code=422)
