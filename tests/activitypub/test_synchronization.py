"""Followers between two servers are compared, and what got lost is mended (FEP-8fcf)."""

import hashlib

import pytest
from tests.activitypub.far import EVES, Far, headers_to, reading
from tests.far import FarPerson

from rookery.actions.jobs import run_due_jobs
from rookery.actions.receiving_accounts import receive_account
from rookery.activitypub.addresses import actor_uri
from rookery.activitypub.admitting import Porter
from rookery.activitypub.follower_digests import (
    Synchronization,
    digest_of,
    header_for,
    header_from,
    list_digests,
    parse_header,
    synchronization_url,
)
from rookery.activitypub.origin import authority_of
from rookery.activitypub.synchronizing import MOST_ITEMS, Synchronizing, comparing_handlers
from rookery.model.events import FollowChanged
from rookery.model.ids import AccountId
from rookery.model.incoming import IncomingAccount
from rookery.network.limits import Limiter
from rookery.storage.accounts import get_account
from rookery.storage.log import read_events
from rookery.storage.relations import Follow, find_follow, put_follow

BASE = "http://localhost:3000"
EMPTY = "0" * 64


class Room:
    """The world, and bob on a far server whose followers we have a view of."""

    def __init__(self, world, evil):
        self.world, self.app = world, world.app
        self.far = Far(world.app.db, evil, origin=BASE)
        world.wire.porter = Porter(world.app, self.far.verifier, Limiter())
        self.bob = self.far.actor()
        self.url = self.far.url("/users/bob/partial")
        self.synchronizing = Synchronizing(world.app, self.far.clock)
        self.bob_id = 0

    async def meets(self, actor, name):
        incoming = IncomingAccount(
            actor.uri, name, "far.example", inbox_url=f"{actor.uri}/inbox", followers_uri=f"{actor.uri}/followers"
        )
        return (await receive_account(self.app, incoming, by_uri=actor.uri)).id

    async def follows_bob(self, person, state="active", follow_id=5):
        self.bob_id = self.bob_id or await self.meets(self.bob, "bob")
        async with self.app.db.transaction() as tx:
            await put_follow(tx, Follow(int(person.id), self.bob_id, follow_id, state))

    async def state(self, person):
        follow = await find_follow(self.app.db.reader, int(person.id), self.bob_id)
        return follow.state if follow else None

    def shows(self, items, **more):
        document = {"id": self.url, "type": "OrderedCollection", "orderedItems": items} | more
        self.far.shows("/users/bob/partial", document)

    async def hears(self, digest, *, actor=None, url=None, collection=None):
        """A delivery with the header."""
        signer = await self.far.verifier.verify_request(reading_here(actor or self.bob))
        said = Synchronization(collection or f"{self.bob.uri}/followers", url or self.url, digest)
        planned = await self.synchronizing.take_header(signer, header_from(said))
        while await run_due_jobs(self.app, comparing_handlers(self.app, self.far.knocking)):
            pass
        return planned

    async def ended(self):
        events = [entry.event for entry in await read_events(self.app.db.reader, 0)]
        return [one for one in events if isinstance(one, FollowChanged) and one.state == "gone"]


def reading_here(actor):
    from_far = reading(actor)
    headers = headers_to(actor, "/@ana", base=BASE)
    return type(from_far)("GET", "/@ana", headers, b"", BASE)


def uri_of(person):
    return f"{BASE}/@{person.name}"


@pytest.fixture
async def room(pages, evil):
    return Room(pages.world, evil)


def test_a_digest_mixes_the_ids_whatever_their_order():
    one, two = (hashlib.sha256(text).digest() for text in (b"https://a.example/1", b"https://a.example/2"))
    mixed = bytes(a ^ b for a, b in zip(one, two, strict=True)).hex()
    uris = ["https://a.example/1", "https://a.example/2"]
    assert digest_of(uris) == digest_of([*reversed(uris), uris[0]]) == mixed
    assert digest_of([]) == EMPTY


def test_a_header_reads_back_and_speaks_for_its_own_server_alone():
    said = Synchronization("https://a.example/u/followers", "https://a.example/u/partial", "ab" * 32)
    assert parse_header(header_from(said), "https://a.example/u") == said
    assert parse_header(header_from(said).replace(", ", " , "), "https://a.example/u") == said
    assert parse_header(header_from(said), "https://b.example/u") is None
    for wrong in (
        "",
        "junk",
        header_from(said) + ', digest="' + "00" * 32 + '"',
        header_from(said).replace("ab" * 32, "ab"),
        header_from(said).replace("https://a.example/u/partial", "https://b.example/u/partial"),
        header_from(said).replace("https://a.example/u/followers", "https://b.example/u/followers"),
        "a" * 10_000,
    ):
        assert parse_header(wrong, "https://a.example/u") is None


