"""The core on two invented wires: what is projected with a post, what is delivered after it, and how often."""

import pytest
from tests.fake_wires import NoPigeon, PigeonPost, SmokeSignals

from rookery.actions.app import delivery_kind
from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.actions.posts import publish_post
from rookery.model.events import AccountChanged, FollowChanged, PostDeleted, PostEdited, PostMarked, PostPublished
from rookery.model.ids import now_us
from rookery.model.posts import Draft
from rookery.storage.jobs import count_jobs, insert_job
from rookery.storage.log import read_events

NOW_DUE = "UPDATE jobs SET run_at = 0 WHERE state = 'waiting'"
COUNTS = "SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM events), (SELECT count(*) FROM jobs)"


@pytest.fixture
async def wired(world):
    """A world that speaks both networks, with one person in it and nothing left to deliver."""
    world.pigeons, world.smoke = PigeonPost(world.app.db), SmokeSignals()
    await world.pigeons.prepare()
    world.app.wires = (world.pigeons, world.smoke)
    world.ana = await world.person("ana")
    await deliver_all(world)
    world.smoke.puffs.clear()
    world.smoke.projected.clear()
    return world


async def deliver_all(world):
    """Run every planned delivery once, those that wait for a second try too."""
    async with world.app.db.transaction() as tx:
        await tx.run(NOW_DUE)
    while await run_due_jobs(world.app, delivery_handlers(world.app)):
        pass


async def counts(world):
    return list(await world.app.db.reader.one(COUNTS))


async def test_a_post_is_projected_with_its_row_and_delivered_after_it(wired):
    post = await wired.ana.publishes("carry me")
    assert await wired.pigeons.letters() == [("carry me", 0)]
    assert wired.smoke.puffs == []
    await deliver_all(wired)
    assert await wired.pigeons.letters() == [("carry me", 1)]
    assert wired.smoke.seen(PostPublished) == {int(post["id"]): 1}


async def test_a_wire_that_cannot_project_undoes_the_post_its_event_and_its_deliveries(wired):
    before = await counts(wired)
    with pytest.raises(NoPigeon):
        await publish_post(wired.app, Draft(wired.ana.id, "an anvil for you"))
    reply = await wired.ana.client.post("/api/v1/statuses", json_body={"status": "an anvil by post"})
    assert reply.code == 500
    assert await counts(wired) == before
    assert await wired.pigeons.letters() == []
    assert await wired.ana.home() == []
    post = await wired.ana.publishes("a feather")
    assert [shown["id"] for shown in await wired.ana.home()] == [post["id"]]


async def test_what_the_wind_takes_is_sent_again_until_it_is_seen(wired):
    wired.smoke.wind = 3
    post = await wired.ana.publishes("hello over there")
    for _ in range(4):
        await deliver_all(wired)
    assert wired.smoke.seen(PostPublished)[int(post["id"])] == 4
    assert "waiting" not in await count_jobs(wired.app.db.reader)
    await deliver_all(wired)
    assert wired.smoke.seen(PostPublished)[int(post["id"])] == 4


async def test_deliveries_are_planned_in_the_same_commit_and_outlive_the_process(wired):
    post = await wired.ana.publishes("before the crash")
    waiting = await wired.app.db.reader.all("SELECT kind FROM jobs WHERE state = 'waiting' ORDER BY kind")
    kinds = {row[0] for row in waiting}
    assert kinds == {delivery_kind(wired.pigeons), delivery_kind(wired.smoke)}
    again = SmokeSignals()
    wired.app.wires = (again,)
    await deliver_all(wired)
    assert again.seen(PostPublished) == {int(post["id"]): 1}
    assert await wired.pigeons.letters() == [("before the crash", 0)], "its jobs wait for a process that speaks it"


async def test_a_wire_that_has_nothing_to_deliver_costs_no_row(wired):
    wired.app.wires = (wired.pigeons,)
    await wired.ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana"})
    planned = await wired.app.db.reader.all("SELECT kind FROM jobs WHERE state = 'waiting'")
    assert delivery_kind(wired.pigeons) not in {row[0] for row in planned}
    await wired.ana.publishes("a letter")
    planned = await wired.app.db.reader.all("SELECT kind FROM jobs WHERE state = 'waiting'")
    assert delivery_kind(wired.pigeons) in {row[0] for row in planned}


async def test_every_event_of_the_log_reaches_every_wire(wired):
    ana, bea = wired.ana, await wired.person("bea")
    await bea.follows(ana)
    post = await ana.publishes("hello #birds @bea")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "hello again"})
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana"})
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    await deliver_all(wired)
    log = [numbered.event for numbered in await read_events(wired.app.db.reader, 0, 1000)]
    kinds = {type(event) for event in log}
    assert {PostPublished, PostEdited, PostDeleted, PostMarked, FollowChanged, AccountChanged} <= kinds
    assert wired.smoke.projected == log[-len(wired.smoke.projected) :]
    assert sorted(map(repr, wired.smoke.puffs)) == sorted(map(repr, wired.smoke.projected))
    assert await wired.pigeons.letters() == []


async def test_an_event_that_nobody_can_read_is_set_aside_at_once(wired):
    async with wired.app.db.transaction() as tx:
        body = {"kind": "StarFell", "event": "{}"}
        await insert_job(tx, wired.app.ids.next_id(), delivery_kind(wired.smoke), body, run_at_us=now_us())
    await deliver_all(wired)
    assert (await count_jobs(wired.app.db.reader))["failed"] == 1
