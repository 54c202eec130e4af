"""Many at once, and the same twice: one post, one vote, one repost, true counts, on both engines."""

import asyncio
from collections import Counter

import pytest

from rookery.actions.posts import AccountSuspended, publish_post
from rookery.model.ids import MediaId
from rookery.model.media import Attachment
from rookery.model.posts import Draft
from rookery.storage.accounts import find_account
from rookery.storage.measures import set_measure
from rookery.storage.media import insert_media
from rookery.storage.posts import find_post

COUNTS = """
    SELECT a.username, a.post_count, a.follower_count, a.following_count,
        (SELECT count(*) FROM posts p WHERE p.author_id = a.id AND p.audience < 3),
        (SELECT count(*) FROM follows f WHERE f.followed_id = a.id AND f.state = 'active'),
        (SELECT count(*) FROM follows f WHERE f.follower_id = a.id AND f.state = 'active')
    FROM accounts a
"""
POST_COUNTS = """
    SELECT p.id, p.like_count, p.repost_count, p.reply_count,
        (SELECT count(*) FROM marks m WHERE m.post_id = p.id AND m.kind = 1),
        (SELECT count(*) FROM posts r WHERE r.repost_of_id = p.id),
        (SELECT count(*) FROM posts c WHERE c.reply_to_id = p.id AND c.audience <= 1)
    FROM posts p
"""


async def check_counts(world):
    """Every count is what counting gives."""
    for query in (COUNTS, POST_COUNTS):
        for row in await world.app.db.reader.all(query):
            assert list(row[1:4]) == list(row[4:7]), row


async def picture(world, person, description="a bird"):
    """An upload as the media box would have left it."""
    media_id = MediaId(world.app.ids.next_id())
    sizes = (8, 8, 8, 8, 0.0, 0.0)
    made = Attachment(
        media_id, person.id, None, "image", "ready", "image/png", "key", "small", *sizes, description, None
    )
    async with world.app.db.transaction() as tx:
        await insert_media(tx, made)
    return str(media_id)


async def codes(calls):
    return Counter(reply.code for reply in await asyncio.gather(*calls))


async def test_twenty_requests_with_one_key_make_one_post(world):
    ana, bea = await world.people("ana", "bea")
    replies = await asyncio.gather(
        *(
            ana.client.post("/api/v1/statuses", json_body={"status": f"try {n}"}, headers={"idempotency-key": "k"})
            for n in range(20)
        )
    )
    assert {reply.code for reply in replies} == {200}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert len(await ana.home()) == 1
    other = await bea.calls("POST", "/api/v1/statuses", json_body={"status": "x"}, headers={"idempotency-key": "k"})
    assert other["id"] != replies[0].json["id"]
    await check_counts(world)


async def test_a_key_is_free_again_once_its_post_is_deleted_or_was_refused(world):
    [ana] = await world.people("ana")
    key = {"idempotency-key": "k"}
    await ana.calls("POST", "/api/v1/statuses", json_body={"status": ""}, headers=key, code=422)
    first = await ana.calls("POST", "/api/v1/statuses", json_body={"status": "x"}, headers=key)
    await ana.calls("DELETE", f"/api/v1/statuses/{first['id']}")
    second = await ana.calls("POST", "/api/v1/statuses", json_body={"status": "x"}, headers=key)
    assert second["id"] != first["id"]


