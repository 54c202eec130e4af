"""Who hears what: audiences, topics and viewers in one table, on both engines. Nothing leaks, nothing is missed."""

import asyncio
import gc
import json
import tracemalloc

import pytest
from tests.listening import Ear, id_of, listen
from tests.world import Person, World

from rookery.model.errors import NotSignedIn
from rookery.model.events import AccessRevoked, FiltersChanged
from rookery.storage.log import append_event
from rookery.timelines.streams import MOST_OPEN, TooManyTopics
from rookery.timelines.topics import FOLLOWED, QUEUED, Ending, Topic, TopicKind

# ana writes. fay follows her; mia and all below are mentioned; sid is a stranger; mut follows and mutes her;
# ben blocks her, bob is blocked by her; dom is a stranger who blocks some other person (so is asked about by name).
NAMES = ("ana", "fay", "mia", "sid", "mut", "ben", "bob", "dom")
TEXT = "hear this @mia @ben @bob @mut #birds"
AUDIENCES = ("public", "unlisted", "private", "direct")
EVERYBODY = {"ana", "fay", "mia", "sid", "dom"}
HEARD = {
    ("public", "user"): {"ana", "fay"},
    ("public", "public"): EVERYBODY,
    ("public", "public:local"): EVERYBODY,
    ("public", "hashtag"): EVERYBODY,
    ("public", "hashtag:local"): EVERYBODY,
    ("public", "list"): {"ana", "fay"},
    ("unlisted", "user"): {"ana", "fay"},
    ("unlisted", "list"): {"ana", "fay"},
    ("private", "user"): {"ana", "fay"},
    ("private", "list"): {"ana", "fay"},
    ("direct", "user"): {"ana"},
    ("direct", "direct"): {"ana", "mia"},
}
STREAMS = (
    *("user", "public", "public:local", "public:remote", "public:media", "public:local:media"),
    *("hashtag", "hashtag:local", "list", "direct", "user:notification"),
)
# Only ids are told of what is gone; all who follow the author hear, and the mentioned whom no block parts from her.
TOLD_OF_DELETION = {
    "public": {"ana", "fay", "mut", "mia"},
    "unlisted": {"ana", "fay", "mut", "mia"},
    "private": {"ana", "fay", "mut", "mia"},
    "direct": {"ana", "mut", "mia"},
}


async def crowd(world: World) -> dict[str, Person]:
    people = dict(zip(NAMES, await world.people(*NAMES), strict=True))
    ana = people["ana"]
    other = await world.person("other")
    for name in ("fay", "mut"):
        await people[name].follows(ana)
    await people["mut"].calls("POST", f"/api/v1/accounts/{ana.id}/mute")
    await people["ben"].calls("POST", f"/api/v1/accounts/{ana.id}/block")
    await ana.calls("POST", f"/api/v1/accounts/{people['bob'].id}/block")
    await people["dom"].calls("POST", f"/api/v1/accounts/{other.id}/block")
    return people


async def list_with(world: World, owner: Person, member: Person) -> str:
    """Store a list by hand: who hears of it is asked here, not how it is made."""
    list_id = world.app.ids.next_id()
    async with world.app.db.transaction() as tx:
        await tx.run(
            "INSERT INTO lists (id, account_id, title) VALUES (:id, :owner, 'birds')", id=list_id, owner=owner.id
        )
        await tx.run(
            "INSERT INTO list_members (list_id, account_id, id) VALUES (:id, :member, :id)",
            id=list_id,
            member=member.id,
        )
    return str(list_id)


async def ears_of(world: World, people: dict[str, Person]) -> dict[tuple[str, str], Ear]:
    """One stream per person and kind."""
    ears = {}
    for name, person in people.items():
        own_list = await list_with(world, person, people["ana"])
        for stream in STREAMS:
            ears[name, stream] = await listen(person, stream, tag="Birds", list=own_list)
    await world.settle()
    collect(ears)
    return ears


