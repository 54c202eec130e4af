"""Who may read documents: everybody, or only servers that sign and are not blocked."""

from dataclasses import replace

import pytest
from tests.activitypub.far import BOBS, EVES, Far, headers_to
from tests.evilhost import page

from rookery.actions.domainblocks import allow_domain, keep_mode
from rookery.activitypub.admitting import UNKNOWN_KEYS, Porter
from rookery.activitypub.tables import ROUTES
from rookery.model.audit import OPERATOR
from rookery.model.blocks import DomainBlock, FederationMode, Severity
from rookery.model.ids import MAX_ID, short_id
from rookery.network.limits import Limiter
from rookery.storage.accounts import insert_account
from rookery.storage.domainblocks import insert_domain_block
from rookery.storage.relations import Follow, put_block, put_blocked_domain, put_follow

BASE = "http://localhost:3000"
AS = {"accept": "application/activity+json"}
HOST = "far.example"


class Reading:
    """The world, with a far server whose people read it."""

    def __init__(self, world, evil):
        self.world, self.db = world, world.app.db
        self.far = Far(world.app.db, evil, origin=BASE)
        world.wire.porter = Porter(world.app, self.far.verifier, Limiter())

    def asks_for_signatures(self):
        settings = self.world.app.settings
        self.world.app.settings = replace(settings, federation=replace(settings.federation, authorized_fetch=True))

    async def reads(self, path, actor=None, *, code=200, **more):
        headers = AS if actor is None else headers_to(actor, path, base=BASE, **more)
        reply = await self.world.stranger.get(path, headers=headers)
        assert reply.code == code, (path, reply)
        return reply

    async def knows(self, actor, account_id=77):
        """A row for a far actor."""
        async with self.db.transaction() as tx:
            await insert_account(
                tx, account_id=account_id, username=f"p{account_id}", domain=HOST, uri=actor.uri, created_at_us=1
            )
        return account_id

    async def shuts_out(self, domain=HOST):
        block = DomainBlock(1, domain, Severity.SUSPEND, False, False, "", "", False, 1)
        async with self.db.transaction() as tx:
            await insert_domain_block(tx, block)


@pytest.fixture
async def reading(pages, evil):
    return Reading(pages.world, evil)


@pytest.fixture
async def secure(reading):
    reading.asks_for_signatures()
    return reading


def path_of(name, post):
    return f"/@{name}/{short_id(int(post['id']))}"


def lists_of(name):
    return [f"/@{name}/{part}" for part in ("outbox", "featured", "followers", "following")]


async def test_strangers_read_nothing_where_signatures_are_asked_for(secure):
    """Akkoma 2026.08, GEN-75: every document but the keys, whatever is or is not there."""
    ana = await secure.world.person("ana")
    path = path_of("ana", await ana.publishes("hello"))
    absent = "/@ana/2222222222222"
    for each in (path, f"{path}/activity", f"{path}/replies", absent, *lists_of("ana"), *lists_of("nobody")):
        reply = await secure.reads(each, code=401)
        assert reply.json == {"error": "this request must be signed with an HTTP signature"}
        varies = {value for name, value in reply.all_headers if name == b"vary"}
        assert b"Signature, Signature-Input" in varies
        assert reply.headers["cache-control"] == "private, no-store"
    for page_for_people in ("/.well-known/webfinger?resource=acct:ana@localhost", "/nodeinfo/2.1", "/actor"):
        assert (await secure.world.stranger.get(page_for_people, headers=AS)).code == 200


async def test_a_profile_without_signature_shows_its_keys_and_nothing_that_a_person_wrote(secure):
    ana = await secure.world.person("ana")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana A", "note": "bio"})
    shown = (await secure.reads("/@ana")).json
    assert shown["publicKey"]["owner"] == shown["id"] == f"{BASE}/@ana"
    assert shown["inbox"] and shown["assertionMethod"] and shown["type"] == "Person"
    assert not {"name", "summary", "icon", "attachment", "published", "tag", "alsoKnownAs"} & set(shown)
    whole = await secure.reads("/@ana", secure.far.actor())
    assert (whole.json["name"], whole.json["publicKey"]) == ("Ana A", shown["publicKey"])
    assert whole.headers["cache-control"] == "private, no-store"
    assert (await secure.reads("/@nobody", code=404)).json


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
async def test_a_server_that_signs_reads_what_is_public(secure, dialect):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    post, secret = await ana.publishes("hello"), await ana.publishes("for friends", visibility="private")
    note = (await secure.reads(path_of("ana", post), bob, dialect=dialect)).json
    assert note["type"] == "Note"
    await secure.reads(path_of("ana", secret), bob, dialect=dialect, code=404)
    outbox = await secure.reads(f"/@ana/outbox?before={MAX_ID}", bob, dialect=dialect)
    assert b"hello" in outbox.body and b"for friends" not in outbox.body


