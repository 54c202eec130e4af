"""Mails to people who are away: what, when, how often, and how they stop."""

import re
from dataclasses import replace

import pytest
from tests.posting import DAY_US, parts

from rookery.actions.digests import choose_mails
from rookery.actions.governing import approve_member, change_role
from rookery.actions.jobs import Pace
from rookery.actions.letters import Letter
from rookery.actions.mail import MailQueueFull, plan_letter
from rookery.actions.members import sign_up
from rookery.actions.unsubscribing import LinkUnknown, read_stop_link, stop_mails
from rookery.model.audit import OPERATOR
from rookery.model.mailing import MailChoice, notice_due_us
from rookery.model.members import RegistrationMode, Role, SignUp
from rookery.storage.mailchoices import get_choice

HOUR_US = DAY_US // 24


async def test_somebody_who_is_away_gets_one_mail_for_what_came_together(world, letterbox):
    ana, bea, cal = await world.people("ana", "bea", "cal")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello <b>you</b>")
    await cal.publishes("@ana hello as well")
    await cal.follows(ana)
    [mail] = await letterbox.reads_on(ana)
    text, html = parts(mail)
    assert mail["subject"] == "2 new notifications – Rookery"
    assert "bea mentioned you\n> @ana hello <b>you</b>\nhttp://localhost:3000/@bea" in text
    assert "cal followed" not in text
    assert '<blockquote dir="auto">@ana hello &lt;b&gt;you&lt;/b&gt;</blockquote>' in html
    assert mail["auto-submitted"] == "auto-generated"
    assert await letterbox.reads_on(ana) == [mail]