def collect(ears: dict[tuple[str, str], Ear]) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """stream -> name -> what was heard of posts, without those who heard nothing; of notices under "notices"."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for (name, stream), ear in ears.items():
        for event, payload_id in ear.heard():
            place = "notices" if event == "notification" else stream
            found.setdefault(place, {}).setdefault(name, []).append((event, payload_id))
    return found


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_a_post_is_heard_by_its_audience_alone(world, audience):
    people = await crowd(world)
    ana = people["ana"]
    ears = await ears_of(world, people)
    post = await ana.publishes(TEXT, visibility=audience)
    await world.settle()
    new = collect(ears)
    # Once to user, once to user:notification; a stranger's message waits as a request and is not told.
    told = {name: len(heard) for name, heard in new.pop("notices", {}).items()}
    assert told == ({"mia": 2} if audience != "direct" else {})
    expected = {stream: names for (a, stream), names in HEARD.items() if a == audience}
    assert {stream: set(heard) for stream, heard in new.items()} == expected
    rows = await world.app.db.reader.all(
        "SELECT id FROM conversations WHERE account_id IN (:ana, :mia)", ana=ana.id, mia=people["mia"].id
    )
    assert {h for heard in new.values() for all in heard.values() for h in all} - {("update", post["id"])} == {
        ("conversation", str(row[0])) for row in rows
    }
    assert len(rows) == (2 if audience == "direct" else 0)
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": f"{TEXT} again"})
    await world.settle()
    expected.pop("direct", None)
    edited = collect(ears)
    assert {stream: set(heard) for stream, heard in edited.items()} == expected
    assert {h for heard in edited.values() for all in heard.values() for h in all} == {("status.update", post["id"])}
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    await world.settle()
    gone = collect(ears)
    assert set(gone.pop("user")) == TOLD_OF_DELETION[audience]
    assert set(gone.pop("direct", {})) == ({"ana", "mia", "mut"} if audience == "direct" else set())
    assert set(gone.pop("list", {})) == ({"ana", "fay", "mut"} if audience != "direct" else set())
    assert not gone or audience == "public"


async def test_a_reply_to_somebody_else_and_a_repost_stay_out_of_public_streams(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    public, home = await listen(cleo, "public"), await listen(cleo, "user")
    post = await ana.publishes("first")
    answer = await bea.publishes("@ana second", in_reply_to_id=post["id"])
    repost = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    await world.settle()
    assert public.heard() == [("update", post["id"])]
    assert home.heard() == [("update", repost["id"])]
    assert answer["id"] != post["id"]
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/unreblog")
    await world.settle()
    assert (public.heard(), home.heard()) == ([], [("delete", repost["id"])])


async def test_a_silenced_authors_posts_reach_followers_alone(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(ana)
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE accounts SET silenced_at = 1 WHERE id = :id", id=ana.id)
    ears = {person.name: await listen(person, "public") for person in (ana, bea, cleo)}
    await ana.publishes("quiet")
    await world.settle()
    assert {name for name, ear in ears.items() if ear.heard()} == {"ana", "bea"}


async def test_a_block_counts_from_the_next_post_on(world):
    ana, bea = await world.people("ana", "bea")
    ear = await listen(bea, "public")
    first = await ana.publishes("one")
    await world.settle()
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    await ana.publishes("two")
    await world.settle()
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/unblock")
    third = await ana.publishes("three")
    await world.settle()
    assert ear.heard() == [("update", first["id"]), ("update", third["id"])]


async def test_a_blocked_domain_is_not_heard(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE accounts SET domain = 'far.test' WHERE id = :id", id=ana.id)
    await bea.calls("POST", "/api/v1/domain_blocks", form={"domain": "far.test"})
    ears = {person.name: await listen(person, "public", "hashtag", tag="far") for person in (bea, cleo)}
    await ana.publishes("from #far")
    await world.settle()
    assert {name for name, ear in ears.items() if ear.heard()} == {"cleo"}


async def test_a_new_follow_is_heard_at_once_and_its_end_too(world):
    ana, bea = await world.people("ana", "bea")
    ear = await listen(bea, "user")
    await ana.publishes("before")
    await world.settle()
    await bea.follows(ana)
    heard = await ana.publishes("during", visibility="private")
    await world.settle()
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/unfollow")
    await ana.publishes("after")
    await world.settle()
    assert ear.heard() == [("update", heard["id"])]


async def test_a_deleted_post_that_nobody_was_told_yet_is_not_told(world):
    ana, bea = await world.people("ana", "bea")
    ear = await listen(bea, "public")
    post = await ana.publishes("gone at once")
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    await world.settle()
    assert ear.heard() == [("delete", post["id"])]


async def test_a_list_of_somebody_else_or_of_nobody_brings_nothing(world):
    ana, bea = await world.people("ana", "bea")
    own = await list_with(world, bea, ana)
    with pytest.raises(NotSignedIn):
        await listen(ana, "list", list=own)
    with pytest.raises(NotSignedIn):
        await listen(ana, "list", list="not a list")


async def test_a_list_without_replies_takes_none(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    lists = {}
    for choice in ("none", "list", "followed"):
        lists[choice] = await list_with(world, cleo, ana)
        async with world.app.db.transaction() as tx:
            await tx.run("UPDATE lists SET replies = :r WHERE id = :id", r=choice, id=int(lists[choice]))
    for followed in (ana, bea):
        await cleo.follows(followed)
    ears = {choice: await listen(cleo, "list", list=list_id) for choice, list_id in lists.items()}
    post = await bea.publishes("question")
    await world.settle()
    await ana.publishes("@bea answer", in_reply_to_id=post["id"])
    await world.settle()
    assert {choice for choice, ear in ears.items() if ear.heard()} == {"followed"}


async def test_own_marks_show_to_their_maker_in_a_stream(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    for person in (bea, cleo):
        await person.follows(ana)
    post = await ana.publishes("like me")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    ears = [await listen(person, "user") for person in (bea, cleo)]
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "like me more"})
    await world.settle()
    flags = [json.loads(ear.frames()[0]["payload"])["favourited"] for ear in ears]
    assert flags == [True, False]


async def test_listeners_of_one_topic_share_the_bytes(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    ears = [await listen(person, "public") for person in (ana, bea, cleo)]
    await ana.publishes("one for all")
    await world.settle()
    assert len({id(ear.stream.items[0]) for ear in ears}) == 1


async def test_a_filter_that_matches_shows_to_its_owner_alone(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    words = [{"keyword": "spiders", "whole_word": False}]
    body = {"title": "no", "context": ["public"], "keywords_attributes": words}
    await bea.calls("POST", "/api/v2/filters", json_body=body)
    ears = [await listen(person, "public") for person in (bea, cleo)]
    await world.settle()
    await ana.publishes("look, spiders")
    await ana.publishes("look, flowers")
    await world.settle()
    [[spiders, flowers], [unfiltered, _]] = [
        [json.loads(frame["payload"])["filtered"] for frame in ear.frames()] for ear in ears
    ]
    assert [result["keyword_matches"] for result in spiders] == [["spiders"]]
    assert flowers == unfiltered == []


async def test_a_repeat_that_the_home_leaves_out_is_not_told_either(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    for person in (ana, bea):
        await cleo.follows(person)
    ear = await listen(cleo, "user")
    await cleo.home()
    post = await ana.publishes("once is enough")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    await world.settle()
    assert [event for event in ear.heard() if event[0] == "update"] == [("update", post["id"])]
    assert [shown["id"] for shown in await cleo.home()] == [post["id"]]


async def test_filters_and_notifications_reach_their_owner(world):
    ana, bea = await world.people("ana", "bea")
    ears = {name: await listen(ana, name) for name in ("user", "user:notification", "public")}
    stranger = await listen(bea, "user", "user:notification")
    post = await ana.publishes("like me", visibility="unlisted")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    async with world.app.db.transaction() as tx:
        append_event(tx, FiltersChanged(ana.id))
    await world.settle()
    [notice] = await ana.calls("GET", "/api/v1/notifications")
    told, *rest = sorted(ears["user"].heard())
    assert (told, rest) == (("filters_changed", ""), [("notification", notice["id"]), ("update", post["id"])])
    [frame] = ears["user:notification"].frames()
    assert json.loads(frame["payload"]) == notice
    assert ears["public"].heard() == stranger.heard() == []


async def test_a_slow_listener_is_cut_and_memory_stays_flat(world):
    ana, bea = await world.people("ana", "bea")
    slow, quick = await listen(bea, "public"), await listen(bea, "public")
    post = await ana.publishes("x" * 1000)
    await world.settle()
    [frame] = quick.frames()
    slow.stream.items.clear()
    gc.collect()
    tracemalloc.start()
    for _ in range(QUEUED):
        slow.stream.put(frame)
    assert slow.stream.ending is None
    slow.stream.put(frame)
    assert slow.stream.ending is Ending.TOO_SLOW
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(20_000):
        slow.stream.put(frame)
    assert tracemalloc.get_traced_memory()[0] - before < 10_000
    tracemalloc.stop()
    assert not slow.stream.items
    assert id_of(frame) == post["id"]


async def test_a_hub_that_falls_behind_ends_its_streams_instead_of_growing(world):
    world.streams.most_waiting = 3
    ana, bea = await world.people("ana", "bea")
    ear = await listen(bea, "public")
    for number in range(5):
        await ana.publishes(f"post {number}")
    await world.live.catch_up()
    assert ear.stream.ending is Ending.BEHIND
    assert len(world.streams.waiting) < 3


async def test_closing_leaves_nothing_behind(world):
    ana, bea = await world.people("ana", "bea")
    ears = [await listen(ana, "user", "public", "hashtag", tag="birds") for _ in range(3)]
    await world.settle()
    for ear in ears:
        ear.close()
        ear.close()
    assert not world.streams.by_account
    assert not world.streams.followed.streams
    assert not world.streams.watched()
    assert not world.streams.hearing.plain
    await bea.publishes("into the void")
    await world.settle()
    assert not world.streams.waiting
    assert not world.streams.placed


async def test_the_oldest_of_too_many_streams_ends(world):
    ana = await world.person("ana")
    ears = [await listen(ana, "user") for _ in range(MOST_OPEN + 2)]
    assert [ear.stream.ending for ear in ears[:3]] == [Ending.CROWDED, Ending.CROWDED, None]


async def test_one_stream_follows_only_so_much(world):
    ear = await listen(await world.person("ana"))
    with pytest.raises(TooManyTopics):
        for number in range(FOLLOWED + 1):
            world.streams.follow(ear.stream, Topic(TopicKind.TAG, tag=f"tag{number}"), ("hashtag", str(number)))


async def test_access_that_ends_while_a_stream_opens_opens_nothing(world):
    ana = await world.person("ana")

    async def identify():
        caller = await world.callers.identify_token(ana.token)
        if not world.streams.revocation_count:
            async with world.app.db.transaction() as tx:
                await tx.run("DELETE FROM access_tokens WHERE account_id = :id", id=ana.id)
                append_event(tx, AccessRevoked(ana.id))
            for listener in world.app.access_listeners:
                listener(AccessRevoked(ana.id))
        return caller

    with pytest.raises(NotSignedIn):
        await world.streams.open(identify, world.face.voices["socket"])
    assert not world.streams.by_account


async def test_a_revocation_in_another_process_is_heard_through_the_log(world):
    ana, bea = await world.people("ana", "bea")
    ears = [await listen(ana, "user"), await listen(bea, "user")]
    async with world.app.db.transaction() as tx:
        append_event(tx, AccessRevoked(ana.id))
    await world.live.catch_up()
    assert [ear.stream.ending for ear in ears] == [Ending.REVOKED, None]


async def test_whoever_waits_is_woken_by_an_item_and_by_the_end(world):
    ear = await listen(await world.person("ana"), "user")
    waiting = asyncio.create_task(ear.stream.next())
    await asyncio.sleep(0)
    ear.stream.put("news")
    assert await waiting == "news"
    waiting = asyncio.create_task(ear.stream.next())
    await asyncio.sleep(0)
    ear.stream.end(Ending.STOPPING)
    with pytest.raises(Exception, match="the server stops"):
        await waiting


@pytest.mark.parametrize("how", [pytest.param("PATCH", id="Akkoma 2026.03 (c)")])
async def test_streams_tell_nothing_of_who_follows_somebody_that_the_api_keeps_to_itself(world, how):
    ana, ben, cleo, dora = await world.people("ana", "ben", "cleo", "dora")
    profile = "/api/v1/accounts/update_credentials"
    await ben.calls(how, profile, json_body={"hide_collections": True})
    await cleo.follows(ben)
    made = await cleo.calls("POST", "/api/v1/lists", form={"title": "birds"})
    await cleo.calls("POST", f"/api/v1/lists/{made['id']}/accounts", form={"account_ids[]": ben.id})
    ear = await listen(cleo, *STREAMS, tag="birds", list=made["id"])
    await ana.follows(ben)
    await ben.follows(dora)
    await ana.calls("POST", f"/api/v1/accounts/{ben.id}/unfollow")
    await ben.calls("POST", f"/api/v1/accounts/{cleo.id}/remove_from_followers")
    await cleo.calls("POST", f"/api/v1/accounts/{ben.id}/unfollow")
    await cleo.follows(ben)
    await world.settle()
    assert ear.frames() == []
    await ben.publishes("hello #birds")
    await world.settle()
    told = [json.loads(frame["payload"])["account"] for frame in ear.frames()]
    public = await world.stranger_json(f"/api/v1/accounts/{ben.id}")
    assert len(told) >= 3 and all(account == public for account in told)
    for side in ("followers", "following"):
        assert await world.stranger_json(f"/api/v1/accounts/{ben.id}/{side}") == []
        assert await cleo.calls("GET", f"/api/v1/accounts/{ben.id}/{side}") == []