async def test_a_follower_who_signs_reads_what_is_for_followers(secure):
    ana, bob, eve = await secure.world.person("ana"), secure.far.actor(), secure.far.actor("eve", EVES)
    secret = await ana.publishes("for friends", visibility="private")
    answer = await ana.publishes("more", visibility="private", in_reply_to_id=secret["id"])
    named = await ana.publishes("for nobody", visibility="direct")
    await secure.knows(eve, 78)
    follower = await secure.knows(bob)
    async with secure.db.transaction() as tx:
        await put_follow(tx, Follow(follower, int(ana.id), 5, "active"))
    note = (await secure.reads(path_of("ana", secret), bob)).json
    assert note["to"] == [f"{BASE}/@ana/followers"] and "for friends" in note["content"]
    assert (await secure.reads(path_of("ana", answer), bob)).json["inReplyTo"] == note["id"]
    assert b"for friends" in (await secure.reads(f"/@ana/outbox?before={MAX_ID}", bob)).body
    await secure.reads(path_of("ana", named), bob, code=404)
    await secure.reads(path_of("ana", secret), eve, code=404)
    async with secure.db.transaction() as tx:
        await put_follow(tx, Follow(follower, int(ana.id), 5, "requested"))
    await secure.reads(path_of("ana", secret), bob, code=404)


async def test_a_signature_shows_no_more_than_a_stranger_sees_where_none_is_asked_for(reading):
    """What caches share is the same for all."""
    ana, bob = await reading.world.person("ana"), reading.far.actor()
    secret, post = await ana.publishes("for friends", visibility="private"), await ana.publishes("hello")
    follower = await reading.knows(bob)
    async with reading.db.transaction() as tx:
        await put_follow(tx, Follow(follower, int(ana.id), 5, "active"))
    await reading.reads(path_of("ana", secret), bob, code=404)
    signed, plain = await reading.reads(path_of("ana", post), bob), await reading.reads(path_of("ana", post))
    assert signed.body == plain.body and signed.headers["cache-control"] == "public, max-age=60"
    assert reading.far.evil.connection_count == 0, "nobody makes us fetch a key"


async def test_who_is_blocked_by_a_person_does_not_read_them(secure):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    other = await secure.knows(bob)
    async with secure.db.transaction() as tx:
        await put_block(tx, int(ana.id), other, 9)
    for each in (path, f"{path}/activity", f"{path}/replies", *lists_of("ana")):
        await secure.reads(each, bob, code=404)
    assert "name" not in (await secure.reads("/@ana", bob)).json


async def test_who_is_on_a_server_that_a_person_hides_does_not_read_them(secure):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    async with secure.db.transaction() as tx:
        await put_blocked_domain(tx, int(ana.id), HOST, 9)
    await secure.reads(path, bob, code=404)
    await secure.reads("/@ana/outbox", bob, code=404)


async def test_a_blocked_server_gets_nothing_and_costs_nothing(secure):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    await secure.shuts_out()
    for each in (path, "/@ana", *lists_of("ana")):
        assert "shows nothing to yours" in (await secure.reads(each, bob, code=403)).json["error"]
    assert (await secure.reads("/actor", bob)).json["publicKey"], "whoever it is may verify what we send"
    assert secure.far.evil.connection_count == 0


async def test_a_blocked_server_that_signs_is_turned_away_where_signatures_are_not_asked_for(reading):
    ana, bob = await reading.world.person("ana"), reading.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    await reading.reads(path, bob)
    await reading.shuts_out()
    await reading.reads(path, bob, code=403)
    await reading.reads("/@ana", bob, code=403)
    await reading.reads(path)
    assert reading.far.evil.connection_count == 0


