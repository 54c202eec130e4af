"""Posts through the client API, as people meet them."""


async def test_a_followers_only_post_stays_out_of_a_strangers_sight(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(ana)
    post = await ana.publishes("for friends", visibility="private")
    assert [p["id"] for p in await bea.home()] == [post["id"]]
    assert await cleo.home() == []
    hidden = await cleo.client.get(f"/api/v1/statuses/{post['id']}")
    absent = await cleo.client.get("/api/v1/statuses/1838347471899826788")
    assert (hidden.code, hidden.body) == (absent.code, absent.body) == (404, b'{"error":"Record not found"}')


async def test_the_same_idempotency_key_makes_one_post(world):
    [ana] = await world.people("ana")
    first = await ana.calls("POST", "/api/v1/statuses", json_body={"status": "x"}, headers={"idempotency-key": "k"})
    again = await ana.calls("POST", "/api/v1/statuses", json_body={"status": "x"}, headers={"idempotency-key": "k"})
    assert first["id"] == again["id"]
    assert len(await ana.home()) == 1


async def test_a_deleted_post_leaves_every_home_and_gives_its_text_back(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    post = await ana.publishes("draft *me* again")
    assert len(await bea.home()) == 1
    gone = await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert gone["text"] == "draft *me* again"
    assert await bea.home() == []


async def test_marks_show_to_their_maker_only(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("like me")
    liked = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    assert (liked["favourited"], liked["favourites_count"]) == (True, 1)
    [seen] = await ana.home()
    assert (seen["favourited"], seen["favourites_count"]) == (False, 1)


async def test_a_page_reads_the_same_from_memory_as_from_the_database(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    plain = await bea.publishes("plain")
    answer = await bea.publishes("an answer", in_reply_to_id=plain["id"])
    far = await ana.publishes("from afar")
    repost = await bea.calls("POST", f"/api/v1/statuses/{far['id']}/reblog")
    for post, mark in ((plain, "favourite"), (far, "bookmark"), (plain, "mute"), (far, "reblog")):
        await cleo.calls("POST", f"/api/v1/statuses/{post['id']}/{mark}")
    await bea.home()  # joins the posts for somebody without marks
    remembered = {post["id"]: post for post in await cleo.home()}
    world.face.renders.forget_all()
    assert remembered == {post["id"]: post for post in await cleo.home()}
    assert (remembered[plain["id"]]["favourited"], remembered[answer["id"]]["muted"]) == (True, True)
    assert remembered[repost["id"]]["bookmarked"] and remembered[repost["id"]]["reblog"]["bookmarked"]


async def test_a_poll_on_a_page_is_everybodys_own(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    for one in (bea, cleo):
        await one.follows(ana)
    asked = await ana.publishes("tea?", poll={"options": ["yes", "no"], "expires_in": 3600})

    async def polls():
        return [(await one.home())[0]["poll"] for one in (ana, bea, cleo)]

    await polls()  # joined once, for those without a part in it
    assert [poll["voted"] for poll in await polls()] == [True, False, False]
    await bea.calls("POST", f"/api/v1/polls/{asked['poll']['id']}/votes", json_body={"choices": ["1"]})
    for _ in range(2):
        assert [(poll["voted"], poll["own_votes"], poll["votes_count"]) for poll in await polls()] == [
            (True, [], 1),
            (True, [1], 1),
            (False, [], 1),
        ]
    await ana.calls("PUT", f"/api/v1/statuses/{asked['id']}", json_body={"status": "no poll any more"})
    assert [poll for poll in await polls() if poll] == []


async def test_a_repost_has_its_own_id_and_reaches_the_reposters_followers(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await cleo.follows(bea)
    post = await ana.publishes("repeat me")
    repost = await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    assert repost["id"] != post["id"]
    [shown] = await cleo.home()
    assert (shown["id"], shown["reblog"]["id"]) == (repost["id"], post["id"])
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/unreblog")
    assert await cleo.home() == []


async def test_notes_of_joined_posts_do_not_grow_without_end(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    world.face.renders.posts.kept = 3
    for number in range(12):
        await ana.publishes(f"post {number}")
        await bea.home()
        await bea.calls("GET", "/api/v1/timelines/public")
    assert sum(map(len, world.face.renders.by_author.values())) <= 2 * 3 + 1
    assert len(await bea.home()) == 12
