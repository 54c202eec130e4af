"""What people here do reaches the servers of those whom it concerns, in order, once each, whatever happens there."""

import asyncio

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.activitypub.composing import COMPOSERS
from rookery.activitypub.concerns import CONCERNS, NOBODYS
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.events import EVENT_KINDS
from rookery.storage.hosts import find_host, note_success

DAY_S, SECOND_US = 86_400, 1_000_000


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


async def test_a_hidden_post_reaches_those_who_may_read_it_and_nobody_else(world, post, inboxes):
    ana = await world.person("ana")
    fan, named = await post.person("fan", "fan.example"), await post.person("dora", "named.example")
    known = await post.person("eve", "known.example")
    asked = await known.publishes("a question")
    await fan.follows(ana)
    await ana.follows(known)
    await post.settle()
    inboxes.got.clear()
    for audience, told in (
        ("public", {"fan.example", "named.example", "known.example"}),
        ("unlisted", {"fan.example", "named.example", "known.example"}),
        ("private", {"fan.example", "named.example"}),
        ("direct", {"named.example"}),
    ):
        said = await ana.publishes(f"@{named.handle} {audience}", visibility=audience, in_reply_to_id=str(asked))
        await post.settle()
        assert inboxes.hosts("Create") == told, audience
        await ana.calls("PUT", f"/api/v1/statuses/{said['id']}", json_body={"status": f"@{named.handle} edited"})
        await post.settle()
        assert inboxes.hosts("Update") == told, audience
        await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
        await post.settle()
        assert inboxes.hosts("Delete") == told, audience
        inboxes.got.clear()


async def test_whom_the_author_blocks_gets_nothing_that_names_them(world, post, inboxes):
    ana = await world.person("ana")
    eve = await post.person("eve")
    await ana.calls("POST", f"/api/v1/accounts/{eve.id}/block")
    await post.settle()
    assert inboxes.kinds() == ["Block"]
    await ana.publishes(f"I said it, @{eve.handle}", visibility="direct")
    await post.settle()
    assert inboxes.kinds() == ["Block"]
    await ana.calls("POST", f"/api/v1/accounts/{eve.id}/unblock")
    await post.settle()
    assert inboxes.kinds() == ["Block", "Undo"]
    assert inboxes.taken()[-1]["object"]["id"] == inboxes.taken()[0]["id"]


