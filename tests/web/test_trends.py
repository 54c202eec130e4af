"""What trends, on pages: without script, in two languages, for strangers, members and staff."""

import re

from rookery.actions.governing import change_role
from rookery.model.audit import OPERATOR
from rookery.model.members import Role
from rookery.storage.members import find_member_by_name
from rookery.web.trends import HEIGHT, WIDTH


async def busy(pages):
    """Ana, bea and cleo write about rooks and share a link; bea and cleo like ana's post."""
    people = [await pages.member(name) for name in ("ana", "bea", "cleo")]
    paths = [await one.posts("#Rooks over https://news.example/elms") for one in people]
    for one in people[1:]:
        await one.opens(paths[0])
        await one.sends(f"{paths[0]}/mark/like", back="/home", follows=False)
    await pages.world.settle()
    return people


async def test_strangers_and_members_see_what_several_people_write_about(pages):
    ana, *_ = await busy(pages)
    for browser in (pages.browser(), ana):
        await browser.opens("/trending")
        text = browser.text()
        assert "#Rooks 3 people" in text
        assert "news.example/elms 3 people" in text
        assert browser.page.count("<article") == 1
        await browser.opens("/search")
        assert 'href="/tags/Rooks"' in browser.page
        await browser.opens("/")
        assert 'class="card trend-line"' in browser.page


async def test_the_line_through_the_week_stays_inside_its_picture(pages):
    await busy(pages)
    browser = pages.browser()
    await browser.opens("/trending")
    lines = re.findall(r'<polyline points="([^"]+)"', browser.page)
    assert len(lines) == 2
    for line in lines:
        points = [tuple(map(int, point.split(","))) for point in line.split(" ")]
        assert len(points) == 7
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
        assert points[-1][1] < points[0][1]


async def test_an_empty_nest_says_so_in_french_too(pages):
    browser = pages.browser(language="fr")
    await browser.opens("/trending")
    assert "Rien ne se détache pour l’instant." in browser.text()
    await browser.opens("/")
    assert "trend-line" not in browser.page


async def test_whom_one_blocks_or_mutes_does_not_stand_there(pages):
    _, bea, cleo = await busy(pages)
    await bea.opens("/@ana")
    await bea.sends("/@ana/relation/mute", follows=False)
    await bea.opens("/trending")
    assert "<article" not in bea.page
    await cleo.opens("/trending")
    assert "<article" in cleo.page


async def test_the_owner_rejects_and_approves_on_a_page(pages):
    await busy(pages)
    owner, stranger = await pages.member("mona"), pages.browser()
    mona = await find_member_by_name(pages.world.app.db.reader, "mona")
    await change_role(pages.world.app, mona.account_id, Role.ADMIN, by=OPERATOR)
    await owner.opens("/admin/trends")
    for kind in ("tag", "post", "link", "site"):
        found = re.search(rf'name="kind" value="{kind}"><input type="hidden" name="id" value="(\d+)"', owner.page)
        await owner.sends("/admin/trends", kind=kind, id=found[1], verdict="rejected")
    await stranger.opens("/trending")
    assert "Nothing stands out just now." in stranger.text()
    assert owner.text().count("rejected") == 4
    found = re.search(r'name="kind" value="tag"><input type="hidden" name="id" value="(\d+)"', owner.page)
    await owner.sends("/admin/trends", kind="tag", id=found[1], verdict="approved")
    await owner.sends("/admin/trends", 422, kind="link", id="1", verdict="approved")
    await owner.sends("/admin/trends", 404, kind="nonsense", id="1", verdict="approved")
    fresh = pages.browser(address="127.0.0.9")
    await fresh.opens("/trending")
    assert "#Rooks" in fresh.text()
    await owner.opens("/admin/log")
    assert "let trend: rooks" in owner.text()
