"""Posts for later on pages: a time in the composer, the list of what waits, and what could not be published."""

import re
from datetime import UTC, datetime, timedelta

from rookery.actions.scheduled_posts import publish_due_posts


def field_time(**ahead):
    return f"{datetime.now(UTC) + timedelta(**ahead):%Y-%m-%dT%H:%M}"


async def make_due(pages):
    async with pages.world.app.db.transaction() as tx:
        await tx.run("UPDATE scheduled_posts SET publish_at = 1")


async def test_a_post_is_written_for_later_moved_and_cancelled(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    when = field_time(hours=5)
    await ana.sends("/home", text="Not before the evening.", publish_at=when, zone="-120", key="k-0001")
    assert "Not before the evening." in ana.text()
    # Two hours ahead of UTC, five o'clock there is three o'clock in UTC.
    utc = datetime.fromisoformat(when) - timedelta(hours=2)
    assert f'value="{utc:%Y-%m-%dT%H:%M}"' in ana.page
    scheduled_id = re.search(r'name="id" value="(\d+)"', ana.page)[1]
    await ana.sends("/scheduled/move", 422, id=scheduled_id, publish_at=field_time(minutes=-5))
    assert "must be in the future" in ana.text()
    await ana.sends("/scheduled/move", id=scheduled_id, publish_at="2031-02-03T04:05")
    assert 'value="2031-02-03T04:05"' in ana.page
    await ana.sends("/scheduled/cancel", id=scheduled_id)
    assert "Nothing waits." in ana.text()


async def test_a_time_that_cannot_be_brings_the_form_back(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    for wrong in (field_time(minutes=-60), field_time(minutes=2), "soon"):
        await ana.sends("/home", 422, text="kept words", publish_at=wrong)
        assert "kept words" in ana.page
        assert "Scheduled at" in ana.text()


async def test_a_reply_waits_too_and_nobody_else_cancels_it(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("first")
    await bea.opens(path)
    await bea.sends(f"{path}/reply", text="@ana in a while", publish_at=field_time(hours=1))
    scheduled_id = re.search(r'name="id" value="(\d+)"', bea.page)[1]
    await ana.opens("/scheduled")
    assert "in a while" not in ana.text()
    await ana.opens("/home")
    await ana.sends("/scheduled/cancel", 404, id=scheduled_id)
    await make_due(pages)
    assert await publish_due_posts(pages.world.app) == 1
    await bea.opens(path)
    assert "in a while" in bea.text()


async def test_what_could_not_be_published_shows_at_home_with_its_reason(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea", language="fr")
    path = await ana.posts("first")
    await bea.opens(path)
    await bea.sends(f"{path}/reply", text="@ana in a while", publish_at=field_time(hours=1))
    await ana.opens(f"{path}/delete")
    await ana.sends(f"{path}/delete")
    await make_due(pages)
    assert await publish_due_posts(pages.world.app) == 0
    await bea.opens("/home")
    assert "1 message programmé n’a pas pu être publié." in bea.text()
    await bea.opens("/scheduled")
    assert "Le message auquel celui-ci répond n’est plus là." in bea.text()
