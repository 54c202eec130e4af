"""Lists: groups of people whom one person reads apart."""

import pytest


async def make_list(owner, *members, **more):
    made = await owner.calls("POST", "/api/v1/lists", json_body={"title": "friends", **more})
    if members:
        ids = [str(member.id) for member in members]
        await owner.calls("POST", f"/api/v1/lists/{made['id']}/accounts", json_body={"account_ids": ids})
    return made["id"]


async def reads(owner, list_id, query=""):
    return [p["id"] for p in await owner.calls("GET", f"/api/v1/timelines/list/{list_id}{query}")]


async def members_of(owner, list_id, query=""):
    return [a["username"] for a in await owner.calls("GET", f"/api/v1/lists/{list_id}/accounts{query}")]


async def test_ana_makes_changes_and_deletes_a_list(world):
    [ana] = await world.people("ana")
    made = await ana.calls("POST", "/api/v1/lists", form={"title": " cooks ", "replies_policy": "none"})
    assert made == {"id": made["id"], "title": "cooks", "replies_policy": "none", "exclusive": False}
    path = f"/api/v1/lists/{made['id']}"
    changed = await ana.calls("PUT", path, json_body={"exclusive": True})
    assert changed == {**made, "exclusive": True}
    changed = await ana.calls("PATCH", f"{path}?title=bakers&replies_policy=followed")
    assert (changed["title"], changed["replies_policy"], changed["exclusive"]) == ("bakers", "followed", True)
    assert await ana.calls("GET", "/api/v1/lists") == [changed] == [await ana.calls("GET", path)]
    assert await ana.calls("DELETE", path) == {}
    await ana.calls("GET", path, code=404)


@pytest.mark.parametrize(
    "body", [{}, {"title": "  "}, {"title": "x" * 257}, {"title": "x", "replies_policy": "everybody"}]
)
async def test_a_list_that_breaks_a_rule_is_refused_with_the_rule(world, body):
    [ana] = await world.people("ana")
    refused = await ana.calls("POST", "/api/v1/lists", json_body=body, code=422)
    assert refused["error"].startswith("Validation failed: ")
    assert await ana.calls("GET", "/api/v1/lists") == []


async def test_nobody_has_more_than_fifty_lists(world):
    [ana] = await world.people("ana")
    for _ in range(50):
        await make_list(ana)
    await ana.calls("POST", "/api/v1/lists", json_body={"title": "one more"}, code=422)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/accounts"),
        ("POST", "/accounts"),
        ("DELETE", "/accounts"),
    ],
)
async def test_somebody_elses_list_is_not_there(world, method, path):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await ana.follows(cleo)
    await bea.follows(cleo)
    list_id = await make_list(ana, cleo)
    body = {"title": "mine now", "account_ids": [str(cleo.id)]} if method != "GET" else None
    await bea.calls(method, f"/api/v1/lists/{list_id}{path}", json_body=body, code=404)
    await bea.calls("GET", f"/api/v1/timelines/list/{list_id}", code=404)
    assert await members_of(ana, list_id) == ["cleo"]
    assert (await ana.calls("GET", "/api/v1/lists"))[0]["title"] == "friends"
    assert await bea.calls("GET", f"/api/v1/accounts/{cleo.id}/lists") == []


