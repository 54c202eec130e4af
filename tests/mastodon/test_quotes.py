"""Quotes through the client API: consent, what each reader meets, lists, and the ways back."""

import pytest
from tests.measures import suspend_account, unsuspend_account

from rookery.actions.purge import purge_account
from rookery.actions.quotes import answer_quote
from rookery.model.audit import OPERATOR
from rookery.model.quotes import QUOTE_STEPS, IllegalQuoteStep, QuoteNotFound, QuoteState, next_quote_state
from rookery.storage.quotes import set_quote_state

APPROVED = {"automatic": ["public"], "manual": [], "current_user": "automatic"}
SECRET = "canary"


async def quotes(person, post, text="look at this", **more):
    return await person.publishes(text, quoted_status_id=post["id"], **more)


async def shown(person, post, code=200):
    return await person.calls("GET", f"/api/v1/statuses/{post['id']}", code=code)


async def state_for(person, post):
    return (await shown(person, post))["quote"]["state"]


async def test_a_quote_shows_the_quoted_post_inside_and_counts(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    post = await ana.publishes("first light")
    assert (post["quote"], post["quotes_count"], post["quote_approval"]) == (None, 0, APPROVED)
    quote = await quotes(bea, post)
    assert quote["quote"]["state"] == "accepted"
    assert quote["quote"]["quoted_status"]["content"] == "<p>first light</p>"
    assert quote["quote"]["quoted_status"]["quotes_count"] == 1
    [seen] = await cleo.home()
    assert seen["quote"]["quoted_status"]["account"]["username"] == "ana"
    assert (await shown(ana, post))["quotes_count"] == 1
    await bea.calls("DELETE", f"/api/v1/statuses/{quote['id']}")
    assert (await shown(ana, post))["quotes_count"] == 0


async def test_a_quote_needs_no_words_of_its_own_and_may_be_edited_without(world):
    ana, bea = await world.people("ana", "bea")
    quote = await quotes(bea, await ana.publishes("words"), "")
    assert quote["content"] == ""
    edited = await bea.calls("PUT", f"/api/v1/statuses/{quote['id']}", json_body={"status": ""})
    assert edited["quote"]["state"] == "accepted"
    await bea.calls("POST", "/api/v1/statuses", json_body={"status": ""}, code=422)


async def test_a_quote_of_a_quote_holds_an_id_instead_of_a_third_post(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    root = await ana.publishes("root")
    third = await quotes(cleo, await quotes(bea, root))
    assert third["quote"]["quoted_status"]["quote"] == {"state": "accepted", "quoted_status_id": root["id"]}
    await ana.calls("DELETE", f"/api/v1/statuses/{root['id']}")
    inner = (await shown(cleo, third))["quote"]["quoted_status"]["quote"]
    assert inner == {"state": "deleted", "quoted_status_id": None}


async def test_followers_may_quote_where_the_author_says_so_and_nobody_where_not(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(ana)
    friends = await ana.publishes("for quoting friends", quote_approval_policy="followers")
    alone = await ana.publishes("please do not quote", quote_approval_policy="nobody")
    says = {
        (name, post["content"]): (await shown(person, post))["quote_approval"]["current_user"]
        for name, person in (("ana", ana), ("bea", bea), ("cleo", cleo))
        for post in (friends, alone)
        for _ in range(2)
    }
    assert list(says.values()) == ["automatic", "automatic", "automatic", "denied", "denied", "denied"]
    assert (await quotes(bea, friends))["quote"]["state"] == "accepted"
    body = {"status": "x", "quoted_status_id": friends["id"]}
    refused = await cleo.calls("POST", "/api/v1/statuses", json_body=body, code=403)
    assert refused["error"] == "the author of this post does not let you quote it"
    for person in (bea, cleo):
        await person.calls("POST", "/api/v1/statuses", json_body={**body, "quoted_status_id": alone["id"]}, code=403)
    assert (await quotes(ana, alone))["quote"]["state"] == "accepted"


async def test_every_viewer_reads_their_own_approval_from_the_same_memory(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    for policy in ("public", "followers", "nobody"):
        await ana.publishes(policy, quote_approval_policy=policy)
    await ana.publishes("friends", visibility="private")
    pages = [[p["quote_approval"]["current_user"] for p in await one.home()] for one in (bea, ana, bea, ana)]
    assert pages[0] == pages[2] == ["denied", "denied", "automatic", "automatic"]
    assert pages[1] == pages[3] == ["automatic"] * 4
    stranger = await world.stranger.get(f"/api/v1/accounts/{ana.id}/statuses")
    assert {p["quote_approval"]["current_user"] for p in stranger.json} == {"denied"}


@pytest.mark.parametrize("_row", ["GHSA-8h43-rcqj-wpc6"])
async def test_quoting_a_repost_asks_the_policy_of_what_it_repeats(world, _row):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    closed = await ana.publishes("not to be quoted", quote_approval_policy="nobody")
    repost = await bea.calls("POST", f"/api/v1/statuses/{closed['id']}/reblog")
    for person in (bea, cleo):
        body = {"status": "x", "quoted_status_id": repost["id"]}
        await person.calls("POST", "/api/v1/statuses", json_body=body, code=403)
    free = await ana.publishes("quote me")
    repost = await bea.calls("POST", f"/api/v1/statuses/{free['id']}/reblog")
    assert (await quotes(cleo, repost))["quote"]["quoted_status"]["id"] == free["id"]


async def test_a_repost_of_a_quote_shows_the_quoted_post(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    quote = await quotes(bea, await ana.publishes("inside"))
    repost = await cleo.calls("POST", f"/api/v1/statuses/{quote['id']}/reblog")
    assert repost["quote"] is None
    assert repost["reblog"]["quote"]["quoted_status"]["content"] == "<p>inside</p>"


async def test_posts_for_few_are_quoted_by_their_author_alone_and_go_no_wider(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    friends = await ana.publishes("for friends", visibility="private", quote_approval_policy="public")
    assert friends["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    body = {"status": "x", "quoted_status_id": friends["id"]}
    await bea.calls("POST", "/api/v1/statuses", json_body=body, code=403)
    assert (await quotes(ana, friends, visibility="public"))["visibility"] == "private"
    letter = await ana.publishes("@bea psst", visibility="direct")
    assert letter["quote_approval"]["current_user"] == "denied"
    for person in (ana, bea):
        await person.calls("POST", "/api/v1/statuses", json_body={**body, "quoted_status_id": letter["id"]}, code=403)


async def test_what_one_may_not_see_cannot_be_quoted_and_answers_as_if_it_were_absent(world):
    ana, bea = await world.people("ana", "bea")
    hidden = await ana.publishes("for friends", visibility="private")
    answers = [
        await bea.client.post("/api/v1/statuses", json_body={"status": "x", "quoted_status_id": post_id})
        for post_id in (hidden["id"], "1838347471899826788", "no id")
    ]
    assert [(one.code, one.body) for one in answers] == [(404, b'{"error":"Record not found"}')] * 3


async def test_a_block_in_either_direction_refuses_and_ends_quotes_for_good(world):
    for name, blocks_first in (("ana", True), ("bea", False)):
        ana, bea, cleo = await world.people(f"ana_{name}", f"bea_{name}", f"cleo_{name}")
        post = await ana.publishes("quoted")
        quote = await quotes(bea, post)
        one, other = (ana, bea) if blocks_first else (bea, ana)
        await one.calls("POST", f"/api/v1/accounts/{other.id}/block")
        assert (await shown(cleo, quote))["quote"] == {"state": "revoked", "quoted_status": None}
        assert (await shown(cleo, post))["quotes_count"] == 0
        body = {"status": "x", "quoted_status_id": post["id"]}
        assert (await bea.client.post("/api/v1/statuses", json_body=body)).code == (404 if blocks_first else 403)
        await one.calls("POST", f"/api/v1/accounts/{other.id}/unblock")
        assert await state_for(cleo, quote) == "revoked"


async def test_the_quoted_author_takes_their_post_out_and_others_cannot(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post, other = await ana.publishes("mine"), await ana.publishes("another")
    quote = await quotes(bea, post)
    route = f"/api/v1/statuses/{post['id']}/quotes/{quote['id']}/revoke"
    for person in (bea, cleo):
        await person.calls("POST", route, code=404)
    await ana.calls("POST", f"/api/v1/statuses/{other['id']}/quotes/{quote['id']}/revoke", code=404)
    for _ in range(2):
        revoked = await ana.calls("POST", route)
        assert (revoked["id"], revoked["quote"]) == (quote["id"], {"state": "revoked", "quoted_status": None})
    assert (await shown(ana, post))["quotes_count"] == 0
    assert await state_for(cleo, quote) == "revoked"
    assert await ana.calls("GET", f"/api/v1/statuses/{post['id']}/quotes") == []
    await bea.calls("DELETE", f"/api/v1/statuses/{quote['id']}")
    assert (await shown(ana, post))["quotes_count"] == 0


async def test_who_may_quote_is_changed_later_and_quotes_that_are_there_stay(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("open at first")
    quote = await quotes(bea, post)
    route = f"/api/v1/statuses/{post['id']}/interaction_policy"
    changed = await ana.calls("PUT", route, json_body={"quote_approval_policy": "nobody"})
    assert changed["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    assert await state_for(bea, quote) == "accepted"
    body = {"status": "x", "quoted_status_id": post["id"]}
    await bea.calls("POST", "/api/v1/statuses", json_body=body, code=403)
    await bea.calls("PUT", route, json_body={"quote_approval_policy": "public"}, code=404)
    await ana.calls("PUT", route, json_body={"quote_approval_policy": "friends"}, code=422)
    edit = {"status": "edited", "quote_approval_policy": "public"}
    assert (await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body=edit))["quote_approval"] == APPROVED
    edited = await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "again"})
    assert edited["quote_approval"] == APPROVED


async def test_posts_begin_with_the_policy_of_the_preferences(world):
    [ana] = await world.people("ana")
    me = await ana.calls(
        "PATCH", "/api/v1/accounts/update_credentials", json_body={"source": {"quote_policy": "followers"}}
    )
    assert me["source"]["quote_policy"] == "followers"
    preferences = await ana.calls("GET", "/api/v1/preferences")
    assert preferences["posting:default:quote_policy"] == "followers"
    assert (await ana.publishes("x"))["quote_approval"]["automatic"] == ["followers"]
    assert (await ana.publishes("x", quote_approval_policy="nobody"))["quote_approval"]["automatic"] == []


async def test_the_list_of_quotes_holds_what_the_viewer_may_see_page_by_page(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("much quoted")
    made = [await quotes(bea, post, f"quote {number}") for number in range(3)]
    hidden = await quotes(cleo, post, "for my followers", visibility="private")
    path = f"/api/v1/statuses/{post['id']}/quotes"
    newest = [quote["id"] for quote in reversed(made)]
    assert [p["id"] for p in await ana.calls("GET", path)] == newest
    assert [p["id"] for p in await cleo.calls("GET", path)] == [hidden["id"], *newest]
    assert [p["id"] for p in (await world.stranger.get(path)).json] == newest
    first = await ana.client.get(f"{path}?limit=2")
    assert [p["id"] for p in first.json] == newest[:2]
    assert f"max_id={newest[1]}" in first.headers["link"]
    assert [p["id"] for p in await ana.calls("GET", f"{path}?limit=2&max_id={newest[1]}")] == newest[2:]
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    await cleo.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    assert len(await ana.calls("GET", path)) == 3
    assert [p["id"] for p in await cleo.calls("GET", path)] == [hidden["id"]]


async def test_what_strangers_cannot_read_does_not_count(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("quoted in a whisper")
    hidden = await quotes(bea, post, visibility="private")
    assert (await shown(ana, post))["quotes_count"] == 0
    await bea.calls("DELETE", f"/api/v1/statuses/{hidden['id']}")
    await quotes(bea, post)
    assert (await shown(ana, post))["quotes_count"] == 1


async def test_deleting_suspending_and_purging_leave_a_word_in_place_of_the_post(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    first, second = await ana.publishes("one"), await ana.publishes("two")
    quote, other = await quotes(bea, first), await quotes(bea, second)
    await ana.calls("DELETE", f"/api/v1/statuses/{first['id']}")
    assert (await shown(cleo, quote))["quote"] == {"state": "deleted", "quoted_status": None}
    await suspend_account(world.app, ana.id, by=OPERATOR)
    assert (await shown(cleo, other))["quote"] == {"state": "unauthorized", "quoted_status": None}
    await unsuspend_account(world.app, ana.id, by=OPERATOR)
    assert await state_for(cleo, other) == "accepted"
    await purge_account(world.app, world.media, ana.id)
    assert await state_for(cleo, other) == "deleted"
    third = await cleo.publishes("three")
    await quotes(bea, third)
    await purge_account(world.app, world.media, bea.id)
    assert (await shown(cleo, third))["quotes_count"] == 0


async def test_a_muted_or_blocked_author_is_named_so_that_an_app_can_cover_the_quote(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    quote = await quotes(bea, await ana.publishes("loud"))
    await cleo.calls("POST", f"/api/v1/accounts/{ana.id}/mute")
    assert await state_for(cleo, quote) == "muted_account"
    await cleo.calls("POST", f"/api/v1/accounts/{ana.id}/unmute")
    await cleo.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    assert await state_for(cleo, quote) == "blocked_account"
    assert await state_for(bea, quote) == "accepted"


async def test_a_quote_that_waits_for_consent_shows_nothing_until_it_has_it(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes(SECRET)
    quote = await quotes(bea, post)
    await world.settle()
    await ana.calls("POST", "/api/v1/notifications/clear")
    async with world.app.db.transaction() as tx:
        await set_quote_state(tx, int(quote["id"]), QuoteState.PENDING)
    world.face.renders.forget_all()
    assert (await shown(cleo, quote))["quote"] == {"state": "pending", "quoted_status": None}
    with pytest.raises(QuoteNotFound):
        await answer_quote(world.app, cleo.id, int(quote["id"]), "accept")
    await answer_quote(world.app, ana.id, int(quote["id"]), "accept")
    assert await state_for(cleo, quote) == "accepted"
    await world.settle()
    [note] = await ana.calls("GET", "/api/v1/notifications")
    assert (note["type"], note["status"]["id"]) == ("quote", quote["id"])


def test_the_steps_of_a_quote_end_where_the_quoted_author_said_no():
    for state in (QuoteState.REJECTED, QuoteState.REVOKED):
        assert {after for (before, _), after in QUOTE_STEPS.items() if before is state} == {state}
        with pytest.raises(IllegalQuoteStep):
            next_quote_state(state, "accept")


async def test_the_quoted_author_is_told_once_and_who_quotes_hears_of_edits(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("news")
    quote = await quotes(bea, post)
    await quotes(cleo, post, "@ana look")
    await quotes(ana, post, "me again")
    await world.settle()
    notes = await ana.calls("GET", "/api/v1/notifications")
    assert [(n["type"], n["account"]["username"]) for n in notes] == [("mention", "cleo"), ("quote", "bea")]
    assert notes[1]["status"]["quote"]["quoted_status"]["id"] == post["id"]
    grouped = await ana.calls("GET", "/api/v2/notifications?types[]=quote")
    assert [g["type"] for g in grouped["notification_groups"]] == ["quote"]
    for text in ("better news", "best news"):
        await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": text})
        await world.settle()
        [note] = await bea.calls("GET", "/api/v1/notifications?types[]=quoted_update")
        assert (note["status"]["id"], note["account"]["username"]) == (quote["id"], "ana")
        assert text in note["status"]["quote"]["quoted_status"]["content"]


async def test_a_quote_for_others_does_not_tell_the_quoted_author(world):
    ana, bea = await world.people("ana", "bea")
    await quotes(bea, await ana.publishes("overheard"), visibility="private")
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/mute")
    await world.settle()
    assert await ana.calls("GET", "/api/v1/notifications") == []


async def test_search_finds_quotes_by_their_operator(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("a robin")
    quote = await quotes(bea, post, "a robin too")
    await bea.publishes("a robin alone")
    await world.settle()
    for words in ("has:quote", "is:quote", "robin has:quote"):
        found = await bea.calls("GET", f"/api/v2/search?q={words.replace(' ', '+')}&type=statuses")
        assert [p["id"] for p in found["statuses"]] == [quote["id"]], words
    without = await bea.calls("GET", "/api/v2/search?q=robin+-is:quote&type=statuses")
    assert quote["id"] not in [p["id"] for p in without["statuses"]]


async def test_filters_look_into_what_is_quoted_unless_the_reader_may_not(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    rule = {"title": "no", "context": ["home"], "keywords_attributes": [{"keyword": SECRET, "whole_word": False}]}
    for person in (bea, cleo):
        await person.calls("POST", "/api/v2/filters", json_body=rule)
    quote = await quotes(bea, await ana.publishes(f"a {SECRET} sings"), "listen")
    seen = await shown(cleo, quote)
    assert seen["filtered"][0]["keyword_matches"] == seen["quote"]["quoted_status"]["filtered"][0]["keyword_matches"]
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/block")
    assert (await shown(cleo, quote))["filtered"] == []


async def test_this_server_says_that_it_speaks_of_quotes(world):
    instance = (await world.stranger.get("/api/v2/instance")).json
    assert instance["api_versions"]["mastodon"] >= 7
