"""Follows, answers, blocks, moves and reports between people here and people elsewhere."""

import pytest
from tests.far import FAR, FarPerson, followed_by, uri_of

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.jobs import run_due_jobs
from rookery.actions.moves import MoveRefused, move_handlers, receive_move
from rookery.actions.receiving import forget_early_arrivals
from rookery.actions.receiving_accounts import receive_account
from rookery.actions.receiving_follows import FollowAnswer, receive_block, receive_unblock, receive_unfollow
from rookery.actions.receiving_reports import receive_report
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.events import FollowChanged
from rookery.model.incoming import IncomingReport
from rookery.model.members import Role
from rookery.storage import inboxes
from rookery.storage.eventrows import DECODERS

FOLLOWS = "SELECT body FROM events WHERE kind = 'FollowChanged' ORDER BY seq"


async def told(world):
    """What wires were told of follows."""
    return [DECODERS["FollowChanged"](row[0]) for row in await world.app.db.reader.all(FOLLOWS)]


async def relation(person, far):
    return (await person.calls("GET", f"/api/v1/accounts/relationships?id[]={far.id}"))[0]


async def counts(far, person):
    shown = await person.calls("GET", f"/api/v1/accounts/{far.id}")
    return shown["followers_count"], shown["following_count"]


async def test_following_a_far_person_waits_for_their_servers_answer(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await ana.follows(bea)
    between = await relation(ana, bea)
    assert (between["following"], between["requested"]) == (False, True)
    assert await counts(bea, ana) == (0, 0)
    assert await bea.accepts(ana)
    assert await bea.accepts(ana)  # answers come at least once
    between = await relation(ana, bea)
    assert (between["following"], between["requested"]) == (True, False)
    assert await counts(bea, ana) == (1, 0)
    first, second = await told(world)
    assert (first.state, first.is_new, first.follow_id > 0) == ("requested", True, True)
    assert (second.state, second.by_id, second.follow_id) == ("active", bea.id, first.follow_id)


async def test_a_no_ends_a_request_and_also_what_was_a_yes(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    await ana.follows(bea)
    assert await bea.rejects(ana)
    assert not await bea.accepts(ana)  # it came late; nobody asks any more
    await followed_by(bea, ben)
    assert await bea.rejects(ben)
    for person in (ana, ben):
        between = await relation(person, bea)
        assert (between["following"], between["requested"]) == (False, False)
    assert await counts(bea, ana) == (0, 0)


async def test_no_server_makes_people_follow(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    assert not await bea.accepts(ana)
    assert not (await relation(ana, bea))["following"]


async def test_a_far_follower_is_let_in_or_asks_and_hears_the_answer(world):
    ana, ben = await world.people("ana", "ben")
    await ben.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    bea = await FarPerson(world).arrives()
    assert await bea.follows(ana) == FollowAnswer.ACCEPT
    assert await bea.follows(ana) == FollowAnswer.ACCEPT
    assert await bea.follows(ben) == FollowAnswer.LATER
    await ben.calls("POST", f"/api/v1/follow_requests/{bea.id}/authorize")
    assert await bea.follows(ben) == FollowAnswer.ACCEPT
    await world.settle()
    assert [one["type"] for one in await ana.calls("GET", "/api/v1/notifications")] == ["follow"]
    assert (await ana.calls("GET", "/api/v1/accounts/verify_credentials"))["followers_count"] == 1
    accepted = (await told(world))[-1]
    assert (accepted.state, accepted.by_id, accepted.uri) == ("active", ben.id, f"{bea.uri}/follows/ben")
    told_at = await inboxes.list_of_followers(world.app.db.reader, ana.id)
    assert told_at == ["https://far.example/inbox"]
    await ben.calls("POST", f"/api/v1/accounts/{bea.id}/remove_from_followers")
    removed = (await told(world))[-1]
    assert (removed.state, removed.by_id, removed.uri) == ("gone", ben.id, f"{bea.uri}/follows/ben")


async def test_blocks_by_name_and_by_server_say_no(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    await ben.calls("POST", "/api/v1/domain_blocks", json_body={"domain": FAR})
    assert await bea.follows(ana) == FollowAnswer.REJECT
    assert await bea.follows(ben) == FollowAnswer.REJECT


async def test_somebody_of_a_limited_server_asks_first(world):
    (ana,) = await world.people("ana")
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.SILENCE), by=OPERATOR)
    bea = await FarPerson(world).arrives()
    assert await bea.follows(ana) == FollowAnswer.LATER


async def test_a_follow_that_ended_before_it_came_does_not_begin(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    name = f"{bea.uri}/follows/ana"
    await receive_unfollow(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=name)
    assert await bea.follows(ana) == FollowAnswer.REJECT
    assert await bea.follows(ana) == FollowAnswer.ACCEPT  # a new wish under the same name
    await receive_unfollow(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=name)
    assert not (await relation(ana, bea))["followed_by"]


async def test_a_far_block_parts_two_and_hides_the_blocker_until_it_ends(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    post_id = await bea.publishes("hello")
    assert await receive_block(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=f"{bea.uri}/blocks/1")
    assert not (await relation(ana, bea))["following"]
    assert (await ana.client.get(f"/api/v1/statuses/{post_id}")).code == 404
    await receive_unblock(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=f"{bea.uri}/blocks/1")
    assert (await ana.client.get(f"/api/v1/statuses/{post_id}")).code == 200
    await receive_unblock(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=f"{bea.uri}/blocks/2")
    assert not await receive_block(world.app, uri_of(ana, world.app), by_uri=bea.uri, uri=f"{bea.uri}/blocks/2")
    assert (await ana.client.get(f"/api/v1/statuses/{post_id}")).code == 200


async def moving(world):
    """A far person with an old account and a new one that says so."""
    old = await FarPerson(world).arrives()
    new = await FarPerson(world, "beatrix", "new.example").arrives()
    await receive_account(world.app, new.profile(also_known_as=(old.uri,)), by_uri=new.uri)
    return old, new


async def test_followers_go_along_when_both_accounts_say_so(world):
    ana, ben = await world.people("ana", "ben")
    old, new = await moving(world)
    await ana.calls("POST", f"/api/v1/accounts/{old.id}/follow", json_body={"reblogs": False})
    await old.accepts(ana)
    await followed_by(old, ben)
    await ben.calls("POST", f"/api/v1/accounts/{new.id}/block")
    await receive_move(world.app, new.uri, by_uri=old.uri)
    await receive_move(world.app, new.uri, by_uri=old.uri)
    assert await run_due_jobs(world.app, move_handlers(world.app)) == 1
    between = await relation(ana, new)
    assert (between["requested"], (await relation(ana, old))["following"]) == (True, False)
    await new.accepts(ana)
    assert not (await relation(ana, new))["showing_reblogs"]
    assert (await relation(ben, old))["following"]  # who blocks the new account stays where they are
    shown = await ana.calls("GET", f"/api/v1/accounts/{old.id}")
    assert shown["moved"]["acct"] == "beatrix@new.example"


async def test_nobody_moves_to_an_account_that_does_not_say_so_or_again_within_a_week(world):
    old, new = await moving(world)
    eve = await FarPerson(world, "eve", "evil.example").arrives(moved_to_uri=new.uri)
    with pytest.raises(MoveRefused):
        await receive_move(world.app, new.uri, by_uri=eve.uri)
    await receive_move(world.app, new.uri, by_uri=old.uri)
    third = await FarPerson(world, "third", "new.example").arrives(also_known_as=(old.uri,))
    with pytest.raises(MoveRefused):
        await receive_move(world.app, third.uri, by_uri=old.uri)


async def test_a_report_from_elsewhere_reaches_staff_once(world):
    (ana,) = await world.people("ana")
    ria = await world.person("ria", role=Role.OWNER, scopes="read write admin:read")
    post, other = await ana.publishes("bad"), await ria.publishes("mine")
    bea = await FarPerson(world, FAR).arrives()
    report = IncomingReport(
        f"{bea.uri}/reports/1", bea.uri, uri_of(ana, world.app), (post["uri"], other["uri"]), "spam " * 2000
    )
    first = await receive_report(world.app, report, by_uri=bea.uri)
    assert await receive_report(world.app, report, by_uri=bea.uri) == first
    await world.settle()
    told_staff = await ria.calls("GET", "/api/v1/notifications?types[]=admin.report")
    assert len(told_staff) == 1
    assert len(told_staff[0]["report"]["comment"]) <= 5000
    assert told_staff[0]["report"]["status_ids"] == [post["id"]]


async def test_a_server_whose_reports_are_not_wanted_is_not_heard(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.NOOP, rejects_reports=True), by=OPERATOR)
    report = IncomingReport(f"{bea.uri}/reports/1", bea.uri, uri_of(ana, world.app))
    assert await receive_report(world.app, report, by_uri=bea.uri) is None


async def test_what_waits_for_nothing_is_forgotten_and_nobody_fills_the_tables(world):
    bea = await FarPerson(world).arrives()
    for number in range(5):
        await bea.likes(f"https://far.example/never/{number}")
    assert len(await world.app.db.reader.all("SELECT post_uri FROM waiting_acts")) == 5
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE waiting_acts SET kept_at = 1")
    await forget_early_arrivals(world.app)
    assert await world.app.db.reader.all("SELECT post_uri FROM waiting_acts") == []


def test_the_event_of_a_follow_from_before_can_still_be_read():
    event = DECODERS["FollowChanged"]('{"follower_id":1,"followed_id":2,"state":"active"}')
    assert event == FollowChanged(1, 2, "active")