async def test_the_end_of_a_thing_comes_after_its_beginning_and_only_once(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    await bea.follows(ana)
    await post.settle()
    inboxes.got.clear()
    said = await ana.publishes("first")
    await post.pack()
    await ana.calls("PUT", f"/api/v1/statuses/{said['id']}", json_body={"status": "second"})
    await post.pack()
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    await post.pack()
    await post.settle()
    assert inboxes.kinds() == ["Create", "Update", "Delete"]
    quick = await ana.publishes("said and taken back at once")
    await ana.calls("DELETE", f"/api/v1/statuses/{quick['id']}")
    await post.settle()
    assert inboxes.kinds() == ["Create", "Update", "Delete", "Delete"]


async def test_an_event_that_is_delivered_twice_is_sent_once(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    await bea.follows(ana)
    await ana.publishes("hello")
    await post.settle()
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE jobs SET state = 'waiting', attempt_count = 0")
    await post.settle()
    assert inboxes.kinds() == ["Accept", "Create"]


async def test_a_dead_and_a_slow_host_hold_up_nobody(world, post, inboxes):
    ana = await world.person("ana")
    for host in ("dead.example", "slow.example", "quick.example"):
        await (await post.person("bea", host)).follows(ana)
    await post.settle()
    inboxes.got.clear()
    release, came = asyncio.Event(), asyncio.Event()

    async def hangs(reader, writer):
        came.set()
        await release.wait()
        return "202 Accepted"

    def hang_up(activity):
        raise ConnectionError

    inboxes.codes = {"slow.example": lambda activity: hangs, "dead.example": hang_up}
    for number in range(5):
        await ana.publishes(f"number {number}")
    await post.pack()
    sending = asyncio.create_task(post.sender.settle())
    await came.wait()
    while len(inboxes.taken("quick.example")) < 5:
        await asyncio.sleep(0)
    assert inboxes.taken("slow.example") == []
    release.set()
    await sending
    assert len(inboxes.taken("slow.example")) == 5
    assert await post.waiting() == {"dead.example": 5}
    assert inboxes.asked("dead.example") == 1 + 1, "one failure puts off all that waits"


async def test_a_host_that_failed_is_tried_with_one_parcel_and_then_gets_the_rest_in_order(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    await bea.follows(ana)
    await post.settle()
    inboxes.got.clear()
    inboxes.codes["far.example"] = "503 Busy"
    for number in range(4):
        await ana.publishes(f"number {number}")
    await post.settle()
    failed = inboxes.asked("far.example")
    await post.settle()
    assert inboxes.asked("far.example") == failed, "nothing is tried before its time"
    post.passes(30)
    await post.settle()
    assert inboxes.asked("far.example") == failed + 1
    host = await find_host(world.app.db.reader, "far.example")
    assert host.failure_count == 2
    assert 25 * SECOND_US <= host.next_try_at_us - post.now() <= 40 * SECOND_US
    inboxes.codes.clear()
    post.passes(60)
    await post.settle()
    assert [one["object"]["content"] for one in inboxes.taken()] == [f"<p>number {number}</p>" for number in range(4)]
    assert (await find_host(world.app.db.reader, "far.example")).failing_since_us is None


async def test_a_host_says_itself_how_long_it_wants_to_be_left_alone(world, post, inboxes):
    ana = await world.person("ana")
    await (await post.person("bea")).follows(ana)
    inboxes.codes["far.example"] = "429 Slow Down|3000"
    await post.settle()
    post.passes(2900)
    await post.settle()
    assert inboxes.asked("far.example") == 1
    inboxes.codes.clear()
    post.passes(200)
    await post.settle()
    assert inboxes.kinds() == ["Accept"]


async def test_who_speaks_to_us_is_tried_at_once(world, post, inboxes):
    ana = await world.person("ana")
    await (await post.person("bea")).follows(ana)
    inboxes.codes["far.example"] = "503 Busy"
    await post.settle()
    inboxes.codes.clear()
    async with world.app.db.transaction() as tx:
        await note_success(tx, "far.example", post.now())
    await post.settle()
    assert inboxes.kinds() == ["Accept"]


async def test_a_refusal_is_for_good_and_holds_up_nothing(world, post, inboxes):
    ana = await world.person("ana")
    await (await post.person("bea")).follows(ana)
    await post.settle()
    inboxes.codes["far.example"] = lambda activity: "403 No" if "bad" in str(activity) else "202 Accepted"
    await ana.publishes("bad")
    await ana.publishes("good")
    await post.settle()
    assert [one["object"]["content"] for one in inboxes.taken() if one["type"] == "Create"] == ["<p>good</p>"]
    assert await post.waiting() == {}


async def test_a_shared_inbox_that_is_gone_is_forgotten_and_people_are_reached_by_their_own(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    await bea.follows(ana)
    await post.settle()
    inboxes.codes["far.example"] = "410 Gone"
    await ana.publishes("lost")
    await post.settle()
    inboxes.codes.clear()
    await ana.publishes("found")
    await post.settle()
    assert inboxes.got[-1][1] == "/users/bea/inbox"
    inboxes.codes["far.example"] = "410 Gone"
    await ana.publishes("lost, too")
    await post.settle()
    before = inboxes.asked("far.example")
    await ana.publishes("nobody is there")
    await post.settle()
    assert inboxes.asked("far.example") == before


async def silence(post, ana, days):
    """Let days pass at a host that does not answer, with a try now and then."""
    for _ in range(days * 2):
        post.passes(DAY_S / 2)
        await post.settle()


async def test_after_two_weeks_of_silence_only_what_takes_back_is_kept_and_the_newest_is_told(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea")
    await bea.follows(ana)
    await post.settle()
    old = await ana.publishes("before the silence")
    await post.settle()
    inboxes.codes["far.example"] = "502 Bad"
    lost = [await ana.publishes(f"number {number}") for number in range(25)]
    await ana.publishes("for followers", visibility="private")
    await ana.calls("DELETE", f"/api/v1/statuses/{old['id']}")
    await post.settle()
    assert await post.waiting() == {"far.example": 27}
    await silence(post, ana, 15)
    assert await post.waiting() == {"far.example": 1}, "the Delete"
    await ana.publishes("while nobody listens")
    await post.settle()
    assert await post.waiting() == {"far.example": 1}
    inboxes.got.clear()
    inboxes.codes.clear()
    post.passes(2 * DAY_S)
    await post.settle()
    assert inboxes.kinds()[0] == "Delete"
    assert await post.waiting() == {}
    told = [one["object"]["content"] for one in inboxes.taken() if one["type"] == "Create"]
    assert told == [f"<p>number {number}</p>" for number in range(6, 25)] + ["<p>while nobody listens</p>"]
    assert len(lost) > len(told)
    assert "Update" in inboxes.kinds()
    assert (await find_host(world.app.db.reader, "far.example")).missed_since_us is None


async def test_a_blocked_server_gets_nothing_but_what_takes_back(world, post, inboxes):
    ana = await world.person("ana")
    bea = await post.person("bea", "bad.example")
    await bea.follows(ana)
    said = await ana.publishes("before the block")
    await post.settle()
    inboxes.got.clear()
    await ana.publishes("on its way")
    await post.pack()
    await block_domain(world.app, "bad.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    await ana.publishes("after the block")
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    await post.settle()
    assert inboxes.kinds("bad.example") == ["Delete"]
    assert await post.waiting() == {}


async def test_of_two_senders_on_the_same_data_one_serves_a_host(world, post, inboxes):
    ana = await world.person("ana")
    for number in range(8):
        await (await post.person("bea", f"host{number}.example")).follows(ana)
    await ana.publishes("once")
    await post.pack()
    other = post.new_sender()
    await asyncio.gather(post.sender.settle(), other.settle())
    await asyncio.gather(post.sender.settle(), other.settle())
    assert sorted(inboxes.kinds()) == ["Accept"] * 8 + ["Create"] * 8
    assert await post.waiting() == {}


async def test_what_a_sender_had_in_hand_when_it_was_killed_is_sent_by_the_next_one(world, post, inboxes):
    world.app.worker = "this server"
    ana = await world.person("ana")
    await (await post.person("bea")).follows(ana)
    await post.pack()
    killed = post.new_sender()
    assert await killed.open_lanes()
    await asyncio.gather(*killed.lanes.values())
    assert inboxes.kinds() == ["Accept"], "sent, and not written down"
    assert await post.waiting() == {"far.example": 1}
    after = post.new_sender()
    await after.ledger.begin()
    await after.settle()
    assert inboxes.kinds() == ["Accept", "Accept"]
    assert inboxes.taken()[0]["id"] == inboxes.taken()[1]["id"]
    assert await post.waiting() == {}
