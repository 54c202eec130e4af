"""The inbox from outside: what is taken, what is refused with which words, what happens once, what is set aside."""

import asyncio
import gzip
import json

import pytest
from tests.activitypub.far import BOBS, EVES
from tests.activitypub.postbox import PUBLIC, box
from tests.evilhost import page

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.activitypub.handling import HANDLERS
from rookery.activitypub.inbox_journal import Room
from rookery.activitypub.inbox_outcomes import MOST_ATTEMPTS, MOST_FAULTS
from rookery.activitypub.reading_activities import Doing
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.errors import Unavailable
from rookery.model.ids import now_us
from rookery.storage.database import StorageFull
from rookery.storage.hosts import find_host

__all__ = ["box"]
DUE = "UPDATE arrivals SET run_at = 1"


async def followers(ana) -> list[str]:
    return [one["acct"] for one in await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers")]


async def due(box) -> None:
    """Let the time pass until everything that waits is due."""
    async with box.app.db.transaction() as tx:
        await tx.run(DUE)


async def count(box, table: str) -> int:
    return (await box.app.db.reader.one(f"SELECT count(*) FROM {table}"))[0]


@pytest.mark.parametrize("dialect", ["cavage", "standard"])
@pytest.mark.parametrize("target", ["/inbox", "/@ana/inbox", "/actor/inbox"])
async def test_each_inbox_takes_both_dialects(box, ana, dialect, target):
    bea = box.person()
    await bea.delivers(bea.activity("Follow", box.uri_of(ana)), target=target, dialect=dialect)
    assert await followers(ana) == [bea.handle]


async def test_the_answer_comes_when_it_is_on_the_disk_and_before_it_is_done(box, ana):
    bea = box.person()
    reply = await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    assert (reply.code, reply.body) == (202, b"")
    assert await box.waiting() == 1
    assert await followers(ana) == []
    await box.settle()
    assert await followers(ana) == [bea.handle]
    assert (await box.waiting(), await count(box, "arrival_ids")) == (0, 1)


@pytest.mark.parametrize(
    ("code", "words", "change"),
    [
        (400, "not a JSON", b"{"),
        (422, "names nothing twice", b'{"type":"Follow","type":"Like"}'),
        (422, "values deep", b"[" * 5000 + b"]" * 5000),
        (422, "one JSON object", b"[]"),
        (413, "1048576", b'{"x":"' + b"a" * (1 << 20) + b'"}'),
        (401, "somebody else", b'{"type":"Like","actor":"https://other.example/eve","object":"x"}'),
    ],
    ids=["no JSON", "a name twice", "too deep", "a list", "too large", "CVE-2026-96623 (GHSA-mc44-6cfg-2v6w)"],
)
async def test_what_cannot_be_read_is_refused_with_the_rule(box, ana, code, words, change):
    reply = await box.person().sends(change)
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.code in (code, 422), reply
    if reply.code == code:
        assert words in reply.json["error"] or reply.code == 400
    assert await box.waiting() == 0


async def test_an_activity_breaks_a_rule_on_its_face(box, ana):
    bea = box.person()
    follow = bea.activity("Follow", box.uri_of(ana))
    for change in ({"id": "https://other.example/1"}, {"id": f"{box.base_url}/1"}, {"object": None}, {"id": "x y"}):
        reply = await bea.sends(follow | change)
        assert reply.code == 422 and reply.json["error"], reply
    assert (await box.waiting(), await count(box, "arrival_ids")) == (0, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json"},
        {"content-type": "text/html"},
        {"content-encoding": "gzip"},
    ],
    ids=["json", "html", "GEN-23"],
)
async def test_other_kinds_and_packed_bodies_are_not_taken(box, ana, headers):
    bea = box.person()
    body = json.dumps(bea.activity("Follow", box.uri_of(ana))).encode()
    body = gzip.compress(body) if "content-encoding" in headers else body
    reply = await box.stranger.call("POST", "/inbox", body=body, headers=bea.headers(body) | headers)
    assert (reply.code, "inbox takes" in reply.json["error"]) == (415, True)


async def test_whose_inbox_it_is(world, box, ana):
    bea = box.person()
    follow = bea.activity("Follow", box.uri_of(ana))
    assert (await bea.sends(follow, target="/@nobody/inbox")).code == 404
    assert (await box.stranger.get("/inbox")).code == 405
    async with box.app.db.transaction() as tx:
        await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=int(ana.id))
    assert (await bea.sends(follow, target="/@ana/inbox")).code == 403


