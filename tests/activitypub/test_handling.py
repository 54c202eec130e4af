"""Every kind of activity, from a signed delivery to what people see in their apps."""

import json

import pytest
from tests.activitypub.far import EVES
from tests.activitypub.postbox import PUBLIC, box, just_now
from tests.evilhost import page

from rookery.activitypub.handling import HANDLERS
from rookery.activitypub.reading_activities import Doing
from rookery.model.members import Role

__all__ = ["box"]


@pytest.fixture
async def bea(box, ana):
    """Somebody far away whom ana follows."""
    bea = box.person("bea")
    await bea.followed_by(ana)
    return bea


async def home(person) -> list[str]:
    return [post["content"] for post in await person.home()]


async def seen(person, kind="mention") -> list[dict]:
    return [one for one in await person.calls("GET", "/api/v1/notifications") if one["type"] == kind]


def test_every_kind_that_is_read_has_a_handler():
    assert set(HANDLERS) == set(Doing)


async def test_create_update_delete(ana, bea):
    created = bea.creates("good morning")
    await bea.delivers(created)
    assert await home(ana) == ["<p>good morning</p>"]
    note = created["object"] | {"content": "<p>good evening</p>", "updated": "2025-10-02T00:00:00Z"}
    await bea.delivers(bea.activity("Update", note))
    assert await home(ana) == ["<p>good evening</p>"]
    await bea.delivers(bea.activity("Delete", {"id": note["id"], "type": "Tombstone"}))
    assert await home(ana) == []
    await bea.delivers(bea.activity("Create", note))
    assert await home(ana) == [], "what was deleted stays deleted"


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("Article", {"name": "On ravens", "content": "<p>They count.</p>"}, "On ravens"),
        ("Page", {"name": "A link"}, "A link"),
        ("Video", {"name": "Ravens at play"}, "Ravens at play"),
        ("Audio", {"name": "A caw"}, "A caw"),
        ("Image", {"name": "A raven"}, "A raven"),
        ("Event", {"name": "Meeting at dawn", "startTime": "2026-12-01T06:00:00Z"}, "Meeting at dawn"),
        ("Document", {"name": "Minutes"}, "Minutes"),
    ],
)
async def test_what_is_no_note_is_shown_as_well_as_it_can_be(ana, bea, kind, more, words):
    await bea.delivers(bea.creates("", type=kind, **more))
    [post] = await ana.home()
    assert words in post["content"]


async def test_a_poll_and_its_counts(ana, bea):
    options = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("yes", "no")]
    created = bea.creates("shall we?", type="Question", oneOf=options, endTime="2099-01-01T00:00:00Z")
    await bea.delivers(created)
    [post] = await ana.home()
    assert [one["title"] for one in post["poll"]["options"]] == ["yes", "no"]
    options = [one | {"replies": {"totalItems": 3}} for one in options]
    await bea.delivers(bea.activity("Update", created["object"] | {"oneOf": options, "votersCount": 6}))
    [post] = await ana.home()
    assert [one["votes_count"] for one in post["poll"]["options"]] == [3, 3]


async def test_a_vote_in_a_poll_of_ours_counts_once(box, ana, bea):
    poll = {"options": ["yes", "no"], "expires_in": 3600}
    post = await ana.calls("POST", "/api/v1/statuses", json_body={"status": "shall we?", "poll": poll})
    vote = {"id": f"{bea.uri}/votes/1", "type": "Note", "attributedTo": bea.uri, "name": "no", "to": [box.uri_of(ana)]}
    create = bea.activity("Create", vote | {"inReplyTo": post["uri"]})
    await bea.delivers(create)
    await bea.delivers(create | {"id": f"{bea.uri}/again"})
    counted = await ana.calls("GET", f"/api/v1/polls/{post['poll']['id']}")
    assert [one["votes_count"] for one in counted["options"]] == [0, 1]


