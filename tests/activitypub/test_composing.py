"""What people do, as other servers are told of it, and who is told."""

from dataclasses import replace

from rookery.actions.departures import begin_departure, end_departures
from rookery.actions.moves import carry_out_move
from rookery.actions.receiving_quotes import receive_quote_request
from rookery.model.ids import short_id
from rookery.model.incoming import IncomingOption, IncomingPoll
from rookery.model.quotes import QuotePolicy
from rookery.storage.members import find_member

SECONDS_LATER = "UPDATE last_told SET told_at = told_at - 1000000 * :seconds, again_at = 0"


async def later(world, seconds):
    async with world.app.db.transaction() as tx:
        await tx.run(SECONDS_LATER, seconds=seconds)


async def test_a_repost_and_its_end_reach_followers_and_the_author(world, post, inboxes, ana):
    fan, eve = await post.person("fan", "fan.example"), await post.person("eve", "eve.example")
    await fan.follows(ana)
    note = await eve.publishes("look")
    await post.settle()
    inboxes.got.clear()
    await ana.calls("POST", f"/api/v1/statuses/{note}/reblog")
    await post.settle()
    assert inboxes.hosts("Announce") == {"fan.example", "eve.example"}
    said = inboxes.taken()[0]
    assert said["object"] == f"{eve.uri}/posts/1"
    await ana.calls("POST", f"/api/v1/statuses/{note}/unreblog")
    await post.settle()
    assert inboxes.hosts("Undo") == {"fan.example", "eve.example"}
    assert inboxes.taken()[-1]["object"]["id"] == said["id"]
    assert inboxes.taken()[-1]["object"]["object"] == said["object"]


async def test_a_pin_is_told_to_followers_unless_the_post_is_hidden(world, post, inboxes, ana):
    await (await post.person("fan")).follows(ana)
    said, hidden = await ana.publishes("look"), await ana.publishes("psst", visibility="private")
    await post.settle()
    inboxes.got.clear()
    for one in (said, hidden):
        await ana.calls("POST", f"/api/v1/statuses/{one['id']}/pin")
    await post.settle()
    await ana.calls("POST", f"/api/v1/statuses/{said['id']}/unpin")
    await post.settle()
    assert inboxes.kinds() == ["Add", "Remove"]
    assert {one["object"] for one in inboxes.taken()} == {said["uri"]}


async def test_a_vote_goes_to_the_author_of_the_poll_alone(world, post, inboxes, ana):
    await (await post.person("fan", "fan.example")).follows(ana)
    eve = await post.person("eve", "eve.example")
    poll = IncomingPoll((IncomingOption("red", 0), IncomingOption("blue", 0)), is_multiple=True)
    question = await eve.publishes("which?", poll=poll)
    await post.settle()
    inboxes.got.clear()
    await ana.calls("POST", f"/api/v1/polls/{question}/votes", json_body={"choices": [0, 1]})
    await post.settle()
    assert {host for host, _, _ in inboxes.got} == {"eve.example"}
    assert [one["object"]["name"] for one in inboxes.taken()] == ["red", "blue"]
    assert {one["object"]["inReplyTo"] for one in inboxes.taken()} == {f"{eve.uri}/posts/1"}


async def test_counts_of_a_poll_are_told_now_and_then_and_at_its_end(world, post, inboxes, ana):
    await (await post.person("fan")).follows(ana)
    asked = await ana.publishes("which?", poll={"options": ["a", "b"], "expires_in": 600})
    await post.settle()
    inboxes.got.clear()
    for name in ("bob", "cora", "dave"):
        person = await world.person(name)
        await person.calls("POST", f"/api/v1/polls/{asked['poll']['id']}/votes", json_body={"choices": [1]})
        await post.settle()
    assert inboxes.kinds() == ["Update"]
    assert inboxes.taken()[0]["object"]["votersCount"] == 1
    await later(world, 200)
    await post.settle()
    assert [one["object"]["votersCount"] for one in inboxes.taken()] == [1]
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE jobs SET state = 'waiting', attempt_count = 0 WHERE body LIKE '%PollVoted%'")
    await post.settle()
    assert [one["object"]["votersCount"] for one in inboxes.taken()] == [1, 3]


