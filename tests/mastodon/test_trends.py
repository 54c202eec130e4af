"""Trends through the client API: what strangers, members and staff see."""

import pytest

from rookery.model.members import Role

STAFF = "read write admin:read admin:write"
KINDS = ["tags", "statuses", "links", "links/publishers"]


@pytest.fixture
async def busy(world):
    """Three people who share a hashtag and a link, and like ana's post."""
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("#Rooks at https://news.example/rooks")
    await bea.publishes("#rooks! https://news.example/rooks")
    await cleo.publishes("#rooks and #daws")
    await ana.publishes("more #daws")
    for person in (bea, cleo):
        await person.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await world.settle()
    return ana, bea, cleo, post


async def test_a_stranger_sees_hashtags_posts_and_links_in_the_known_shapes(world, busy):
    *_, post = busy
    tags = (await world.stranger.get("/api/v1/trends/tags")).json
    assert [(tag["name"], tag["history"][0]["accounts"]) for tag in tags] == [("Rooks", "3"), ("daws", "2")]
    assert (await world.stranger.get("/api/v1/trends")).json == tags
    posts = (await world.stranger.get("/api/v1/trends/statuses")).json
    assert [one["id"] for one in posts] == [post["id"]]
    [link] = (await world.stranger.get("/api/v1/trends/links")).json
    assert (link["url"], link["title"], link["type"]) == ("https://news.example/rooks", "news.example", "link")
    assert link["history"][0]["uses"] == "2"
    assert len(link["history"]) == 7


async def test_a_link_that_was_fetched_comes_with_its_card(world, busy, db):
    async with db.transaction() as tx:
        await tx.run("UPDATE cards SET state = 'ready', title = 'Forty nests' WHERE url = 'https://news.example/rooks'")
    [link] = (await world.stranger.get("/api/v1/trends/links")).json
    assert (link["title"], link["url"], link["history"][0]["uses"]) == (
        "Forty nests",
        "https://news.example/rooks",
        "2",
    )


async def test_pages_go_by_offset_and_name_the_next(world, busy):
    first = await world.stranger.get("/api/v1/trends/tags?limit=1")
    assert [tag["name"] for tag in first.json] == ["Rooks"]
    assert first.headers["link"] == '<http://localhost:3000/api/v1/trends/tags?limit=1&offset=1>; rel="next"'
    second = await world.stranger.get("/api/v1/trends/tags?limit=1&offset=1")
    assert [tag["name"] for tag in second.json] == ["daws"]
    assert 'offset=0>; rel="prev"' in second.headers["link"]
    assert (await world.stranger.get("/api/v1/trends/tags?offset=-1")).code == 400


@pytest.mark.parametrize("wish", ["block", "mute"])
async def test_whom_one_keeps_away_does_not_trend_for_them(world, busy, wish):
    ana, bea, *_ = busy
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/{wish}")
    assert await bea.calls("GET", "/api/v1/trends/statuses") == []
    assert len((await world.stranger.get("/api/v1/trends/statuses")).json) == 1


@pytest.mark.parametrize(
    "change",
    ["suspended_at = 1", "silenced_at = 1", "is_discoverable = 0"],
    ids=["GEN-57 suspended", "GEN-57 limited", "not to be found"],
)
async def test_who_is_held_back_later_is_gone_at_once(world, busy, db, change):
    ana, *_ = busy
    async with db.transaction() as tx:
        await tx.run(f"UPDATE accounts SET {change} WHERE id = :id", id=ana.id)
    assert (await world.stranger.get("/api/v1/trends/statuses")).json == []


async def test_a_trending_post_that_one_filters_says_so(world, busy):
    _, bea, *_ = busy
    words = {"title": "f", "context": ["public"], "keywords_attributes": [{"keyword": "rooks"}]}
    await bea.calls("POST", "/api/v2/filters", json_body=words)
    [post] = await bea.calls("GET", "/api/v1/trends/statuses")
    assert post["filtered"][0]["filter"]["title"] == "f"


