"""The owner's pages: the door, the queue, members, invitations, emoji, the log; each a plain form."""

import re
from dataclasses import replace

import pytest
from tests.media.drawn_pictures import pillow_photo, saved
from tests.nest import Postbox

from rookery.actions.governing import change_role
from rookery.actions.jobs import run_due_jobs
from rookery.actions.mail import mail_handlers
from rookery.model.audit import OPERATOR
from rookery.model.members import Role
from rookery.model.reports import Measure
from rookery.storage.members import find_member_by_name
from rookery.storage.strikes import list_strikes

PAGES = [
    "/admin",
    "/admin/waiting",
    "/admin/people",
    "/admin/invitations",
    "/admin/announcements",
    "/admin/emoji",
    "/admin/trends",
    "/admin/arrivals",
    "/admin/deliveries",
    "/admin/relays",
    "/admin/log",
]


async def member_of(pages, name):
    return await find_member_by_name(pages.world.app.db.reader, name)


@pytest.fixture
async def olga(pages):
    """The owner in their browser, on a server that is no test server."""
    browser = await pages.member("olga")
    await change_role(pages.world.app, (await member_of(pages, "olga")).account_id, Role.ADMIN, by=OPERATOR)
    settings = pages.world.app.settings
    nest = replace(settings.nest, confirms_email=False)
    signing = replace(settings.signing, asks_for_work=False)
    pages.world.app.settings = replace(settings, nest=nest, signing=signing, is_test=False)
    return browser


async def sent(pages):
    """Every mail that leaves now."""
    postbox = Postbox()
    while await run_due_jobs(pages.world.app, mail_handlers(pages.world.app, postbox)):
        pass
    return postbox.mails


async def asks(pages, name, **form):
    browser = pages.browser()
    await browser.opens("/join")
    await browser.sends(
        "/join", 200, name=name, email=f"{name}@mail.test", password="correct horse", agreement="1", **form
    )
    return browser


@pytest.mark.parametrize("path", PAGES)
async def test_only_admins_see_the_owners_pages(pages, olga, path):
    await olga.opens(path)
    assert "The server" in olga.text()
    ana = pages.browser()
    assert (await ana.call("GET", path)).headers["location"].startswith("/login")
    await olga.sends("/admin/registrations", mode="open")
    await ana.joins("ana")
    await ana.opens(path, 403)
    assert "This page is for the people who look after the server." in ana.text()
    await ana.opens("/settings/profile")
    assert "/admin" not in ana.page
    await olga.opens("/settings/profile")
    assert 'href="/admin"' in olga.page


async def test_a_moderator_is_no_admin(pages, olga):
    mod = await member_of(pages, "olga")
    await change_role(pages.world.app, mod.account_id, Role.MODERATOR, by=OPERATOR)
    await olga.opens("/admin", 403)


async def test_the_door_opens_and_closes_without_a_file(pages, olga):
    stranger = pages.browser()
    await stranger.opens("/login")
    assert "/join" not in stranger.page
    await olga.opens("/admin")
    assert "This comes from the settings file." in olga.text()
    assert "The server is still called 'localhost'" in olga.text()
    assert "no mail server is set" not in olga.text()
    await olga.sends("/admin/registrations", mode="open")
    assert "Saved." in olga.text()
    assert "Chosen here; it counts more than the settings file." in olga.text()
    assert "People may join, and no mail server is set" in olga.text()
    await stranger.opens("/login")
    assert "/join" in stranger.page
    await stranger.joins("ana")
    await olga.sends("/admin/registrations", mode="")
    assert "This comes from the settings file." in olga.text()
    await pages.browser().opens("/join")
    await olga.opens("/admin/log")
    assert "@olga chose who may join: Everybody" in olga.text()


async def test_who_waits_is_let_in_or_refused_with_a_word(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="approval")
    bea = await asks(pages, "bea", reason="I count rooks.")
    await asks(pages, "cal")
    await olga.opens("/admin/waiting")
    assert "I count rooks." in olga.text()
    assert "They gave no reason." in olga.text()
    await olga.sends("/admin/waiting", account=(await member_of(pages, "bea")).account_id, answer="approve")
    assert "I count rooks." not in olga.text()
    await bea.signs_in("bea", "correct horse")
    cal = (await member_of(pages, "cal")).account_id
    await olga.sends("/admin/waiting", 422, account=cal, answer="refuse", reason="x" * 1001)
    await olga.sends("/admin/waiting", account=cal, answer="refuse", reason="We are full.")
    assert "Nobody waits at the door." in olga.text()
    mails = {mail.to: mail.body for mail in await sent(pages)}
    assert mails.keys() == {"bea@mail.test", "cal@mail.test"}
    assert "We are full." in mails["cal@mail.test"]
    await olga.opens("/admin/log")
    assert "@olga refused @cal We are full." in olga.text()
    assert "@olga let in @bea" in olga.text()