async def test_a_stranger_who_names_ana_is_fetched_and_heard(box, ana):
    cid = box.person("cid")
    mention = {"type": "Mention", "href": box.uri_of(ana), "name": "@ana"}
    await cid.delivers(cid.creates("hello ana", tag=[mention], to=[PUBLIC, box.uri_of(ana)], published=just_now()))
    [note] = await seen(ana)
    assert note["account"]["acct"] == cid.handle


async def test_an_answer_to_a_post_of_ours_is_heard_from_anybody(box, ana):
    cid = box.person("cid")
    post = await ana.publishes("who is there?")
    await cid.delivers(cid.creates("me", inReplyTo=post["uri"]))
    thread = await ana.calls("GET", f"/api/v1/statuses/{post['id']}/context")
    assert [one["content"] for one in thread["descendants"]] == ["<p>me</p>"]


async def test_a_letter_for_ana_alone_is_hers_alone(world, box, ana, bea):
    eve = await world.person("eve")
    await eve.calls("POST", f"/api/v1/accounts/{(await seen_account(eve, bea))['id']}/follow")
    mention = {"type": "Mention", "href": box.uri_of(ana), "name": "@ana"}
    letter = bea.creates("psst", tag=[mention], to=[box.uri_of(ana)], cc=[], published=just_now())
    await bea.delivers(letter, target="/@ana/inbox")
    [note] = await seen(ana)
    assert note["status"]["visibility"] == "direct"
    assert await home(eve) == []


async def seen_account(person, far) -> dict:
    return await person.calls("GET", f"/api/v1/accounts/lookup?acct={far.handle}")


async def test_posts_for_followers_are_for_followers(ana, bea):
    await bea.delivers(bea.creates("for friends", to=[f"{bea.uri}/followers"], cc=[]))
    [post] = await ana.home()
    assert post["visibility"] == "private"


async def test_a_post_of_nobody_we_know_about_nobody_here_is_left_where_it_is(box, ana):
    cid = box.person("cid")
    await cid.delivers(cid.creates("to whom it may concern"))
    assert box.village.asked(f"{cid.path}/posts/1") == 0
    assert (await box.waiting(), await box.aside()) == (0, [])
    assert await box.app.db.reader.all("SELECT id FROM accounts WHERE domain <> ''") == []


async def test_an_announce_is_fetched_from_its_own_server(box, ana, bea):
    cid = box.person("cid")
    uri = cid.note("worth repeating")
    announce = bea.activity("Announce", uri, to=[PUBLIC], published="2025-10-03T00:00:00Z")
    await bea.delivers(announce)
    [post] = await ana.home()
    assert post["reblog"]["content"] == "<p>worth repeating</p>"
    await bea.delivers(bea.activity("Undo", announce))
    assert await home(ana) == []


async def test_an_announce_by_its_id_alone_is_undone(box, ana, bea):
    announce = bea.activity("Announce", box.person("cid").note("not mine"), to=[PUBLIC])
    await bea.delivers(announce)
    assert len(await ana.home()) == 1
    await bea.delivers(bea.activity("Undo", announce["id"]))
    assert await ana.home() == []


async def test_an_announce_by_nobody_we_follow_of_what_is_not_ours_is_left(box, ana):
    cid = box.person("cid")
    await cid.delivers(cid.activity("Announce", cid.note("look"), to=[PUBLIC]))
    assert box.village.asked(f"{cid.path}/posts/1") == 0


async def test_a_group_repeats_what_its_members_write(box, ana):
    group, cid = box.person("ravens", type="Group"), box.person("cid")
    await group.followed_by(ana)
    inner = cid.activity("Create", cid.shown(cid.note("to the group")))
    await group.delivers(group.activity("Announce", inner, to=[PUBLIC]))
    [post] = await ana.home()
    assert post["reblog"]["account"]["acct"] == cid.handle
    like = cid.activity("Like", inner["object"]["id"])
    await group.delivers(group.activity("Announce", like, to=[PUBLIC]))
    assert await box.aside() == []


