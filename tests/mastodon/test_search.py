"""Search as apps ask it: people, hashtags, addresses, and what bad input gets."""

import time

from tests.timelines.test_search import escape


async def search(person, q, query=""):
    await person.nest.settle()
    return await person.calls("GET", f"/api/v2/search?q={escape(q)}&{query}")


def names(found):
    return [account["username"] for account in found["accounts"]]


async def test_people_are_found_by_the_beginning_of_their_handle_or_name(world):
    ana, _, anabel, _ = await world.people("ana", "bea", "anabel", "banana")
    await anabel.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Éloïse Renard"})
    assert names(await search(ana, "ana")) == ["ana", "anabel"]
    for q in ("@anabel", "anabel@localhost", "eloise", "ren élo", "ANAB"):
        assert names(await search(ana, q)) == ["anabel"], q
    assert names(await search(ana, "ana", "limit=1&offset=1")) == ["anabel"]
    assert names(await search(ana, "ana", "type=statuses")) == []


async def test_whom_one_follows_comes_first_and_can_be_all(world):
    ana, _, rook_two = await world.people("ana", "rook_one", "rook_two")
    await ana.follows(rook_two)
    assert names(await search(ana, "rook")) == ["rook_two", "rook_one"]
    assert names(await search(ana, "rook", "following=true")) == ["rook_two"]


async def test_people_are_completed_for_mentions(world):
    ana, bea = await world.people("ana", "bea")
    await world.settle()
    assert [a["id"] for a in await ana.calls("GET", "/api/v1/accounts/search?q=be&limit=5")] == [str(bea.id)]


async def test_a_suspended_person_is_not_found(world, db):
    ana, bea = await world.people("ana", "bea")
    async with db.transaction() as tx:
        await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=bea.id)
    assert names(await search(ana, "bea")) == []


async def test_hashtags_are_found_by_their_beginning_the_exact_one_first(world):
    [ana] = await world.people("ana")
    await ana.publishes("#Rook #rookery")
    await ana.publishes("#rookie #Été")
    await ana.publishes("#rooksecret", visibility="private")
    await world.settle()
    found = await search(ana, "#rook")
    assert (found["hashtags"][0]["name"], found["accounts"]) == ("Rook", [])
    assert {tag["name"] for tag in found["hashtags"]} == {"Rook", "rookery", "rookie"}
    today = found["hashtags"][0]["history"][0]
    assert (today["uses"], today["accounts"]) == ("1", "1")
    assert abs(int(today["day"]) - time.time()) < 90_000
    assert [tag["name"] for tag in (await search(ana, "été", "type=hashtags"))["hashtags"]] == ["Été"]


async def test_an_address_of_ours_leads_to_what_it_shows(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("here I am")
    hidden = await ana.publishes("not for you", visibility="private")
    assert [p["id"] for p in (await search(bea, post["url"], "resolve=true"))["statuses"]] == [post["id"]]
    assert (await search(bea, hidden["url"], "resolve=true"))["statuses"] == []
    assert names(await search(bea, "http://localhost:3000/@ana", "resolve=true")) == ["ana"]
    assert await search(bea, "http://localhost:3000/@nobody/x") == {"accounts": [], "statuses": [], "hashtags": []}


async def test_a_stranger_finds_people_and_hashtags_only(world):
    [ana] = await world.people("ana")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"indexable": True})
    await ana.publishes("ana says #ana")
    await world.settle()
    found = (await world.stranger.get("/api/v2/search?q=ana")).json
    assert [len(found[kind]) for kind in ("accounts", "statuses", "hashtags")] == [1, 0, 1]
    for query in ("offset=5", "resolve=true"):
        assert (await world.stranger.get(f"/api/v2/search?q=ana&{query}")).code == 401


async def test_bad_input_gets_a_sentence(world):
    [ana] = await world.people("ana")
    for query in ("", "q=", "q=%00", "q=x&limit=-1", "q=x&offset=-1"):
        error = await ana.calls("GET", f"/api/v2/search?{query}", code=400)
        assert error["error"]
    for q in ("-", '"', "*" * 3000, "日" * 3000, "'; DROP TABLE posts", "a:b:c", "%", "_"):
        assert set(await search(ana, q)) == {"accounts", "statuses", "hashtags"}


async def test_an_app_probes_whether_words_of_posts_are_searched(world):
    [ana] = await world.people("ana")
    await ana.publishes("anything")
    found = await search(ana, "from:me", "type=statuses&limit=1")
    assert len(found["statuses"]) == 1
