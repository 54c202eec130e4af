"""No quote tells what its reader may not read: every surface, every kind of viewer (K5)."""

import json

import pytest
from tests.listening import listen

CANARY = "canary-song"


async def body(client, path):
    return (await client.get(path)).body.decode()


def surfaces(author_id, quote_id):
    return (
        f"/api/v1/statuses/{quote_id}",
        f"/api/v1/statuses?id[]={quote_id}",
        f"/api/v1/statuses/{quote_id}/context",
        f"/api/v1/statuses/{quote_id}/history",
        f"/api/v1/accounts/{author_id}/statuses",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/birds",
        "/api/v1/timelines/home",
        "/api/v1/notifications",
        "/api/v2/notifications",
        "/api/v2/search?q=listen&type=statuses",
        "/api/v2/search?q=has:quote&type=statuses",
        "/api/v1/favourites",
        "/api/v1/bookmarks",
    )


async def everybody(world):
    """Ana is quoted, Bea quotes; Fay follows both, Bob is blocked by Ana, Max mutes her, Eve is a stranger."""
    ana, bea, fay, bob, max_, eve = await world.people("ana", "bea", "fay", "bob", "max", "eve")
    await bea.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"indexable": True})
    for viewer in (fay, bob, max_):
        await viewer.follows(bea)
    await fay.follows(ana)
    await ana.calls("POST", f"/api/v1/accounts/{bob.id}/block")
    await max_.calls("POST", f"/api/v1/accounts/{ana.id}/mute")
    return ana, bea, fay, bob, max_, eve


@pytest.mark.parametrize("_row", ["GEN-57"])
async def test_whom_the_quoted_author_blocks_meets_the_state_and_never_the_post(world, _row):
    ana, bea, fay, bob, max_, eve = await everybody(world)
    post = await ana.publishes(CANARY)
    ears = {person.name: await listen(person, "user", "public") for person in (fay, bob, max_, eve)}
    quote = await bea.publishes("@bob @fay listen #birds", quoted_status_id=post["id"])
    await world.settle()
    for person in (fay, bob):
        await person.calls("POST", f"/api/v1/statuses/{quote['id']}/favourite")
        await person.calls("POST", f"/api/v1/statuses/{quote['id']}/bookmark")
    frames = {name: [frame.get("payload", "") for frame in ear.frames()] for name, ear in ears.items()}
    assert any(CANARY in payload for payload in frames["fay"]) and any(CANARY in payload for payload in frames["eve"])
    assert frames["bob"] and not any(CANARY in payload for payload in frames["bob"])
    assert any('"state":"muted_account"' in payload for payload in frames["max"])
    for path in surfaces(bea.id, quote["id"]):
        for _ in range(2):  # from the database, from memory
            assert CANARY not in await body(bob.client, path), path
            await body(fay.client, path)
    assert (await bob.calls("GET", f"/api/v1/statuses/{quote['id']}"))["quote"]["state"] == "unauthorized"
    assert CANARY in await body(fay.client, "/api/v1/timelines/home")
    edited = [await listen(person, "user") for person in (fay, bob)]
    await bea.calls("PUT", f"/api/v1/statuses/{quote['id']}", json_body={"status": "@bob @fay listen again"})
    await world.settle()
    heard = [" ".join(frame.get("payload", "") for frame in ear.frames()) for ear in edited]
    assert CANARY in heard[0] and "listen again" in heard[1] and CANARY not in heard[1]


async def test_a_post_for_followers_quoted_by_its_author_stays_among_them(world):
    _, bea, fay, _, max_, eve = await everybody(world)
    secret = await bea.publishes(CANARY, visibility="private")
    ears = {person.name: await listen(person, "user", "public") for person in (fay, eve)}
    quote = await bea.publishes("listen #birds @eve", quoted_status_id=secret["id"], visibility="private")
    await world.settle()
    frames = {name: [frame.get("payload", "") for frame in ear.frames()] for name, ear in ears.items()}
    assert any(CANARY in payload for payload in frames["fay"])
    assert frames["eve"] and not any(CANARY in payload for payload in frames["eve"])
    for path in surfaces(bea.id, quote["id"]):
        for client in (eve.client, world.stranger):
            assert CANARY not in await body(client, path), path
    # Eve is named in the quote and reads it, without what it quotes.
    assert (await eve.calls("GET", f"/api/v1/statuses/{quote['id']}"))["quote"]["state"] == "unauthorized"
    await max_.calls("POST", f"/api/v1/accounts/{bea.id}/unfollow")
    assert CANARY not in await body(max_.client, "/api/v1/timelines/home")
    assert CANARY in await body(fay.client, "/api/v1/timelines/home")
    await fay.calls("POST", f"/api/v1/accounts/{bea.id}/unfollow")
    assert CANARY not in await body(fay.client, f"/api/v1/accounts/{bea.id}/statuses")


async def test_a_revoked_quote_shows_nothing_to_anybody_from_that_moment(world):
    ana, bea, fay, *_ = await everybody(world)
    post = await ana.publishes(CANARY)
    quote = await bea.publishes("listen #birds", quoted_status_id=post["id"])
    assert CANARY in await body(fay.client, "/api/v1/timelines/home")
    ear = await listen(fay, "user")
    await ana.calls("POST", f"/api/v1/statuses/{post['id']}/quotes/{quote['id']}/revoke")
    await world.settle()
    assert [event for event, _ in ear.heard()] == ["status.update"]
    for client in (bea.client, fay.client, world.stranger):
        for path in surfaces(bea.id, quote["id"])[:3]:
            assert CANARY not in await body(client, path), path


async def test_the_list_of_quotes_of_a_hidden_post_is_not_there(world):
    _, bea, fay, _, _, eve = await everybody(world)
    secret = await bea.publishes(CANARY, visibility="private")
    await bea.publishes("again", quoted_status_id=secret["id"])
    path = f"/api/v1/statuses/{secret['id']}/quotes"
    assert len(await fay.calls("GET", path)) == 1
    for client in (eve.client, world.stranger):
        assert (await client.get(path)).code == 404


async def test_a_stream_tells_each_hearer_how_they_may_quote(world):
    ana, bea, _, _, _, eve = await everybody(world)
    await bea.follows(ana)
    ears = [await listen(person, "user", "public") for person in (ana, bea, eve)]
    for policy in ("followers", "nobody"):
        await ana.publishes("who may", quote_approval_policy=policy)
        await world.settle()
        posts = [[json.loads(one["payload"]) for one in ear.frames() if one["event"] == "update"] for ear in ears]
        heard = [[post["quote_approval"] for post in told] for told in posts]
        says = [any(told["current_user"] == "automatic" for told in payloads) for payloads in heard]
        assert says == [True, policy == "followers", False]