async def test_a_member_is_found_suspended_and_let_back(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="open")
    bea = await pages.member("bea")
    await olga.opens("/admin/people?q=BEA%40mail")
    assert "@bea" in olga.text()
    assert "@olga" not in olga.text().partition("address")[2]
    await olga.opens("/admin/people?q=%25")
    assert "Nobody found." in olga.text()
    await olga.opens("/admin/people")
    account = (await member_of(pages, "bea")).account_id
    await olga.sends("/admin/people/suspend", 422, account=account, q="bea", text="x" * 5000)
    await olga.sends("/admin/people/suspend", account=account, q="bea", text="Enough of the pills.")
    assert "Lift the suspension" in olga.page
    [strike] = await list_strikes(pages.world.app.db.reader, account)
    assert (strike.measure, strike.text) == (Measure.SUSPEND, "Enough of the pills.")
    [told] = await sent(pages)
    assert "suspended your account" in told.body and "Enough of the pills." in told.body
    assert (await bea.call("GET", "/home")).code == 303
    await olga.sends("/admin/people/lift", account=account, q="")
    assert "Lift the suspension" not in olga.page
    assert "not suspended any more" in (await sent(pages))[0].body
    await bea.signs_in("bea")
    await olga.opens("/admin/log")
    assert "Enough of the pills." in olga.text()


async def test_a_way_back_in_is_handed_over_once(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="open")
    await pages.member("bea")
    await olga.opens("/admin/people")
    await olga.sends("/admin/people/reset", 200, account=(await member_of(pages, "bea")).account_id, q="")
    path = re.search(r"/password/reset\?token=[\w-]+", olga.page)[0]
    bea = pages.browser()
    await bea.opens(path)
    secret = re.search(r'name="secret" value="([^"]+)"', bea.page)[1]
    await bea.sends("/password/reset", secret=secret, password="a new good one")
    await bea.signs_in("bea", "a new good one")


async def test_an_admin_cannot_govern_their_equals(pages, olga):
    own = (await member_of(pages, "olga")).account_id
    await olga.opens("/admin/people")
    assert "/admin/people/suspend" not in olga.page
    for act in ("suspend", "reset"):
        await olga.sends(f"/admin/people/{act}", 422, account=own, q="")
        assert "This member's role is not below yours." in olga.text()
    await olga.sends("/admin/people/crown", 404, account=own, q="")


async def test_invitations_are_made_listed_used_and_withdrawn(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="invitation")
    await olga.opens("/admin/invitations")
    await olga.sends("/admin/invitations", uses="1", days="7")
    link = re.search(r"/join\?invitation=[\w-]+", olga.page)[0]
    ana = pages.browser()
    await ana.opens(link)
    code = link.partition("=")[2]
    form = {"email": "ana@mail.test", "password": "correct horse", "agreement": "1"}
    await ana.sends("/join", name="ana", invitation=code, **form)
    await olga.opens("/admin/invitations")
    assert "1 of 1 used" in olga.text()
    await ana.opens("/settings/invitations")
    await ana.sends("/settings/invitations", uses="0", days="0")
    assert "not used yet" in ana.text()
    theirs = re.search(r"/join\?invitation=([\w-]+)", ana.page)[1]
    await olga.opens("/admin/invitations")
    await olga.sends("/admin/invitations", withdraw=theirs)
    assert theirs not in olga.page
    await olga.sends("/admin/invitations", 422, withdraw=theirs)
    await ana.opens("/settings/invitations")
    assert "No invitations yet." in ana.text()


async def test_who_may_not_invite_is_told_so(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="open")
    ana = await pages.member("ana")
    await ana.opens("/settings/invitations")
    settings = pages.world.app.settings
    pages.world.app.settings = replace(settings, nest=replace(settings.nest, members_invite=False))
    await ana.sends("/settings/invitations", 422, uses="1", days="7")
    assert "On this server moderators and admins invite." in ana.text()
    assert "Here you cannot invite at the moment" in ana.text()


