"""Which servers a post of ours reaches: every audience, every relation of somebody far to its author (K5)."""

import json
from itertools import product

import pytest
from tests.activitypub.inboxes import inboxes, post
from tests.far import FarPerson
from tests.far_matrix import PLACES
from tests.matrix import AUDIENCES
from tests.measures import suspend_account

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity

__all__ = ["inboxes", "post"]
NAMED = ("mentioned", "blocked", "suspended", "shut")


@pytest.fixture
async def ana(world):
    return await world.person("ana")


@pytest.fixture
async def far(world, post, ana):
    """Somebody of each relation, each on a server of their own, and what Ana answers."""
    there = {name: await post.person(name, f"{name}.example") for name in PLACES}
    for name in ("follower", "former", "blocked", "suspended", "shut"):
        await there[name].follows(ana)
    await ana.follows(there["followed"])
    await there["followed"].accepts(ana)
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    await there["asking"].follows(ana)
    former = await ana.calls("POST", f"/api/v1/accounts/{there['former'].id}/remove_from_followers")
    assert former["followed_by"] is False
    await ana.calls("POST", f"/api/v1/accounts/{there['blocked'].id}/block")
    await suspend_account(world.app, there["suspended"].id, by=OPERATOR)
    await block_domain(world.app, "shut.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    there["asked"] = str(await there["answered"].publishes("a question"))
    await world.settle()
    await post.settle()
    return there


def told(inboxes) -> set[str]:
    """The relations whose servers took anything in which the word stands, and are forgotten."""
    found = {host.partition(".")[0] for host, _, said in inboxes.got if "/@ana/" in json.dumps(said)}
    inboxes.got.clear()
    return found


async def said_by(ana, far, audience):
    words = " ".join(f"@{far[name].handle}" for name in NAMED)
    return await ana.publishes(f"{words} canary", visibility=audience, in_reply_to_id=far["asked"])


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_a_post_and_its_edit_reach_the_servers_of_its_readers_and_no_others(
    world, post, inboxes, ana, far, audience
):
    wanted = {name for name, audiences in PLACES.items() if audience in audiences}
    inboxes.got.clear()
    said = await said_by(ana, far, audience)
    await post.settle()
    assert told(inboxes) == wanted
    await ana.calls("PUT", f"/api/v1/statuses/{said['id']}", json_body={"status": "only words now"})
    await post.settle()
    assert told(inboxes) <= wanted


@pytest.mark.parametrize("audience", ["private", "direct"])
async def test_the_end_of_a_hidden_post_tells_nobody_of_it_who_never_had_it(world, post, inboxes, ana, far, audience):
    wanted = {name for name, audiences in PLACES.items() if audience in audiences}
    said = await said_by(ana, far, audience)
    await post.settle()
    inboxes.got.clear()
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    await post.settle()
    assert told(inboxes) - {"suspended", "shut"} == wanted


async def test_who_is_blocked_after_a_hidden_post_still_hears_of_its_end(world, post, inboxes, ana, far):
    said = await said_by(ana, far, "direct")
    await post.settle()
    await ana.calls("POST", f"/api/v1/accounts/{far['mentioned'].id}/block")
    await post.settle()
    inboxes.got.clear()
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    await post.settle()
    assert "mentioned" in told(inboxes)


@pytest.mark.parametrize(
    ("audience", "act"), [*product(["private", "direct"], ["favourite", "reblog", "pin", "bookmark"])]
)
async def test_what_is_done_to_a_hidden_post_is_told_to_nobody(world, post, inboxes, ana, far, audience, act):
    said = await said_by(ana, far, audience)
    await post.settle()
    inboxes.got.clear()
    await ana.client.post(f"/api/v1/statuses/{said['id']}/{act}")
    await post.settle()
    assert told(inboxes) <= ({"follower"} if audience == "private" and act == "reblog" else set())


@pytest.mark.parametrize("audience", ["private", "direct"])
async def test_neither_answers_nor_quotes_name_what_their_readers_may_not_read(
    world, post, inboxes, ana, far, audience
):
    hidden = await said_by(ana, far, audience)
    await post.settle()
    inboxes.got.clear()
    ids = {"in_reply_to_id": hidden["id"]}, {"quoted_status_id": hidden["id"]}
    for named in ids:
        for wider in AUDIENCES[: AUDIENCES.index(audience)]:
            await ana.client.call(
                "POST", "/api/v1/statuses", json_body={"status": "wider", "visibility": wider, **named}
            )
    await post.settle()
    assert inboxes.got
    assert hidden["uri"] not in json.dumps([said for _, _, said in inboxes.got])


async def test_two_people_with_one_shared_inbox_are_told_once(world, post, inboxes, ana):
    """Who is blocked is not told in person where a neighbour follows."""
    one, two = await post.person("one", "both.example"), await post.person("two", "both.example")
    for somebody in (one, two):
        await somebody.follows(ana)
    await ana.calls("POST", f"/api/v1/accounts/{two.id}/block")
    await post.settle()
    inboxes.got.clear()
    await ana.publishes("hello")
    await ana.publishes(f"psst @{two.handle}", visibility="direct")
    await post.settle()
    assert [(path, said["type"]) for _, path, said in inboxes.got] == [("/inbox", "Create")]


async def test_posts_of_others_leave_here_only_by_their_address(world, post, inboxes, ana, far):
    """bridgy-fed aa16be39: what somebody elsewhere wrote is never sent on in whole."""
    cid = await FarPerson(world, "cid", domain="cid.example").arrives()
    note = await cid.publishes("cid's own words")
    inboxes.got.clear()
    await ana.calls("POST", f"/api/v1/statuses/{note}/reblog")
    await ana.calls("POST", f"/api/v1/statuses/{note}/favourite")
    await post.settle()
    assert inboxes.hosts("Announce") == {"follower.example"}
    assert "own words" not in json.dumps([said for _, _, said in inboxes.got])