async def test_a_single_thing_is_the_subject(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello")
    [mail] = await letterbox.reads_on(ana)
    assert mail["subject"] == "bea mentioned you – Rookery"


async def test_a_mail_speaks_the_language_of_its_reader(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await letterbox.sql('UPDATE members SET preferences = \'{"locale": "fr"}\'')
    await bea.publishes("@ana bonjour")
    [mail] = await letterbox.reads_on(ana)
    text, html = parts(mail)
    assert mail["subject"] == "bea vous a mentionné·e – Rookery"
    assert "en votre absence\u00a0:" in text.replace("\n", " ")
    assert '<html lang="fr">' in html


async def test_nothing_in_a_mail_is_fetched_or_leads_elsewhere(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana look https://elsewhere.example/pixel.png <img src=https://elsewhere.example>")
    [mail] = await letterbox.reads_on(ana)
    _text, html = parts(mail)
    assert not re.search(r"<(img|link|script|iframe|style|video|object)|<[^>]*(src|style|background)=", html)
    assert {re.match(r"https?://[^/]+", url)[0] for url in re.findall(r'href="([^"]+)', html)} == {
        "http://localhost:3000"
    }


async def test_who_was_here_lately_gets_none_until_a_day_has_passed_unread(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await bea.publishes("@ana hello")
    assert await letterbox.reads_on(ana) == []
    await letterbox.goes_away(ana)
    await letterbox.ten_minutes_pass()
    assert len(await letterbox.reads_on(ana)) == 1


async def test_what_was_read_or_seen_meanwhile_is_not_told(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello")
    await world.settle()
    [told] = await ana.calls("GET", "/api/v1/notifications")
    await ana.calls("POST", "/api/v1/markers", json_body={"notifications": {"last_read_id": told["id"]}})
    assert await letterbox.reads_on(ana) == []


async def test_always_means_also_while_here_and_at_most_once_an_hour(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await choose_mails(world.app, ana.id, MailChoice(frozenset(["mention"]), is_always=True))
    await bea.publishes("@ana one")
    assert len(await letterbox.reads_on(ana)) == 1
    await bea.publishes("@ana two")
    await bea.publishes("@ana three")
    assert len(await letterbox.reads_on(ana)) == 1
    await letterbox.sql("UPDATE mail_progress SET mailed_at = mailed_at - :hour", hour=HOUR_US)
    mails = await letterbox.reads_on(ana)
    assert [mail["subject"] for mail in mails] == ["bea mentioned you – Rookery", "2 new notifications – Rookery"]


def test_when_a_notice_is_due():
    always, usual, now = MailChoice(is_always=True), MailChoice(), 100 * DAY_US
    assert notice_due_us(always, now, 0, now) == now
    assert notice_due_us(always, now, now - 1, now) == now - 1 + HOUR_US
    assert notice_due_us(usual, now - HOUR_US, 0, now) == now + DAY_US - HOUR_US
    assert notice_due_us(usual, now - 2 * DAY_US, now - HOUR_US, now) == now + DAY_US - HOUR_US


@pytest.mark.parametrize("what", ["block", "mute", "delete", "hide", "suspend", "choice", "policy"])
async def test_what_changed_since_is_respected_when_a_mail_is_written(world, letterbox, what):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    post = await bea.publishes("@ana an ugly word")
    await world.settle()
    match what:
        case "block" | "mute":
            await ana.calls("POST", f"/api/v1/accounts/{bea.id}/{what}")
        case "delete":
            await bea.calls("DELETE", f"/api/v1/statuses/{post['id']}")
        case "hide":
            words = {"title": "x", "context": ["notifications"], "keywords_attributes": [{"keyword": "ugly"}]}
            await ana.calls("POST", "/api/v2/filters", json_body={**words, "filter_action": "hide"})
        case "suspend":
            await letterbox.sql("UPDATE accounts SET suspended_at = 1 WHERE id = :id", id=int(ana.id))
        case "choice":
            await choose_mails(world.app, ana.id, MailChoice(frozenset()))
        case "policy":
            await ana.calls("PUT", "/api/v2/notifications/policy", json_body={"for_not_following": "filter"})
    assert await letterbox.reads_on(ana) == []


async def test_a_filter_that_warns_keeps_the_words_out(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    words = {"title": "Ugly things", "context": ["notifications"], "keywords_attributes": [{"keyword": "ugly"}]}
    await ana.calls("POST", "/api/v2/filters", json_body=words)
    await bea.publishes("@ana an ugly word")
    [mail] = await letterbox.reads_on(ana)
    assert "ugly word" not in str(mail)
    assert "Ugly things" in parts(mail)[0]


async def asks_to_join(world, name, **nest):
    """Somebody on a server where everybody waits for approval; return their account's id."""
    before = world.app.settings
    nest = replace(before.nest, registrations=RegistrationMode.APPROVAL, confirms_email=False, **nest)
    world.app.settings = replace(before, nest=nest, signing=replace(before.signing, asks_for_work=False), is_test=False)
    form = SignUp(name, f"{name}@mail.test", "correct horse battery", agreement=True)
    member = await sign_up(world.app, world.passwords, form)
    world.app.settings = before
    return member.account_id


async def test_the_team_hears_of_who_asks_to_join_and_nobody_else_does(world, letterbox):
    ana = await world.person("ana", role=Role.MODERATOR)
    mod = await world.person("mod", role=Role.MODERATOR)
    [bea] = await world.people("bea")
    for person in (ana, bea):
        await letterbox.goes_away(person)
    newcomer = await asks_to_join(world, "newcomer")
    [mail] = await letterbox.reads_on(ana)
    assert "newcomer asks to join" in parts(mail)[0] and f"/moderation/accounts/{newcomer}" in parts(mail)[0]
    assert mail["list-unsubscribe"]
    assert await letterbox.reads_on(bea) == []
    told = await mod.calls("GET", "/api/v1/notifications?types[]=admin.sign_up")
    assert [one["account"]["acct"] for one in told].count("newcomer") == 1
    await approve_member(world.app, newcomer, by=OPERATOR)
    await world.settle()
    again = await mod.calls("GET", "/api/v1/notifications?types[]=admin.sign_up")
    assert [one["id"] for one in again] == [one["id"] for one in told]
    assert "admin.sign_up" not in {one["type"] for one in await bea.calls("GET", "/api/v1/notifications")}


async def test_the_team_hears_of_reports_unless_they_chose_otherwise(world, letterbox):
    ana = await world.person("ana", role=Role.MODERATOR)
    cal = await world.person("cal", role=Role.MODERATOR)
    bea, dora = await world.people("bea", "dora")
    await choose_mails(world.app, cal.id, MailChoice(frozenset(["mention"])))
    for person in (ana, cal, bea):
        await letterbox.goes_away(person)
    report = await bea.calls("POST", "/api/v1/reports", json_body={"account_id": str(dora.id)})
    [mail] = await letterbox.reads_on(ana)
    assert "bea reported somebody" in parts(mail)[0] and f"/moderation/reports/{report['id']}" in parts(mail)[0]
    assert await letterbox.reads_on(cal) == await letterbox.reads_on(bea) == []


async def test_who_is_staff_no_more_hears_of_nobody_who_waits(world, letterbox):
    ana = await world.person("ana", role=Role.MODERATOR)
    await letterbox.goes_away(ana)
    await asks_to_join(world, "newcomer")
    await world.settle()
    await change_role(world.app, ana.id, Role.MEMBER, by=OPERATOR)
    assert await letterbox.reads_on(ana) == []


async def test_one_click_stops_notices_without_signing_in(world, letterbox):
    """RFC 8058 §3.1: the two headers, and a POST without cookie."""
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello")
    [mail] = await letterbox.reads_on(ana)
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    link = mail["list-unsubscribe"].strip("<>")
    assert link in parts(mail)[0]
    await stop_mails(world.app, link.rpartition("/")[2])
    assert await get_choice(world.app.db.reader, ana.id) == MailChoice(frozenset())
    await stop_mails(world.app, link.rpartition("/")[2])


@pytest.mark.parametrize("change", ["topic", "member", "signature", "cut", "words"])
async def test_a_link_that_is_not_ours_stops_nothing(world, letterbox, change):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    await bea.publishes("@ana hello")
    [mail] = await letterbox.reads_on(ana)
    account, topic, signature = mail["list-unsubscribe"].strip("<>").rpartition("/")[2].split(".")
    wrong = {
        "topic": f"{account}.digest.{signature}",
        "member": f"{bea.id}.{topic}.{signature}",
        "signature": f"{account}.{topic}.{'0' * 32}",
        "cut": f"{account}.{topic}",
        "words": f"{account}.nothing.{signature}",
    }[change]
    with pytest.raises(LinkUnknown):
        await read_stop_link(world.app, wrong)
    with pytest.raises(LinkUnknown):
        await stop_mails(world.app, wrong)


async def test_a_mail_server_that_refuses_gets_the_same_mail_again(world, letterbox):
    ana, bea = await world.people("ana", "bea")
    await letterbox.goes_away(ana)
    letterbox.box.refuses = 2
    await bea.publishes("@ana hello")
    assert await letterbox.reads_on(ana) == []
    await letterbox.ten_minutes_pass()
    await letterbox.settles()
    assert len(await letterbox.reads_on(ana)) == 1
    assert letterbox.mails[0]["message-id"].strip().startswith("<notice-")


async def test_a_surge_of_sign_ups_queues_mails_up_to_a_bound(world):
    """F16: what cannot leave within hours is refused with a sentence instead of piling up."""
    [ana] = await world.people("ana")
    settings = world.app.settings
    world.app.settings = replace(settings, mail=replace(settings.mail, most_waiting=10))
    for _ in range(10):
        async with world.app.db.transaction() as tx:
            await plan_letter(world.app, tx, Letter.RESET, ana.id)
    with pytest.raises(MailQueueFull):
        async with world.app.db.transaction() as tx:
            await plan_letter(world.app, tx, Letter.RESET, ana.id)


def test_mails_leave_at_the_pace_of_the_operators_server():
    now = [0.0]
    pace = Pace(10, at_once=4, clock=lambda: now[0])
    taken = []
    while pace.left():
        taken.append(pace.left())
        pace.spend(pace.left())
    assert taken == [4, 4, 2]
    now[0] = 60.0
    assert pace.left() == 4
