"""People, posts and lists at their own addresses, as other servers read them."""

import json

import pytest
from tests.client import Client
from tests.measures import suspend_account

from rookery.actions.aliases import add_alias
from rookery.actions.departures import begin_departure
from rookery.actions.governing import delete_member
from rookery.actions.moves import carry_out_move, come_back
from rookery.model.audit import OPERATOR
from rookery.model.ids import MAX_ID, short_id
from rookery.storage.members import find_member

BASE = "http://localhost:3000"
STREAMS = "https://www.w3.org/ns/activitystreams"
AS = {"accept": "application/activity+json"}
PUBLIC = f"{STREAMS}#Public"
FIREFOX = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def read(pages, path, code=200, **more):
    """What another server gets at one of our addresses."""
    reply = await pages.world.stranger.get(path.removeprefix(BASE), headers={**AS, **more})
    assert reply.code == code, (path, reply)
    return reply.json


async def all_pages(pages, uri):
    """Every item of a collection, page by page, and how many pages there are."""
    items, page, count = [], await read(pages, uri), 0
    where = page["first"]
    while where:
        page, count = await read(pages, where), count + 1
        assert (page["type"], page["partOf"], page["id"]) == ("OrderedCollectionPage", uri, where)
        items += page["orderedItems"]
        where = page.get("next")
        assert count < 20
    return items, count


def address(name, post):
    return f"{BASE}/@{name}/{short_id(int(post['id']))}"


# --- one address, two answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        f'application/ld+json; profile="{STREAMS}"',
        "application/activity+json, application/ld+json",
        f'application/ld+json; profile="{STREAMS}", application/activity+json; q=0.9, */*; q=0.1',
    ],
)
async def test_another_server_gets_the_document(pages, accept):
    ana = await pages.world.person("ana")
    post = await ana.publishes("hello")
    for path in ("/@ana", address("ana", post).removeprefix(BASE), "/@ana/followers", "/@ana/following"):
        reply = await pages.world.stranger.get(path, headers={"accept": accept})
        assert (reply.code, reply.json["id"]) == (200, BASE + path)
        assert reply.headers["content-type"] == "application/activity+json; charset=utf-8"
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["cache-control"] == "public, max-age=60"
        assert reply.headers["vary"] == "Accept"
        assert b"set-cookie" not in dict(reply.all_headers)


@pytest.mark.parametrize("accept", ["*/*", FIREFOX["accept"], "application/json", "application/*", ""])
async def test_everybody_else_gets_the_page(pages, accept):
    """GEN-75: what the header decides is told to caches, in both answers."""
    ana = await pages.world.person("ana")
    post = await ana.publishes("hello")
    for path in ("/@ana", address("ana", post).removeprefix(BASE)):
        reply = await pages.world.stranger.get(path, headers={"accept": accept})
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert (b"vary", b"Accept") in reply.all_headers
    for path in ("/@ana/followers", "/@ana/following"):
        reply = await pages.world.stranger.get(path, headers={"accept": accept})
        assert reply.code == 303 and (b"vary", b"Accept") in reply.all_headers, "a page for members"


async def test_refusals_say_that_the_header_decided(pages):
    for headers in (AS, FIREFOX):
        for path in ("/@nobody", "/@nobody/followers", "/@nobody/2222222222222", "/@nobody/hello"):
            reply = await pages.world.stranger.get(path, headers=headers)
            assert reply.code == (303 if headers is FIREFOX and path.endswith("followers") else 404)
            assert (b"vary", b"Accept") in reply.all_headers
    reply = await pages.world.stranger.get("/@nobody", headers=AS)
    assert reply.json == {"error": "there is nothing at this address"}
    assert reply.headers["cache-control"] == "no-store"


async def test_the_length_of_a_document_can_be_asked_for(pages):
    await pages.world.person("ana")
    reply = await pages.world.stranger.call("HEAD", "/@ana", headers=AS)
    assert reply.code == 200 and reply.headers["content-type"].startswith("application/activity+json")
    assert (await pages.world.stranger.post("/@ana", headers=AS)).code == 405


async def test_a_token_or_a_cookie_shows_no_more_than_a_stranger_sees(pages):
    """Pleroma 2.5.0, GHSA-ccpr-m53r-mfwr: what caches share is the same for all."""
    ana, fay = await pages.world.people("ana", "fay")
    await fay.follows(ana)
    secret = await ana.publishes("for friends", visibility="private")
    path = address("ana", secret).removeprefix(BASE)
    browser = await pages.member("gus")
    for client in (ana.client, fay.client, Client(pages.world.server, token="wrong")):
        assert (await client.get(path, headers=AS)).code == 404
        assert b"for friends" not in (await client.get(f"/@ana/outbox?before={MAX_ID}", headers=AS)).body
    as_member = await browser.call("GET", "/@ana", headers=AS)
    assert as_member.body == (await pages.world.stranger.get("/@ana", headers=AS)).body