async def test_a_profile_is_told_when_it_shows_something_new_and_not_too_often(world, post, inboxes, ana):
    await (await post.person("fan")).follows(ana)
    await post.settle()
    inboxes.got.clear()
    for name in ("Ana", "Ana B", "Ana C"):
        await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": name})
        await post.settle()
    assert [one["object"]["name"] for one in inboxes.taken()] == ["Ana"]
    await later(world, 30)
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana D"})
    await post.settle()
    assert [one["object"]["name"] for one in inboxes.taken()] == ["Ana", "Ana D"]
    await later(world, 30)
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana D"})
    await post.settle()
    assert len(inboxes.taken()) == 2


async def test_who_leaves_for_good_is_gone_from_every_server_that_we_know(world, post, inboxes, ana):
    fan = await post.person("fan", "fan.example")
    await post.person("eve", "eve.example")
    await fan.follows(ana)
    await ana.publishes("hello")
    await post.settle()
    inboxes.got.clear()
    world.app.settings = replace(world.app.settings, signing=replace(world.app.settings.signing, leave_days=0))
    await begin_departure(world.app, await find_member(world.app.db.reader, ana.id))
    await end_departures(world.app)
    await post.settle()
    gone = [(host, one) for host, _, one in inboxes.got if one["type"] == "Delete"]
    assert {host for host, _ in gone} == {"fan.example", "eve.example"}
    assert all(one["object"] == one["actor"] for _, one in gone)
    assert set(inboxes.kinds()) == {"Delete"}


async def test_a_report_is_sent_on_by_the_server_where_its_reporter_wants_that(world, post, inboxes, ana):
    eve = await post.person("eve")
    note = await eve.publishes("bad words")
    for forward in (False, True):
        body = {"account_id": str(eve.id), "status_ids": [str(note)], "comment": "rude", "forward": forward}
        await ana.calls("POST", "/api/v1/reports", json_body=body)
        await post.settle()
    assert inboxes.kinds() == ["Flag"]
    [said] = inboxes.taken()
    assert said["actor"] == f"{world.app.settings.base_url}/actor"
    assert said["object"] == [eve.uri, f"{eve.uri}/posts/1"]
    assert "ana" not in str(said)


async def test_an_answer_to_a_hidden_post_names_it_to_those_who_know_it(world, post, inboxes, ana):
    eve, fan = await post.person("eve", "eve.example"), await post.person("fan", "fan.example")
    await fan.follows(ana)
    asked = await ana.publishes(f"@{eve.handle} psst", visibility="direct")
    quiet = await ana.publishes(f"@{eve.handle} and?", visibility="direct", in_reply_to_id=asked["id"])
    loud = await ana.publishes("and everybody", visibility="public", in_reply_to_id=asked["id"])
    await post.settle()
    notes = {one["object"]["id"]: one["object"] for one in inboxes.taken() if one["type"] == "Create"}
    assert notes[quiet["uri"]]["inReplyTo"] == asked["uri"]
    assert notes[loud["uri"]]["inReplyTo"] is None
    [tag] = notes[quiet["uri"]]["tag"]
    assert tag["name"] == f"@{eve.handle}"


async def test_our_people_are_named_by_the_domain_of_their_handles(world, post, inboxes, ana):
    await world.person("bob")
    await (await post.person("fan")).follows(ana)
    await ana.publishes("hello @bob")
    await post.settle()
    [tag] = inboxes.taken()[-1]["object"]["tag"]
    assert tag["name"] == f"@bob@{world.app.settings.server.domain}"


