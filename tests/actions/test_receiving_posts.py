"""Posts of other servers: where they show, to whom, and what they may not do."""

from dataclasses import replace

import pytest
from tests.far import FAR, FarPerson, followed_by, uri_of

from rookery.actions.domainblocks import DomainWishes, block_domain
from rookery.actions.receiving_acts import receive_pin, receive_vote
from rookery.actions.receiving_posts import receive_post
from rookery.model.accounts import AccountNotFound
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.ids import now_us, us_from_id
from rookery.model.incoming import (
    IncomingAttachment,
    IncomingEmoji,
    IncomingMention,
    IncomingOption,
    IncomingPoll,
    NotTheirs,
)
from rookery.model.posts import Audience, PostNotFound

HOUR_US = 3_600_000_000
LINK = IncomingAttachment(
    "https://far.example/nest.png", "image", "image/png", "a nest", "LEHV6nWB2yk8", 640, 480, 0.5, -0.5
)


def texts(found):
    return [post["content"] for post in found]


async def test_a_followed_far_persons_post_is_at_home_and_looks_like_theirs(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    post_id = await bea.publishes(
        "hello @ana #nest :rook:",
        mentions=[ana],
        attachments=(LINK,),
        emoji=(IncomingEmoji("rook", "https://far.example/rook.png"),),
        like_count=5,
        repost_count=2,
        language="en",
    )
    await world.settle()
    (shown,) = await ana.home()
    assert shown["id"] == str(post_id)
    assert shown["account"]["acct"] == "bea@far.example"
    assert (shown["uri"], shown["url"]) == (f"{bea.uri}/posts/1", "https://far.example/@bea/1")
    assert (shown["favourites_count"], shown["reblogs_count"], shown["language"]) == (5, 2, "en")
    assert [one["acct"] for one in shown["mentions"]] == ["ana"]
    assert [one["url"].rsplit("/", 2)[0] for one in shown["emojis"]] == ["http://localhost:3000/media/far"]
    (picture,) = shown["media_attachments"]
    assert (picture["type"], picture["remote_url"]) == ("image", LINK.url)
    assert picture["url"].startswith("http://localhost:3000/media/far/")
    assert (picture["description"], picture["blurhash"]) == ("a nest", "LEHV6nWB2yk8")
    assert picture["meta"]["original"]["width"] == 640
    assert await ben.home() == []
    assert [one["type"] for one in await ana.calls("GET", "/api/v1/notifications")] == ["mention"]
    for path in ("public", "public?remote=1", "tag/nest"):
        assert [one["id"] for one in await ben.calls("GET", f"/api/v1/timelines/{path}")] == [str(post_id)]
    assert await ben.calls("GET", "/api/v1/timelines/public?local=1") == []
    assert [one["id"] for one in await ben.calls("GET", f"/api/v1/accounts/{bea.id}/statuses")] == [str(post_id)]
    found = await ben.calls("GET", "/api/v2/search?q=hello&type=statuses")
    assert [one["id"] for one in found["statuses"]] == [str(post_id)]
    found = await ben.calls("GET", "/api/v2/search?q=bea&type=accounts")
    assert [one["acct"] for one in found["accounts"]] == ["bea@far.example"]


async def test_a_far_post_for_followers_is_for_followers_here_and_nobody_else(world):
    ana, ben, mia = await world.people("ana", "ben", "mia")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    await ben.follows(bea)  # asked, not accepted
    kept = {}
    for audience in Audience:
        kept[audience] = await bea.publishes(f"canary {audience.name} @mia", audience=audience, mentions=[mia])
    await world.settle()
    truth = {
        "ana": {Audience.PUBLIC, Audience.UNLISTED, Audience.FOLLOWERS},
        "ben": {Audience.PUBLIC, Audience.UNLISTED},
        "mia": set(Audience),
        "nobody": {Audience.PUBLIC, Audience.UNLISTED},
    }
    clients = {"ana": ana.client, "ben": ben.client, "mia": mia.client, "nobody": world.stranger}
    for name, client in clients.items():
        seen = {one for one in Audience if (await client.get(f"/api/v1/statuses/{kept[one]}")).code == 200}
        assert seen == truth[name], name
        page = (await client.get(f"/api/v1/accounts/{bea.id}/statuses")).body.decode()
        assert {one for one in Audience if f"canary {one.name} " in page} == truth[name], name
    assert {one["id"] for one in await ana.home()} == {str(kept[one]) for one in truth["ana"]}
    assert await ben.home() == []


async def test_a_far_post_stands_at_its_own_moment_and_never_in_the_future(world):
    bea = await FarPerson(world).arrives()
    written = (now_us() - 30 * HOUR_US) // 1_000_000 * 1_000_000
    ids = [await bea.publishes("old", published_at_us=written) for _ in range(40)]
    assert len(set(ids)) == 40  # a whole second holds more posts than its first microsecond has ids
    assert {us_from_id(one) // 1_000_000 for one in ids} == {written // 1_000_000}
    assert us_from_id(await bea.publishes("early", published_at_us=now_us() + HOUR_US)) <= now_us()


async def test_a_post_belongs_to_its_author_for_good(world):
    bea = await FarPerson(world).arrives()
    eve = await FarPerson(world, "eve", "evil.example").arrives()
    note = bea.note("mine")
    post_id = await bea.sends(note)
    with pytest.raises(NotTheirs):
        await receive_post(world.app, note, by_uri=eve.uri)
    with pytest.raises(NotTheirs):
        await eve.sends(replace(note, author_uri=eve.uri, text="hers", edited_at_us=now_us()))
    with pytest.raises(NotTheirs):
        await eve.deletes(note.uri)
    with pytest.raises(NotTheirs):
        await receive_pin(world.app, note.uri, by_uri=eve.uri)
    shown = await world.stranger_json(f"/api/v1/statuses/{post_id}")
    assert shown["content"] == "<p>mine</p>"


async def test_nobody_writes_or_deletes_a_post_of_ours_from_afar(world):
    (ana,) = await world.people("ana")
    post = await ana.publishes("ours")
    bea = await FarPerson(world).arrives()
    with pytest.raises(NotTheirs):
        await bea.sends(replace(bea.note("hers"), uri=post["uri"]))
    with pytest.raises(NotTheirs):
        await bea.deletes(post["uri"])
    assert (await world.stranger.get(f"/api/v1/statuses/{post['id']}")).code == 200


async def test_a_deletion_of_somebody_else_does_not_keep_a_post_out(world):
    bea = await FarPerson(world).arrives()
    eve = await FarPerson(world, "eve", "evil.example").arrives()
    note = bea.note()
    assert not await eve.deletes(note.uri)
    assert await bea.sends(note) is not None


async def test_an_account_that_is_not_known_writes_nothing(world):
    with pytest.raises(AccountNotFound):
        await FarPerson(world).publishes()


async def test_an_edit_keeps_what_was_and_never_opens_a_post_wider(world):
    bea = await FarPerson(world).arrives()
    note = bea.note("before", attachments=(LINK,), published_at_us=now_us() - HOUR_US)
    post_id = await bea.sends(note)
    words = replace(LINK, alt="a better word")
    await bea.sends(replace(note, text="after", attachments=(words,), edited_at_us=now_us() - 60_000_000))
    shown = await world.stranger_json(f"/api/v1/statuses/{post_id}")
    assert (shown["content"], shown["media_attachments"][0]["description"]) == ("<p>after</p>", "a better word")
    history = await world.stranger_json(f"/api/v1/statuses/{post_id}/history")
    assert texts(history) == ["<p>before</p>", "<p>after</p>"]
    closed = bea.note("closed", audience=Audience.FOLLOWERS, published_at_us=now_us() - HOUR_US)
    closed_id = await bea.sends(closed)
    await bea.sends(replace(closed, audience=Audience.PUBLIC, text="opened", edited_at_us=now_us()))
    assert (await world.stranger.get(f"/api/v1/statuses/{closed_id}")).code == 404


async def test_answers_that_come_first_find_their_place_when_the_thread_comes(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    root, answer, leaf = bea.note("root"), bea.note("answer"), bea.note("leaf")
    answer, leaf = replace(answer, reply_to_uri=root.uri), replace(leaf, reply_to_uri=answer.uri)
    leaf_id = await bea.sends(leaf)
    await world.settle()
    assert await ana.home() == []  # an answer to what nobody here has read
    assert await ana.calls("GET", "/api/v1/timelines/public") == []
    answer_id = await bea.sends(answer)
    root_id = await bea.sends(root)
    await world.settle()
    context = await world.stranger_json(f"/api/v1/statuses/{leaf_id}/context")
    assert texts(context["ancestors"]) == ["<p>root</p>", "<p>answer</p>"]
    shown = await world.stranger_json(f"/api/v1/statuses/{root_id}")
    assert shown["replies_count"] == 1
    shown = await world.stranger_json(f"/api/v1/statuses/{answer_id}")
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (str(root_id), str(bea.id))
    assert {one["id"] for one in await ana.home()} == {str(leaf_id), str(answer_id), str(root_id)}


async def test_an_answer_to_what_its_author_may_not_see_is_not_put_below_it(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    hidden = await ana.publishes("for friends", visibility="private")
    answer_id = await bea.publishes("found you", reply_to_uri=hidden["uri"])
    assert (await ana.calls("GET", f"/api/v1/statuses/{hidden['id']}"))["replies_count"] == 0
    assert (await world.stranger_json(f"/api/v1/statuses/{answer_id}"))["in_reply_to_id"] is None
    for act in (bea.likes, bea.reposts):
        with pytest.raises(PostNotFound):
            await act(hidden["uri"])


async def test_likes_and_reposts_from_afar_count_and_are_told(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    post = await ana.publishes("ours")
    assert await bea.likes(post["uri"])
    assert not await bea.likes(post["uri"])
    repost_id = await bea.reposts(post["uri"])
    assert await bea.reposts(post["uri"]) == repost_id
    await world.settle()
    shown = await ana.calls("GET", f"/api/v1/statuses/{post['id']}")
    assert (shown["favourites_count"], shown["reblogs_count"]) == (1, 1)
    told = await ana.calls("GET", "/api/v1/notifications")
    assert {(one["type"], one["account"]["acct"]) for one in told} == {
        ("favourite", "bea@far.example"),
        ("reblog", "bea@far.example"),
    }
    assert await bea.unlikes(post["uri"])
    assert await bea.unreposts(post["uri"])
    shown = await ana.calls("GET", f"/api/v1/statuses/{post['id']}")
    assert (shown["favourites_count"], shown["reblogs_count"]) == (0, 0)


async def test_people_here_like_answer_and_repost_a_far_post(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    post_id = await bea.publishes("theirs", like_count=3)
    await ana.calls("POST", f"/api/v1/statuses/{post_id}/favourite")
    await ana.calls("POST", f"/api/v1/statuses/{post_id}/reblog")
    answer = await ben.publishes("@bea@far.example indeed", in_reply_to_id=str(post_id))
    shown = await ana.calls("GET", f"/api/v1/statuses/{post_id}")
    assert (shown["favourites_count"], shown["reblogs_count"], shown["replies_count"]) == (4, 1, 1)
    assert [one["acct"] for one in answer["mentions"]] == ["bea@far.example"]
    assert answer["mentions"][0]["id"] == str(bea.id)


async def test_votes_from_afar_count_once_and_far_polls_tell_their_own_counts(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    post = await ana.publishes("which", poll={"options": ["tea", "rain"], "expires_in": 3600})
    assert await receive_vote(world.app, post["uri"], "tea", by_uri=bea.uri)
    assert not await receive_vote(world.app, post["uri"], "tea", by_uri=bea.uri)
    shown = await ana.calls("GET", f"/api/v1/statuses/{post['id']}")
    assert [one["votes_count"] for one in shown["poll"]["options"]] == [1, 0]
    note = bea.note("far poll", poll=IncomingPoll((IncomingOption("yes", 7), IncomingOption("no", 1)), voter_count=8))
    post_id = await bea.sends(note)
    await ana.calls("POST", f"/api/v1/polls/{post_id}/votes", json_body={"choices": [1]})
    options = (IncomingOption("yes", 7), IncomingOption("no", 3))
    await bea.sends(replace(note, poll=replace(note.poll, options=options, voter_count=10)))
    poll = await ana.calls("GET", f"/api/v1/polls/{post_id}")
    assert ([one["votes_count"] for one in poll["options"]], poll["voters_count"]) == ([7, 3], 10)
    assert poll["own_votes"] == [1]


async def test_who_reads_silently_is_let_in_and_not_told(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    silent = (IncomingMention(uri_of(ana, world.app), is_silent=True),)
    post_id = await bea.publishes("psst", audience=Audience.MENTIONED, mentions=())
    assert (await ana.client.get(f"/api/v1/statuses/{post_id}")).code == 404
    note = replace(bea.note("psst", audience=Audience.MENTIONED), mentions=silent)
    post_id = await bea.sends(note)
    await world.settle()
    shown = await ana.calls("GET", f"/api/v1/statuses/{post_id}")
    assert shown["mentions"] == []
    assert await ana.calls("GET", "/api/v1/notifications") == []


async def test_a_limited_servers_people_are_met_by_their_followers_only(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    await followed_by(bea, ana)
    await block_domain(world.app, FAR, DomainWishes(severity=Severity.SILENCE), by=OPERATOR)
    post_id = await bea.publishes("quietly @ben", mentions=[ben])
    await world.settle()
    assert [one["id"] for one in await ana.home()] == [str(post_id)]
    assert await ben.calls("GET", "/api/v1/timelines/public") == []
    assert await ben.calls("GET", "/api/v1/notifications") == []


async def test_who_blocks_or_mutes_a_far_person_or_their_server_does_not_meet_them(world):
    ana, ben, mia = await world.people("ana", "ben", "mia")
    bea = await FarPerson(world).arrives()
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    await ben.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    await mia.calls("POST", "/api/v1/domain_blocks", json_body={"domain": FAR})
    await bea.publishes("hello @ana @ben @mia", mentions=[ana, ben, mia])
    await world.settle()
    for person in (ana, ben, mia):
        assert await person.calls("GET", "/api/v1/timelines/public") == []
        assert await person.calls("GET", "/api/v1/notifications") == []