async def test_pages_point_to_their_documents(pages):
    ana = await pages.world.person("ana")
    post, quiet = await ana.publishes("hello"), await ana.publishes("quiet", visibility="unlisted")
    for path in (f"{BASE}/@ana", address("ana", post), address("ana", quiet)):
        page = (await pages.world.stranger.get(path.removeprefix(BASE))).body.decode()
        assert f'<link rel="alternate" type="application/activity+json" href="{path}">' in page
    secret = await ana.publishes("secret", visibility="private")
    browser = await pages.member("fay")
    await browser.opens("/@ana")
    await browser.sends("/@ana/relation/follow", back="/@ana")
    await browser.opens(address("ana", secret).removeprefix(BASE))
    assert "secret" in browser.page and "activity+json" not in browser.page


# --- people ----------------------------------------------------------------------------------------------------------


async def test_an_actor_says_who_it_is_where_its_lists_are_and_with_what_it_signs(pages):
    ana = await pages.world.person("ana")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"display_name": "Ana", "note": "#birds"})
    actor = await read(pages, "/@ana")
    me = f"{BASE}/@ana"
    assert (actor["id"], actor["type"], actor["preferredUsername"], actor["name"]) == (me, "Person", "ana", "Ana")
    assert actor["webfinger"] == "ana@localhost"
    for name in ("inbox", "outbox", "followers", "following", "featured"):
        assert actor[name] == f"{me}/{name}"
    assert actor["endpoints"] == {"sharedInbox": f"{BASE}/inbox"}
    assert (actor["publicKey"]["id"], actor["publicKey"]["owner"]) == (f"{me}#main-key", me)
    assert actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert actor["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")
    assert "birds" in actor["summary"]
    assert await read(pages, "/@ana") == actor, "the keys stay"
    assert "ana@mail.test" not in json.dumps(actor)


async def test_webfinger_and_the_actor_name_each_other(pages):
    """Akkoma 2026.03 (a): a name and an address belong together only where both say so."""
    await pages.world.person("ana")
    for name in ("acct:ana@localhost", BASE):
        found = (await pages.world.stranger.get(f"/.well-known/webfinger?resource={name}")).json
        [href] = [link["href"] for link in found["links"] if link["rel"] == "self"]
        actor = await read(pages, href)
        assert actor["id"] == href and found["subject"] == f"acct:{actor['webfinger']}"
        assert actor["preferredUsername"] == actor["webfinger"].partition("@")[0]


async def test_another_spelling_of_a_name_leads_to_the_one_id(pages):
    """GHSA-8863-8468-7hq7: nobody's document carries an id that differs from where it lies."""
    await pages.world.person("ana")
    reply = await pages.world.stranger.get("/@ANA", headers=AS)
    assert (reply.code, reply.headers["location"]) == (301, f"{BASE}/@ana")


@pytest.mark.parametrize("name", ["ana@localhost", "ana@far.example", "@ana", "nobody", "%00", "a" * 400, "ana.json"])
async def test_no_other_name_is_anybody(pages, name):
    """gotosocial#3706: ids on our host are answered from our own people alone."""
    await pages.world.person("ana")
    for path in (f"/@{name}", f"/@{name}/outbox", f"/@{name}/followers", f"/@{name}/featured"):
        reply = await pages.world.stranger.get(path, headers=AS)
        assert (reply.code, reply.json) == (404, {"error": "there is nothing at this address"}), path


async def test_the_server_has_an_actor_of_its_own(pages):
    actor = await read(pages, "/actor", accept="*/*")
    assert (actor["id"], actor["type"], actor["preferredUsername"]) == (f"{BASE}/actor", "Application", "localhost")
    assert actor["publicKey"]["id"] == f"{BASE}/actor#main-key"
    assert (await read(pages, actor["outbox"]))["totalItems"] == 0
    assert await all_pages(pages, actor["outbox"]) == ([], 1)
    ana = await pages.world.person("ana")
    assert actor["publicKey"]["publicKeyPem"] != (await read(pages, f"/@{ana.name}"))["publicKey"]["publicKeyPem"]


