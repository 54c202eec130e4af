"""Whatever step a server dies at between somebody's post and the last inbox, nothing is lost and the order holds."""

import contextlib
from dataclasses import replace

from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import resume_jobs, run_due_jobs
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.sending import Sender
from rookery.activitypub.wire import FediverseWire

MOST_STEPS = 100
HOSTS = ("one.example", "two.example")


class Killed(BaseException):
    """The server is gone at this step."""


class Dying:
    """A database whose server dies at a step: before a commit, or after one that nobody has heard of."""

    def __init__(self, db, at):
        self.db, self.at, self.step = db, at, 0

    def __getattr__(self, name):
        return getattr(self.db, name)

    def take(self):
        self.step += 1
        if self.step >= self.at:
            raise Killed

    @contextlib.asynccontextmanager
    async def transaction(self):
        if self.step >= self.at:
            raise Killed
        async with self.db.transaction() as tx:
            yield tx
            self.take()
        self.take()


async def lives_through(world, post, at):
    """Pack and send on a server that dies at a step; False when it did."""
    app = replace(world.app, db=Dying(world.app.db, at))
    wire = FediverseWire(app)
    app.wires = (wire,)
    try:
        while await run_due_jobs(app, delivery_handlers(app)):
            pass
        sender = Sender(wire, Knocking(post.door), clock=post.now)
        await sender.ledger.begin()
        await sender.settle()
    except Killed:
        return False
    return True


async def test_a_kill_between_any_two_steps_loses_nothing(world, post, inboxes):
    world.app.worker = "this server"
    post.sender = post.new_sender()
    ana = await world.person("ana")
    for host in HOSTS:
        await (await post.person("bea", host)).follows(ana)
    await post.settle()
    for at in range(1, MOST_STEPS):
        inboxes.got.clear()
        kept = await ana.publishes(f"stays, number {at}")
        said = await ana.publishes(f"number {at}")
        await ana.calls("PUT", f"/api/v1/statuses/{said['id']}", json_body={"status": f"number {at}, edited"})
        lived = await lives_through(world, post, at)
        await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
        await resume_jobs(world.app)
        post.sender = post.new_sender()
        await post.sender.ledger.begin()
        await post.settle()
        assert await post.waiting() == {}
        for host in HOSTS:
            ids = list(dict.fromkeys(activity["id"] for activity in inboxes.taken(host)))
            assert ids.pop(0) == f"{kept['uri']}/activity"
            kinds = [uri.rpartition("/")[2].partition("#")[2] or "activity" for uri in ids]
            assert kinds[-1] == "delete", (at, ids)
            assert inboxes.kinds(host).count("Delete") == 1
            if lived:
                assert len(inboxes.taken(host)) == 1 + len(ids) == 4
        if lived:
            break
    assert 8 < at < MOST_STEPS - 1