async def test_each_server_reads_its_own_people_among_the_followers_alone(room):
    ana = await room.world.person("ana")
    eve = room.far.actor("eve", EVES, host="evil.example")
    bea = await FarPerson(room.world, "bea").arrives()
    await bea.follows(ana)
    bob_id = await room.meets(room.bob, "bob")
    async with room.app.db.transaction() as tx:
        await put_follow(tx, Follow(bob_id, int(ana.id), 6, "active"))
    path = "/@ana/followers_synchronization"
    for actor, items in ((room.bob, [room.bob.uri]), (eve, [])):
        reply = await room.world.stranger.get(path, headers=headers_to(actor, path, base=BASE))
        assert reply.code == 200 and reply.json["orderedItems"] == items
        assert reply.headers["cache-control"] == "private, no-store" and reply.json["id"] == f"{BASE}{path}"
    reply = await room.world.stranger.get(path, headers={"accept": "application/activity+json"})
    assert reply.code == 401
    author = await get_account(room.app.db.reader, AccountId(int(ana.id)))
    digests = await list_digests(room.app.db.reader, author.id)
    name, value = header_for(actor_uri(author, BASE), digests[authority_of(room.bob.uri)])
    said = parse_header(value, f"{BASE}/@ana")
    assert name == "collection-synchronization"
    assert said == Synchronization(
        f"{BASE}/@ana/followers", synchronization_url(f"{BASE}/@ana"), digest_of([room.bob.uri])
    )
    assert "nobody.example" not in digests


async def test_what_got_lost_is_mended(room):
    ana, ben, cleo, dan = await room.world.people("ana", "ben", "cleo", "dan")
    for person, state in ((ana, "active"), (ben, "active"), (cleo, "requested")):
        await room.follows_bob(person, state, int(person.id) % 1000 + 5)
    listed = [uri_of(ana), uri_of(cleo), uri_of(dan), f"{BASE}/@nobody", "https://other.example/x"]
    room.shows(listed)
    assert await room.hears(digest_of(listed))
    assert [await room.state(one) for one in (ana, ben, cleo, dan)] == ["active", None, "active", None]
    ended = {(one.follower_id, one.by_id) for one in await room.ended()}
    assert ended == {(int(ben.id), room.bob_id), (int(dan.id), None)}, "of dan the other side is told"


async def test_what_is_the_same_is_not_fetched(room):
    ana = await room.world.person("ana")
    await room.follows_bob(ana)
    assert not await room.hears(digest_of([uri_of(ana)]))
    assert room.far.evil.asked("/users/bob/partial") == 0


async def test_a_follow_of_today_is_left_alone(room):
    ana = await room.world.person("ana")
    await room.follows_bob(ana, follow_id=room.app.ids.next_id())
    room.shows([])
    assert await room.hears(EMPTY)
    assert await room.state(ana) == "active"


async def test_a_list_that_is_not_the_signed_one_ends_nothing(room):
    """GEN-62: an empty list, one from elsewhere, one that was cut."""
    ana = await room.world.person("ana")
    await room.follows_bob(ana)
    signed = digest_of(["http://localhost:3000/@ben"])
    for document in ({}, {"id": "https://evil.example/x"}, {"type": "Note"}, {"orderedItems": "x"}):
        room.shows([], **document)
        room.synchronizing.compared.clear()
        await room.hears(signed)
        assert await room.state(ana) == "active"
    room.shows([f"{BASE}/@p{number}" for number in range(MOST_ITEMS + 1)])
    room.synchronizing.compared.clear()
    await room.hears(signed)
    assert await room.state(ana) == "active"


async def test_nobody_speaks_for_the_followers_of_another(room):
    ana = await room.world.person("ana")
    await room.follows_bob(ana)
    eve = room.far.actor("eve", EVES)
    await room.meets(eve, "eve")
    room.shows([])
    assert not await room.hears(EMPTY, actor=eve), "eve signs, of bob's followers"
    assert not await room.hears(EMPTY, url="https://evil.example/partial")
    assert not await room.hears(EMPTY, collection="https://evil.example/followers")
    assert await room.state(ana) == "active" and room.far.evil.asked("/users/bob/partial") == 0


async def test_one_comparison_an_hour(room):
    ana = await room.world.person("ana")
    await room.follows_bob(ana, follow_id=room.app.ids.next_id())
    room.shows([])
    assert [await room.hears(EMPTY) for _ in range(3)] == [True, False, False]
    assert room.far.evil.asked("/users/bob/partial") == 1
