"""Quotes across servers, and far people in lists, notifications of followed people, trends and archives of doing."""

from dataclasses import replace

from tests.far import FarPerson, followed_by

from rookery.actions.purge import purge_marks, purge_posts
from rookery.model.ids import now_us
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.model.trends import TrendKind
from rookery.storage import far_posts, hosts
from rookery.timelines.trends import TrendChoice, list_trends


async def shown(world, post_id):
    return await world.stranger_json(f"/api/v1/statuses/{post_id}")


async def test_a_far_quote_of_a_post_of_ours_follows_our_policy(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    free = await ana.publishes("quote me")
    shut = await ana.publishes("do not", quote_approval_policy="nobody")
    first = await bea.publishes("look", quote_of_uri=free["uri"])
    second = await bea.publishes("look", quote_of_uri=shut["uri"], is_consented=True)  # whatever they say
    found = await shown(world, first)
    assert (found["quote"]["state"], found["quote"]["quoted_status"]["id"]) == ("accepted", free["id"])
    found = await shown(world, second)
    assert (found["quote"]["state"], found["quote"]["quoted_status"]) == ("rejected", None)
    assert (await shown(world, free["id"]))["quotes_count"] == 1


async def test_a_quote_between_far_people_needs_a_proof_and_may_come_before_what_it_quotes(world):
    bea = await FarPerson(world).arrives()
    cal = await FarPerson(world, "cal", "third.example").arrives()
    quoted = cal.note("quoted", quote_policy=QuotePolicy.PUBLIC)
    proved = bea.note("proved", quote_of_uri=quoted.uri, is_consented=True)
    proved_id, bare_id = await bea.sends(proved), await bea.publishes("bare", quote_of_uri=quoted.uri)
    assert (await shown(world, proved_id))["quote"] is None
    quoted_id = await cal.sends(quoted)
    assert (await shown(world, proved_id))["quote"]["quoted_status"]["id"] == str(quoted_id)
    assert (await shown(world, bare_id))["quote"]["state"] == "pending"
    assert (await shown(world, quoted_id))["quotes_count"] == 1
    bare = replace(bea.note("bare", quote_of_uri=quoted.uri), uri=f"{bea.uri}/posts/2")
    known = await world.app.db.reader.one("SELECT published_at FROM posts WHERE id = :id", id=bare_id)
    await bea.sends(replace(bare, published_at_us=known[0], is_consented=True))
    assert (await shown(world, bare_id))["quote"]["state"] == "accepted"
    assert (await shown(world, quoted_id))["quotes_count"] == 2


async def test_a_far_person_is_in_a_list_and_whoever_asked_hears_of_every_post(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/follow", json_body={"notify": True})
    await bea.accepts(ana)
    made = await ana.calls("POST", "/api/v1/lists", json_body={"title": "elsewhere"})
    await ana.calls("POST", f"/api/v1/lists/{made['id']}/accounts", json_body={"account_ids": [str(bea.id)]})
    post_id = await bea.publishes("news")
    await world.settle()
    found = await ana.calls("GET", f"/api/v1/timelines/list/{made['id']}")
    assert [one["id"] for one in found] == [str(post_id)]
    told = await ana.calls("GET", "/api/v1/notifications")
    assert [(one["type"], one["status"]["id"]) for one in told] == [("status", str(post_id))]


async def test_a_far_message_is_a_conversation(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    post_id = await bea.publishes("@ana psst", mentions=[ana], audience=Audience.MENTIONED)
    await world.settle()
    (talk,) = await ana.calls("GET", "/api/v1/conversations")
    assert (talk["last_status"]["id"], talk["unread"]) == (str(post_id), True)
    assert [one["acct"] for one in talk["accounts"]] == ["bea@far.example"]


async def test_a_message_that_came_before_the_one_it_answers_joins_its_conversation(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    first = bea.note("@ana one", mentions=[ana], audience=Audience.MENTIONED)
    second = bea.note("@ana two", mentions=[ana], audience=Audience.MENTIONED, reply_to_uri=first.uri)
    second_id = await bea.sends(second)
    await world.settle()
    first_id = await bea.sends(first)
    await world.settle()
    assert len(await ana.calls("GET", "/api/v1/conversations")) == 1
    context = await ana.calls("GET", f"/api/v1/statuses/{second_id}/context")
    assert [one["id"] for one in context["ancestors"]] == [str(first_id)]


async def test_what_a_deleted_far_account_wrote_and_did_goes_with_it(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    post = await ana.publishes("ours")
    await bea.likes(post["uri"])
    note = bea.note("theirs")
    post_id = await bea.sends(note)
    await bea.deletes(bea.uri)
    await purge_posts(world.app, bea.id)
    await purge_marks(world.app, bea.id)
    await world.settle()
    assert (await world.stranger.get(f"/api/v1/statuses/{post_id}")).code == 404
    assert (await shown(world, post["id"]))["favourites_count"] == 0
    assert await ana.home() == [await ana.calls("GET", f"/api/v1/statuses/{post['id']}")]
    assert await far_posts.is_deleted(world.app.db.reader, note.uri)


async def test_a_host_remembers_how_it_was_reached(world):
    async with world.app.db.transaction() as tx:
        await hosts.note_failure(tx, "far.example", 10)
        await hosts.note_failure(tx, "far.example", 20)
    found = await hosts.find_host(world.app.db.reader, "far.example")
    assert (found.failing_since_us, found.last_failure_at_us, found.failure_count) == (10, 20, 2)
    async with world.app.db.transaction() as tx:
        await hosts.note_success(tx, "far.example", now_us())
    found = await hosts.find_host(world.app.db.reader, "far.example")
    assert (found.failing_since_us, found.failure_count) == (None, 0)


async def test_what_far_people_of_several_servers_write_trends_with_those_here(world):
    (ana,) = await world.people("ana")
    await ana.publishes("so many #rooks")
    for name, domain in (("bea", "far.example"), ("cal", "third.example"), ("dot", "fourth.example")):
        person = await FarPerson(world, name, domain).arrives(follower_count=9)
        await person.publishes("so many #rooks")
    await world.settle()
    chosen = TrendChoice(0, limit=40)
    found = await list_trends(world.app.db.reader, TrendKind.TAG, world.app.settings, chosen)
    assert [trend.name for trend in found] == ["rooks"]