async def test_only_people_whom_she_follows_fit_into_anas_list(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await ana.follows(bea)
    list_id = await make_list(ana)
    path = f"/api/v1/lists/{list_id}/accounts"
    await ana.calls("POST", path, json_body={"account_ids": [str(bea.id), str(cleo.id)]}, code=404)
    assert await members_of(ana, list_id) == []
    await ana.calls("POST", path, json_body={"account_ids": [str(bea.id), str(ana.id)]})
    assert sorted(await members_of(ana, list_id)) == ["ana", "bea"]
    await ana.calls("POST", path, json_body={"account_ids": [str(bea.id)]}, code=422)
    await ana.calls("POST", path, json_body={"account_ids": ["1838347471899826788"]}, code=404)
    await ana.calls("POST", path, json_body={"account_ids": ["9999999999999999999"]})
    [found] = await ana.calls("GET", f"/api/v1/accounts/{bea.id}/lists")
    assert found["id"] == list_id


@pytest.mark.parametrize("spelling", ["json", "form", "query", "single"])
async def test_members_come_and_go_in_every_spelling_of_a_parameter(world, spelling):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await ana.follows(bea)
    await ana.follows(cleo)
    path = f"/api/v1/lists/{await make_list(ana)}/accounts"
    ids = [str(bea.id), str(cleo.id)]
    spelled = {
        "json": ("", {"json_body": {"account_ids": ids}}),
        "form": ("", {"form": {"account_ids[]": ids}}),
        "query": (f"?account_ids[]={ids[0]}&account_ids[]={ids[1]}", {}),
        "single": ("", {"form": {"account_ids": ids[0]}}),
    }
    query, more = spelled[spelling]
    expected = ["bea"] if spelling == "single" else ["bea", "cleo"]
    assert await ana.calls("POST", path + query, **more) == {}
    assert sorted(a["username"] for a in await ana.calls("GET", path)) == expected
    assert await ana.calls("DELETE", path + query, **more) == {}
    assert await ana.calls("GET", path) == []


async def test_an_ended_follow_ends_the_place_in_a_list(world):
    ana, bea = await world.people("ana", "bea")
    await ana.follows(bea)
    list_id = await make_list(ana, bea)
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/unfollow")
    assert await members_of(ana, list_id) == []


async def test_members_are_paged_with_links_and_limit_zero_gives_all(world):
    ana, *others = await world.people("ana", "bea", "cleo", "dora")
    for other in others:
        await ana.follows(other)
    list_id = await make_list(ana, *others)
    page = await ana.client.get(f"/api/v1/lists/{list_id}/accounts?limit=2")
    assert [a["username"] for a in page.json] == ["dora", "cleo"]
    following, _, previous = page.headers["link"].partition(", ")
    assert following.endswith('rel="next"')
    assert "min_id=" in previous
    rest = await ana.client.get(following[1 : following.index(">")].removeprefix("http://localhost:3000"))
    assert [a["username"] for a in rest.json] == ["bea"]
    assert "next" not in rest.headers["link"]
    everybody = await ana.client.get(f"/api/v1/lists/{list_id}/accounts?limit=0")
    assert len(everybody.json) == 3
    assert "next" not in everybody.headers["link"]


async def test_a_list_shows_its_members_and_nobody_else(world):
    ana, bea, cleo, dora = await world.people("ana", "bea", "cleo", "dora")
    for other in (bea, cleo):
        await ana.follows(other)
    list_id = await make_list(ana, bea)
    friends = await bea.publishes("for friends", visibility="private")
    await bea.publishes("@dora for one", visibility="direct")
    await cleo.publishes("elsewhere")
    theirs = await dora.publishes("repeat me")
    repost = await bea.calls("POST", f"/api/v1/statuses/{theirs['id']}/reblog")
    assert await reads(ana, list_id) == [repost["id"], friends["id"]]
    await ana.follows(bea, reblogs=False)
    assert await reads(ana, list_id) == [friends["id"]]


@pytest.mark.parametrize(("policy", "shown"), [("none", []), ("list", ["cleo"]), ("followed", ["cleo", "dora"])])
async def test_the_replies_policy_decides_whose_answers_a_list_shows(world, policy, shown):
    ana, bea, cleo, dora, eve = await world.people("ana", "bea", "cleo", "dora", "eve")
    for other in (bea, cleo, dora):
        await ana.follows(other)
    list_id = await make_list(ana, bea, cleo, replies_policy=policy)
    answers = {}
    for other in (cleo, dora, eve):
        post = await other.publishes("a question", visibility="unlisted")
        answers[(await bea.publishes("an answer", in_reply_to_id=post["id"]))["id"]] = other.name
    found = [answers[post_id] for post_id in await reads(ana, list_id) if post_id in answers]
    assert sorted(found) == shown


async def test_an_exclusive_list_keeps_its_members_out_of_the_home(world):
    ana, bea = await world.people("ana", "bea")
    await ana.follows(bea)
    post = await bea.publishes("hello")
    list_id = await make_list(ana, bea)
    assert [p["id"] for p in await ana.home()] == [post["id"]]
    await ana.calls("PUT", f"/api/v1/lists/{list_id}", json_body={"exclusive": True})
    assert await ana.home() == []
    assert await reads(ana, list_id) == [post["id"]]
    await ana.calls("DELETE", f"/api/v1/lists/{list_id}")
    assert [p["id"] for p in await ana.home()] == [post["id"]]


async def test_a_list_timeline_is_paged_in_both_directions(world):
    ana, bea = await world.people("ana", "bea")
    await ana.follows(bea)
    list_id = await make_list(ana, bea)
    ids = [(await bea.publishes(f"number {n}"))["id"] for n in range(5)]
    page = await ana.client.get(f"/api/v1/timelines/list/{list_id}?limit=2")
    assert [p["id"] for p in page.json] == [ids[4], ids[3]]
    assert page.headers["link"].startswith(f"<http://localhost:3000/api/v1/timelines/list/{list_id}?limit=2&max_id=")
    assert await reads(ana, list_id, f"?limit=2&max_id={ids[3]}") == [ids[2], ids[1]]
    assert await reads(ana, list_id, f"?limit=2&min_id={ids[0]}") == [ids[2], ids[1]]
    assert await reads(ana, list_id, f"?limit=2&since_id={ids[0]}") == [ids[4], ids[3]]
    assert await reads(ana, list_id, "?min_id=1&limit=1") == [ids[0]]
    assert await reads(ana, list_id, "?max_id=1") == []


async def test_a_muted_member_is_not_met_in_a_list(world):
    ana, bea = await world.people("ana", "bea")
    await ana.follows(bea)
    list_id = await make_list(ana, bea)
    await bea.publishes("loud")
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    assert await reads(ana, list_id) == []


async def test_lists_need_a_person_and_their_scope(world):
    await world.person("ana")
    assert (await world.stranger.get("/api/v1/lists")).code == 401
    bea = await world.person("bea", scopes="read:statuses")
    await bea.calls("GET", "/api/v1/lists", code=403)
