"""Announcements on the home page."""

import re

from rookery.actions.announcements import make_announcement
from rookery.model.announcements import AnnouncementDraft
from rookery.model.audit import OPERATOR


async def test_an_announcement_stands_at_home_until_it_is_read(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await make_announcement(
        pages.world.app, AnnouncementDraft("We move <b>on Sunday</b>.", starts_at_us=1_800_000_000_000_000), by=OPERATOR
    )
    await ana.opens("/home")
    assert "We move <b>on Sunday</b>." in ana.text()
    assert "15 January 2027" in ana.text()
    await ana.sends("/announcements", id=re.search(r'action="/announcements">.*?name="id" value="(\d+)"', ana.page)[1])
    assert "We move" not in ana.text()
    await bea.opens("/home")
    assert "We move" in bea.text()
