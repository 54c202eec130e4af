"""Attacks that come as deliveries: each signed as it should be, by somebody who may not do what it says.

Ids are those of attacks.tsv.
"""

import asyncio
import time

import pytest
from tests.activitypub.far import EVES
from tests.activitypub.postbox import PUBLIC, box

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity

__all__ = ["box"]
POST = "SELECT text, audience, author_id FROM posts WHERE uri = :uri"


@pytest.fixture
async def ana(world):
    return await world.person("ana")


@pytest.fixture
async def bea(box, ana):
    """Somebody whom ana follows."""
    bea = box.person("bea")
    await bea.followed_by(ana)
    return bea


@pytest.fixture
async def eve(box, ana):
    """Somebody on another server, whom ana follows too."""
    eve = box.person("eve", key=EVES, host="evil.example")
    await eve.followed_by(ana)
    return eve


async def rows(box, sql: str, **more) -> list:
    return [tuple(row) for row in await box.app.db.reader.all(sql, **more)]


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"to": [PUBLIC]}, id="CVE-2024-37903 / GHSA-xjvf-fm67-4qc3"),
        pytest.param({"attributedTo": "eve"}, id="mastodon#39916"),
        pytest.param({"content": "taken"}, id="CVE-2026-73090 / GHSA-g9p4-f7h8-hc86"),
        pytest.param({"id": "eve"}, id="GHSA-5prv-r7jg-vrf7"),
    ],
)
async def test_a_post_is_its_authors_alone(box, ana, bea, eve, kind, change):
    letter = bea.creates("for friends", to=[f"{bea.uri}/followers"], cc=[])
    await bea.delivers(letter)
    before = await rows(box, POST, uri=letter["object"]["id"])
    change = {name: eve.uri if value == "eve" else value for name, value in change.items()}
    await eve.delivers(eve.activity(kind, letter["object"] | change))
    assert await rows(box, POST, uri=letter["object"]["id"]) == before
    assert await rows(box, "SELECT count(*) FROM posts") == [(1,)]


async def test_what_others_wrote_is_not_deleted(box, ana, bea, eve):
    """Hollo 0.8.5 (a)"""
    neighbour = box.person("neighbour", key=EVES)
    await neighbour.followed_by(ana)
    created = bea.creates("stays")
    await bea.delivers(created)
    for somebody in (eve, neighbour):
        await somebody.delivers(somebody.activity("Delete", created["object"]["id"]))
        await somebody.delivers(somebody.activity("Delete", bea.uri))
    assert [one["content"] for one in await ana.home()] == ["<p>stays</p>"]


async def test_what_is_ours_is_never_written_from_elsewhere(box, ana, bea):
    """lemmy#4611"""
    post = await ana.publishes("mine")
    note = bea.shown(bea.note("not mine")) | {"id": post["uri"], "attributedTo": box.uri_of(ana)}
    for kind in ("Create", "Update"):
        await bea.delivers(bea.activity(kind, note))
    await bea.delivers(bea.activity("Update", bea.document() | {"id": box.uri_of(ana)}))
    await bea.delivers(bea.activity("Delete", post["uri"]))
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["content"] == "<p>mine</p>"


async def test_what_was_deleted_does_not_come_back(box, ana, bea):
    """mastodon#9830: delivered again under another id, announced, answered."""
    created = bea.creates("regretted")
    uri = created["object"]["id"]
    await bea.delivers(created)
    await bea.delivers(bea.activity("Delete", uri))
    await bea.delivers(bea.activity("Create", created["object"]))
    await bea.delivers(bea.activity("Update", created["object"]))
    await bea.delivers(bea.activity("Announce", uri, to=[PUBLIC]))
    assert await rows(box, "SELECT count(*) FROM posts WHERE uri = :uri", uri=uri) == [(0,)]
    assert await ana.home() == []


async def test_what_nobody_asked_for_leaves_no_row(box, ana):
    """mastodon#39892"""
    stranger = box.person("stranger")
    await stranger.delivers(stranger.creates("buy feathers"))
    await stranger.delivers(stranger.activity("Announce", stranger.note("buy"), to=[PUBLIC]))
    await stranger.delivers(stranger.activity("Like", stranger.note("more")))
    assert await rows(box, "SELECT id FROM posts") == []
    assert await rows(box, "SELECT id FROM accounts WHERE domain <> ''") == []


