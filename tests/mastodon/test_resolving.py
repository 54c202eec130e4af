"""Apps find people and posts of other servers: by search, by reading on, by mentioning."""

import asyncio
from urllib.parse import quote

import pytest
from tests.activitypub.village import Village, remote_for, settle_visits
from tests.evilhost import evil, page, redirect

from rookery.actions.resolving import meet_mentioned
from rookery.model.text import parse_facets
from rookery.storage.accounts import find_account_by_name

__all__ = ["evil"]


@pytest.fixture
def village(evil):
    return Village(evil)


@pytest.fixture
async def remote(world):
    built = remote_for(world.app)
    world.app.resolver = built
    yield built
    await built.close()


async def finds(person, text, more="&resolve=true", path="/api/v2/search"):
    return await person.calls("GET", f"{path}?q={quote(text, safe='')}{more}")


async def test_somebody_types_a_handle_and_follows(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    note = bea.note("my first words")
    village.collection("/users/bea/outbox", [[note]], total=12)
    found = await finds(ana, f"@{bea.handle}")
    assert [one["acct"] for one in found["accounts"]] == [bea.handle]
    account_id = found["accounts"][0]["id"]
    relation = await ana.calls("POST", f"/api/v1/accounts/{account_id}/follow")
    assert relation["requested"] or relation["following"]
    await settle_visits(world, remote)
    account = await ana.calls("GET", f"/api/v1/accounts/{account_id}")
    assert account["statuses_count"] == 12
    [status] = await ana.calls("GET", f"/api/v1/accounts/{account_id}/statuses")
    assert "my first words" in status["content"]


@pytest.mark.parametrize("shape", ["@{0}", "{0}", "acct:{0}", " @{0} "])
async def test_a_handle_may_be_written_in_many_ways(world, remote, village, shape):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    found = await finds(ana, shape.format(bea.handle))
    assert [one["acct"] for one in found["accounts"]] == [bea.handle]


async def test_an_address_leads_to_its_post_and_to_its_person(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    uri = bea.note("look at this")
    village.evil.paths["/@bea"] = redirect(bea.uri)
    village.evil.paths["/@bea/1"] = redirect(uri)
    [status] = (await finds(ana, village.url("/@bea/1")))["statuses"]
    assert status["uri"] == uri
    assert [one["acct"] for one in (await finds(ana, village.url("/@bea")))["accounts"]] == [bea.handle]
    assert [one["uri"] for one in (await finds(ana, uri, ""))["statuses"]] == [uri], "now it is known without asking"


async def test_only_who_asks_for_it_and_is_signed_in_makes_us_ask_others(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    assert (await finds(ana, f"@{bea.handle}", ""))["accounts"] == []
    reply = await world.stranger.get(f"/api/v2/search?q={quote(bea.handle)}&resolve=true")
    assert reply.code == 401
    lookup = await world.stranger.get(f"/api/v1/accounts/lookup?acct={quote(bea.handle)}")
    assert lookup.code == 404
    assert village.evil.requests == []


async def test_account_search_finds_far_people_first(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    found = await finds(ana, bea.handle, path="/api/v1/accounts/search")
    assert [one["acct"] for one in found] == [bea.handle]
    await finds(ana, "some words", path="/api/v1/accounts/search")
    assert village.asked("/.well-known/webfinger") == 2


async def test_a_far_post_for_followers_is_not_shown_to_who_found_it(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    uri = bea.note("for friends", to=[f"{bea.uri}/followers"], cc=[])
    assert (await finds(ana, uri))["statuses"] == []


async def test_a_dead_server_leaves_the_search_empty_and_whole(world, village):
    async def nowhere(host, port):
        raise OSError("no such name")

    [ana] = await world.people("ana")
    remote = world.app.resolver = remote_for(world.app, nowhere)
    found = await finds(ana, "@zoe@dead.example")
    assert found == {"accounts": [], "statuses": [], "hashtags": []}
    await remote.close()


async def test_a_mentioned_stranger_of_another_server_is_met_before_the_post_is_published(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    status = await ana.publishes(f"hello @{bea.handle} and @nobody@{village.domain}")
    assert [one["acct"] for one in status["mentions"]] == [bea.handle]
    assert f"@nobody@{village.domain}" in status["content"], "who cannot be found stays plain text"


async def test_who_is_mentioned_in_an_edit_is_met_too(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    status = await ana.publishes("hello")
    edited = await ana.calls("PUT", f"/api/v1/statuses/{status['id']}", json_body={"status": f"hello @{bea.handle}"})
    assert [one["acct"] for one in edited["mentions"]] == [bea.handle]


async def test_a_silent_server_holds_up_no_post(world, remote, village, evil):
    """The far server takes the question and never answers; the post goes out when the time for it is over."""
    text = f"hello @bea@{village.domain}"
    asked = asyncio.Event()

    async def silence(reader, writer):
        asked.set()
        await reader.read()

    evil.paths["/.well-known/webfinger"] = silence
    meeting = asyncio.create_task(meet_mentioned(world.app, parse_facets(text), wait_s=0.2))
    await asked.wait()
    await meeting
    assert await find_account_by_name(world.app.db.reader, "bea", village.domain) is None


async def test_only_a_few_of_many_handles_are_asked_for(world, remote, village):
    [ana] = await world.people("ana")
    await ana.publishes(" ".join(f"@p{n}@{village.domain}" for n in range(25)))
    assert village.asked("/.well-known/webfinger") == 10


async def test_a_whole_far_thread_appears_when_somebody_reads_it(world, remote, village):
    [ana] = await world.people("ana")
    bea, cem = village.person("bea"), village.person("cem")
    root = bea.note("root", tail="root", replies=village.url("/r"))
    first = cem.note("first", inReplyTo=root)
    second = bea.note("second", inReplyTo=first)
    village.collection("/r", [[first, second]])
    [status] = (await finds(ana, first))["statuses"]
    reply = await ana.client.get(f"/api/v1/statuses/{status['id']}/context")
    waits = reply.headers["mastodon-async-refresh"]
    refresh_id = waits.split('"')[1]
    assert waits == f'id="{refresh_id}", retry=3, result_count=0'
    state = await ana.calls("GET", f"/api/v1_alpha/async_refreshes/{refresh_id}")
    assert state["async_refresh"] == {"id": refresh_id, "status": "running", "result_count": 0}
    await settle_visits(world, remote)
    state = await ana.calls("GET", f"/api/v1_alpha/async_refreshes/{refresh_id}")
    assert state["async_refresh"]["status"] == "finished"
    reply = await ana.client.get(f"/api/v1/statuses/{status['id']}/context")
    assert "mastodon-async-refresh" not in reply.headers
    assert ["root" in one["content"] for one in reply.json["ancestors"]] == [True]
    assert ["second" in one["content"] for one in reply.json["descendants"]] == [True]


async def test_strangers_make_us_ask_nobody(world, remote, village):
    [ana] = await world.people("ana")
    bea = village.person("bea")
    [status] = (await finds(ana, bea.note("hello")))["statuses"]
    async with world.app.db.transaction() as tx:
        await tx.run("DELETE FROM far_visits")
        await tx.run("DELETE FROM jobs")
    remote.lately.done.clear()
    await world.stranger.get(f"/api/v1/statuses/{status['id']}/context")
    await world.stranger.get(f"/api/v1/accounts/{status['account']['id']}")
    [[count]] = await world.app.db.reader.all("SELECT count(*) FROM jobs WHERE state = 'waiting'")
    assert count == 0
    await ana.calls("GET", f"/api/v1/accounts/{status['account']['id']}")
    [[count]] = await world.app.db.reader.all("SELECT count(*) FROM jobs WHERE state = 'waiting'")
    assert count == 1


async def test_a_server_that_answers_nonsense_finds_nobody(world, remote, village):
    [ana] = await world.people("ana")
    for nonsense in (b"[]", b"{", b'{"links": 7}', b'{"links": [{"rel": "self"}]}', b"\xff" * 100):
        village.evil.paths["/.well-known/webfinger"] = page(nonsense, "application/jrd+json")
        remote.fetcher.clock.now += 7200
        assert (await finds(ana, f"@bea@{village.domain}"))["accounts"] == []
