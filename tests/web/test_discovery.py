"""The directory, and company for whoever follows nobody yet."""

import re
from html import unescape

from tests.web.browsing import Browser

from rookery.actions.follows import mute_account
from rookery.model.ids import now_us
from rookery.web.lists import PAGE_PEOPLE

NEWEST = "SELECT id FROM accounts WHERE username = :name"
MANY_ACCOUNTS = """
    INSERT INTO accounts (id, username, username_key, created_at) VALUES (:id, :name, :name, :now)
"""
MANY_MEMBERS = """
    INSERT INTO members (account_id, email, email_key, password_hash, role, state, created_at)
    VALUES (:id, :name, :name, '', 'member', 'active', :now)
"""


def listed(browser: Browser) -> list[str]:
    """The handles of a page's list of people, in order."""
    main = browser.page.partition("<main")[2].partition("</main>")[0]
    return re.findall(r'<a href="/@(\w+)" class="person-link"', main)


async def account_id(pages, name: str) -> int:
    return (await pages.world.app.db.reader.one(NEWEST, name=name))[0]


async def test_a_newcomer_finds_people_at_home_and_follows_one(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await bea.opens("/settings/profile")
    await bea.sends("/settings/profile", display_name="Bea", bio="Counts rooks\nat dawn.", is_discoverable="1")
    await bea.posts("forty nests")
    await ana.opens("/home")
    assert listed(ana) == ["bea"]
    assert "Counts rooks at dawn." in ana.text()
    await ana.sends("/@bea/relation/follow", back="/home")
    assert "forty nests" in ana.text()
    assert listed(ana) == []


async def test_who_has_company_sees_posts_alone(pages):
    names = ["ana", "bea", "cleo", "dora", "eve"]
    ana, *_ = [await pages.member(name) for name in names]
    await ana.opens("/home")
    assert sorted(listed(ana)) == names[1:]
    for place, name in enumerate(names[1:4], start=1):
        assert len(listed(ana)) == 5 - place
        await ana.sends(f"/@{name}/relation/follow", back="/home")
    assert listed(ana) == []


async def test_who_wants_no_company_is_suggested_nowhere(pages):
    ana, bea, _, dora, _ = [await pages.member(name) for name in ("ana", "bea", "cleo", "dora", "eve")]
    await bea.opens("/settings/profile")
    await bea.sends("/settings/profile", display_name="Bea")
    await dora.opens("/@ana")
    await dora.sends("/@ana/relation/block", back="/@ana")
    await mute_account(pages.world.app, await account_id(pages, "ana"), await account_id(pages, "cleo"))
    await ana.opens("/home")
    assert listed(ana) == ["eve"]
    await ana.opens("/people")
    assert listed(ana) == ["eve", "ana"]
    stranger = pages.browser()
    await stranger.opens("/people")
    assert listed(stranger) == ["eve", "dora", "cleo", "ana"]


async def test_the_directory_is_sorted_and_kept_from_search_machines(pages):
    ana, _ = await pages.member("ana"), await pages.member("bea")
    await ana.posts("hello")
    stranger = pages.browser()
    reply = await stranger.opens("/people")
    assert listed(stranger) == ["bea", "ana"]
    assert reply.headers["x-robots-tag"] == "noindex"
    assert "relation/follow" not in stranger.page
    await stranger.opens("/people?sort=active")
    assert listed(stranger) == ["ana", "bea"]
    for odd in ("sort=odd", "page=999999", "sort=&page=1"):
        await stranger.opens(f"/people?{odd}", 404)
    await stranger.opens("/people?page=x")
    await ana.opens("/people")
    assert 'aria-label="Follow @bea"' in ana.page
    assert 'aria-label="Follow @ana"' not in ana.page


async def test_a_large_directory_has_pages(pages):
    app = pages.world.app
    names = [f"rook{number:02}" for number in range(PAGE_PEOPLE + 1)]
    async with app.db.transaction() as tx:
        for name in names:
            values = {"id": app.ids.next_id(), "name": name, "now": now_us()}
            await tx.run(MANY_ACCOUNTS, **values)
            await tx.run(MANY_MEMBERS, **values)
    stranger = pages.browser()
    await stranger.opens("/people")
    assert listed(stranger) == names[:0:-1]
    await stranger.opens("/people" + unescape(re.search(r'href="([^"]+)" rel="next"', stranger.page)[1]))
    assert listed(stranger) == names[:1]
    assert 'rel="next"' not in stranger.page


async def test_a_locked_account_is_asked(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await bea.opens("/settings/profile")
    await bea.sends("/settings/profile", is_locked="1", is_discoverable="1")
    await ana.opens("/people")
    assert 'aria-label="Ask to follow @bea"' in ana.page
    await ana.sends("/@bea/relation/follow", back="/people")
    assert 'aria-label="Take the request back @bea"' in ana.page