async def test_twenty_votes_of_one_person_are_one(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("which?", poll={"options": ["a", "b"], "expires_in": 3600})
    path = f"/api/v1/polls/{post['id']}/votes"
    votes = await codes(bea.client.post(path, json_body={"choices": [n % 2]}) for n in range(20))
    assert votes == {200: 1, 422: 19}
    await cleo.calls("POST", path, json_body={"choices": [0]})
    poll = (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["poll"]
    assert (poll["votes_count"], poll["voters_count"]) == (2, 2)
    await ana.calls("POST", path, json_body={"choices": [0]}, code=422)


async def test_a_poll_of_several_choices_counts_people_once(world):
    ana, bea = await world.people("ana", "bea")
    poll = {"options": ["a", "b", "c"], "expires_in": 3600, "multiple": True}
    post = await ana.publishes("which?", poll=poll)
    seen = await bea.calls("POST", f"/api/v1/polls/{post['id']}/votes", json_body={"choices": [0, 2, 2]})
    assert [option["votes_count"] for option in seen["options"]] == [1, 0, 1]
    assert (seen["voters_count"], seen["own_votes"], seen["voted"]) == (1, [0, 2], True)
    for bad in ([3], [-1], ["x"], []):
        await ana.calls("POST", f"/api/v1/polls/{post['id']}/votes", json_body={"choices": bad}, code=422)


async def test_a_hundred_likes_are_a_hundred_and_liking_twice_is_one(world):
    ana = await world.person("ana")
    fans = [await world.person(f"fan{n}") for n in range(100)]
    post = await ana.publishes("like me")
    path = f"/api/v1/statuses/{post['id']}"
    assert await codes(fan.client.post(f"{path}/favourite") for fan in (*fans, *fans[:30])) == {200: 130}
    assert (await ana.calls("GET", path))["favourites_count"] == 100
    assert await codes(fan.client.post(f"{path}/unfavourite") for fan in (*fans[:50], *fans[:50])) == {200: 100}
    assert (await ana.calls("GET", path))["favourites_count"] == 50
    await check_counts(world)


async def test_ten_reposts_at_once_by_one_person_are_one(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("repeat me")
    replies = await asyncio.gather(*(bea.client.post(f"/api/v1/statuses/{post['id']}/reblog") for _ in range(10)))
    assert {reply.code for reply in replies} == {200}, replies
    assert len({reply.json["id"] for reply in replies}) == 1
    await check_counts(world)
    replies = await asyncio.gather(*(bea.client.post(f"/api/v1/statuses/{post['id']}/unreblog") for _ in range(10)))
    assert {reply.code for reply in replies} == {200}, replies
    await check_counts(world)


async def test_deleting_at_once_counts_once(world):
    ana, bea = await world.people("ana", "bea")
    root = await bea.publishes("root")
    post = await ana.publishes("gone soon", in_reply_to_id=root["id"])
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    deleted = await codes(ana.client.delete(f"/api/v1/statuses/{post['id']}") for _ in range(10))
    assert deleted == {200: 1, 404: 9}
    await check_counts(world)


async def test_following_each_other_back_and_forth_at_once_keeps_the_counts_true(world):
    people = await world.people("ana", "bea", "cleo")
    for verb in ("follow", "unfollow", "follow", "block", "unblock", "follow"):
        calls = [
            one.client.post(f"/api/v1/accounts/{other.id}/{verb}")
            for one in people
            for other in people
            if one is not other
            for _ in range(4)
        ]
        assert set(await codes(calls)) <= {200, 403}
        await check_counts(world)


async def test_requests_answered_at_once_count_once(world):
    ana, bea = await world.people("ana", "bea")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    await bea.follows(ana)
    answered = await codes(ana.client.post(f"/api/v1/follow_requests/{bea.id}/authorize") for _ in range(8))
    assert answered == {200: 8}
    await check_counts(world)


async def test_edits_keep_every_version_and_none_twice(world):
    [ana] = await world.people("ana")
    post = await ana.publishes("version 0", spoiler_text="old", sensitive=True)
    path = f"/api/v1/statuses/{post['id']}"
    for number in (1, 2):
        body = {"status": f"version {number}", "spoiler_text": ""}
        edited = await ana.calls("PUT", path, json_body=body)
    history = await ana.calls("GET", f"{path}/history")
    assert [version["content"] for version in history] == [f"<p>version {n}</p>" for n in range(3)]
    assert [version["spoiler_text"] for version in history] == ["old", "", ""]
    assert edited["edited_at"] is not None
    assert edited["id"] == post["id"]
    assert (await ana.calls("GET", f"{path}/source"))["text"] == "version 2"
    many = await codes(ana.client.put(path, json_body={"status": f"at once {n}"}) for n in range(10))
    assert many == {200: 10}
    history = await ana.calls("GET", f"{path}/history")
    assert len(history) == 13
    assert len({version["content"] for version in history}) == 13
    shown = await ana.calls("GET", path)
    assert shown["content"] == history[-1]["content"]


async def test_an_edit_changes_tags_mentions_pictures_and_poll(world):
    ana, _, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("#one @bea", poll={"options": ["a", "b"], "expires_in": 600})
    path = f"/api/v1/statuses/{post['id']}"
    await cleo.calls("POST", f"/api/v1/polls/{post['id']}/votes", json_body={"choices": [0]})
    same = await ana.calls(
        "PUT", path, json_body={"status": "#two @cleo", "poll": {"options": ["a", "b"], "expires_in": 600}}
    )
    assert ([tag["name"] for tag in same["tags"]], same["poll"]["votes_count"]) == (["two"], 1)
    assert {mention["username"] for mention in same["mentions"]} == {"bea", "cleo"}
    assert await ana.calls("GET", "/api/v1/timelines/tag/one") == []
    assert len(await ana.calls("GET", "/api/v1/timelines/tag/two")) == 1
    other = await ana.calls(
        "PUT", path, json_body={"status": "#two", "poll": {"options": ["a", "c"], "expires_in": 600}}
    )
    assert other["poll"]["votes_count"] == 0
    media_id = await picture(world, ana)
    pictured = await ana.calls("PUT", path, json_body={"status": "look", "media_ids": [media_id]})
    assert ([one["id"] for one in pictured["media_attachments"]], pictured["poll"]) == ([media_id], None)
    attributes = [{"id": media_id, "description": "x" * 1501}]
    await ana.calls("PUT", path, json_body={"status": "look", "media_attributes": attributes}, code=422)
    unchanged = await ana.calls("GET", path)
    assert unchanged["media_attachments"][0]["description"] == "a bird"


async def test_nobody_edits_or_deletes_what_is_not_theirs(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("mine")
    media_id = await picture(world, ana)
    path = f"/api/v1/statuses/{post['id']}"
    await bea.calls("PUT", path, json_body={"status": "yours"}, code=404)
    await bea.calls("DELETE", path, code=404)
    await bea.calls("POST", "/api/v1/statuses", json_body={"status": "x", "media_ids": [media_id]}, code=404)
    repost = await ana.calls("POST", f"{path}/reblog")
    await ana.calls("PUT", f"/api/v1/statuses/{repost['id']}", json_body={"status": "x"}, code=404)
    assert (await ana.calls("GET", path))["content"] == "<p>mine</p>"


async def test_delete_and_redraft_keeps_pictures_words_and_order(world):
    [ana] = await world.people("ana")
    ids = [await picture(world, ana, f"bird {n}") for n in range(3)]
    post = await ana.publishes("*look*", media_ids=ids[::-1], spoiler_text="birds")
    gone = await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert (gone["text"], gone["spoiler_text"]) == ("*look*", "birds")
    assert [one["id"] for one in gone["media_attachments"]] == ids[::-1]
    again = await ana.publishes(gone["text"], media_ids=[one["id"] for one in gone["media_attachments"]])
    assert [one["description"] for one in again["media_attachments"]] == ["bird 2", "bird 1", "bird 0"]


async def test_one_picture_goes_into_one_post(world):
    [ana] = await world.people("ana")
    media_id = await picture(world, ana)
    made = await codes(
        ana.client.post("/api/v1/statuses", json_body={"status": f"{n}", "media_ids": [media_id]}) for n in range(8)
    )
    assert made == {200: 1, 404: 7}
    assert len(await ana.home()) == 1
    await check_counts(world)


async def test_answering_liking_and_deleting_at_once_leaves_no_500(world):
    ana = await world.person("ana")
    fans = await world.people(*(f"fan{n}" for n in range(5)))
    for _ in range(4):
        post = await ana.publishes("soon gone")
        path = f"/api/v1/statuses/{post['id']}"
        calls = [fan.client.post(f"{path}/{verb}") for fan in fans for verb in ("favourite", "reblog", "bookmark")]
        answers = [
            fan.client.post("/api/v1/statuses", json_body={"status": "re", "in_reply_to_id": post["id"]})
            for fan in fans
        ]
        assert set(await codes([*calls, *answers, ana.client.delete(path)])) <= {200, 404}
    rows = await world.app.db.reader.all("SELECT count(*) FROM posts WHERE repost_of_id IS NOT NULL")
    assert rows[0][0] == 0
    left = "SELECT count(*) FROM marks m WHERE NOT EXISTS (SELECT 1 FROM posts p WHERE p.id = m.post_id)"
    assert (await world.app.db.reader.one(left))[0] == 0
    await check_counts(world)


async def test_a_suspended_account_cannot_post(world):
    ana = await world.person("ana")
    async with world.app.db.transaction() as tx:
        await set_measure(tx, ana.id, "suspended_at", 1)
    with pytest.raises(AccountSuspended):
        await publish_post(world.app, Draft(ana.id, "still here"))
    assert (await find_account(world.app.db.reader, ana.id)).post_count == 0


async def test_marks_of_many_requests_at_once_are_all_true(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("x")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    world.marks.viewers.clear()
    seen = await asyncio.gather(*(bea.calls("GET", f"/api/v1/statuses/{post['id']}") for _ in range(10)))
    assert [one["favourited"] for one in seen] == [True] * 10


async def test_old_posts_show_each_reader_their_own_marks_votes_and_filters(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    plain, liked = await ana.publishes("plain"), await ana.publishes("liked")
    answer = await ana.publishes("an answer", in_reply_to_id=plain["id"])
    spider = await ana.publishes("a spider")
    poll = await ana.publishes("tea?", poll={"options": ["yes", "no"], "expires_in": 600})
    await bea.calls("POST", f"/api/v1/statuses/{liked['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{plain['id']}/mute")
    await bea.calls("POST", f"/api/v1/polls/{poll['poll']['id']}/votes", form={"choices[]": "1"})
    path = f"/api/v1/accounts/{ana.id}/statuses"
    stale = world.app.ids.next_id()

    async def look(reader):
        marks = await world.marks.load(reader.id)
        marks.floor = stale  # as if the posts were older than what is kept in memory
        marks.bits = {post_id: bits for post_id, bits in marks.bits.items() if post_id >= stale}
        return {post["id"]: post for post in await reader.calls("GET", path)}

    for _ in range(2):
        await cleo.calls("GET", path)  # joined for everybody
        seen = await look(bea)
        assert [one["id"] for one in seen.values() if one["favourited"]] == [liked["id"]]
        assert {one["id"] for one in seen.values() if one["muted"]} == {plain["id"], answer["id"]}
        assert seen[poll["id"]]["poll"]["own_votes"] == [1]
        seen = await look(cleo)
        assert not any(one["favourited"] or one["muted"] or one["filtered"] for one in seen.values())
        assert seen[poll["id"]]["poll"]["own_votes"] == []
    keywords = [{"keyword": "spider"}]
    body = {"title": "none", "context": ["home"], "keywords_attributes": keywords}
    await bea.calls("POST", "/api/v2/filters", json_body=body)
    seen = await look(bea)
    assert [one["id"] for one in seen.values() if one["filtered"]] == [spider["id"]]
    assert [one["id"] for one in seen.values() if one["favourited"]] == [liked["id"]]


async def test_an_old_liked_post_that_somebody_repeats_shows_as_liked(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(cleo)
    post = await ana.publishes("old")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/mute")
    await cleo.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    world.marks.viewers.clear()
    stale = world.app.ids.next_id()
    await ana.calls("GET", f"/api/v1/statuses/{post['id']}")  # joined once for whoever has no mark on it
    [warm] = await world.people("dora")
    await warm.follows(cleo)
    assert [one["reblog"]["favourited"] for one in await warm.home()] == [False]
    marks = await world.marks.load(bea.id)
    marks.floor = stale  # as if the post were older than what is kept in memory
    marks.bits = {post_id: bits for post_id, bits in marks.bits.items() if post_id >= stale}
    [shown] = await bea.home()
    assert (shown["reblog"]["favourited"], shown["reblog"]["muted"]) == (True, True)
    assert await find_post(world.app.db.reader, int(post["id"])) is not None
