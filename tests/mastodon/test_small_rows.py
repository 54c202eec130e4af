"""Rows that stand alone: servers by name, what a domain block would end, invitations, refreshes, terms."""

from rookery.actions.invitations import create_invitation
from rookery.model.members import Role


async def far_people(world, *handles):
    async with world.app.db.transaction() as tx:
        for handle in handles:
            name, _, domain = handle.partition("@")
            await tx.run(
                "INSERT INTO accounts (id, username, username_key, domain, created_at)"
                " VALUES (:id, :name, :name, :d, 0)",
                id=world.app.ids.next_id(),
                name=name,
                d=domain,
            )
    return [row[0] for row in await world.app.db.reader.all("SELECT id FROM accounts WHERE domain <> '' ORDER BY id")]


async def test_known_servers_are_found_by_how_they_begin(world):
    await far_people(world, "a@birds.example", "b@birds.test", "c@bees.example")
    for query, found in (("bird", ["birds.example", "birds.test"]), ("BEES", ["bees.example"]), ("x", []), ("", [])):
        assert (await world.stranger.get(f"/api/v1/peers/search?q={query}")).json == found


async def test_what_a_domain_block_would_end_is_counted(world):
    [ana] = await world.people("ana")
    far = await far_people(world, "a@birds.example", "b@birds.example", "c@bees.example")
    async with world.app.db.transaction() as tx:
        pairs = [(ana.id, far[0]), (ana.id, far[2]), (far[0], ana.id), (far[1], ana.id)]
        for follower, followed in pairs:
            await tx.run(
                "INSERT INTO follows (follower_id, followed_id, id, state) VALUES (:a, :b, :id, 'active')",
                a=follower,
                b=followed,
                id=world.app.ids.next_id(),
            )
    path = "/api/v1/domain_blocks/preview"
    assert await ana.calls("GET", f"{path}?domain=Birds.example") == {"following_count": 1, "followers_count": 2}
    await ana.calls("GET", path, code=400)


async def test_an_app_learns_whether_an_invitation_is_good_and_a_browser_goes_to_join(world):
    owner = await world.person("ana", role=Role.OWNER)
    made = await create_invitation(world.app, owner.id, max_uses=1)
    json = {"accept": "application/json"}
    reply = await world.stranger.get(f"/invite/{made.code}", headers=json)
    assert reply.json == {"invite_code": made.code, "instance_api_url": "http://localhost:3000/api/v2/instance"}
    moved = await world.stranger.get(f"/invite/{made.code}", headers={"accept": "text/html"})
    assert (moved.code, moved.headers["location"]) == (303, f"http://localhost:3000/join?invitation={made.code}")
    assert (await world.stranger.get("/invite/nonsense", headers=json)).code == 404


async def test_there_are_no_terms_of_any_date_and_no_refreshes(world):
    [ana] = await world.people("ana")
    assert (await world.stranger.get("/api/v1/instance/terms_of_service/2026-01-01")).code == 404
    await ana.calls("GET", "/api/v1_alpha/async_refreshes/abc", code=404)