async def test_of_who_is_suspended_only_that_is_told(pages):
    """GEN-57: what is suspended is gone from every list at once."""
    ana, bea = await pages.world.people("ana", "bea")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"note": "my bio"})
    post = await ana.publishes("hello")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    await ana.follows(bea)
    await suspend_account(pages.world.app, int(ana.id), by=OPERATOR)
    actor = await read(pages, "/@ana")
    assert actor["suspended"] is True and "my bio" not in json.dumps(actor)
    for name in ("outbox", "followers", "following", "featured"):
        assert await read(pages, f"/@ana/{name}", 403) == {"error": "this account is suspended here"}
    await read(pages, address("ana", post), 404)
    assert (await all_pages(pages, f"{BASE}/@bea/outbox"))[0] == []
    assert (await all_pages(pages, f"{BASE}/@bea/followers"))[0] == []


async def test_who_is_gone_leaves_a_tombstone(pages):
    ana, bea = await pages.world.people("ana", "bea")
    await delete_member(pages.world.app, int(ana.id), by=OPERATOR)
    for path in ("/@ana", "/@ana/outbox", "/@ana/followers", "/@ana/featured"):
        gone = await read(pages, path, 410)
        assert (gone["id"], gone["type"], gone["formerType"]) == (f"{BASE}/@ana", "Tombstone", "Person")
        assert gone["deleted"].endswith("Z")
    member = await find_member(pages.world.app.db.reader, int(bea.id))
    await begin_departure(pages.world.app, member)
    assert (await read(pages, "/@bea"))["suspended"] is True, "bea may still come back"


# --- posts -----------------------------------------------------------------------------------------------------------


async def test_a_public_post_is_a_note(pages):
    ana, bea = await pages.world.people("ana", "bea")
    post = await ana.publishes("Look, @bea: #birds", language="en", spoiler_text="a bird")
    note = await read(pages, address("ana", post))
    me = f"{BASE}/@ana"
    assert (note["id"], note["type"], note["attributedTo"]) == (address("ana", post), "Note", me)
    assert (note["to"], note["cc"]) == ([PUBLIC], [f"{me}/followers", f"{BASE}/@bea"])
    assert (note["summary"], note["replies"]) == ("a bird", f"{note['id']}/replies")
    assert {(tag["type"], tag["name"]) for tag in note["tag"]} == {
        ("Mention", "@bea@localhost"),
        ("Hashtag", "#birds"),
    }
    assert note["url"] == post["url"] and note["id"] == post["uri"], "one string names and shows it"
    answer = await bea.publishes("Where?", in_reply_to_id=post["id"])
    assert (await read(pages, address("bea", answer)))["inReplyTo"] == note["id"]


async def test_an_unlisted_post_can_be_read_and_others_cannot(pages):
    """CVE-2025-67500: hidden and absent are the same, to the last byte."""
    ana, bea = await pages.world.people("ana", "bea")
    quiet = await ana.publishes("quiet", visibility="unlisted")
    assert (await read(pages, address("ana", quiet)))["cc"] == [PUBLIC]
    absent = await pages.world.stranger.get("/@ana/2222222222222", headers=AS)
    for audience in ("private", "direct"):
        post = await ana.publishes("@bea hidden", visibility=audience)
        for tail in ("", "/replies", "/activity", "/context"):
            path = address("ana", post).removeprefix(BASE) + tail
            for client in (pages.world.stranger, bea.client):
                reply = await client.get(path, headers=AS)
                assert (reply.code, reply.body, reply.all_headers) == (404, absent.body, absent.all_headers) or tail
                assert reply.code == 404 and reply.body == absent.body


async def test_a_post_lies_below_its_author_alone(pages):
    ana, _ = await pages.world.people("ana", "bea")
    post = await ana.publishes("hello")
    await read(pages, address("bea", post), 404)
    await read(pages, address("nobody", post), 404)
    await read(pages, f"{BASE}/@ana/{post['id']}", 404)
    assert (await read(pages, address("ANA", post)))["id"] == address("ana", post)


async def test_a_deleted_post_is_gone(pages):
    ana = await pages.world.person("ana")
    post = await ana.publishes("hello")
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    for tail in ("", "/activity", "/replies", "/context"):
        await read(pages, address("ana", post) + tail, 404)


async def test_a_poll_is_a_question(pages):
    ana = await pages.world.person("ana")
    post = await ana.publishes("Which?", poll={"options": ["elm", "oak"], "expires_in": 3600})
    question = await read(pages, address("ana", post))
    assert question["type"] == "Question" and [one["name"] for one in question["oneOf"]] == ["elm", "oak"]