async def test_posts_in_the_readers_language_come_first(world):
    ana, bea, cleo, dora = await world.people("ana", "bea", "cleo", "dora")
    german = await ana.publishes("Saatkrähen", language="de")
    french = await bea.publishes("Des corbeaux", language="fr")
    for person in (bea, cleo, dora):
        await person.calls("POST", f"/api/v1/statuses/{german['id']}/favourite")
    for person in (cleo, dora):
        await person.calls("POST", f"/api/v1/statuses/{french['id']}/favourite")
    await dora.calls("PATCH", "/api/v1/accounts/update_credentials", form={"source[language]": "fr"})
    await world.settle()
    order = [post["id"] for post in (await world.stranger.get("/api/v1/trends/statuses")).json]
    assert order == [german["id"], french["id"]]
    assert [post["id"] for post in await dora.calls("GET", "/api/v1/trends/statuses")] == order[::-1]


async def test_staff_reject_and_approve_and_everybody_sees_it_at_once(world, busy):
    mona = await world.person("mona", role=Role.MODERATOR, scopes=STAFF)
    for place, public in (("tags", "tags"), ("statuses", "statuses"), ("links", "links")):
        before = (await world.stranger.get(f"/api/v1/trends/{public}")).json
        [shown, *_] = await mona.calls("GET", f"/api/v1/admin/trends/{place}")
        assert shown["requires_review"] is True
        rejected = await mona.calls("POST", f"/api/v1/admin/trends/{place}/{shown['id']}/reject")
        assert (rejected["trendable"], rejected["requires_review"]) == (False, False)
        assert len((await world.stranger.get(f"/api/v1/trends/{public}")).json) == len(before) - 1
        approved = await mona.calls("POST", f"/api/v1/admin/trends/{place}/{shown['id']}/approve")
        assert approved["trendable"] is True
        assert (await world.stranger.get(f"/api/v1/trends/{public}")).json == before


async def test_a_rejected_site_takes_its_links_along(world, busy):
    mona = await world.person("mona", role=Role.MODERATOR, scopes=STAFF)
    [site] = await mona.calls("GET", "/api/v1/admin/trends/links/publishers")
    assert site["domain"] == "news.example"
    await mona.calls("POST", f"/api/v1/admin/trends/links/publishers/{site['id']}/reject")
    assert (await world.stranger.get("/api/v1/trends/links")).json == []
    [link] = await mona.calls("GET", "/api/v1/admin/trends/links")
    assert link["requires_review"] is False
    await mona.calls("POST", f"/api/v1/admin/trends/links/{link['id']}/approve")
    assert len((await world.stranger.get("/api/v1/trends/links")).json) == 1


@pytest.mark.parametrize("place", KINDS)
async def test_only_staff_with_an_app_that_may_decides(world, busy, place):
    ana, *_ = busy
    mona = await world.person("mona", role=Role.MODERATOR, scopes=STAFF)
    [shown, *_] = await mona.calls("GET", f"/api/v1/admin/trends/{place}")
    for scopes, code in ((STAFF, 403), ("read write", 403)):
        token = await world.token(ana.id, scopes)
        headers = {"authorization": f"Bearer {token}"}
        for method, path in (("GET", ""), ("POST", f"/{shown['id']}/reject"), ("POST", f"/{shown['id']}/approve")):
            reply = await world.stranger.call(method, f"/api/v1/admin/trends/{place}{path}", headers=headers)
            assert reply.code == code
    weak = await world.token(mona.id, "read write")
    headers = {"authorization": f"Bearer {weak}"}
    assert (await world.stranger.call("GET", f"/api/v1/admin/trends/{place}", headers=headers)).code == 403
    await mona.calls("POST", f"/api/v1/admin/trends/{place}/1/reject", code=404)
