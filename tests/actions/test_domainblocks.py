"""Blocking servers: what ends with it, what stays away, and servers that are welcome."""

from dataclasses import replace

import pytest
from tests.far import FarPerson, followed_by

from rookery.actions.domainblocks import (
    DomainWishes,
    allow_domain,
    apply_listed,
    block_domain,
    keep_mode,
    unallow_domain,
    unblock_domain,
)
from rookery.actions.jobs import run_due_jobs
from rookery.actions.severing import differences, sever_domain, severing_handlers, totals_of
from rookery.model.audit import OPERATOR
from rookery.model.blocks import FederationMode, ListedBlock, Severity
from rookery.model.events import DomainStandingChanged, FollowChanged
from rookery.model.incoming import ServerRefused
from rookery.storage.log import read_events

SUSPEND = DomainWishes(Severity.SUSPEND)


async def work(world):
    while await run_due_jobs(world.app, severing_handlers(world.app)):
        pass
    await world.settle()


async def counts(person):
    shown = await person.calls("GET", f"/api/v1/accounts/{person.id}")
    return shown["followers_count"], shown["following_count"]


async def ended(world):
    events = [entry.event for entry in await read_events(world.app.db.reader, 0)]
    return [one for one in events if isinstance(one, FollowChanged) and one.state == "gone"]


async def test_a_suspended_server_takes_its_follows_with_it(world):
    ana, ben = await world.people("ana", "ben")
    bea, sub = await FarPerson(world, "bea").arrives(), await FarPerson(world, "sue", "social.far.example").arrives()
    other = await FarPerson(world, "oda", "other.example").arrives()
    await followed_by(bea, ana, ben)
    await followed_by(other, ana)
    await sub.follows(ana)
    await bea.follows(ben)
    await ben.follows(ana)
    assert (await counts(ana), await counts(ben)) == ((2, 2), (1, 2))
    await block_domain(world.app, "far.example", SUSPEND, by=OPERATOR)
    await work(world)
    assert (await counts(ana), await counts(ben)) == ((1, 1), (0, 1))
    by = {(one.follower_id, one.followed_id): one.by_id for one in await ended(world)}
    assert by == {
        (ana.id, bea.id): ana.id,
        (ben.id, bea.id): ben.id,
        (sub.id, ana.id): ana.id,
        (bea.id, ben.id): ben.id,
    }
    await ana.calls("GET", f"/api/v1/accounts/{other.id}/statuses")
    with pytest.raises(ServerRefused):
        await bea.publishes("still here")


async def test_a_block_that_was_taken_back_ends_no_more_follows(world):
    ana = await world.person("ana")
    bea = await FarPerson(world, "bea").arrives()
    await followed_by(bea, ana)
    block = await block_domain(world.app, "far.example", SUSPEND, by=OPERATOR)
    await unblock_domain(world.app, block.id, by=OPERATOR)
    await work(world)
    assert await counts(ana) == (0, 1) and await ended(world) == []
    assert await sever_domain(world.app, "far.example") == 0


async def test_a_limit_ends_nothing_hides_from_public_pages_and_asks_before_a_follow(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world, "bea").arrives()
    await followed_by(bea, ana)
    await block_domain(world.app, "far.example", DomainWishes(Severity.SILENCE), by=OPERATOR)
    await work(world)
    assert await counts(ana) == (0, 1)
    post = await bea.publishes("quiet")
    await world.settle()
    assert str(post) not in [one["id"] for one in await world.stranger_json("/api/v1/timelines/public")]
    assert str(post) in [one["id"] for one in await ana.home()]
    assert (await bea.follows(ben)).value == "later"


async def test_what_a_list_would_change_is_known_before(world):
    ana, ben = await world.people("ana", "ben")
    bea, sub = await FarPerson(world, "bea").arrives(), await FarPerson(world, "sue", "social.far.example").arrives()
    await followed_by(bea, ana, ben)
    await sub.follows(ana)
    await block_domain(world.app, "same.example", SUSPEND, by=OPERATOR)
    await block_domain(world.app, "old.example", DomainWishes(Severity.SILENCE), by=OPERATOR)

    def row(domain, severity="suspend"):
        return ListedBlock(domain, Severity(severity), False, False, "", False)

    rows = [row("same.example"), row("old.example"), row("far.example"), row("ar.example"), row("x.example", "noop")]
    changes = await differences(world.app, rows)
    assert [(one.wanted.domain, one.before is None, one.follow_count, one.people_count) for one in changes] == [
        ("old.example", False, 0, 0),
        ("far.example", True, 3, 3),
        ("ar.example", True, 0, 0),
        ("x.example", True, 0, 0),
    ]
    assert totals_of(changes) == (3, 3)
    for one in changes:
        await apply_listed(world.app, one.wanted, by=OPERATOR)
    assert await differences(world.app, rows) == []


async def test_where_only_named_servers_are_welcome_others_are_not_heard(world):
    bea, eve = await FarPerson(world, "bea").arrives(), await FarPerson(world, "eve", "evil.example").arrives()
    mode = replace(world.app.settings.federation, mode=FederationMode.ALLOWLIST)
    world.app.settings = replace(world.app.settings, federation=mode)
    await keep_mode(world.app)
    allow = await allow_domain(world.app, "FAR.example", by=OPERATOR)
    assert await allow_domain(world.app, "far.example", by=OPERATOR) == allow
    assert await bea.publishes("hello")
    for person in (eve, FarPerson(world, "new", "evil.example"), FarPerson(world, "rae", "rented.far.example")):
        with pytest.raises(ServerRefused):
            await (person.publishes("hello") if person.id else person.arrives())
    await unallow_domain(world.app, allow.id, by=OPERATOR)
    with pytest.raises(ServerRefused):
        await bea.publishes("hello")
    events = [entry.event for entry in await read_events(world.app.db.reader, 0)]
    assert [one for one in events if isinstance(one, DomainStandingChanged)] == [
        DomainStandingChanged("far.example")
    ] * 2


async def test_where_nobody_is_welcome_nobody_is_heard(world):
    bea = await FarPerson(world, "bea").arrives()
    mode = replace(world.app.settings.federation, mode=FederationMode.CLOSED)
    world.app.settings = replace(world.app.settings, federation=mode)
    await allow_domain(world.app, "far.example", by=OPERATOR)
    await keep_mode(world.app)
    with pytest.raises(ServerRefused):
        await bea.publishes("hello")