@pytest.mark.parametrize(
    ("kind", "more"), [("Like", {}), ("Like", {"content": "🪶"}), ("EmojiReact", {"content": "🪶"})]
)
async def test_likes_and_reactions_of_ours_count_until_they_are_undone(box, ana, kind, more):
    cid = box.person("cid")
    post = await ana.publishes("like me")
    like = cid.activity(kind, post["uri"], **more)
    await cid.delivers(like)
    await cid.delivers(like)
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["favourites_count"] == 1
    assert len(await seen(ana, "favourite")) == 1
    await cid.delivers(cid.activity("Undo", like))
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["favourites_count"] == 0


async def test_a_dislike_is_nobodys_concern(box, ana):
    cid = box.person("cid")
    await cid.delivers(cid.activity("Dislike", (await ana.publishes())["uri"]))
    assert await box.aside() == []


async def test_a_follow_is_undone_by_its_id_alone(box, ana):
    cid = box.person("cid")
    follow = await cid.follows(ana)
    await cid.delivers(cid.activity("Undo", follow["id"]))
    assert await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers") == []


async def said(post) -> list[tuple[str, str]]:
    """What is packed for others: each activity with the id of what it is about."""
    await post.pack()
    rows = await post.world.app.db.reader.all("SELECT body FROM parcels ORDER BY id")
    told = [json.loads(bytes(row[0])) for row in rows]
    return [(one["type"], one["object"]["id"] if one["type"] != "Block" else one["object"]) for one in told]


async def test_who_lost_our_yes_and_asks_again_is_answered_again(post, box, ana):
    cid = box.person("cid")
    first = await cid.follows(ana)
    assert await said(post) == [("Accept", first["id"])]
    await cid.delivers(first | {"id": f"{cid.uri}/follows/again"})
    assert await said(post) == [("Accept", first["id"]), ("Accept", f"{cid.uri}/follows/again")]


async def test_who_asks_somebody_who_has_not_decided_hears_nothing_yet(post, box, ana):
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    cid = box.person("cid")
    await cid.follows(ana)
    await cid.follows(ana)
    assert await said(post) == []


async def test_who_is_not_welcome_is_told_no_each_time(post, box, ana):
    cid = box.person("cid")
    account = await box.fediverse.remote.get_account(cid.uri)
    await ana.calls("POST", f"/api/v1/accounts/{account.id}/block")
    block = ("Block", cid.uri)
    assert await said(post) == [block]
    follows = [await cid.follows(ana) for _ in range(2)]
    assert await said(post) == [block, *(("Reject", one["id"]) for one in follows)]


async def test_a_yes_and_a_later_no_to_a_follow_by_its_id(box, ana):
    cid = box.person("cid")
    account = await box.fediverse.remote.get_account(cid.uri)
    await ana.calls("POST", f"/api/v1/accounts/{account.id}/follow")
    asked = f"{box.uri_of(ana)}#follows/1"
    for kind, is_following in (("Accept", True), ("Reject", False)):
        await cid.delivers(cid.activity(kind, asked))
        [relation] = await ana.calls("GET", f"/api/v1/accounts/relationships?id[]={account.id}")
        assert relation["following"] is is_following


async def test_a_block_ends_what_was_between_the_two(box, ana, bea):
    block = bea.activity("Block", box.uri_of(ana))
    await bea.delivers(block)
    account = await seen_account(ana, bea)
    [relation] = await ana.calls("GET", f"/api/v1/accounts/relationships?id[]={account['id']}")
    assert (relation["following"], relation["blocked_by"]) == (False, True)
    await bea.delivers(bea.activity("Undo", block))
    [relation] = await ana.calls("GET", f"/api/v1/accounts/relationships?id[]={account['id']}")
    assert relation["blocked_by"] is False