async def test_emoji_are_added_by_upload_and_removed(pages, olga):
    await olga.opens("/admin/emoji")
    files = {"picture": ("rook.png", saved(pillow_photo(64, 64), "PNG"), "image/png")}
    await olga.sends("/admin/emoji", 422, shortcode="r", files=files)
    assert "An emoji's name has 2 to 60 letters" in olga.text()
    await olga.sends("/admin/emoji", 422, shortcode="rook")
    assert "Choose a picture first." in olga.text()
    await olga.sends("/admin/emoji", shortcode="rook", category="Birds", files=files)
    assert 'alt=":rook:"' in olga.page
    assert "Birds" in olga.text()
    await olga.sends("/admin/emoji/remove", shortcode="rook")
    assert "No emoji yet." in olga.text()
    await olga.sends("/admin/emoji/remove", 422, shortcode="rook")
    await olga.opens("/admin/log")
    assert "@olga removed the emoji :rook:" in olga.text()


@pytest.mark.parametrize("path", PAGES)
async def test_the_owners_pages_speak_french(pages, olga, path):
    olga.language = "fr"
    await olga.opens("/settings/appearance")
    await olga.sends("/settings/appearance", theme="auto", locale="fr")
    await olga.opens(path)
    assert '<html lang="fr">' in olga.page
    assert "Le serveur" in olga.text()


async def test_the_owner_announces_now_or_later_changes_and_takes_back(pages, olga):
    await olga.opens("/admin")
    await olga.sends("/admin/registrations", mode="open")
    bea = await pages.member("bea")
    await olga.opens("/admin/announcements")
    assert "Nothing has been announced yet." in olga.text()
    await olga.sends("/admin/announcements", 422, text=" ", how="publish")
    assert "An announcement needs some text" in olga.text()
    wrong = {"text": "We move.", "starts_at": "soon", "how": "keep"}
    await olga.sends("/admin/announcements", 422, **wrong)
    assert "We move." in olga.page
    days = {"starts_at": "2027-01-15T18:30", "ends_at": "2027-01-16T00:00", "is_all_day": "1"}
    await olga.sends("/admin/announcements", text="We <b>move.", how="keep", **days)
    assert "draft" in olga.text()
    assert "15 January 2027 – 16 January 2027" in olga.text()
    await bea.opens("/home")
    assert "move" not in bea.text()
    path = re.search(r'href="(/admin/announcements/\d+)"', olga.page)[1]
    await olga.sends(f"{path}/publish")
    await bea.opens("/home")
    assert "We <b>move." in bea.text()
    await olga.opens(path)
    assert 'value="2027-01-15T00:00"' in olga.page
    assert "publish_at" not in olga.page
    await olga.sends(path, text="We stay.")
    await bea.opens("/home")
    assert "We stay." in bea.text()
    await olga.sends(f"{path}/withdraw")
    await bea.opens("/home")
    assert "We stay." not in bea.text()
    await olga.sends("/admin/announcements", text="Later.", how="publish", publish_at="2099-01-01T00:00")
    assert "planned" in olga.text()
    await olga.sends(f"{path}/nonsense", 404)
    await olga.opens("/admin/announcements")
    await olga.sends(f"{path}/delete")
    assert "We stay." not in olga.text()
    await olga.opens(path, 404)
    await olga.opens("/admin/log")
    for deed in ("wrote an announcement for later", "announced", "changed", "took back", "deleted"):
        assert deed in olga.text()
    await bea.opens("/admin/announcements", 403)


async def test_relays_have_their_page(pages, olga):
    await olga.opens("/admin/relays")
    assert "No relays." in olga.text()
    await olga.sends("/admin/relays/add", address="https://relay.example/inbox", style="mastodon")
    assert "https://relay.example/inbox" in olga.text() and "asked, no answer yet" in olga.text()
    await olga.sends("/admin/relays/add", 422, address="https://relay.example/inbox", style="mastodon")
    await olga.sends("/admin/relays/add", 422, address="relay", style="litepub")
    relay = re.search(r'name="relay" value="(\d+)"', olga.page)[1]
    await olga.sends("/admin/relays/remove", relay=relay)
    assert "No relays." in olga.text()
    await olga.opens("/admin/log")
    assert "asked the relay" in olga.text() and "left the relay" in olga.text()