async def test_without_signature_with_a_wrong_one_and_in_another_name(box, ana):
    bea, eve = box.person("bea"), box.person("eve", key=EVES)
    body = json.dumps(bea.activity("Follow", box.uri_of(ana))).encode()
    unsigned = {"content-type": "application/activity+json"}
    for headers in (unsigned, bea.headers(body, key=EVES), eve.headers(body), bea.headers(body + b" ")):
        reply = await box.stranger.call("POST", "/inbox", body=body, headers=headers)
        assert reply.code == 401 and reply.json["error"], reply
    assert (await box.waiting(), await followers(ana)) == (0, [])


async def test_the_same_signature_elsewhere_or_later_does_nothing_more(box, ana):
    """GEN-07: what is answered again is only what we did already."""
    bea = box.person()
    body = json.dumps(bea.activity("Follow", box.uri_of(ana))).encode()
    headers = bea.headers(body)
    assert (await box.stranger.call("POST", "/inbox", body=body, headers=headers)).code == 202
    await box.settle()
    assert (await box.stranger.call("POST", "/@ana/inbox", body=body, headers=headers)).code == 401
    assert (await box.stranger.call("POST", "/inbox", body=body, headers=headers)).code == 202, "its answer was lost"
    assert await box.waiting() == 0
    like = json.dumps({"type": "Like", "actor": bea.uri, "object": f"{box.base_url}/@ana/1"}).encode()
    headers = bea.headers(like)
    assert (await box.stranger.call("POST", "/inbox", body=like, headers=headers)).code == 202
    assert (await box.stranger.call("POST", "/inbox", body=like, headers=headers)).code == 401


async def test_an_activity_that_comes_again_is_taken_and_does_nothing_more(box, ana):
    bea = box.person()
    follow = bea.activity("Follow", box.uri_of(ana))
    await bea.delivers(follow)
    await bea.delivers(bea.activity("Undo", follow))
    await bea.delivers(follow, dialect="standard")
    assert await followers(ana) == []


async def test_nobody_uses_up_an_id_of_somebody_else(box, ana):
    """GHSA-4qhx-hhwf-8685"""
    bea, eve = box.person("bea"), box.person("eve", key=EVES)
    follow = bea.activity("Follow", box.uri_of(ana))
    assert (await eve.sends(follow | {"actor": eve.uri})).code == 202  # of one server, under bea's id
    await bea.delivers(follow)
    assert sorted(await followers(ana)) == sorted([bea.handle, eve.handle])


async def test_the_ends_of_strangers_cost_nothing(box):
    """GEN-20: their keys are gone by then, and nobody here knows them."""
    for number in range(50):
        uri = box.village.url(f"/users/gone{number}")
        ended = {"id": f"{uri}#delete", "type": "Delete", "actor": uri, "object": uri, "to": [PUBLIC]}
        headers = {"content-type": "application/activity+json", "signature": f'keyId="{uri}#main-key",signature="eA=="'}
        reply = await box.stranger.call("POST", "/inbox", body=json.dumps(ended).encode(), headers=headers)
        assert reply.code == 202
    assert box.evil.requests == []
    assert (await box.waiting(), await count(box, "arrival_ids")) == (0, 0)


async def test_the_end_of_somebody_known_needs_a_key_and_their_server_is_asked(box, ana):
    bea = box.person()
    await bea.follows(ana)
    box.fediverse.verifier.keys.keys.clear()  # as after a restart
    del box.evil.paths[bea.path]
    assert (await bea.sends(bea.activity("Delete", bea.uri))).code == 401
    assert await followers(ana) == [bea.handle], "nobody is deleted by what a stranger may have sent"
    jobs = await box.app.db.reader.all("SELECT kind FROM jobs WHERE kind = 'RefreshAccount'")
    assert len(jobs) == 1


