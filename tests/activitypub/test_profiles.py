"""A profile that is met for the first time does not look empty."""

from tests.activitypub.village import PUBLIC, Village
from tests.evilhost import evil

from rookery.actions.jobs import run_due_jobs
from rookery.activitypub.visiting import visit_handlers
from rookery.storage.accounts import get_account

__all__ = ["evil"]


async def meets(remote, person):
    """Somebody here looks at a far person."""
    account = await remote.get_account(person.uri)
    await remote.plan_profile(account.id)
    assert await run_due_jobs(remote.app, visit_handlers(remote)) == 1
    return await get_account(remote.app.db.reader, account.id)


def create(uri, person, **more):
    note = {"id": uri, "type": "Note", "attributedTo": person.uri, "content": "new", "to": [PUBLIC], **more}
    return {"id": f"{uri}/activity", "type": "Create", "actor": person.uri, "object": note, "to": [PUBLIC]}


async def shown(world, account, query=""):
    reader = getattr(world, "reader", None) or await world.person("reader")
    world.reader = reader
    return [
        one["content"].removeprefix("<p>").removesuffix("</p>")
        for one in await reader.calls("GET", f"/api/v1/accounts/{account.id}/statuses{query}")
    ]


async def test_posts_counts_and_pins_come(world, remote, village):
    bea = village.person("bea")
    old = bea.note("pinned")
    notes = [bea.note(f"note {n}") for n in range(3)]
    village.collection(
        "/users/bea/outbox", [[create(uri, bea, content=f"note {n}") for n, uri in enumerate(notes)]], total=1234
    )
    village.collection("/users/bea/followers", [], total=77)
    village.collection("/users/bea/following", [], total=5)
    village.shows("/users/bea/featured", {"type": "OrderedCollection", "orderedItems": [old]})
    account = await meets(remote, bea)
    assert (account.post_count, account.follower_count, account.following_count) == (1234, 77, 5)
    assert sorted(await shown(world, account)) == ["note 0", "note 1", "note 2", "pinned"]
    assert await shown(world, account, "?pinned=true") == ["pinned"]
    assert village.asked("/users/bea/posts/2") == 0, "what stood in the outbox was not fetched again"


async def test_it_is_brought_once_a_day(remote, village):
    bea = village.person("bea")
    account = await meets(remote, bea)
    remote.lately.done.clear()
    await remote.plan_profile(account.id)
    assert await run_due_jobs(remote.app, visit_handlers(remote)) == 0


async def test_posts_by_address_and_bare_notes_come_too(world, remote, village):
    bea = village.person("bea")
    one, two = bea.note("one"), bea.note("two")
    bare = {"id": two, "type": "Note", "attributedTo": bea.uri, "content": "two", "to": [PUBLIC]}
    village.collection("/users/bea/outbox", [[one], [bare]])
    assert sorted(await shown(world, await meets(remote, bea))) == ["one", "two"]


async def test_what_they_repeated_is_fetched_from_its_own_server(world, remote, village):
    bea = village.person("bea")
    zoe = Village(village.evil, "other.example").person("zoe")
    uri = zoe.note("by zoe")
    boost = {"id": village.url("/boosts/1"), "type": "Announce", "actor": bea.uri, "object": uri, "to": [PUBLIC]}
    village.collection("/users/bea/outbox", [[boost]])
    account = await meets(remote, bea)
    reader = await world.person("reader")
    [status] = await reader.calls("GET", f"/api/v1/accounts/{account.id}/statuses")
    assert "by zoe" in status["reblog"]["content"]


async def test_an_outbox_speaks_for_its_owner_alone(world, remote, village):
    bea, eve = village.person("bea"), village.person("eve")
    uri = bea.note("by bea")
    zoe = Village(village.evil, "other.example").person("zoe")
    far = zoe.note("by zoe")
    village.collection(
        "/users/eve/outbox",
        [[create(uri, bea), create(village.url("/x"), bea, content="forged"), far, create(far, zoe)]],
    )
    account = await meets(remote, eve)
    assert await shown(world, account) == []
    assert await remote.app.db.reader.all("SELECT text FROM posts") == []


async def test_only_so_many_posts_come(world, remote, village):
    bea = village.person("bea")
    pages = [[create(village.url(f"/n/{p}-{n}"), bea) for n in range(20)] for p in range(6)]
    village.collection("/users/bea/outbox", pages)
    await meets(remote, bea)
    [[count]] = await remote.app.db.reader.all("SELECT count(*) FROM posts")
    assert count == 40


async def test_pins_that_are_taken_down_go(world, remote, village):
    bea = village.person("bea")
    one, two = bea.note("one"), bea.note("two")
    village.shows("/users/bea/featured", {"type": "OrderedCollection", "orderedItems": [one]})
    account = await meets(remote, bea)
    village.shows("/users/bea/featured", {"type": "OrderedCollection", "orderedItems": [two]})
    async with world.app.db.transaction() as tx:
        await tx.run("DELETE FROM far_visits")
    remote.lately.done.clear()
    account = await meets(remote, bea)
    assert await shown(world, account, "?pinned=true") == ["two"]


async def test_a_server_that_shows_nothing_leaves_the_profile_as_it_is(remote, village):
    bea = village.person("bea")
    account = await meets(remote, bea)
    assert (account.post_count, account.follower_count) == (0, 0)


async def test_old_posts_are_no_news(world, remote, village):
    """Who follows a person with a bell is not rung for each post that the profile is filled with."""
    [ana] = await world.people("ana")
    bea = village.person("bea")
    account = await remote.get_account(bea.uri)
    hello = f'<a href="{world.app.settings.base_url}/@ana">@ana</a>'
    tag = [{"type": "Mention", "href": f"{world.app.settings.base_url}/@ana", "name": "@ana"}]
    item = create(village.url("/n/1"), bea, content=hello, tag=tag, published="2024-01-01T00:00:00Z")
    village.collection("/users/bea/outbox", [[item]])
    await meets(remote, bea)
    await world.settle()
    assert await ana.calls("GET", "/api/v1/notifications") == []
    assert len(await shown(world, account)) == 1
