"""What a server that asks, or that we hear from, learns and makes us show. Ids are those of attacks.tsv."""

from urllib.parse import quote

import pytest
from tests.activitypub.far import EVES
from tests.activitypub.inboxes import inboxes, post
from tests.activitypub.postbox import PUBLIC, Postbox, box
from tests.far import FarPerson, followed_by

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.governing import change_role
from rookery.actions.jobs import run_due_jobs
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.ids import short_id
from rookery.model.members import Role
from rookery.model.posts import Audience

__all__ = ["box", "inboxes", "post"]
NO_SUCH_ID = "1838347471899826788"
STREAMS = {"accept": "application/activity+json"}


@pytest.fixture
async def ana(world):
    return await world.person("ana")


async def test_an_activity_names_what_it_is_about_and_shows_nothing_of_it(world, ana):
    """Akkoma 2025.12 (b)"""
    bea = await FarPerson(world, "bea").arrives()
    far = await bea.publishes("bea's own words")
    shown = await ana.calls("POST", f"/api/v1/statuses/{far}/reblog")
    hidden = await ana.publishes("for friends", visibility="private")
    repeated = await ana.calls("POST", f"/api/v1/statuses/{hidden['id']}/reblog")
    reply = await world.stranger.get(f"/@ana/{short_id(int(shown['id']))}/activity", headers=STREAMS)
    assert (reply.code, reply.json["type"], reply.json["object"]) == (200, "Announce", f"{bea.uri}/posts/1")
    for one in (hidden, repeated):
        reply = await world.stranger.get(f"/@ana/{short_id(int(one['id']))}/activity", headers=STREAMS)
        assert (reply.code, b"friends" in reply.body) == (404, False)


async def test_a_letter_that_comes_late_stays_a_letter(world, box, ana):
    """Akkoma 2025.01"""
    eve, bea = await world.person("eve"), box.person("bea")
    await bea.followed_by(ana)
    letter = bea.creates("psst", to=[box.uri_of(ana)], cc=[], published="2019-01-01T00:00:00Z")
    await bea.delivers(letter)
    wider = {"to": [PUBLIC], "cc": [f"{bea.uri}/followers"]}
    await bea.delivers(bea.activity("Update", letter["object"] | wider | {"updated": "2019-02-01T00:00:00Z"}))
    await bea.delivers(bea.activity("Announce", letter["object"]["id"], to=[PUBLIC]))
    [row] = await box.app.db.reader.all("SELECT id, audience FROM posts")
    assert row[1] == Audience.MENTIONED
    assert (await eve.client.get(f"/api/v1/statuses/{row[0]}")).code == 404
    assert await eve.calls("GET", "/api/v1/timelines/public") == []


async def test_who_speaks_well_for_a_blocked_server_makes_us_ask_and_show_nothing(box, ana):
    """gotosocial#593: in an answer, a quote, a mention, a repost, among the pinned, and as a new home."""
    bea, troll = box.person("bea"), box.person("troll", key=EVES, host="evil.example")
    await bea.followed_by(ana)
    aim = troll.note("filth")
    troll.shows_self(alsoKnownAs=[bea.uri])
    await block_domain(box.app, "evil.example", DomainWishes(Severity.SUSPEND), by=OPERATOR)
    box.evil.requests.clear()
    tag = [{"type": "Mention", "href": troll.uri, "name": f"@{troll.handle}"}]
    await bea.delivers(bea.creates("hello", inReplyTo=aim, quote=aim, quoteAuthorization=f"{troll.uri}/1", tag=tag))
    await bea.delivers(bea.activity("Announce", aim, to=[PUBLIC]))
    await bea.delivers(bea.activity("Add", aim, target=f"{bea.uri}/featured"))
    await bea.delivers(bea.activity("Move", bea.uri, target=troll.uri))
    handlers = box.fediverse.handlers()
    while await run_due_jobs(box.app, handlers):
        pass
    assert [head["host"] for _, head, _ in box.evil.requests if head["host"].startswith("evil")] == []
    [(post_id,)] = await box.app.db.reader.all("SELECT id FROM posts")
    shown = await ana.calls("GET", f"/api/v1/statuses/{post_id}")
    assert (shown["mentions"], shown["quote"]) == ([], None)
    assert await box.app.db.reader.all("SELECT 1 FROM accounts WHERE uri = :uri", uri=troll.uri) == []
    assert await box.app.db.reader.all("SELECT 1 FROM jobs WHERE kind = 'MoveFollowers'") == []


async def test_a_hidden_post_from_elsewhere_answers_like_none(pages):
    """CVE-2023-43796 / GHSA-mp92-3jfm-3575: what is kept of others tells nobody that it is here."""
    world = pages.world
    fay, eve = await world.people("fay", "eve")
    bea = await FarPerson(world, "bea").arrives()
    await followed_by(bea, fay)
    note = bea.note("psst", audience=Audience.FOLLOWERS)
    hidden = await bea.sends(note)
    assert (await fay.client.get(f"/api/v1/statuses/{hidden}")).code == 200
    for client in (eve.client, world.stranger):
        for path in ("/api/v1/statuses/{}", "/api/v1/statuses/{}/context", "/api/v1/statuses/{}/source"):
            here, none = await client.get(path.format(hidden)), await client.get(path.format(NO_SUCH_ID))
            assert (here.code, here.body) == (none.code, none.body)
    for name in (note.uri, note.url):
        found = await eve.calls("GET", f"/api/v2/search?q={quote(name, safe='')}&resolve=true")
        assert found["statuses"] == []


async def test_addresses_that_cannot_be_opened_stop_no_delivery_to_others(world, post, inboxes, ana):
    """CVE-2025-61672 / GHSA-fh66-fcv5-jjfr"""
    bad = (
        "ftp://bad.example/inbox",
        "http://[::1",
        "https://bad.example:99999/",
        "https://a@bad.example/",
        "//x",
        "é ",
    )
    for number, url in enumerate(bad):
        broken = await FarPerson(world, f"broken{number}", domain=f"bad{number}.example").arrives(
            inbox_url=url, shared_inbox_url=url
        )
        await broken.follows(ana)
    fan = await post.person("fan", "fan.example")
    await fan.follows(ana)
    await post.settle()
    inboxes.got.clear()
    await ana.publishes("hello")
    await post.settle()
    assert inboxes.kinds("fan.example") == ["Create"]
    assert await post.waiting() == {}


async def test_what_a_server_calls_itself_is_only_words_on_a_page_of_staff(pages, evil):
    """GEN-70"""
    olga = await pages.member("olga")
    account = await pages.world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'olga'")
    await change_role(pages.world.app, account[0], Role.ADMIN, by=OPERATOR)
    wild = Postbox(pages.world, evil)
    eve = wild.person("eve", key=EVES)
    bad = "<script>alert(1)</script>"
    await eve.delivers(eve.activity("Follow", f"{wild.base_url}/@olga"))
    await eve.delivers(eve.activity("Delete", f"https://elsewhere.example/{bad}", tail=bad))
    await wild.fediverse.remote.close()
    assert "elsewhere.example" in (await wild.aside())[0].error
    await olga.opens("/admin/arrivals")
    assert "elsewhere.example" in olga.text()
    assert bad not in olga.page