async def test_nothing_is_planned_where_nobody_elsewhere_is_concerned(world, post, ana):
    bob = await world.person("bob")
    await post.person("eve")
    await bob.follows(ana)
    said = await ana.publishes("hello @bob")
    await bob.calls("POST", f"/api/v1/statuses/{said['id']}/favourite")
    await bob.calls("POST", f"/api/v1/statuses/{said['id']}/reblog")
    await ana.calls("DELETE", f"/api/v1/statuses/{said['id']}")
    rows = await world.app.db.reader.all("SELECT count(*) FROM jobs WHERE kind LIKE 'Deliver:%'")
    assert rows[0][0] == 0


async def test_who_moves_away_tells_the_followers(world, post, inboxes, ana):
    fan, new = await post.person("fan", "fan.example"), await post.person("new", "new.example")
    await fan.follows(ana)
    await new.arrives(also_known_as=(f"{world.app.settings.base_url}/@ana",))
    await post.settle()
    inboxes.got.clear()
    await carry_out_move(world.app, ana.id, new.id)
    await post.settle()
    [said] = [one for host, _, one in inboxes.got if (host, one["type"]) == ("fan.example", "Move")]
    me = f"{world.app.settings.base_url}/@ana"
    assert (said["actor"], said["object"], said["target"]) == (me, me, new.uri)
    assert [one["object"]["movedTo"] for one in inboxes.taken() if one["type"] == "Update"] == [new.uri]


async def test_a_far_author_is_asked_before_a_quote_and_reads_it_when_it_is_for_them(world, post, inboxes, ana):
    eve = await post.person("eve", "eve.example")
    there = await eve.publishes("quote me", quote_policy=QuotePolicy.PUBLIC)
    await post.settle()
    inboxes.got.clear()
    quote = await ana.publishes("so true", quoted_status_id=str(there))
    hidden = await ana.publishes("for friends", quoted_status_id=str(there), visibility="private")
    await post.settle()
    asked = [one for host, _, one in inboxes.got if host == "eve.example" and one["type"] == "QuoteRequest"]
    assert [one["object"] for one in asked] == [f"{eve.uri}/posts/1"] * 2
    assert asked[0]["instrument"]["id"] == quote["uri"] and "so true" in asked[0]["instrument"]["content"]
    assert asked[1]["instrument"] == {"id": hidden["uri"]}
    assert asked[0]["id"].endswith(f"#quote-requests/{quote['id']}")


async def test_who_asks_to_quote_gets_a_stamp_and_loses_it_again(world, post, inboxes, ana):
    eve = await post.person("eve", "eve.example")
    mine = await ana.publishes("quote me")
    note = eve.note("look", quote_of_uri=mine["uri"])
    there = await eve.sends(note)
    for _ in range(2):  # asked again, the same is said again, once
        await receive_quote_request(
            world.app, note.uri, mine["uri"], by_uri=eve.uri, request_uri=f"{eve.uri}/requests/1"
        )
        await post.settle()
    [said] = [one for one in inboxes.taken() if one["type"] == "Accept"]
    assert (said["object"]["id"], said["object"]["instrument"]) == (f"{eve.uri}/requests/1", note.uri)
    assert said["result"] == f"{mine['uri']}/stamps/{short_id(there)}"
    await ana.calls("POST", f"/api/v1/statuses/{mine['id']}/quotes/{there}/revoke")
    await post.settle()
    [gone] = [one for one in inboxes.taken() if one["type"] == "Delete"]
    assert gone["object"] == {"id": said["result"], "type": "QuoteAuthorization"}


async def test_who_may_not_quote_is_told_so(world, post, inboxes, ana):
    eve = await post.person("eve", "eve.example")
    mine = await ana.publishes("do not", quote_approval_policy="nobody")
    note = eve.note("look", quote_of_uri=mine["uri"])
    await eve.sends(note)
    await receive_quote_request(world.app, note.uri, mine["uri"], by_uri=eve.uri, request_uri=f"{eve.uri}/requests/1")
    await post.settle()
    assert [("result" in one) for one in inboxes.taken() if one["type"] == "Reject"] == [False]
