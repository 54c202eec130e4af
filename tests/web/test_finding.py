"""Search and notifications on pages."""

from tests.client import Client


async def test_people_are_told_what_others_did(pages):
    ana, bea, cleo = await pages.member("ana"), await pages.member("bea"), await pages.member("cleo")
    path = await ana.posts("Forty nests in the elms.")
    for other in (bea, cleo):
        await other.opens(path)
        await other.sends(f"{path}/mark/like", back=path)
        await other.sends("/@ana/relation/follow", back=path)
    await bea.sends(f"{path}/reply", text="@ana Forty here too.")
    await bea.sends(f"{path}/share/repost", back=path)
    await pages.world.settle()
    await ana.opens("/notifications")
    for words in (
        "cleo and 1 other liked your post",
        "cleo and 1 other followed you",
        "bea mentioned you",
        "bea reposted your post",
        "Forty here too.",
        "Forty nests in the elms.",
    ):
        assert words in ana.text()
    await ana.opens("/notifications?lang=fr")
    assert "cleo et 1 autre ont aimé votre message" in ana.text()


async def test_the_badge_goes_when_the_notifications_are_read_and_not_before(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("Forty nests in the elms.")
    await bea.opens(path)
    await bea.sends(f"{path}/mark/like", back=path)
    await pages.world.settle()
    for page in ("/home", path, "/notifications?before=2222222222222", "/search"):
        await ana.opens(page)
        assert 'class="badge">1<' in ana.page, page
    await ana.call("GET", "/notifications", headers={"sec-purpose": "prefetch;prerender"})
    await ana.opens("/home")
    assert 'class="badge">1<' in ana.page
    await ana.opens("/notifications")
    assert 'class="badge"' not in ana.page
    assert 'class="note like new"' in ana.page
    await ana.opens("/notifications")
    assert 'class="note like "' in ana.page
    await bea.sends("/@ana/relation/follow", back=path)
    await pages.world.settle()
    await ana.opens("/home")
    assert 'class="badge">1<' in ana.page


async def test_the_badge_and_an_app_agree_on_what_is_read(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    me = (await pages.world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'ana'"))[0]
    app = Client(pages.world.server, token=await pages.world.token(me))
    marker = "/api/v1/markers?timeline[]=notifications"
    await bea.opens("/@ana")
    await bea.sends("/@ana/relation/follow", back="/@ana")
    await pages.world.settle()
    assert (await app.get("/api/v2/notifications/unread_count")).json == {"count": 1}
    await ana.opens("/notifications")
    assert (await app.get("/api/v2/notifications/unread_count")).json == {"count": 0}
    newest = (await app.get("/api/v1/notifications")).json[0]["id"]
    assert (await app.get(marker)).json["notifications"]["last_read_id"] == newest
    path = await ana.posts("Forty nests.")
    await bea.opens(path)
    await bea.sends(f"{path}/mark/like", back=path)
    await pages.world.settle()
    await ana.opens("/home")
    assert 'class="badge">1<' in ana.page
    later = str(int((await app.get("/api/v1/notifications")).json[0]["id"]) + 1000)
    await app.call("POST", "/api/v1/markers", json_body={"notifications": {"last_read_id": later}})
    for page in ("/home", "/notifications"):
        await ana.opens(page)
        assert 'class="badge"' not in ana.page
    assert (await app.get(marker)).json["notifications"]["last_read_id"] == later, "a page never takes an app back"


async def test_a_locked_account_is_led_to_its_requests(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", is_locked="1")
    await bea.opens("/@ana")
    await bea.sends("/@ana/relation/follow", back="/@ana")
    await pages.world.settle()
    await ana.opens("/notifications")
    assert "bea asks to follow you" in ana.text()
    assert 'href="/requests"' in ana.page


async def test_search_finds_people_hashtags_and_posts_that_one_may_see(pages):
    ana, bea = await pages.member("ana_rook"), await pages.member("bea")
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", is_indexable="1")
    await ana.posts("Forty nests in the elms. #birdsong")
    await ana.posts("Forty secrets", audience="followers")
    await pages.world.settle()
    await bea.opens("/search?q=ana")
    assert "@ana_rook" in bea.text()
    await bea.opens("/search?q=birds")
    assert "#birdsong" in bea.text()
    await bea.opens("/search?q=forty")
    assert "Forty nests" in bea.text()
    assert "secrets" not in bea.text()
    stranger = pages.browser()
    await stranger.opens("/search?q=forty")
    assert "Forty nests" not in stranger.text()
    assert "to search in posts." in stranger.text()
