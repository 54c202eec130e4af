"""Settings, each a plain form that works without script."""

from tests.media.drawn_pictures import pillow_photo, saved
from tests.web.browsing import Inventory


async def test_a_profile_is_changed_and_shown(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/profile")
    await ana.sends(
        "/settings/profile",
        display_name="Ana Álvarez",
        bio="Counts rooks.",
        field_name=["Site", ""],
        field_value=["https://ana.example", ""],
        is_locked="1",
    )
    assert "Saved." in ana.text()
    await ana.opens("/@ana")
    for words in ("Ana Álvarez", "Counts rooks.", "ana.example", "approves followers"):
        assert words in ana.text()
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", 422, display_name="x" * 61, bio="Counts rooks.")
    assert "The display name has 61 characters, the limit is 60." in ana.text()


async def test_a_face_is_described_on_its_profile(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/profile")
    files = {"avatar": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    await ana.sends("/settings/profile", avatar_alt="A rook", files=files)
    await ana.opens("/@ana")
    [face] = [attrs for _, attrs in Inventory(ana.page).elements if "large" in (attrs.get("class") or "").split()]
    assert face["alt"] == "A rook"


async def test_a_locked_account_decides_on_its_followers(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", is_locked="1")
    await bea.opens("/@ana")
    assert "Ask to follow" in bea.text()
    await bea.sends("/@ana/relation/follow", back="/@ana")
    assert "Take the request back" in bea.text()
    await ana.opens("/requests")
    account = (await pages.world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'bea'"))[0]
    await ana.sends("/requests", account=account, answer="accept")
    await bea.opens("/@ana")
    assert "Unfollow" in bea.text()


async def test_theme_and_language_are_kept(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/appearance")
    await ana.sends("/settings/appearance", theme="dark", locale="fr", default_audience="followers")
    assert '<html lang="fr" data-theme="dark">' in ana.page
    assert "Enregistré." in ana.text()
    await ana.opens("/home")
    assert '<option value="followers" selected>' in ana.page


async def test_a_new_password_ends_the_other_sessions(pages):
    ana, elsewhere = await pages.member("ana"), pages.browser()
    await elsewhere.signs_in("ana")
    await ana.opens("/settings/account")
    await ana.sends("/settings/account/password", 422, new="short")
    assert "at least 8 characters" in ana.text()
    await ana.sends("/settings/account/password", new="another good one")
    assert "Saved." in ana.text()
    assert (await elsewhere.call("GET", "/home")).code == 303
    await pages.browser().signs_in("ana", "another good one")


async def test_an_address_changes_with_a_link_to_the_new_one(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/account")
    await ana.sends("/settings/account/email", email="new@mail.test")
    assert "We sent a link to the new address" in ana.text()
    assert "ana@mail.test" in ana.text()


async def test_other_browsers_are_listed_and_signed_out(pages):
    ana, elsewhere = await pages.member("ana"), pages.browser()
    await elsewhere.signs_in("ana")
    await ana.opens("/settings/sessions")
    assert ana.page.count('name="session"') == 1
    await ana.sends("/settings/sessions", all="1")
    assert (await elsewhere.call("GET", "/home")).code == 303
    await ana.opens("/home")


async def test_somebody_leaves_and_comes_back(pages):
    ana = await pages.member("ana")
    path = await ana.posts("still here")
    await ana.opens("/settings/account")
    await ana.sends("/settings/account/leave", 200)
    assert "Goodbye" in ana.text()
    assert "session" not in ana.cookies
    for hidden in ("/@ana", path):
        await pages.browser().opens(hidden, 404)
    await ana.signs_in("ana")
    for shown in ("/@ana", path):
        await pages.browser().opens(shown)