async def test_what_a_note_names_is_what_strangers_may_read(pages):
    ana, bea = await pages.world.people("ana", "bea")
    await bea.follows(ana)
    secret = await ana.publishes("for friends", visibility="private")
    answer = await bea.publishes("a public answer", in_reply_to_id=secret["id"], visibility="public")
    assert (await read(pages, address("bea", answer)))["inReplyTo"] is None
    seen = await ana.publishes("to be quoted")
    quote = await bea.publishes("look", quoted_status_id=seen["id"])
    note = await read(pages, address("bea", quote))
    assert note["quote"] == note["quoteUri"] == address("ana", seen)
    await ana.calls("DELETE", f"/api/v1/statuses/{seen['id']}")
    assert "quote" not in await read(pages, address("bea", quote))


async def test_a_post_comes_with_the_activity_that_brought_it(pages):
    ana, bea = await pages.world.people("ana", "bea")
    post = await ana.publishes("hello")
    uri = address("ana", post)
    create = await read(pages, f"{uri}/activity")
    assert (create["id"], create["type"], create["actor"]) == (f"{uri}/activity", "Create", f"{BASE}/@ana")
    assert create["object"]["id"] == uri and create["to"] == create["object"]["to"] == [PUBLIC]
    shared = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    announce = await read(pages, f"{address('bea', shared)}/activity")
    assert (announce["type"], announce["object"], announce["to"]) == ("Announce", uri, [PUBLIC])
    await read(pages, address("bea", shared), 404)


# --- lists -----------------------------------------------------------------------------------------------------------


async def test_an_outbox_holds_what_is_public_in_pages_that_end(pages):
    """CVE-2026-25808: letters and posts for followers are in no outbox."""
    ana, bea = await pages.world.people("ana", "bea")
    theirs = await bea.publishes("by bea")
    expected = []
    for number in range(23):
        expected.append(address("ana", await ana.publishes(f"number {number}")))
        await ana.publishes(f"hidden {number}", visibility=("private", "direct")[number % 2])
    shared = await ana.calls("POST", f"/api/v1/statuses/{theirs['id']}/reblog")
    head = await read(pages, "/@ana/outbox")
    assert (head["type"], head["id"], "orderedItems" in head) == ("OrderedCollection", f"{BASE}/@ana/outbox", False)
    assert head["totalItems"] == int((await ana.calls("GET", f"/api/v1/accounts/{ana.id}"))["statuses_count"])
    items, count = await all_pages(pages, head["id"])
    assert count == 2 and "hidden" not in json.dumps(items)
    assert [item["type"] for item in items] == ["Announce"] + ["Create"] * 23
    assert (items[0]["id"], items[0]["object"]) == (f"{address('ana', shared)}/activity", address("bea", theirs))
    assert [item["object"]["id"] for item in items[1:]] == expected[::-1]
    assert all("@context" not in item["object"] for item in items[1:])


async def test_followers_are_counted_and_named_unless_they_are_kept_to_oneself(pages):
    ana, bea, cat = await pages.world.people("ana", "bea", "cat")
    for one in (bea, cat):
        await one.follows(ana)
    await ana.follows(bea)
    assert (await read(pages, "/@ana/followers"))["totalItems"] == 2
    assert await all_pages(pages, f"{BASE}/@ana/followers") == ([f"{BASE}/@cat", f"{BASE}/@bea"], 1)
    assert await all_pages(pages, f"{BASE}/@ana/following") == ([f"{BASE}/@bea"], 1)
    form = {"hide_collections": "true"}
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", form=form)
    for side, count in (("followers", 2), ("following", 1)):
        head = await read(pages, f"/@ana/{side}")
        assert head["totalItems"] == count and "first" not in head
        page = await read(pages, f"/@ana/{side}?before={MAX_ID}")
        assert page["orderedItems"] == [] and "next" not in page


async def test_whoever_only_asked_to_follow_is_no_follower(pages):
    ana, bea = await pages.world.people("ana", "bea")
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    await bea.follows(ana)
    assert (await read(pages, "/@ana/followers"))["totalItems"] == 0
    assert await all_pages(pages, f"{BASE}/@ana/followers") == ([], 1)


async def test_many_followers_come_in_pages(pages):
    ana, bea = await pages.world.people("ana", "bea")
    async with pages.world.app.db.transaction() as tx:
        for number in range(1, 101):
            await tx.run(
                "INSERT INTO accounts (id, username, username_key, domain, display_name, is_bot, created_at, uri, url)"
                " VALUES (:id, :name, :name, 'far.example', '', 0, 1, :uri, NULL)",
                id=number,
                name=f"p{number}",
                uri=f"https://far.example/p{number}",
            )
            await tx.run(
                "INSERT INTO follows (id, follower_id, followed_id, state) VALUES (:id, :id, :ana, 'active')",
                id=number,
                ana=int(ana.id),
            )
    items, count = await all_pages(pages, f"{BASE}/@ana/followers")
    assert (count, items) == (3, [f"https://far.example/p{number}" for number in range(100, 0, -1)])
    assert bea.name not in json.dumps(items)


