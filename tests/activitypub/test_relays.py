"""Relays: asked, answered, followed back, left; what they get from us, and what they may make us fetch."""

import pytest
from tests.activitypub.far import EVES, Far, reading
from tests.far import FarPerson

from rookery.actions.jobs import run_due_jobs
from rookery.actions.relays import add_relay, remove_relay
from rookery.activitypub.reading_activities import read_activity
from rookery.activitypub.relay_meeting import meeting_handlers
from rookery.activitypub.relays import (
    PUBLIC,
    RELAYED,
    Relaying,
    announced_to,
    relay_activity,
    relay_announce,
    relay_inboxes,
    take_relay_answer,
    take_relay_follow,
)
from rookery.model.audit import OPERATOR, Governor
from rookery.model.events import RelayChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Role
from rookery.model.permissions import PermissionMissing
from rookery.model.relays import MOST_RELAYS, RelayKnown, RelayNotFound, RelayRefused, RelayState, RelayStyle
from rookery.storage.log import read_events
from rookery.storage.relays import get_relay, has_relays, list_relays

BASE = "http://localhost:3000"
MASTODON, LITEPUB = RelayStyle.MASTODON, RelayStyle.LITEPUB


class Room:
    """The world with a relay on a far server."""

    def __init__(self, world, evil):
        self.world, self.app = world, world.app
        self.far = Far(world.app.db, evil)
        self.actor = self.far.actor("relay", host="relay.example")
        self.inbox = self.far.url("/inbox", "relay.example")
        self.relaying = Relaying(world.app)

    async def proved(self, actor=None):
        return await self.far.verifier.verify_request(reading(actor or self.actor))

    async def asks(self, address=None, style=MASTODON):
        return await add_relay(self.app, address or self.inbox, style, by=OPERATOR)

    async def state(self, relay):
        return (await get_relay(self.app.db.reader, relay.id)).state

    async def answers(self, relay, answer="accept", actor=None):
        return await take_relay_answer(self.app, await self.proved(actor), relay.follow_uri, answer)

    async def said(self):
        events = [entry.event for entry in await read_events(self.app.db.reader, 0)]
        return [relay_activity(one, BASE) for one in events if isinstance(one, RelayChanged)]


@pytest.fixture
async def room(world, evil):
    return Room(world, evil)


async def test_a_relay_is_asked_says_yes_and_gets_public_posts(room):
    relay = await room.asks()
    [follow] = await room.said()
    assert (follow["type"], follow["actor"], follow["object"]) == ("Follow", f"{BASE}/actor", PUBLIC)
    assert follow["id"] == relay.follow_uri and relay.inbox_url == room.inbox
    assert not await has_relays(room.app.db.reader) and await relay_inboxes(room.app.db.reader) == []
    assert await room.answers(relay)
    assert await room.state(relay) is RelayState.ACCEPTED and await has_relays(room.app.db.reader)
    assert await relay_inboxes(room.app.db.reader) == [room.inbox]
    assert await announced_to(room.app.db.reader) == []
    await remove_relay(room.app, relay.id, by=OPERATOR)
    undo = (await room.said())[-1]
    assert undo["type"] == "Undo" and undo["object"]["id"] == relay.follow_uri and undo["object"]["object"] == PUBLIC
    assert await relay_inboxes(room.app.db.reader) == []


async def test_an_answer_counts_once_and_only_from_whom_we_asked(room):
    """mastodon#8864: an answer matches what we asked, and a yes wakes nothing that was refused."""
    relay = await room.asks()
    eve = room.far.actor("eve", EVES, host="evil.example")
    assert not await room.answers(relay, actor=eve), "from another server"
    assert not await take_relay_answer(room.app, await room.proved(), f"{relay.follow_uri}0", "accept")
    assert await room.state(relay) is RelayState.PENDING
    assert await room.answers(relay) and await room.answers(relay)
    neighbour = room.far.actor("neighbour", EVES, host="relay.example")
    assert not await room.answers(relay, "reject", actor=neighbour), "another actor of the same server"
    assert await room.answers(relay, "reject") and await room.state(relay) is RelayState.REJECTED
    assert not await room.answers(relay) and await room.state(relay) is RelayState.REJECTED
    await remove_relay(room.app, relay.id, by=OPERATOR)
    assert not await room.answers(relay)


