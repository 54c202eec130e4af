"""Changing a post on pages, and what it said before."""

import re

from tests.media.drawn_pictures import pillow_photo, saved
from tests.web.browsing import Inventory


def values(page: str) -> dict[str, str | None]:
    """The fields of the composer, by name."""
    return {attrs["name"]: attrs.get("value") for tag, attrs in Inventory(page).elements if attrs.get("name")}


async def test_an_author_mends_a_post_and_everybody_sees_what_it_said_before(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("Forty nets in the elms. #birds", warning="numbers", language="en")
    await ana.opens(path)
    assert f'href="{path}/edit"' in ana.page
    await ana.opens(f"{path}/edit")
    assert "Forty nets in the elms. #birds</textarea>" in ana.page
    assert values(ana.page)["warning"] == "numbers"
    assert '<option value="en" selected>' in ana.page
    assert "audience" not in values(ana.page)
    await ana.sends(f"{path}/edit", text="Forty nests in the elms. #rooks", warning="numbers", language="en")
    assert "Forty nests" in ana.text()
    for browser in (bea, pages.browser()):
        await browser.opens(path)
        assert f'href="{path}/history">edited</a>' in browser.page
        await browser.opens(f"{path}/history")
        said = browser.text()
        assert said.index("Forty nests") < said.index("Forty nets")
        assert "as it is now" in said
        assert "as it began" in said
    await bea.opens("/tags/rooks")
    assert "Forty nests" in bea.text()
    await bea.opens("/tags/birds")
    assert "Forty" not in bea.text()


async def test_only_its_author_edits_a_post(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("mine")
    await bea.opens(path)
    assert f"{path}/edit" not in bea.page
    await bea.opens(f"{path}/edit", 404)
    await bea.opens("/home")
    await bea.sends(f"{path}/edit", 404, text="yours")
    reply = await pages.browser().call("GET", f"{path}/edit")
    assert (reply.code, reply.headers["location"].partition("?")[0]) == (303, "/login")
    await ana.opens(path)
    assert "mine" in ana.text()


async def test_a_hidden_post_has_no_history_for_strangers(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("for friends", audience="followers")
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", text="for friends only")
    for browser in (bea, pages.browser()):
        hidden = await browser.opens(f"{path}/history", 404)
        nothing = await browser.opens("/@ana/3mzzzzzzzzzzz/history", 404)
        assert hidden.body == nothing.body


async def test_a_refused_edit_comes_back_with_its_words_and_changes_nothing(pages):
    ana = await pages.member("ana")
    path = await ana.posts("short")
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", 422, text="é" * 5001)
    assert "The post has 5001 characters, this server allows 5000." in ana.text()
    assert "é" * 5001 in ana.page
    await ana.opens(path)
    assert "short" in ana.text()
    assert "edited" not in ana.text()


async def test_saving_without_a_change_or_twice_leaves_no_trace(pages):
    ana = await pages.member("ana")
    path = await ana.posts("said once", language="en")
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", text="said once", language="en")
    assert "edited" not in ana.text()
    for _ in range(2):
        await ana.opens(f"{path}/edit")
        await ana.sends(f"{path}/edit", text="said better", language="en")
    await ana.opens(f"{path}/history")
    assert ana.page.count('<li class="version">') == 2


async def test_pictures_are_described_anew_dropped_and_added(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    photo = ("x.png", saved(pillow_photo(), "PNG"), "image/png")
    reply = await ana.sends(
        "/home", follows=False, text="see", alt1="Rooks", alt2="Elms", files={"picture1": photo, "picture2": photo}
    )
    path = f"/@ana/{reply.headers['location'].partition('#p-')[2]}"
    await ana.opens(f"{path}/edit")
    first, second = re.findall(r'name="picture_id" value="(\d+)"', ana.page)
    assert values(ana.page)[f"alt_{first}"] == "Rooks"
    kept = {"picture_id": [first, second], f"alt_{first}": "Two rooks", f"alt_{second}": "Elms", f"drop_{second}": "1"}
    await ana.sends(f"{path}/edit", 422, text="é" * 5001, **kept)
    await ana.opens(path)
    assert 'alt="Rooks"' in ana.page
    assert 'alt="Elms"' in ana.page
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", text="see", alt1="A nest", files={"picture1": photo}, **kept)
    shown = [attrs["alt"] for tag, attrs in Inventory(ana.page).elements if tag == "img" and attrs.get("alt")]
    assert shown == ["Two rooks", "A nest"]
    await ana.opens(f"{path}/history")
    assert 'alt="Elms"' in ana.page


async def test_another_posts_picture_cannot_be_taken(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    files = {"picture1": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    reply = await ana.sends("/home", follows=False, text="with a picture", alt1="Rooks", files=files)
    with_picture = f"/@ana/{reply.headers['location'].partition('#p-')[2]}"
    await ana.opens(f"{with_picture}/edit")
    media_id = re.search(r'name="picture_id" value="(\d+)"', ana.page)[1]
    path = await ana.posts("without")
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", text="with?", picture_id=media_id, **{f"alt_{media_id}": "taken"})
    assert "<img" not in ana.page
    await ana.opens(with_picture)
    assert 'alt="Rooks"' in ana.page


async def test_a_poll_keeps_its_votes_unless_its_choices_change(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("whem?", choice=["seven", "nine"], lasts="21600")
    await bea.opens(path)
    await bea.sends(f"{path}/vote", choice="1", back=path)
    await ana.opens(f"{path}/edit")
    assert '<option value="21600" selected>' in ana.page
    assert "starts anew" in ana.text()
    await ana.sends(f"{path}/edit", text="when?", choice=["seven", "nine"], lasts="21600")
    await bea.opens(path)
    assert "100%" in bea.text()
    await ana.opens(f"{path}/edit")
    await ana.sends(f"{path}/edit", text="when?", choice=["seven", "ten"], lasts="21600")
    await bea.opens(path)
    assert "Vote" in bea.text()
    await bea.opens(f"{path}/history")
    assert "nine" in bea.text()