async def test_what_is_pinned_is_shown_whole(pages):
    ana = await pages.world.person("ana")
    first, second = await ana.publishes("first"), await ana.publishes("second", visibility="unlisted")
    hidden = await ana.publishes("hidden", visibility="private")
    for post in (first, second, hidden):
        await ana.client.post(f"/api/v1/statuses/{post['id']}/pin")
    featured = await read(pages, "/@ana/featured")
    assert [note["id"] for note in featured["orderedItems"]] == [address("ana", second), address("ana", first)]
    assert featured["totalItems"] == 2


async def test_replies_are_named_where_strangers_may_read_them(pages):
    ana, bea, cat = await pages.world.people("ana", "bea", "cat")
    post = await ana.publishes("a question")
    shown = [await one.publishes("@ana here", in_reply_to_id=post["id"]) for one in (bea, cat)]
    await bea.publishes("@ana hidden", in_reply_to_id=post["id"], visibility="direct")
    await cat.publishes("below", in_reply_to_id=shown[0]["id"])
    items, count = await all_pages(pages, f"{address('ana', post)}/replies")
    assert (count, items) == (1, [address("cat", shown[1]), address("bea", shown[0])])


async def test_a_thread_is_one_collection_of_what_strangers_may_read(pages):
    ana, bea = await pages.world.people("ana", "bea")
    root = await ana.publishes("a question")
    answer = await bea.publishes("@ana here", in_reply_to_id=root["id"])
    deeper = await ana.publishes("@bea thanks", in_reply_to_id=answer["id"])
    hidden = await bea.publishes("@ana hidden", in_reply_to_id=root["id"], visibility="private")
    below = await bea.publishes("below what is hidden", in_reply_to_id=hidden["id"])
    context = f"{address('ana', root)}/context"
    for one, name in ((root, "ana"), (answer, "bea"), (deeper, "ana")):
        assert (await read(pages, address(name, one)))["context"] == context
    assert (await read(pages, context))["attributedTo"] == f"{BASE}/@ana"
    items, _ = await all_pages(pages, context)
    assert items[-3:] == [address("ana", deeper), address("bea", answer), address("ana", root)]
    assert address("bea", hidden) not in items
    assert set(items[:-3]) <= {address("bea", below)}
    await read(pages, f"{address('bea', answer)}/context", 404)


async def test_a_long_thread_has_pages(pages):
    ana = await pages.world.person("ana")
    root = await ana.publishes("root")
    for n in range(60):
        await ana.publishes(f"answer {n}", in_reply_to_id=root["id"])
    items, count = await all_pages(pages, f"{address('ana', root)}/context")
    assert (len(items), len(set(items)), count) == (61, 61, 2)


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "1e3", "%00"])
async def test_a_page_that_nobody_gave_away_is_refused_with_a_sentence(pages, before):
    ana = await pages.world.person("ana")
    post = address("ana", await ana.publishes("hello")).removeprefix(BASE)
    for path in ("outbox", "followers", "following"):
        assert "before" in (await read(pages, f"/@ana/{path}?before={before}", 400))["error"]
    for path in (f"{post}/replies", f"{post}/context", "/actor/outbox"):
        assert "before" in (await read(pages, f"{path}?before={before}", 400))["error"]


async def test_somebody_blocked_learns_of_nobody_else_s_blocks(pages):
    ana, bea = await pages.world.people("ana", "bea")
    await bea.follows(ana)
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/block")
    assert "bea" not in json.dumps((await all_pages(pages, f"{BASE}/@ana/followers"))[0])
    assert "block" not in json.dumps(await read(pages, "/@ana"))


# --- moving ----------------------------------------------------------------------------------------------------------


async def test_other_servers_read_who_somebody_also_is_and_where_they_went(pages):
    ana, bea = await pages.world.people("ana", "bea")
    before = await read(pages, "/@bea")
    assert before["alsoKnownAs"] == []
    assert "movedTo" not in before
    await add_alias(pages.world.app, bea.id, "@ana")
    await carry_out_move(pages.world.app, ana.id, bea.id)
    assert (await read(pages, "/@bea"))["alsoKnownAs"] == [f"{BASE}/@ana"]
    assert (await read(pages, "/@ana"))["movedTo"] == f"{BASE}/@bea"
    await come_back(pages.world.app, ana.id)
    assert "movedTo" not in await read(pages, "/@ana")
