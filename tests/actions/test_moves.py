"""People of ours who move away, come back, or name who they were elsewhere."""

import pytest
from tests.far import AddressBook, FarPerson, followed_by, uri_of

from rookery.actions.aliases import add_alias, list_own_aliases, remove_alias
from rookery.actions.follows import FollowWishes, follow_account
from rookery.actions.jobs import run_due_jobs
from rookery.actions.moves import carry_out_move, come_back, find_new_account, move_handlers, receive_move
from rookery.model.events import AccountMoved
from rookery.model.moves import MAX_ALIASES, REST_US, AliasRefused, MovedAway, MovedLately, MoveRefused, NobodyThere
from rookery.storage.log import read_events
from rookery.storage.moves import find_last_move

AGE_MOVES = "UPDATE moves SET moved_at = moved_at - :by"


async def works(world):
    """Do every job of moving."""
    while await run_due_jobs(world.app, move_handlers(world.app)):
        pass


async def leaving(world):
    """Ana, whom ben follows, wants to go to her new account elsewhere, which names her."""
    ana, ben = await world.people("ana", "ben")
    await ben.follows(ana, reblogs=False)
    new = FarPerson(world, "anna", "new.example")
    world.app.resolver = AddressBook(new)
    world.app.resolver.told[new.handle] = {"also_known_as": (uri_of(ana, world.app),)}
    return ana, ben, new


async def moves(world, person, handle):
    target = await find_new_account(world.app, person.id, handle)
    return await carry_out_move(world.app, person.id, target.id)


async def test_who_moves_away_takes_followers_along_and_leaves_a_note(world):
    ana, ben, new = await leaving(world)
    move = await moves(world, ana, "@anna@new.example")
    await works(world)
    ids = [row["id"] for row in await ben.calls("GET", f"/api/v1/accounts/{ben.id}/following")]
    assert ids == []  # a request waits for the answer of the new server
    [relation] = await ben.calls("GET", f"/api/v1/accounts/relationships?id[]={move.target_id}")
    assert relation["requested"]
    shown = await ben.calls("GET", f"/api/v1/accounts/{ana.id}")
    assert shown["moved"]["acct"] == new.handle
    told = [one.event for one in await read_events(world.app.db.reader, 0) if isinstance(one.event, AccountMoved)]
    assert told == [AccountMoved(ana.id, move.target_id, move.id)]
    assert await carry_out_move(world.app, ana.id, move.target_id) == move  # once, however often the button is pressed


async def test_who_has_moved_writes_and_follows_there(world):
    ana, ben, _ = await leaving(world)
    theirs = await ben.publishes("hello")
    await moves(world, ana, "anna@new.example")
    said = "you have moved away (@anna@new.example): write and follow there, or come back in the settings"
    for path, form in (
        ("/api/v1/statuses", {"status": "still here"}),
        ("/api/v1/statuses", {"status": "later", "scheduled_at": "2030-01-01T00:00:00Z"}),
        (f"/api/v1/statuses/{theirs['id']}/reblog", {}),
        (f"/api/v1/accounts/{ben.id}/follow", {}),
    ):
        assert (await ana.calls("POST", path, json_body=form, code=403))["error"] == said
    await ana.calls("GET", "/api/v1/timelines/home")
    await come_back(world.app, ana.id)
    await ana.publishes("here again")
    await ana.follows(ben)
    assert "moved" not in await ben.calls("GET", f"/api/v1/accounts/{ana.id}")


async def test_a_second_move_waits_for_thirty_days_also_after_coming_back(world):
    ana, _, _ = await leaving(world)
    other = FarPerson(world, "third", "third.example")
    book = world.app.resolver
    book.people[other.handle] = other
    book.told[other.handle] = {"also_known_as": (uri_of(ana, world.app),)}
    await moves(world, ana, "anna@new.example")
    await come_back(world.app, ana.id)
    with pytest.raises(MovedLately) as caught:
        await find_new_account(world.app, ana.id, other.handle)
    assert caught.value.again_at_us == (await find_last_move(world.app.db.reader, ana.id)).again_at_us
    async with world.app.db.transaction() as tx:
        await tx.run(AGE_MOVES, by=REST_US)
    await moves(world, ana, other.handle)


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({}, MoveRefused),
        ({"also_known_as": ("https://evil.example/users/ana",)}, MoveRefused),
        ({"also_known_as": None, "is_suspended": True}, NobodyThere),
    ],
)
async def test_nobody_moves_to_an_account_that_does_not_name_them(world, told, refusal):
    ana, _, new = await leaving(world)
    mine = (uri_of(ana, world.app),)
    world.app.resolver.told[new.handle] = {**told, **({"also_known_as": mine} if "is_suspended" in told else {})}
    with pytest.raises(refusal):
        await find_new_account(world.app, ana.id, new.handle)
    await world.app.resolver.get_account(new.uri)
    with pytest.raises((MoveRefused, NobodyThere)):
        await carry_out_move(world.app, ana.id, (await world.app.resolver.get_account(new.uri)).id)


