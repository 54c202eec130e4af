"""The people whom somebody keeps away, on a page with the way back."""

import re
from html import unescape

import pytest

from rookery.actions.follows import block_account, mute_account
from rookery.model.ids import now_us
from rookery.storage.accounts import insert_account
from rookery.web.lists import PAGE_PEOPLE
from rookery.web.words import words_of

HOUR_S = 3600


async def account_id(pages, name: str) -> int:
    row = await pages.world.app.db.reader.one("SELECT id FROM accounts WHERE username = :name", name=name)
    return row[0]


async def test_a_blocked_person_is_listed_and_let_back_in(pages):
    ana, _ = await pages.member("ana"), await pages.member("bea")
    await ana.opens("/@bea")
    await ana.sends("/@bea/relation/block", back="/@bea")
    await ana.opens("/settings/away")
    assert 'aria-label="Unblock @bea"' in ana.page
    await ana.sends("/@bea/relation/unblock", back="/settings/away")
    assert "Nobody." in ana.text()
    await ana.opens("/@bea")
    assert "Follow" in ana.text()


async def test_a_muted_person_is_listed_with_the_end_of_the_mute(pages):
    ana, _, _ = [await pages.member(name) for name in ("ana", "bea", "cy")]
    me = await account_id(pages, "ana")
    await mute_account(pages.world.app, me, await account_id(pages, "cy"))
    await mute_account(pages.world.app, me, await account_id(pages, "bea"), lasts_s=HOUR_S)
    row = await pages.world.app.db.reader.one("SELECT max(expires_at) FROM mutes")
    await ana.opens("/settings/away?list=muted")
    assert f"until {words_of('en').moment(row[0])}" in ana.text()
    assert "for good" in ana.text()
    await ana.sends("/@bea/relation/unmute", back="/settings/away?list=muted")
    assert "@bea" not in ana.text()
    assert "@cy" in ana.text()


async def test_nobody_sees_whom_others_keep_away(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await ana.opens("/@bea")
    await ana.sends("/@bea/relation/block", back="/@bea")
    await bea.opens("/settings/away")
    assert "@ana" not in bea.text()
    await ana.opens("/settings/away?list=everybody", 404)


@pytest.mark.parametrize(("shown", "keep_away"), [("blocked", block_account), ("muted", mute_account)])
async def test_a_long_list_has_pages(pages, shown, keep_away):
    ana, app = await pages.member("ana"), pages.world.app
    me = await account_id(pages, "ana")
    names = [f"rook{number:02}" for number in range(PAGE_PEOPLE + 1)]
    async with app.db.transaction() as tx:
        for name in names:
            await insert_account(tx, account_id=app.ids.next_id(), username=name, created_at_us=now_us())
    for name in names:
        await keep_away(app, me, await account_id(pages, name))
    await ana.opens(f"/settings/away?list={shown}")
    assert [name for name in names if f"@{name}" not in ana.text()] == ["rook00"]
    older = unescape(re.search(r'href="([^"]+)" rel="next"', ana.page)[1])
    await ana.opens(f"/settings/away{older}")
    assert [name for name in names if f"@{name}" in ana.text()] == ["rook00"]
    assert 'rel="next"' not in ana.page
