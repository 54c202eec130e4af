"""Hashtags: looking at them, following them, showing some on a profile."""

import time

import pytest


async def test_a_followed_hashtag_brings_strangers_posts_home(world):
    ana, bea = await world.people("ana", "bea")
    followed = await ana.calls("POST", "/api/v1/tags/Rooks/follow")
    assert (followed["name"], followed["following"], followed["featuring"]) == ("Rooks", True, False)
    assert followed["url"] == "http://localhost:3000/tags/rooks"
    assert (await ana.calls("POST", "/api/v1/tags/rooks/follow"))["id"] == followed["id"]
    post = await bea.publishes("look, #rooks")
    await bea.publishes("not for all #rooks", visibility="unlisted")
    assert [p["id"] for p in await ana.home()] == [post["id"]]
    assert (await ana.calls("POST", "/api/v1/tags/ROOKS/unfollow"))["following"] is False
    assert await ana.home() == []


async def test_a_week_of_uses_is_told_in_texts(world):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("#Crow one")
    await ana.publishes("#crow two")
    await bea.publishes("#crow three")
    await bea.publishes("#crow hidden", visibility="private")
    await world.settle()
    tag = (await world.stranger.get("/api/v1/tags/crow/")).json
    assert tag["name"] == "Crow"
    assert tag["id"].isdigit()
    assert "following" not in tag
    today = int(time.time()) // 86_400 * 86_400
    assert len(tag["history"]) == 7
    assert tag["history"][0] == {"day": str(today), "uses": "3", "accounts": "2"}
    assert tag["history"][6] == {"day": str(today - 6 * 86_400), "uses": "0", "accounts": "0"}


async def test_a_hashtag_that_nobody_used_can_be_looked_at_and_nonsense_cannot(world):
    [ana] = await world.people("ana")
    assert (await ana.calls("GET", "/api/v1/tags/unheard"))["name"] == "unheard"
    for nonsense in ("123", "a b", "a-b", "x" * 101, "a\x00b"):
        await ana.calls("GET", f"/api/v1/tags/{nonsense}", code=404)
        await ana.calls("POST", f"/api/v1/tags/{nonsense}/follow", code=404)


async def test_followed_hashtags_are_paged_with_links(world):
    ana, bea = await world.people("ana", "bea")
    for name in ("one", "two", "three"):
        await ana.calls("POST", f"/api/v1/tags/{name}/follow")
    page = await ana.client.get("/api/v1/followed_tags?limit=2")
    assert [tag["name"] for tag in page.json] == ["three", "two"]
    assert all(tag["following"] and len(tag["history"]) == 7 for tag in page.json)
    following = page.headers["link"].split(">")[0][1:].removeprefix("http://localhost:3000")
    assert [tag["name"] for tag in await ana.calls("GET", following)] == ["one"]
    assert await bea.calls("GET", "/api/v1/followed_tags") == []


async def test_featured_hashtags_stand_on_the_profile_with_their_counts(world):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("#Moss grows")
    await ana.publishes("#moss for friends", visibility="private")
    await bea.publishes("#moss too")
    added = await ana.calls("POST", "/api/v1/featured_tags", form={"name": "#moss"})
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert added == {
        "id": added["id"],
        "name": "Moss",
        "url": "http://localhost:3000/@ana/tagged/moss",
        "statuses_count": "1",
        "last_status_at": today,
    }
    fern = await ana.calls("POST", "/api/v1/tags/fern/feature")
    assert fern["featuring"] is True
    shown = (await world.stranger.get(f"/api/v1/accounts/{ana.id}/featured_tags")).json
    assert [(one["name"], one["statuses_count"]) for one in shown] == [("Moss", "1"), ("fern", "0")]
    assert shown[1]["last_status_at"] is None
    assert await ana.calls("GET", "/api/v1/featured_tags") == shown
    await bea.calls("DELETE", f"/api/v1/featured_tags/{added['id']}", code=404)
    assert await ana.calls("DELETE", f"/api/v1/featured_tags/{added['id']}") == {}
    assert (await ana.calls("POST", "/api/v1/tags/fern/unfeature"))["featuring"] is False
    assert await ana.calls("GET", "/api/v1/featured_tags") == []


async def test_a_profile_shows_ten_hashtags_at_most(world):
    [ana] = await world.people("ana")
    for number in range(10):
        await ana.calls("POST", f"/api/v1/tags/tag{number}/feature")
    await ana.calls("POST", "/api/v1/tags/tag3/feature")
    await ana.calls("POST", "/api/v1/tags/tag11/feature", code=422)
    assert len(await ana.calls("GET", "/api/v1/featured_tags")) == 10


@pytest.mark.parametrize(("name", "code"), [("", 400), ("1", 422), ("two words", 422)])
async def test_what_is_no_hashtag_cannot_be_featured(world, name, code):
    [ana] = await world.people("ana")
    await ana.calls("POST", "/api/v1/featured_tags", json_body={"name": name}, code=code)


async def test_what_she_writes_about_is_suggested_for_her_profile(world):
    [ana] = await world.people("ana")
    for text in ("#moss", "#moss and #fern", "#lichen"):
        await ana.publishes(text)
    await ana.calls("POST", "/api/v1/tags/lichen/feature")
    found = await ana.calls("GET", "/api/v1/featured_tags/suggestions")
    assert [tag["name"] for tag in found] == ["moss", "fern"]