async def test_a_report_reaches_staff(world, box, ana):
    judge = await world.person("judge", role=Role.MODERATOR, scopes="read write admin:read")
    server = box.person("actor", type="Application")
    post = await ana.publishes("rude")
    flag = server.activity("Flag", [box.uri_of(ana), post["uri"]], content="too rude")
    await server.delivers(flag)
    await server.delivers(flag | {"id": flag["id"] + "-again"})
    reports = await judge.calls("GET", "/api/v1/admin/reports")
    assert {one["comment"] for one in reports} == {"too rude"}
    assert reports[0]["target_account"]["username"] == "ana"


async def test_followers_go_along_when_somebody_moves(box, ana, bea):
    new = box.person("newbea", alsoKnownAs=[bea.uri])
    await bea.delivers(bea.activity("Move", bea.uri, target=new.uri))
    jobs = await box.app.db.reader.all("SELECT kind FROM jobs WHERE kind = 'MoveFollowers'")
    assert len(jobs) == 1


async def test_a_move_that_the_new_account_does_not_confirm_moves_nobody(box, ana, bea):
    new = box.person("newbea")
    await bea.delivers(bea.activity("Move", bea.uri, target=new.uri))
    assert await box.app.db.reader.all("SELECT kind FROM jobs WHERE kind = 'MoveFollowers'") == []


async def test_pins_come_and_go(box, ana, bea):
    created = bea.creates("look here")
    await bea.delivers(created)
    account, uri = await seen_account(ana, bea), created["object"]["id"]
    pinned = f"/api/v1/accounts/{account['id']}/statuses?pinned=true"
    await bea.delivers(bea.activity("Add", uri, target=f"{bea.uri}/featured"))
    assert [one["uri"] for one in await ana.calls("GET", pinned)] == [uri]
    await bea.delivers(bea.activity("Add", bea.note("x"), target=f"{bea.uri}/elsewhere"))
    await bea.delivers(bea.activity("Remove", uri, target=f"{bea.uri}/featured"))
    assert await ana.calls("GET", pinned) == []


async def test_a_changed_profile_and_the_end_of_an_account(box, ana, bea):
    await bea.delivers(bea.activity("Update", bea.document(name="Bea of the north")))
    assert (await seen_account(ana, bea))["display_name"] == "Bea of the north"
    bea.shows_self(name="Bea again")
    await bea.delivers(bea.activity("Update", bea.uri))
    assert (await seen_account(ana, bea))["display_name"] == "Bea again"
    await bea.delivers(bea.activity("Delete", bea.uri))
    assert (await seen_account(ana, bea))["suspended"] is True


async def test_new_keys_are_believed_at_once(box, ana, bea):
    old, new = bea.key, EVES
    bea.key = new
    bea.shows_self()
    body = json.dumps(bea.activity("Update", bea.document())).encode()
    headers = bea.headers(body, key=old)
    assert (await box.stranger.call("POST", "/inbox", body=body, headers=headers)).code == 202
    await box.settle()
    await bea.delivers(bea.creates("with my new key"))
    assert await home(ana) == ["<p>with my new key</p>"]


async def test_the_end_of_a_follow_that_waits_is_not_lost(box, ana):
    cid = box.person("cid")
    follow = cid.activity("Follow", box.uri_of(ana))
    for activity in (follow, cid.activity("Undo", follow)):
        assert (await cid.sends(activity)).code == 202
    box.evil.paths[cid.path] = page("later", code="503 Later")  # the key was fetched before
    await box.settle()
    assert await box.waiting() == 2
    cid.shows_self()
    box.forgives()
    async with box.app.db.transaction() as tx:
        await tx.run("UPDATE arrivals SET run_at = 1 WHERE doing = 'Undo'")
    await box.settle()
    async with box.app.db.transaction() as tx:
        await tx.run("UPDATE arrivals SET run_at = 1")
    await box.settle()
    assert (await box.waiting(), await box.aside()) == (0, [])
    assert await ana.calls("GET", f"/api/v1/accounts/{ana.id}/followers") == []
