"""The inbox from outside: a signed delivery becomes what people here see in their apps."""

from tests.activitypub.postbox import box

__all__ = ["box"]


async def test_somebody_far_away_follows_and_unfollows(world, box):
    ana, bea = await world.person("ana"), box.person("bea")
    follow = await bea.follows(ana)
    [follower] = await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers")
    assert follower["acct"] == bea.handle
    [note] = await ana.calls("GET", "/api/v1/notifications")
    assert note["type"] == "follow"
    await bea.delivers(bea.activity("Undo", follow))
    assert await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers") == []
    assert (await box.waiting(), await box.aside()) == (0, [])


async def test_a_post_of_somebody_whom_ana_follows_is_in_her_home(world, box):
    ana, bea = await world.person("ana"), box.person("bea")
    await bea.followed_by(ana)
    await bea.delivers(bea.creates("good morning"))
    [post] = await ana.home()
    assert (post["content"], post["account"]["acct"]) == ("<p>good morning</p>", bea.handle)