async def test_what_the_new_account_says_is_asked_anew(world):
    ana, _, new = await leaving(world)
    names_me = world.app.resolver.told.pop(new.handle)
    await new.arrives()  # known here from before, without the alias
    with pytest.raises(MoveRefused, match="does not name this one"):
        await find_new_account(world.app, ana.id, new.handle)
    world.app.resolver.told[new.handle] = names_me
    assert (await find_new_account(world.app, ana.id, new.handle)).handle == new.handle


async def test_somebody_moves_to_their_other_account_here(world):
    ana, ben, cy = await world.people("ana", "ben", "cy")
    await cy.follows(ana)
    with pytest.raises(MoveRefused):
        await find_new_account(world.app, ana.id, "@ben")
    await add_alias(world.app, ben.id, "@ana")
    await moves(world, ana, "ben@localhost")
    await works(world)
    [followed] = await cy.calls("GET", f"/api/v1/accounts/{cy.id}/following")
    assert followed["username"] == "ben"
    with pytest.raises(MoveRefused, match="signed in with"):
        await find_new_account(world.app, ana.id, "ana")
    [alias] = await list_own_aliases(world.app, ben.id)
    assert (alias.uri, alias.has_moved) == (uri_of(ana, world.app), True)
    with pytest.raises(MoveRefused, match="has moved away itself"):
        await find_new_account(world.app, cy.id, "ana")


async def test_who_moves_here_brings_the_followers_that_are_here(world):
    ana, ben = await world.people("ana", "ben")
    old = await FarPerson(world, "old", "old.example").arrives(moved_to_uri=uri_of(ana, world.app))
    await followed_by(old, ben)
    with pytest.raises(MoveRefused):
        await receive_move(world.app, uri_of(ana, world.app), by_uri=old.uri)
    await add_alias(world.app, ana.id, "@old@old.example")
    await receive_move(world.app, uri_of(ana, world.app), by_uri=old.uri)
    await works(world)
    [followed] = await ben.calls("GET", f"/api/v1/accounts/{ben.id}/following")
    assert followed["username"] == "ana"
    [alias] = await list_own_aliases(world.app, ana.id)
    assert alias.has_moved


async def test_an_alias_needs_somebody_and_there_is_room_for_ten(world):
    (ana,) = await world.people("ana")
    far = [FarPerson(world, f"me{number}", "old.example") for number in range(MAX_ALIASES + 1)]
    world.app.resolver = AddressBook(*far)
    with pytest.raises(NobodyThere, match="nobody of this handle"):
        await add_alias(world.app, ana.id, "@who@old.example")
    with pytest.raises(AliasRefused):
        await add_alias(world.app, ana.id, "ana")
    for one in far[:-1]:
        await add_alias(world.app, ana.id, one.handle)
        await add_alias(world.app, ana.id, one.handle)
    with pytest.raises(AliasRefused, match="room for 10"):
        await add_alias(world.app, ana.id, far[-1].handle)
    await remove_alias(world.app, ana.id, far[0].uri)
    await add_alias(world.app, ana.id, far[-1].handle)
    uris = [alias.uri for alias in await list_own_aliases(world.app, ana.id)]
    assert uris == [one.uri for one in far[1:]]


async def test_a_follower_who_has_moved_away_stays_where_they_are(world):
    ana, ben, _ = await leaving(world)
    cy = await world.person("cy")
    await add_alias(world.app, cy.id, "ben")
    await moves(world, ben, "cy")
    await works(world)
    with pytest.raises(MovedAway):
        await follow_account(world.app, ben.id, cy.id, FollowWishes())
    await moves(world, ana, "anna@new.example")
    await works(world)
    [relation] = await ben.calls("GET", f"/api/v1/accounts/relationships?id[]={ana.id}")
    assert relation["following"]
