"""Who is told of what, through the client API: kinds, silence, what a policy holds back, what goes with its cause."""

import pytest
from tests.contracts.test_event_log import Undone

from rookery.actions.polls import close_due_polls
from rookery.model.events import NotificationAdded
from rookery.storage.log import read_events
from rookery.timelines.notifications import NotificationReader
from rookery.timelines.readers import Runner


async def told(person, query=""):
    """What somebody is told: (type, from whom, about which post), newest first."""
    await person.nest.settle()
    found = await person.calls("GET", f"/api/v1/notifications{query}")
    return [(n["type"], n["account"]["username"], n.get("status", {}).get("content", "")) for n in found]


async def do(person, verb, post):
    return await person.calls("POST", f"/api/v1/statuses/{post['id']}/{verb}")


async def test_people_are_told_of_what_concerns_them(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana, notify=True)
    post = await ana.publishes("first")
    await do(bea, "favourite", post)
    await do(bea, "reblog", post)
    await bea.publishes("hello @ana")
    await world.settle()
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "first, edited"})
    assert await told(ana) == [
        (
            "mention",
            "bea",
            '<p>hello <span class="h-card" translate="no"><a href="http://localhost:3000/@ana" '
            'class="u-url mention">@<span>ana</span></a></span></p>',
        ),
        ("reblog", "bea", "<p>first, edited</p>"),
        ("favourite", "bea", "<p>first, edited</p>"),
        ("follow", "bea", ""),
    ]
    assert await told(bea) == [("update", "ana", "<p>first, edited</p>"), ("status", "ana", "<p>first, edited</p>")]


async def test_nobody_is_told_of_themselves(world):
    [ana] = await world.people("ana")
    post = await ana.publishes("me and @ana")
    for verb in ("favourite", "reblog", "bookmark"):
        await do(ana, verb, post)
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "still me and @ana"})
    assert await told(ana) == []


async def test_a_request_becomes_a_follow_when_it_is_granted(world):
    ana, bea = await world.people("ana", "bea")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    await bea.follows(ana)
    assert await told(ana) == [("follow_request", "bea", "")]
    await ana.calls("POST", f"/api/v1/follow_requests/{bea.id}/authorize")
    assert await told(ana) == [("follow", "bea", "")]
    await ana.calls("POST", "/api/v1/notifications/clear")
    await bea.follows(ana, notify=True)
    assert await told(ana) == []


async def test_author_and_voters_hear_of_the_end_of_a_poll(world, db):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    poll = {"options": ["tea", "coffee"], "expires_in": 300}
    post = await ana.publishes("which?", poll=poll)
    await bea.calls("POST", f"/api/v1/polls/{post['poll']['id']}/votes", json_body={"choices": [0]})
    async with db.transaction() as tx:
        await tx.run("UPDATE polls SET expires_at = 1")
    assert await close_due_polls(world.app) == 1
    for person, kinds in ((ana, ["poll"]), (bea, ["poll"]), (cleo, [])):
        assert [kind for kind, _, _ in await told(person)] == kinds


