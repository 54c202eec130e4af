"""What people here do reaches the servers of those whom it concerns, in order, once each, whatever happens there."""

from rookery.activitypub.composing import COMPOSERS
from rookery.activitypub.concerns import CONCERNS, NOBODYS
from rookery.model.events import EVENT_KINDS


def test_every_kind_of_event_is_sent_or_said_to_be_nobodys_concern():
    assert set(CONCERNS) | NOBODYS == set(EVENT_KINDS.values())
    assert not set(CONCERNS) & NOBODYS
    assert set(CONCERNS) == set(COMPOSERS)


async def test_a_post_reaches_the_server_of_a_follower_once_and_signed(world, post, inboxes):
    ana = await world.person("ana")
    bea, cora = await post.person("bea"), await post.person("cora")
    await bea.follows(ana)
    await cora.follows(ana)
    await post.settle()
    assert inboxes.kinds() == ["Accept", "Accept"]
    said = await ana.publishes("hello there")
    await post.settle()
    assert inboxes.kinds() == ["Accept", "Accept", "Create"]
    host, path, activity = inboxes.got[-1]
    assert (host, path) == ("far.example", "/inbox")
    assert activity["object"]["content"] == "<p>hello there</p>"
    assert activity["object"]["id"] == said["uri"]
    assert await post.waiting() == {}


async def test_a_follow_and_a_like_reach_a_far_inbox(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    note = await bea.publishes("look")
    await ana.follows(bea)
    await ana.calls("POST", f"/api/v1/statuses/{note}/favourite")
    await post.settle()
    assert sorted(inboxes.kinds()) == ["Follow", "Like"]
    await ana.calls("POST", f"/api/v1/statuses/{note}/unfavourite")
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/unfollow")
    await post.settle()
    undone = [one["object"]["id"] for one in inboxes.taken() if one["type"] == "Undo"]
    assert sorted(undone) == sorted(one["id"] for one in inboxes.taken() if one["type"] in ("Follow", "Like"))