async def test_a_suspended_person_who_signs_is_turned_away_once_their_key_is_known(reading):
    ana, bob = await reading.world.person("ana"), reading.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    bobs = await reading.knows(bob)
    async with reading.db.transaction() as tx:
        await tx.run("UPDATE accounts SET suspended_at = 5 WHERE id = :id", id=bobs)
    await reading.reads(path, bob)
    await reading.far.keys.find(bob.key_id)
    await reading.reads(path, bob, code=403)
    forged = replace(bob, rsa=EVES)
    await reading.reads(path, forged)


async def test_a_forged_or_old_signature_is_no_signature(secure):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    await secure.reads(path, replace(bob, rsa=EVES), code=401)
    await secure.reads(path, bob, at=int(secure.far.clock.now) - 90_000, code=401)
    headers = headers_to(bob, "/@ana/outbox", base=BASE)
    assert (await secure.world.stranger.get(path, headers=headers)).code == 401, "signed for another address"
    assert "name" not in (await secure.reads("/@ana", replace(bob, rsa=EVES))).json


async def test_junk_signatures_do_not_make_us_knock_at_others_without_end(secure):
    """GEN-11: who signs chooses whom we ask, so one address may name few keys that we do not know."""
    ana = await secure.world.person("ana")
    path = path_of("ana", await ana.publishes("hello"))
    far = secure.far
    refused = 0
    for number in range(UNKNOWN_KEYS.count + 20):
        nobody = replace(far.actor(), key_id=far.url(f"/users/{number}#main-key", "victim.example"))
        reply = await secure.world.stranger.get(path, headers=headers_to(nobody, path, base=BASE))
        assert reply.code in (401, 429)
        refused += reply.code == 429
    assert refused >= 19
    assert far.evil.connection_count <= UNKNOWN_KEYS.count + 1
    known = far.actor("known", BOBS)
    await far.keys.find(known.key_id)
    assert (await secure.reads(path, known)).json["type"] == "Note", "who is known is not counted"


async def test_a_key_that_cannot_be_fetched_now_is_asked_for_later(secure):
    ana, bob = await secure.world.person("ana"), secure.far.actor()
    path = path_of("ana", await ana.publishes("hello"))
    secure.far.evil.paths["/users/bob"] = page("broken", code="500 Oh")
    reply = await secure.reads(path, bob, code=503)
    assert int(reply.headers["retry-after"]) > 0
    assert (await secure.reads("/@ana", bob)).json["publicKey"]


async def test_without_anybody_who_knows_signers_nobody_reads(secure):
    await secure.world.person("ana")
    secure.world.wire.porter = None
    await secure.reads("/@ana/outbox", secure.far.actor(), code=401)


# What stays readable without signature: who we are, how our keys read, where things are.
OPEN = {
    "/@{name}",
    "/actor",
    "/actor/outbox",
    "/.well-known/webfinger",
    "/.well-known/host-meta",
    "/.well-known/host-meta.json",
    "/.well-known/nodeinfo",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
}


async def test_a_new_document_is_closed_to_strangers_too(secure):
    ana = await secure.world.person("ana")
    post = short_id(int((await ana.publishes("hello"))["id"]))
    closed = [route.path for route in ROUTES if route.method == "GET" and route.path not in OPEN]
    assert len(closed) >= 8
    for path in closed:
        await secure.reads(path.replace("{name}", "ana").replace("{id}", post), code=401)


async def test_where_only_named_servers_are_welcome_they_alone_read(reading):
    ana, bob, eve = (
        await reading.world.person("ana"),
        reading.far.actor(),
        reading.far.actor("eve", EVES, "evil.example"),
    )
    path = path_of("ana", await ana.publishes("hello"))
    settings = reading.world.app.settings
    mode = replace(settings.federation, mode=FederationMode.ALLOWLIST)
    reading.world.app.settings = replace(settings, federation=mode)
    await keep_mode(reading.world.app)
    await allow_domain(reading.world.app, HOST, by=OPERATOR)
    await reading.reads(path, code=401)
    await reading.reads(path, eve, code=403)
    assert reading.far.evil.connection_count == 0
    assert (await reading.reads(path, bob)).json["type"] == "Note"