async def test_a_blocked_server_is_not_heard_now_and_not_later(box, ana):
    bea = box.person()
    assert (await bea.sends(bea.activity("Follow", box.uri_of(ana)))).code == 202
    await block_domain(box.app, "far.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    await box.settle()
    assert (await bea.sends(bea.activity("Follow", box.uri_of(ana)))).code == 401
    assert (await followers(ana), await box.waiting(), await box.aside()) == ([], 0, [])


async def test_unknown_types_are_taken_and_forgotten(box, ana):
    bea = box.person()
    for kind in ("Travel", "Listen", "ChatMessage"):
        assert (await bea.sends(bea.activity(kind, box.uri_of(ana)))).code == 202
    assert await box.waiting() == 0
    assert box.fediverse.inbox.counts["of no known type"] == 3


async def test_what_happens_all_day_does_not_fill_what_an_admin_looks_at(box, ana):
    bea = box.person()
    gone = f"{box.base_url}/@ana/3kaaaaaaaaaaa"
    for activity in (
        bea.activity("Like", gone),
        bea.activity("Announce", gone, to=[PUBLIC]),
        bea.activity("Follow", f"{box.base_url}/@nobody"),
        bea.activity("Undo", bea.activity("Block", f"{box.base_url}/@nobody")),
        bea.activity("QuoteRequest", gone, instrument=f"{bea.uri}/posts/1"),
        bea.activity("Announce", box.village.url("/not-there"), to=[PUBLIC]),
    ):
        await bea.delivers(activity)
    assert (await box.waiting(), await box.aside()) == (0, [])
    assert box.processing.counts.total() == 6


async def test_who_speaks_for_somebody_else_is_set_aside_for_an_admin(box, ana):
    bea, eve = box.person("bea"), box.person("eve", key=EVES)
    await eve.follows(ana)
    for activity in (
        eve.activity("Undo", bea.activity("Follow", box.uri_of(ana))),
        eve.activity("Move", bea.uri, target=eve.uri),
        eve.activity("Update", bea.document()),
        eve.activity("Create", bea.shown(bea.note("not eve's"))),
        eve.activity("Delete", f"{box.base_url}/@ana"),
    ):
        await eve.delivers(activity)
    aside = await box.aside()
    assert len(aside) == 5
    assert all("does not" in one.error and one.host == "far.example" for one in aside)


async def test_a_server_that_cannot_be_asked_now_is_asked_again_later(box, ana):
    bea = box.person()
    await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    box.evil.paths[bea.path] = page("later", code="503 Later")  # its key was fetched before
    await box.settle()
    assert (await box.waiting(), await followers(ana)) == (1, [])
    bea.shows_self()
    box.forgives()
    await due(box)
    await box.settle()
    assert (await box.waiting(), await followers(ana)) == (0, [bea.handle])


async def test_what_could_not_be_fetched_for_days_is_set_aside(box, ana):
    bea = box.person()
    await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    box.evil.paths[bea.path] = page("later", code="503 Later")
    for _ in range(MOST_ATTEMPTS):
        await due(box)
        await box.settle()
    [one] = await box.aside()
    assert f"tried {MOST_ATTEMPTS} times" in one.error


async def test_poison_is_tried_a_few_times_and_holds_up_nobody(box, ana, monkeypatch):
    async def breaks(hands, delivered):
        raise ZeroDivisionError("poison")

    bea, cid = box.person("bea"), box.person("cid")
    monkeypatch.setitem(HANDLERS, Doing.LIKE, breaks)
    await bea.sends(bea.activity("Like", (await ana.publishes())["uri"], tail="poison"))
    await cid.follows(ana)
    await bea.delivers(bea.activity("Follow", box.uri_of(ana)))
    assert sorted(await followers(ana)) == [bea.handle, cid.handle]
    for _ in range(MOST_FAULTS):
        await due(box)
        await box.settle()
    [one] = await box.aside()
    assert "poison" in one.uri and "ZeroDivisionError: poison" in one.error


async def test_a_full_disk_is_said_and_the_same_delivery_is_taken_later(box, ana, monkeypatch):
    async def is_full(deliveries):
        raise StorageFull("no room")

    bea = box.person()
    body = json.dumps(bea.activity("Follow", box.uri_of(ana))).encode()
    with monkeypatch.context() as patch:
        patch.setattr(box.fediverse.journal.batches, "write", is_full)
        reply = await box.stranger.call("POST", "/inbox", body=body, headers=bea.headers(body))
    assert (reply.code, "retry-after" in reply.headers) == (503, True)
    reply = await box.stranger.call("POST", "/inbox", body=body, headers=bea.headers(body, dialect="standard"))
    await box.settle()
    assert (reply.code, await followers(ana)) == (202, [bea.handle])


async def test_one_host_fills_its_share_and_not_that_of_others(box, ana):
    backlog = box.fediverse.journal.backlog
    backlog.room = Room(most=10, most_of_host=3)
    bea = box.person()
    replies = [await bea.sends(bea.activity("Like", f"{box.base_url}/@ana/{number}")) for number in range(5)]
    assert [one.code for one in replies] == [202, 202, 202, 503, 503]
    assert int(replies[-1].headers["retry-after"]) >= 30
    backlog.check("other.example")
    await box.settle()
    assert backlog.count == 0
    assert (await bea.sends(bea.activity("Follow", box.uri_of(ana)))).code == 202


async def test_a_flood_from_one_host_does_not_make_others_wait(box, ana):
    flood, other = box.person("flood"), box.person("other")
    await flood.follows(ana)
    uri = (await ana.publishes())["uri"]
    for number in range(200):
        assert (await flood.sends(flood.activity("Like", uri, tail=f"{number}"))).code == 202
    async with box.app.db.transaction() as tx:
        await tx.run("UPDATE arrivals SET host = 'flood.example'")
    await other.sends(other.activity("Follow", box.uri_of(ana)))
    assert await box.processing.claim() == 65, "64 of the flood, and the other one"
    await asyncio.gather(*box.processing.tasks)
    assert other.handle in await followers(ana)
    await box.settle()
    assert await box.waiting() == 0


async def test_what_was_under_way_when_the_server_died_is_done_at_the_next_start(box, ana):
    box.app.worker = "the server"
    bea = box.person()
    await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    box.processing.take = lambda arrival, document: None  # dies here
    assert await box.processing.claim() == 1
    del box.processing.take
    assert await box.processing.claim() == 0, "it has a lease"
    running = asyncio.create_task(box.processing.run())
    while await box.waiting():
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await followers(ana) == [bea.handle]


async def test_what_was_done_and_not_crossed_out_is_done_again_without_harm(box, ana):
    async def dies(group):
        raise Unavailable("the server died here")

    bea = box.person()
    post = await ana.publishes()
    await bea.sends(bea.activity("Like", post["uri"]))
    await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    write, box.processing.finishing.write = box.processing.finishing.write, dies
    await box.settle()
    assert await box.waiting() == 2
    box.processing.finishing.write = write
    await due(box)
    await box.settle()
    assert (await box.waiting(), await followers(ana)) == (0, [bea.handle])
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["favourites_count"] == 1
    kinds = sorted(one["type"] for one in await ana.calls("GET", "/api/v1/notifications"))
    assert kinds == ["favourite", "follow"]


async def test_many_at_once_are_each_told_apart(box, ana):
    """mastodon#37423"""
    people = [box.person(f"raven{number}", key=EVES if number % 2 else BOBS) for number in range(8)]
    posts = [await ana.publishes(f"post {number}") for number in range(8)]
    sent = [who.sends(who.activity("Like", posts[at]["uri"])) for at, who in enumerate(people) for _ in range(4)]
    assert {reply.code for reply in await asyncio.gather(*sent)} == {202}
    await box.settle()
    for at, who in enumerate(people):
        [liked] = await ana.calls("GET", f"/api/v1/statuses/{posts[at]['id']}/favourited_by")
        assert liked["acct"] == who.handle


async def test_a_host_that_speaks_is_known_to_be_there(box, ana):
    bea = box.person()
    before = now_us()
    await bea.follows(ana)
    host = await find_host(box.app.db.reader, "far.example")
    assert host.last_success_at_us >= before


async def test_a_running_server_does_what_comes_at_once(box, ana):
    running = asyncio.create_task(box.processing.run())
    while not box.processing.is_open:
        await asyncio.sleep(0)
    bea = box.person()
    assert (await bea.sends(bea.activity("Follow", box.uri_of(ana)))).code == 202
    while await box.waiting():
        await asyncio.sleep(0.005)
    assert await followers(ana) == [bea.handle]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_while_local_people_wait_nothing_new_is_begun(box, ana):
    box.processing.is_open, box.processing.is_late = True, lambda: True
    bea = box.person()
    await bea.sends(bea.activity("Follow", box.uri_of(ana)))
    assert not box.processing.tasks
    assert await box.waiting() == 1


async def test_old_ids_and_what_nobody_looked_at_are_forgotten(box, ana):
    bea = box.person()
    await bea.follows(ana)
    await bea.delivers(bea.activity("Undo", box.person("cid").activity("Follow", box.uri_of(ana))))
    assert (await count(box, "arrival_ids"), len(await box.aside())) == (2, 1)
    await box.fediverse.journal.forget_old()
    assert (await count(box, "arrival_ids"), len(await box.aside())) == (2, 1)
    async with box.app.db.transaction() as tx:
        await tx.run("UPDATE arrival_ids SET received_at = 1")
        await tx.run("UPDATE arrivals SET received_at = 1")
    await box.fediverse.journal.forget_old()
    assert (await count(box, "arrival_ids"), len(await box.aside())) == (0, 0)
