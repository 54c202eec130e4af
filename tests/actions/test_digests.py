"""The weekly letter: what stands in it, when it comes, and that it comes once."""

from datetime import UTC, datetime

import pytest
from tests.posting import DAY_US, parts

from rookery.actions.digests import SEND_DIGEST, choose_mails, plan_digests
from rookery.actions.unsubscribing import stop_mails
from rookery.model.ids import datetime_from_us, us_from_datetime
from rookery.model.mailing import MailChoice, next_digest_us
from rookery.storage.mailchoices import get_choice

SUNDAY = MailChoice(digest_day=6)


async def week(world, letterbox):
    """Ana follows Bea and Cal, of whom people liked some posts."""
    ana, bea, cal, eve = await world.people("ana", "bea", "cal", "eve")
    await choose_mails(world.app, ana.id, SUNDAY)
    for person in (bea, cal):
        await ana.follows(person)
    return ana, bea, cal, eve


async def liked(post, *people):
    for person in people:
        await person.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    return post


async def sunday_comes(letterbox):
    await letterbox.sql("UPDATE mail_choices SET digest_at = digest_at - :week", week=7 * DAY_US)
    await letterbox.settles()
    return [mail for mail in letterbox.mails if mail["message-id"].strip().startswith("<digest-")]


async def test_the_best_of_a_week_comes_in_its_order(world, letterbox):
    ana, bea, cal, eve = await week(world, letterbox)
    await liked(await bea.publishes("quiet"), eve)
    await liked(await cal.publishes("loud"), bea, eve)
    await bea.publishes("nobody liked this")
    await liked(await eve.publishes("of a stranger"), bea)
    await liked(await bea.publishes("for friends", visibility="private"), ana)
    await liked(await cal.publishes("the story", spoiler_text="the end"), eve)
    await eve.follows(ana)
    [mail] = await sunday_comes(letterbox)
    text, html = parts(mail)
    assert mail["subject"] == "Your week on Rookery"
    assert text.index("loud") < text.index("for friends")
    for words in ("quiet", "Content warning: the end", "1 person began to follow you.", "eve (@eve)"):
        assert words in text
        assert words in html
    for words in ("nobody liked", "of a stranger", "the story"):
        assert words not in text + html
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "<img" not in html


@pytest.mark.parametrize("what", ["block", "mute", "delete", "filter", "unfollow", "blocked by"])
async def test_what_one_would_not_meet_at_home_stays_out_of_the_letter(world, letterbox, what):
    ana, bea, cal, eve = await week(world, letterbox)
    post = await liked(await bea.publishes("an ugly word"), eve)
    await liked(await cal.publishes("a nice word"), eve)
    match what:
        case "block" | "mute" | "unfollow":
            await ana.calls("POST", f"/api/v1/accounts/{bea.id}/{what}")
        case "delete":
            await bea.calls("DELETE", f"/api/v1/statuses/{post['id']}")
        case "filter":
            words = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "ugly"}]}
            await ana.calls("POST", "/api/v2/filters", json_body=words)
        case "blocked by":
            await bea.calls("POST", f"/api/v1/accounts/{ana.id}/block")
    [mail] = await sunday_comes(letterbox)
    assert "ugly word" not in str(mail)
    assert "nice word" in parts(mail)[0]


async def test_one_person_does_not_fill_the_letter(world, letterbox):
    _ana, bea, cal, eve = await week(world, letterbox)
    for number in range(5):
        await liked(await bea.publishes(f"bea {number}"), eve, cal)
    await liked(await cal.publishes("cal 1"), eve)
    [mail] = await sunday_comes(letterbox)
    assert parts(mail)[0].count("> bea ") == 2
    assert "cal 1" in parts(mail)[0]


async def test_a_week_without_news_brings_no_letter(world, letterbox):
    await week(world, letterbox)
    assert await sunday_comes(letterbox) == []


async def test_a_letter_comes_once_a_week_whatever_happens(world, letterbox):
    _ana, bea, _, eve = await week(world, letterbox)
    await liked(await bea.publishes("quiet"), eve)
    [mail] = await sunday_comes(letterbox)
    await letterbox.settles()
    await letterbox.sql(f"UPDATE jobs SET state = 'waiting', run_at = 0 WHERE kind = '{SEND_DIGEST}'")
    await letterbox.settles()
    assert letterbox.mails == [mail]
    row = await world.app.db.reader.one("SELECT digest_at FROM mail_choices")
    assert datetime_from_us(row[0]).weekday() == 6
    assert await plan_digests(world.app) == 0


async def test_a_letter_that_was_refused_is_sent_again_and_still_once(world, letterbox):
    _ana, bea, _, eve = await week(world, letterbox)
    await liked(await bea.publishes("quiet"), eve)
    letterbox.box.refuses = 1
    assert await sunday_comes(letterbox) == []
    await letterbox.ten_minutes_pass()
    await letterbox.settles()
    await letterbox.ten_minutes_pass()
    await letterbox.settles()
    assert len(letterbox.mails) == 1


async def test_another_weekday_in_the_same_choice_brings_no_second_letter_at_once(world, letterbox):
    ana, bea, _, eve = await week(world, letterbox)
    await liked(await bea.publishes("quiet"), eve)
    await sunday_comes(letterbox)
    await choose_mails(world.app, ana.id, MailChoice(digest_day=2))
    await letterbox.settles()
    assert len(letterbox.mails) == 1


async def test_one_click_stops_the_letter_and_leaves_notices_alone(world, letterbox):
    ana, bea, _, eve = await week(world, letterbox)
    await liked(await bea.publishes("quiet"), eve)
    [mail] = await sunday_comes(letterbox)
    await stop_mails(world.app, mail["list-unsubscribe"].strip("<>").rpartition("/")[2])
    assert await get_choice(world.app.db.reader, ana.id) == MailChoice()


@pytest.mark.parametrize(
    ("now", "day", "then"),
    [
        ("2026-11-21T06:59", 5, "2026-11-21T07:00"),
        ("2026-11-21T07:00", 5, "2026-11-28T07:00"),
        ("2026-11-21T12:00", 6, "2026-11-22T07:00"),
        ("2026-11-21T12:00", 0, "2026-11-23T07:00"),
    ],
)
def test_a_letter_comes_in_the_morning_of_the_chosen_weekday(now, day, then):
    moments = [us_from_datetime(datetime.fromisoformat(raw).replace(tzinfo=UTC)) for raw in (now, then)]
    assert next_digest_us(day, moments[0]) == moments[1]
