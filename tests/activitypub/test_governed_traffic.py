"""What governs federation, in real traffic: relays that are asked and heard, new keys, followers that are compared."""

from tests.activitypub.postbox import PUBLIC, box
from tests.far import FarPerson

from rookery.actions.jobs import run_due_jobs
from rookery.actions.relays import add_relay
from rookery.activitypub.follower_digests import Synchronization, digest_of, header_from, parse_header
from rookery.activitypub.keys import replace_keys
from rookery.activitypub.synchronizing import COMPARE_FOLLOWERS
from rookery.model.audit import OPERATOR
from rookery.model.relays import RelayState, RelayStyle
from rookery.storage.relays import get_relay

__all__ = ["box"]


async def accepted(box):
    """A relay that was asked and said yes, in its own delivery."""
    relay_actor = box.person("relay")
    relay = await add_relay(box.app, box.village.url("/inbox"), RelayStyle.MASTODON, by=OPERATOR)
    await relay_actor.delivers(relay_actor.activity("Accept", relay.follow_uri))
    assert (await get_relay(box.app.db.reader, relay.id)).state is RelayState.ACCEPTED
    return relay_actor


async def public(world):
    return [one["content"] for one in await world.stranger_json("/api/v1/timelines/public?remote=true")]


async def test_what_a_relay_announces_is_fetched_and_reaches_no_home(world, box, ana):
    relay_actor, cid = await accepted(box), box.person("cid")
    note = cid.note("from afar")
    await relay_actor.delivers(relay_actor.activity("Announce", note, to=[PUBLIC]))
    assert await public(world) == ["<p>from afar</p>"]
    assert await ana.home() == []


async def test_what_a_relay_passes_on_as_it_was_is_fetched_from_its_own_server(world, box, ana):
    relay_actor, cid = await accepted(box), box.person("cid")
    created = cid.creates("true words")
    forged = {**created, "object": {**created["object"], "content": "<p>false words</p>"}}
    assert (await relay_actor.sends(forged)).code == 202
    await run_due_jobs(box.app, box.fediverse.handlers())
    assert await public(world) == ["<p>true words</p>"]


async def test_nobody_but_a_relay_passes_on_what_others_signed(world, box, ana):
    eve, cid = box.person("eve"), box.person("cid")
    assert (await eve.sends(cid.creates("words"))).code == 401
    assert await public(world) == []


async def test_a_relay_is_asked_and_gets_public_posts_alone(world, post, inboxes, ana):
    await add_relay(world.app, inboxes.url("/inbox", "relay.example"), RelayStyle.MASTODON, by=OPERATOR)
    await post.settle()
    [asked] = inboxes.taken()
    assert (asked["type"], asked["object"], asked["actor"]) == (
        "Follow",
        PUBLIC,
        f"{world.app.settings.base_url}/actor",
    )
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE relays SET state = 'accepted'")
    inboxes.got.clear()
    said = await ana.publishes("for all")
    for hidden in ("unlisted", "private"):
        await ana.publishes("not for relays", visibility=hidden)
    await post.settle()
    assert [(host, one["object"]["id"]) for host, _, one in inboxes.got] == [("relay.example", said["uri"])]
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    await post.settle()
    assert inboxes.kinds() == ["Create", "Delete"]


async def test_new_keys_are_told_to_followers(world, post, inboxes, ana):
    await (await post.person("fan", "fan.example")).follows(ana)
    await post.settle()
    inboxes.got.clear()
    await replace_keys(world.app, ana.id)
    await post.settle()
    [said] = inboxes.taken()
    assert (said["type"], said["object"]["id"]) == ("Update", f"{world.app.settings.base_url}/@ana")
    assert "publicKeyPem" in said["object"]["publicKey"]


async def test_what_goes_to_followers_carries_their_digest(world, post, inboxes, ana):
    there = f"fan.example:{inboxes.port}"
    fan, friend = FarPerson(world, "fan", there), FarPerson(world, "friend", there)
    for one in (fan, friend):
        await one.arrives(inbox_url=f"http://{there}/{one.name}", shared_inbox_url=f"http://{there}/inbox")
        await one.follows(ana)
    await post.settle()
    inboxes.requests.clear()
    await ana.publishes("hello")
    await ana.calls("POST", f"/api/v1/accounts/{fan.id}/follow")
    await post.settle()
    told = [headers.get("collection-synchronization") for _, headers, _ in inboxes.requests]
    assert len([one for one in told if one is None]) == 1, "a follow is nobody's concern but theirs"
    [raw] = [one for one in told if one]
    said = parse_header(raw, f"{world.app.settings.base_url}/@ana")
    assert said.digest == digest_of([fan.uri, friend.uri])


async def test_a_digest_that_differs_plans_a_comparison(box, ana):
    bea = box.person("bea")
    await bea.followed_by(ana)
    url = box.village.url("/users/bea/followers_synchronization")
    said = Synchronization(f"{bea.uri}/followers", url, digest_of(["https://elsewhere.example/1"]))
    await bea.sends(bea.creates("hello"), **{"collection-synchronization": header_from(said)})
    rows = await box.app.db.reader.all("SELECT kind FROM jobs WHERE kind = :kind", kind=COMPARE_FOLLOWERS)
    assert len(rows) == 1