async def test_a_reply_to_others_and_a_post_in_another_language_ring_no_bell(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(ana, notify=True, languages=["fr"])
    theirs = await cleo.publishes("start")
    await ana.publishes("answer", in_reply_to_id=theirs["id"], language="fr")
    await ana.publishes("english", language="en")
    await ana.publishes("bonjour", language="fr")
    await ana.publishes("for @cleo", language="fr", visibility="direct")
    assert [text for _, _, text in await told(bea)] == ["<p>bonjour</p>"]


@pytest.mark.parametrize("silence", ["block", "mute", "blocked_by", "thread"])
async def test_blocked_and_muted_people_are_not_heard(world, silence):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("first")
    if silence == "thread":
        await do(ana, "mute", post)
    elif silence == "blocked_by":
        await bea.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    else:
        await ana.calls("POST", f"/api/v1/accounts/{bea.id}/{silence}")
    if silence != "blocked_by":
        await bea.publishes("hey @ana", in_reply_to_id=post["id"] if silence != "block" else None)
    if silence in ("mute", "thread"):
        await do(bea, "favourite", post)
        await do(bea, "reblog", post)
    assert await told(ana) == []


async def test_a_mute_that_keeps_notifications_keeps_them(world):
    ana, bea = await world.people("ana", "bea")
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute", json_body={"notifications": False})
    await bea.publishes("hey @ana")
    assert [kind for kind, _, _ in await told(ana)] == ["mention"]


async def test_a_block_takes_earlier_notifications_away(world):
    ana, bea = await world.people("ana", "bea")
    await bea.publishes("hey @ana")
    assert len(await told(ana)) == 1
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    assert await told(ana) == []


async def test_a_post_that_may_no_longer_be_seen_is_not_shown(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana, notify=True)
    await ana.publishes("for friends", visibility="private")
    assert len(await told(bea)) == 1
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/remove_from_followers")
    assert await told(bea) == []


async def test_what_is_taken_back_is_not_told_any_more(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("first")
    reply = await bea.publishes("hey @ana")
    await bea.follows(ana)
    await do(bea, "favourite", post)
    await do(bea, "reblog", post)
    assert len(await told(ana)) == 4
    await do(bea, "unfavourite", post)
    await do(bea, "unreblog", post)
    await bea.calls("DELETE", f"/api/v1/statuses/{reply['id']}")
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/unfollow")
    assert await told(ana) == []


async def test_an_edit_tells_those_it_names_anew_and_an_update_replaces_the_one_before(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("hello @bea")
    await do(cleo, "bookmark", post)
    for text in ("hello @bea and @cleo", "hello again @bea and @cleo"):
        await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": text})
        await world.settle()
    assert [kind for kind, _, _ in await told(bea)] == ["mention"]
    assert sorted(kind for kind, _, _ in await told(cleo)) == ["mention", "update"]


async def test_a_reader_stopped_between_row_and_cursor_tells_once(world, db):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("first")
    await do(bea, "favourite", post)

    class Stopped(NotificationReader):
        async def read(self, tx, events):
            await super().read(tx, events)
            raise BaseExceptionGroup("power cut", [KeyboardInterrupt()])

    with pytest.raises(BaseExceptionGroup):
        await Runner(db, Stopped(world.app.ids)).step()
    assert await db.reader.all("SELECT 1 FROM notifications") == []
    assert [kind for kind, _, _ in await told(ana)] == ["favourite"]
    added = [e for e in await read_events(db.reader, 0) if isinstance(e.event, NotificationAdded)]
    assert [entry.event.account_id for entry in added] == [ana.id]


async def test_a_poisonous_event_does_not_silence_the_others(world, db):
    ana, bea = await world.people("ana", "bea")
    await bea.publishes("one @ana")
    await bea.publishes("two @ana")

    class Touchy(NotificationReader):
        async def on_published(self, tx, event, at_us):
            wrote = await super().on_published(tx, event, at_us)
            [row] = await tx.all("SELECT text FROM posts WHERE id = :id", id=event.post_id)
            if row[0].startswith("one"):
                raise Undone
            return wrote

    await Runner(db, Touchy(world.app.ids)).run_until_idle()
    assert [text[:6] for _, _, text in await told(ana)] == ["<p>two"]
    assert len(await db.reader.all("SELECT 1 FROM events_set_aside")) == 1


async def test_thousands_of_followers_hear_of_a_post_in_a_few_statements(world, db):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana, notify=True)
    async with db.transaction() as tx:
        for number in range(2500):
            account_id = world.app.ids.next_id()
            await tx.run(
                "INSERT INTO accounts (id, username, username_key, created_at) VALUES (:id, :name, :name, 0)",
                id=account_id,
                name=f"f{number}",
            )
            await tx.run(
                "INSERT INTO follows (follower_id, followed_id, id, state, notifies)"
                " VALUES (:id, :ana, :follow, 'active', 1)",
                id=account_id,
                ana=ana.id,
                follow=world.app.ids.next_id(),
            )
    await ana.publishes("hello everybody")
    await world.settle()
    rows = await db.reader.all("SELECT id, account_id FROM notifications WHERE kind = 'post'")
    assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == 2501


async def hold_back(person, **answers):
    return await person.calls("PATCH", "/api/v2/notifications/policy", json_body=answers)


@pytest.mark.parametrize(
    "question", ["for_not_following", "for_not_followers", "for_new_accounts", "for_bots", "for_limited_accounts"]
)
async def test_a_policy_holds_strangers_back_or_drops_them(world, db, question):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("first")
    async with db.transaction() as tx:
        limited = ", silenced_at = 1" if question == "for_limited_accounts" else ""
        await tx.run(f"UPDATE accounts SET is_bot = 1{limited} WHERE id = :id", id=bea.id)
    await hold_back(ana, **{question: "filter", "for_private_mentions": "accept"})
    await do(bea, "favourite", post)
    assert await told(ana) == []
    assert [kind for kind, _, _ in await told(ana, "?include_filtered=true")] == ["favourite"]
    await hold_back(ana, **{question: "drop"})
    await do(bea, "reblog", post)
    assert [kind for kind, _, _ in await told(ana, "?include_filtered=true")] == ["favourite"]
    await hold_back(ana, **{question: "accept"})
    await do(bea, "unreblog", post)
    await do(bea, "reblog", post)
    assert [kind for kind, _, _ in await told(ana)] == ["reblog"]


async def test_a_private_mention_from_a_stranger_waits_until_it_is_accepted(world):
    ana, bea = await world.people("ana", "bea")
    await bea.publishes("psst @ana", visibility="direct")
    await bea.publishes("again @ana", visibility="direct")
    assert await told(ana) == []
    policy = await ana.calls("GET", "/api/v2/notifications/policy")
    assert policy["summary"] == {"pending_requests_count": 1, "pending_notifications_count": 2}
    [request] = await ana.calls("GET", "/api/v1/notifications/requests")
    assert (request["account"]["username"], request["notifications_count"]) == ("bea", "2")
    assert "again" in request["last_status"]["content"]
    assert await ana.calls("GET", f"/api/v1/notifications/requests/{request['id']}") == request
    assert await ana.calls("POST", f"/api/v1/notifications/requests/{request['id']}/accept") == {}
    assert await ana.calls("GET", "/api/v1/notifications/requests/merged") == {"merged": True}
    assert await ana.calls("GET", "/api/v1/notifications/requests") == []
    await bea.publishes("thanks @ana", visibility="direct")
    assert [kind for kind, _, _ in await told(ana)] == ["mention"] * 3


async def test_an_answer_to_ones_own_private_post_is_no_strangers_mention(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("hello @bea", visibility="direct")
    await bea.publishes("hello @ana", visibility="direct", in_reply_to_id=post["id"])
    assert [kind for kind, _, _ in await told(ana)] == ["mention"]


async def test_dismissed_requests_are_gone_with_what_they_held(world):
    ana, bea = await world.people("ana", "bea")
    await bea.publishes("psst @ana", visibility="direct")
    await world.settle()
    [request] = await ana.calls("GET", "/api/v1/notifications/requests")
    await ana.calls("POST", "/api/v1/notifications/requests/dismiss", json_body={"id": [request["id"]]})
    await ana.calls("POST", f"/api/v1/notifications/requests/{request['id']}/dismiss", code=404)
    assert await told(ana, "?include_filtered=true") == []
