"""Search and notifications on pages."""

import re


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
    assert re.search(r'class="badge">4<', ana.page)
    newest = re.search(r'name="newest" value="(\d+)"', ana.page)[1]
    await ana.sends("/notifications", newest=newest)
    assert "badge" not in ana.page
    assert "Mark all as read" not in ana.text()
    await ana.opens("/notifications?lang=fr")
    assert "cleo et 1 autre ont aimé votre message" in ana.text()


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
