"""Moving here and away, page by page, without script."""

import re

import pytest
from tests.far import AddressBook, FarPerson

from rookery.actions.proofs import FRESH_US

STALE = "UPDATE sessions SET created_at = created_at - :by"


async def with_new_account(pages, name="ana"):
    """A browser of ana, and her account elsewhere that names her."""
    ana = await pages.member(name)
    new = FarPerson(pages.world, "anna", "new.example")
    book = pages.world.app.resolver = AddressBook(new)
    book.told[new.handle] = {"also_known_as": (f"http://localhost:3000/@{name}",)}
    return ana, new, book


async def test_somebody_names_their_old_account_and_sees_what_is_next(pages):
    ana = await pages.member("ana")
    old = FarPerson(pages.world, "old", "old.example")
    pages.world.app.resolver = AddressBook(old)
    await ana.opens("/settings/moving")
    assert "@ana@localhost" in ana.text()
    await ana.sends("/settings/moving/aliases", 422, handle="@who@old.example")
    assert "Nobody of this handle was found (@who@old.example)" in ana.text()
    assert 'value="@who@old.example"' in ana.page
    await ana.sends("/settings/moving/aliases", handle="@old@old.example")
    assert "@old@old.example" in ana.text()
    await old.arrives(moved_to_uri="http://localhost:3000/@ana")
    await ana.opens("/settings/moving")
    assert "@old@old.example has moved here." in ana.text()
    await ana.sends("/settings/moving/aliases/remove", uri=old.uri)
    assert "@old@old.example" not in ana.text()


async def test_moving_away_asks_for_the_password_shows_what_happens_and_can_be_undone(pages):
    ana, new, _ = await with_new_account(pages)
    async with pages.world.app.db.transaction() as tx:
        await tx.run(STALE, by=2 * FRESH_US)
    await ana.opens("/settings/moving/away")
    assert "Is it you?" in ana.text()
    await ana.sends("/settings/prove", next="/settings/moving/away", current="correct horse battery")
    await ana.sends("/settings/moving/away", 200, handle="anna@new.example")
    assert "Move to this account?" in ana.text()
    assert "For 30 days you cannot move again" in ana.text()
    target = re.search(r'name="target" value="(\d+)"', ana.page)[1]
    await ana.opens("/@ana")
    assert "has moved to" not in ana.text()  # nothing has happened yet
    await ana.sends("/settings/moving/away/go", target=target)
    assert "You live here now: A anna @anna@new.example" in ana.text()
    assert "You have moved to @anna@new.example." in ana.text()
    stranger = pages.browser()
    await stranger.opens("/@ana")
    assert "has moved to A anna @anna@new.example" in stranger.text()
    await ana.opens("/home")
    key = re.search(r'name="key" value="([^"]+)"', ana.page)[1]
    await ana.sends("/home", 403, text="still here", key=key)
    assert "You have moved away (@anna@new.example)" in ana.text()
    await ana.opens("/settings/moving/away")
    await ana.sends("/settings/moving/back")
    assert "You can move again on" in ana.text()
    assert "You have moved to" not in ana.text()
    await ana.posts("here again")
    await ana.sends("/settings/moving/away", 429, handle="anna@new.example")
    assert "You have moved lately" in ana.text()
    assert new.handle not in ana.text()


async def test_nobody_moves_to_an_account_that_does_not_name_them(pages):
    ana, new, book = await with_new_account(pages)
    book.told.clear()
    await ana.opens("/settings/moving/away")
    await ana.sends("/settings/moving/away", 422, handle=new.handle)
    assert "does not name this one as its alias yet" in ana.text()
    known = (await book.get_account(new.uri)).id
    await ana.sends("/settings/moving/away/go", 422, target=str(known))
    assert "does not name this one as its alias yet" in ana.text()
    book.away.add("gone.example")
    await ana.sends("/settings/moving/away", 503, handle="who@gone.example")
    await ana.opens("/@ana")
    assert "has moved to" not in ana.text()


@pytest.mark.parametrize("path", ["/settings/moving", "/settings/moving/away", "/settings/import", "/settings/export"])
async def test_strangers_are_sent_to_the_door(pages, path):
    stranger = pages.browser()
    await stranger.opens(path)
    assert "Sign in" in stranger.text()


async def test_the_pages_speak_french(pages):
    ana = await pages.member("ana", language="fr")
    await ana.opens("/settings/moving")
    assert "Nommez votre ancien compte" in ana.text()
    await ana.opens("/settings/moving/away")
    await ana.sends("/settings/moving/away", 422, handle="personne@localhost")
    assert "Personne ne porte ce nom (personne@localhost)" in ana.text()