async def test_a_litepub_relay_is_followed_by_its_actor_and_follows_back(room):
    relay = await room.asks(room.actor.uri, LITEPUB)
    assert await room.state(relay) is RelayState.MEETING and await room.said() == []
    room.far.shows("/users/relay", room.actor.document | {"inbox": room.inbox})
    await run_due_jobs(room.app, meeting_handlers(room.app, room.far.knocking))
    [follow] = await room.said()
    assert follow["object"] == room.actor.uri and follow["to"] == [room.actor.uri]
    assert (await get_relay(room.app.db.reader, relay.id)).inbox_url == room.inbox
    assert await room.answers(relay)
    back = f"{room.actor.uri}/follows/9"
    assert await take_relay_follow(room.app, await room.proved(), back)
    accept = (await room.said())[-1]
    assert (accept["type"], accept["object"]["id"], accept["object"]["actor"]) == ("Accept", back, room.actor.uri)
    eve = room.far.actor("eve", EVES, host="evil.example")
    assert not await take_relay_follow(room.app, await room.proved(eve), f"{eve.uri}/follows/1")
    assert not await take_relay_follow(room.app, await room.proved(), "https://evil.example/follows/1")
    [target] = await announced_to(room.app.db.reader)
    said = relay_announce(target, f"{BASE}/@ana/1", BASE, number=7, at_us=now_us())
    assert said["object"] == f"{BASE}/@ana/1" and said["published"] and PUBLIC in said["cc"]
    assert room.actor.uri in said["to"]


@pytest.mark.parametrize(
    "change",
    [
        {"inbox": "https://evil.example/inbox"},
        {"inbox": 7},
        {"id": "https://evil.example/actor"},
        {"id": None},
    ],
    ids=str,
)
async def test_a_relay_that_is_not_what_its_address_says_is_not_asked(room, change):
    relay = await room.asks(room.actor.uri, LITEPUB)
    room.far.shows("/users/relay", room.actor.document | {"inbox": room.inbox} | change)
    await run_due_jobs(room.app, meeting_handlers(room.app, room.far.knocking))
    assert await room.state(relay) is RelayState.REJECTED and await room.said() == []


async def test_a_relay_that_does_not_answer_is_asked_again(room):
    relay = await room.asks(room.far.url("/users/later"), LITEPUB)
    await run_due_jobs(room.app, meeting_handlers(room.app, room.far.knocking))
    assert await room.state(relay) is RelayState.MEETING


def announce(room, thing, **more):
    return {"id": f"{room.actor.uri}/1", "type": "Announce", "actor": room.actor.uri, "object": thing} | more


async def test_what_a_relay_makes_us_fetch_is_an_address_alone_and_bounded(room):
    """GEN-59: forged posts are not believed, what is known is not fetched, and not without end."""
    post = "https://other.example/posts/1"
    assert await room.relaying.find_wanted(await room.proved(), announce(room, post)) == "", "not a relay of ours"
    relay = await room.asks()
    assert await room.relaying.find_wanted(await room.proved(), announce(room, post)) == "", "not yet"
    await room.answers(relay)
    signer = await room.proved()
    create = {"type": "Create", "actor": "https://other.example/ana", "to": [PUBLIC]}
    note = {"id": post, "type": "Note", "content": "forged"}
    for document in (
        announce(room, post),
        announce(room, note),
        create | {"object": note},
        create | {"object": post, "to": "as:Public"},
        announce(room, create | {"object": note}),
    ):
        assert await room.relaying.find_wanted(signer, document) == post
    for document in (
        create | {"object": note, "to": ["https://other.example/ana/followers"]},
        create | {"object": note, "type": "Delete"},
        announce(room, f"{BASE}/@ana/1"),
        announce(room, None),
        announce(room, [post]),
        announce(room, "no uri"),
        {"type": ["Announce"], "object": post},
    ):
        assert await room.relaying.find_wanted(signer, document) == ""
    bea = await FarPerson(room.world, "bea").arrives()
    known = bea.note("hello")
    await bea.sends(known)
    assert await room.relaying.find_wanted(signer, announce(room, known.uri)) == ""
    asked = [
        await room.relaying.find_wanted(signer, announce(room, f"{post}{number}"))
        for number in range(RELAYED.count + 10)
    ]
    assert RELAYED.count - 10 <= sum(map(bool, asked)) <= RELAYED.count + 5


async def test_our_follow_of_a_relay_reads_back_as_it_was_meant(room):
    relay = await room.asks()
    await remove_relay(room.app, relay.id, by=OPERATOR)
    for said in await room.said():
        activity = read_activity(said, base_url="https://relay.example", now_us=now_us(), followers_uri="")
        assert activity.actor_uri == f"{BASE}/actor"


async def test_relays_are_few_named_once_and_staffs_concern(room):
    await room.asks()
    with pytest.raises(RelayKnown):
        await room.asks()
    for wrong in ("", "relay.example", "ftp://relay.example/", "https://a b/", "https://x@relay.example/inbox", "//x"):
        with pytest.raises(RelayRefused):
            await room.asks(wrong or " ")
    with pytest.raises(PermissionMissing):
        await add_relay(room.app, room.inbox, MASTODON, by=Governor(AccountId(1), Role.MODERATOR))
    with pytest.raises(RelayNotFound):
        await remove_relay(room.app, 1, by=OPERATOR)
    for number in range(MOST_RELAYS - 1):
        await room.asks(f"https://relay{number}.example/inbox")
    with pytest.raises(RelayRefused):
        await room.asks("https://more.example/inbox")
    assert len(await list_relays(room.app.db.reader)) == MOST_RELAYS
