"""Writing, reading and answering on pages."""

import re

from tests.media.drawn_pictures import pillow_photo, saved
from tests.web.browsing import Inventory

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> \u202egnp.exe \"'> javascript:alert(3)"
    ' https://ok.example/"onmouseover=alert(4) {{7*7}}'
)


async def test_a_post_a_reply_a_like_and_a_repost(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("Forty nests in the elms. #birds")
    await bea.opens(path)
    assert "Forty nests" in bea.text()
    await bea.sends(f"{path}/reply", text="@ana We counted forty too.", back=path)
    assert "We counted forty too." in bea.text()
    await bea.sends(f"{path}/mark/like", back=path)
    assert 'aria-pressed="true"' in bea.page
    assert "Take the like back" in bea.page
    await bea.sends(f"{path}/mark/unlike", back=path)
    assert "Take the like back" not in bea.page
    await bea.sends(f"{path}/share/repost", back="/home")
    assert "reposted" in bea.text()
    await bea.sends(f"{path}/mark/bookmark", back="/bookmarks")
    assert "Forty nests" in bea.text()
    await bea.opens("/tags/birds")
    assert "Forty nests" in bea.text()


async def test_a_second_click_posts_once(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    for _ in range(2):
        await ana.sends("/home", text="only once", key="same-key-0123")
    assert ana.text().count("only once") == 1


async def test_a_refused_post_comes_back_with_its_words(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    await ana.sends("/home", 422, text="é" * 5001)
    assert "The post has 5001 characters, this server allows 5000." in ana.text()
    assert "é" * 5001 in ana.page
    await ana.sends("/home", 422, text="poll", choice=["one"])
    assert "A poll has 2 to 4 choices." in ana.text()


async def test_a_picture_is_made_safe_described_and_sent_with_strict_headers(pages, tmp_path):
    ana = await pages.member("ana")
    await ana.opens("/home")
    files = {
        "picture1": ("x.png", saved(pillow_photo(), "PNG"), "image/png"),
        "picture2": ("", b"", "application/octet-stream"),
    }
    await ana.sends("/home", text="see", alt1="Rooks over a field", files=files)
    [image] = [attrs for tag, attrs in Inventory(ana.page).elements if tag == "img" and attrs.get("alt")]
    assert image["alt"] == "Rooks over a field"
    assert int(image["width"]) > 0
    reply = await pages.browser().opens(image["src"])
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await pages.browser().call("GET", image["src"], headers={"if-none-match": reply.headers["etag"]})
    assert again.code == 304
    for bad in ("..%2f..%2fetc", "0" * 32 + ".html", "0" * 32 + ".png", "x.png"):
        await pages.browser().opens(f"/media/{bad}", 404)


async def test_a_link_to_a_picture_has_a_name_even_without_a_description(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    files = {f"picture{place}": ("x.png", saved(pillow_photo(), "PNG"), "image/png") for place in (1, 2)}
    await ana.sends("/home", text="see", alt1="Rooks over a field", files=files)
    links = [attrs for tag, attrs in Inventory(ana.page).elements if tag == "a" and attrs["href"].startswith("/media/")]
    assert [link.get("aria-label") for link in links] == [None, "Picture without a description"]


async def test_a_picture_stays_when_the_post_is_refused(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    files = {"picture1": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    await ana.sends("/home", 422, text="é" * 5001, alt1="kept words", files=files)
    media_id = re.search(r'name="picture_id" value="(\d+)"', ana.page)[1]
    assert 'value="kept words"' in ana.page
    await ana.sends("/home", text="short now", picture_id=media_id, **{f"alt_{media_id}": "better words"})
    assert 'alt="better words"' in ana.page


async def test_what_is_no_picture_is_refused_in_a_sentence(pages):
    ana = await pages.member("ana")
    await ana.opens("/home")
    files = {"picture1": ("x.png", b"<svg onload=alert(1)>", "image/png")}
    await ana.sends("/home", 422, text="see", files=files)
    assert "This file is no picture" in ana.text()


async def test_hostile_text_is_inert_everywhere_it_shows(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/profile")
    await ana.sends(
        "/settings/profile",
        display_name="<b onclick=x>\u202eevil",
        bio=HOSTILE[:900],
        field_name=["<i>"],
        field_value=["javascript:alert(1)"],
    )
    path = await ana.posts(HOSTILE, warning="<script>w</script>", choice=["<u>a</u>", "b'\"><script>"])
    plain = "<s>name</s>"
    for page in (
        path,
        "/@ana",
        "/home",
        "/",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/login?next=%22%3E%3Cscript%3E",
    ):
        await ana.opens(page)
        elements = Inventory(ana.page).elements
        scripts = [attrs for tag, attrs in elements if tag == "script"]
        assert all(attrs.get("src", "").startswith("/static/") for attrs in scripts), page
        assert all(not name.startswith("on") for _, attrs in elements for name in attrs), page
        links = [attrs.get("href") or "" for _, attrs in elements] + [attrs.get("src") or "" for _, attrs in elements]
        assert all(link.startswith(("/", "http://", "https://", "#", "?", "mailto:", "")) for link in links)
        assert not any(link.lower().startswith(("javascript:", "data:")) for link in links), page
        assert "49" not in ana.text() or "{{7*7}}" in ana.text()
    assert plain not in ana.page


async def test_a_hidden_post_and_an_absent_one_are_the_same_page(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("for friends", audience="followers")
    absent = "/@ana/3mzzzzzzzzzzz"
    for browser in (pages.browser(), bea):
        hidden = await browser.opens(path, 404)
        nothing = await browser.opens(absent, 404)
        assert hidden.body == nothing.body
    await ana.opens(path)
    assert "for friends" in ana.text()


async def test_a_poll_is_voted_in_once_and_shows_its_results(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("when?", choice=["seven", "nine"])
    await bea.opens(path)
    assert "Vote" in bea.text()
    await bea.sends(f"{path}/vote", choice="1", back=path)
    assert "100%" in bea.text()
    await bea.sends(f"{path}/vote", 422, choice="0", back=path)
    await ana.opens(path)
    assert 'type="radio" name="choice"' not in ana.page


async def test_only_its_author_deletes_a_post(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("gone soon")
    await bea.opens(f"{path}/delete", 404)
    await bea.opens("/home")
    await bea.sends(f"{path}/delete", 404)
    await ana.opens(f"{path}/delete")
    await ana.sends(f"{path}/delete")
    await ana.opens(path, 404)


async def test_following_fills_the_home_and_blocking_empties_it(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await ana.posts("hello from ana")
    await bea.opens("/@ana")
    await bea.sends("/@ana/relation/follow", back="/@ana")
    assert "Unfollow" in bea.text()
    await bea.opens("/home")
    assert "hello from ana" in bea.text()
    await bea.sends("/@ana/relation/block", back="/@ana")
    assert "Unblock" in bea.text()
    await bea.opens("/home")
    assert "hello from ana" not in bea.text()


async def test_a_changed_name_shows_on_earlier_posts(pages):
    ana = await pages.member("ana")
    path = await ana.posts("first")
    await ana.opens(path)
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", display_name="Ana Álvarez")
    await ana.opens(path)
    assert "Ana Álvarez" in ana.text()


async def test_older_posts_are_a_link_away(pages):
    ana = await pages.member("ana")
    person = await pages.world.token((await pages.world.app.db.reader.one("SELECT id FROM accounts"))[0])
    pages.world.stranger.token = person
    for number in range(23):
        await pages.world.stranger.post("/api/v1/statuses", json_body={"status": f"post number {number}."})
    await ana.opens("/home")
    assert "post number 3." in ana.text()
    assert "post number 2." not in ana.text()
    await ana.opens("/home" + re.search(r'href="(\?before=[^"]+)"', ana.page)[1])
    assert "post number 2." in ana.text()
    assert "post number 3." not in ana.text()