async def test_people_of_a_blocked_server_leave_no_row_and_are_not_fetched(box, ana):
    """mastodon#11219"""
    await block_domain(box.app, "evil.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    for number in range(20):
        somebody = box.person(f"troll{number}", key=EVES, host="evil.example")
        assert (await somebody.sends(somebody.activity("Follow", box.uri_of(ana)))).code == 401
    assert box.evil.requests == []
    assert (await rows(box, "SELECT id FROM accounts WHERE domain <> ''"), await box.waiting()) == ([], 0)


async def test_many_ends_at_once_stand_in_nobodys_way(box, ana):
    """mastodon#9292"""
    people = [box.person(f"leaver{number}") for number in range(20)]
    for one in people:
        await one.follows(ana)
    sent = [one.sends(one.activity("Delete", one.uri)) for one in people]
    assert {reply.code for reply in await asyncio.gather(*sent)} == {202}
    await box.settle()
    assert (await box.waiting(), await box.aside()) == (0, [])
    assert await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers") == []


async def test_an_update_changes_neither_kind_nor_id(box, ana, bea):
    """GEN-17"""
    created = bea.creates("a note")
    uri = created["object"]["id"]
    await bea.delivers(created)
    await bea.delivers(bea.activity("Update", bea.document() | {"id": uri}))
    await bea.delivers(bea.activity("Update", created["object"] | {"id": bea.uri}))
    assert await rows(box, "SELECT count(*) FROM posts WHERE uri = :uri", uri=uri) == [(1,)]
    assert await rows(box, "SELECT count(*) FROM accounts WHERE uri = :uri", uri=uri) == [(0,)]
    assert await rows(box, "SELECT count(*) FROM posts WHERE uri = :uri", uri=bea.uri) == [(0,)]


async def test_votes_twice_late_and_of_strangers_do_not_count(box, ana, bea):
    """GEN-60"""
    poll = {"options": ["yes", "no"], "expires_in": 3600}
    words = {"status": "among us", "poll": poll}
    shown = await ana.calls("POST", "/api/v1/statuses", json_body=words)
    hidden = await ana.calls("POST", "/api/v1/statuses", json_body=words | {"visibility": "private"})

    async def votes(post, choice, tail):
        vote = {"id": f"{bea.uri}/votes/{tail}", "type": "Note", "attributedTo": bea.uri, "name": choice}
        await bea.delivers(bea.activity("Create", vote | {"inReplyTo": post["uri"], "to": [box.uri_of(ana)]}))
        counted = await ana.calls("GET", f"/api/v1/polls/{post['poll']['id']}")
        return [one["votes_count"] for one in counted["options"]]

    assert await votes(hidden, "yes", 1) == [0, 0], "a follower is asked, and she is none"
    assert await votes(shown, "yes", 2) == [1, 0]
    assert await votes(shown, "no", 3) == [1, 0], "one choice"
    assert await votes(shown, "maybe", 4) == [1, 0]
    async with box.app.db.transaction() as tx:
        await tx.run("DELETE FROM votes")
        await tx.run("UPDATE polls SET expires_at = 1, closed_at = 1")
    assert await votes(shown, "no", 5) == [1, 0], "it is over"


@pytest.mark.parametrize("skew_s", [-3000, 3000])
async def test_a_clock_that_is_off_by_less_than_an_hour_is_borne(box, ana, skew_s):
    """GEN-08"""
    cid = box.person("cid")
    follow = cid.activity("Follow", box.uri_of(ana))
    assert (await cid.sends(follow, at=int(time.time()) + skew_s)).code == 202
    far_off = await cid.sends(follow | {"id": follow["id"] + "x"}, at=int(time.time()) + 30 * skew_s)
    assert (far_off.code, "is the clock right?" in far_off.json["error"]) == (401, True)


async def test_quotation_marks_in_an_address_are_only_quotation_marks(box, ana):
    """CVE-2026-73211 / GHSA-pqr4-34h8-g39x"""
    wild = "'; DROP TABLE accounts; --"
    cid = box.person("cid")
    cid.shows_self(name=wild, inbox=f"{cid.uri}/inbox?{wild.replace(' ', '+')}")
    await cid.follows(ana)
    await cid.delivers(cid.activity("Like", (await ana.publishes())["uri"], tail="'--"))
    [one] = await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers")
    assert one["display_name"] == wild


async def test_a_yes_counts_only_from_who_was_asked(box, ana, eve):
    """mastodon#8864, CVE-2025-30741"""
    bea = box.person("bea")
    account = await box.fediverse.remote.get_account(bea.uri)
    await ana.calls("POST", f"/api/v1/accounts/{account.id}/follow")
    asked = {"type": "Follow", "actor": box.uri_of(ana), "object": bea.uri}
    await eve.delivers(eve.activity("Accept", asked))
    await eve.delivers(eve.activity("Accept", f"{box.uri_of(ana)}#follows/1"))
    [relation] = await ana.calls("GET", f"/api/v1/accounts/relationships?id[]={account.id}")
    assert (relation["following"], relation["requested"]) == (False, True)


async def test_nobody_repeats_or_forwards_in_the_name_of_others(box, ana, bea, eve):
    """GoToSocial v0.13.3 (#2639): what comes along of somebody else is fetched from its own server."""
    uri = bea.note("as bea wrote it")
    forged = bea.shown(uri) | {"content": "as eve would have it"}
    await eve.delivers(eve.activity("Announce", forged, to=[PUBLIC]))
    [post] = await ana.home()
    assert post["content"] in ("<p>as bea wrote it</p>", "")
    [(text, _, _)] = await rows(box, POST, uri=uri)
    assert text == "as bea wrote it"
