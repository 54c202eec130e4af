"""The page of notifications: mails, the letter, this browser; and links that stop mails."""

import re

import pytest
from tests.posting import parts
from tests.pushing import LoopbackDoor, Phone, PushService
from tests.web.browsing import Inventory

from rookery.actions.push_sending import PushSender
from rookery.actions.unsubscribing import stop_url
from rookery.mastodon.push_words import write_push
from rookery.model.mailing import MailChoice, MailTopic
from rookery.model.members import Role
from rookery.storage.mailchoices import get_choice

PATH = "/settings/notifications"


async def account_of(pages, name):
    return (await pages.world.app.db.reader.one("SELECT id FROM accounts WHERE username = :name", name=name))[0]


async def test_somebody_chooses_what_comes_by_mail(pages):
    ana = await pages.member("ana")
    await ana.opens(PATH)
    ticked = {attrs["value"] for tag, attrs in Inventory(ana.page).elements if "checked" in attrs and tag == "input"}
    assert {"mention", "follow_request"} <= ticked
    assert "sign_up" not in ana.page
    await ana.sends(f"{PATH}/mails", kind=["like", "follow", "nonsense"], is_always="1", digest_day="3")
    assert "Saved." in ana.text()
    choice = await get_choice(pages.world.app.db.reader, await account_of(pages, "ana"))
    assert choice == MailChoice(frozenset(["like", "follow", "sign_up", "report"]), is_always=True, digest_day=3)
    await ana.sends(f"{PATH}/mails", digest_day="99")
    choice = await get_choice(pages.world.app.db.reader, await account_of(pages, "ana"))
    assert choice == MailChoice(frozenset(["sign_up", "report"]))


async def test_the_team_may_ask_for_news_of_sign_ups(pages):
    ana = await pages.member("ana")
    async with pages.world.app.db.transaction() as tx:
        await tx.run("UPDATE members SET role = :role", role=Role.MODERATOR.value)
    await ana.opens(PATH)
    assert "For the team" in ana.text()


async def test_the_page_speaks_french(pages):
    ana = await pages.member("ana", language="fr")
    await ana.opens(PATH)
    for words in ("Par mail", "Quelqu’un me mentionne", "Dans ce navigateur", "lundi"):
        assert words in ana.text()


async def test_a_browser_is_told_and_tried_and_told_no_more(pages):
    ana, service, phone = await pages.member("ana"), PushService(), Phone()
    try:
        await ana.opens(PATH)
        keys = {"endpoint": service.url("/ana"), **phone.keys}
        await ana.sends(f"{PATH}/browser", kind=["mention", "like"], policy="followed", **keys)
        assert "Send a test message" in ana.text()
        await ana.sends(f"{PATH}/test")
        sender = PushSender(pages.world.app, LoopbackDoor(), lambda errand: write_push(pages.world.app, errand))
        await sender.settle()
        told = phone.reads(service.received[0])
        assert (told["title"], told["access_token"]) == ("Notifications work", "")
        await ana.sends(f"{PATH}/browser", kind=["poll"], policy="follower")
        row = await pages.world.app.db.reader.one("SELECT kinds, policy FROM push_subscriptions")
        assert tuple(row) == (",poll,", "follower")
        await ana.sends(f"{PATH}/browser", ends="1")
        assert "Send a test message" not in ana.text()
        await ana.sends(f"{PATH}/test", 422)
    finally:
        service.close()


async def test_a_browser_that_signs_out_is_told_no_more(pages):
    ana, phone = await pages.member("ana"), Phone()
    await ana.opens(PATH)
    await ana.sends(f"{PATH}/browser", kind=["mention"], endpoint="https://push.example/1", **phone.keys)
    await ana.opens("/home")
    await ana.sends("/logout")
    assert await pages.world.app.db.reader.one("SELECT 1 FROM push_subscriptions") is None


@pytest.mark.parametrize("wrong", [{"endpoint": "http//nowhere"}, {"p256dh": "AAAA"}])
async def test_an_address_that_no_browser_gives_is_refused_on_the_page(pages, wrong):
    ana, phone = await pages.member("ana"), Phone()
    await ana.opens(PATH)
    form = {"endpoint": "https://push.example/1", **phone.keys, **wrong}
    await ana.sends(f"{PATH}/browser", 422, kind=["mention"], **form)
    assert 'role="alert"' in ana.page


async def test_the_worker_of_the_site_may_do_nothing_but_show_and_open(pages):
    reply = await pages.browser().call("GET", "/sw.js")
    assert reply.code == 200
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["content-security-policy"] == "default-src 'none'"
    assert not re.search(r"fetch\(|importScripts|caches|XMLHttp", reply.body.decode())


async def test_the_letter_can_be_read_before_it_is_asked_for(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await ana.opens(f"{PATH}/letter")
    assert "You have missed nothing this week." in ana.text()
    path = await bea.posts("Forty <b>nests</b>")
    await ana.opens("/@bea")
    await ana.sends("/@bea/relation/follow", back="/@bea")
    await ana.opens(path)
    await ana.sends(f"{path}/mark/like", back=path)
    await pages.world.settle()
    await ana.opens(f"{PATH}/letter")
    assert "Posts by people you follow" in ana.text()
    assert "Forty &lt;b&gt;nests&lt;/b&gt;" in ana.page


async def test_a_mail_is_stopped_by_button_or_by_a_mail_program(pages):
    """RFC 8058 §3.2: the POST has neither cookie nor origin; a GET alone stops nothing."""
    await pages.member("ana")
    world = pages.world
    account_id = await account_of(pages, "ana")
    link = (await stop_url(world.app, account_id, MailTopic.NOTICES)).removeprefix("http://localhost:3000")
    stranger = pages.browser()
    await stranger.opens(link)
    assert "Shall the notices by mail stop?" in stranger.text()
    assert stranger.cookies == {}
    assert (await get_choice(world.app.db.reader, account_id)).kinds
    reply = await world.stranger.post(link, form={"List-Unsubscribe": "One-Click"})
    assert reply.code == 200
    assert not (await get_choice(world.app.db.reader, account_id)).kinds
    await stranger.opens(link[:-1], 404)
    assert (await world.stranger.post(link[:-1], form={"List-Unsubscribe": "One-Click"})).code == 404


async def test_the_link_at_the_end_of_a_mail_leads_to_that_button(pages, letterbox):
    world = pages.world
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello")
    [mail] = await letterbox.reads_on(ana)
    [link] = re.findall(r"http://localhost:3000(/mail/stop/\S+)", parts(mail)[0])
    await pages.browser().opens(link)
