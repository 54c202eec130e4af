"""A public post in a frame of another site, and how that site learns of it."""

import re

import pytest
from tests.web.browsing import Inventory


async def test_a_public_post_may_be_framed_and_asks_for_nothing(pages):
    ana = await pages.member("ana")
    path = await ana.posts("Forty nests in the elms. https://example.org")
    reply = await ana.call("GET", f"{path}/embed")
    assert "Forty nests" in ana.text()
    assert "set-cookie" not in reply.headers
    policy = reply.headers["content-security-policy"]
    assert "frame-ancestors *" in policy and "script" not in policy and policy.startswith("default-src 'none'")
    elements = Inventory(ana.page).elements
    assert not [tag for tag, _ in elements if tag in ("script", "form", "iframe", "button")]
    loaded = [attrs.get("src") for _, attrs in elements if attrs.get("src")]
    loaded += [attrs["href"] for tag, attrs in elements if tag == "link"]
    assert all(address.startswith("/") for address in loaded)
    strangers = await pages.browser().call("GET", f"{path}/embed")
    assert strangers.body == reply.body


@pytest.mark.parametrize("audience", ["followers", "mentioned"])
async def test_a_post_for_few_is_not_framed_even_for_its_author(pages, audience):
    ana = await pages.member("ana")
    path = await ana.posts("for friends", audience=audience)
    await ana.opens(f"{path}/embed", 404)
    for url in (path, "/@ana", "/@ana/3mzzzzzzzzzzz"):
        reply = await pages.browser().call("GET", f"/api/oembed?url=http://localhost:3000{url}")
        assert reply.code == 404


async def test_another_name_in_the_address_shows_nothing(pages):
    ana = await pages.member("ana")
    await pages.member("bea")
    path = await ana.posts("mine")
    await ana.opens(path.replace("/@ana/", "/@bea/") + "/embed", 404)


async def test_other_sites_learn_of_the_frame(pages):
    ana = await pages.member("ana")
    path = await ana.posts("Forty nests.")
    await ana.opens("/settings/profile")
    await ana.sends("/settings/profile", display_name='"><script>')
    stranger = pages.browser()
    await stranger.opens(path)
    address = re.search(r'oembed" href="http://localhost:3000([^"]+)"', stranger.page)[1]
    shown = (await stranger.call("GET", f"{address}&maxwidth=320")).json
    assert (shown["type"], shown["version"], shown["width"]) == ("rich", "1.0", 320)
    assert shown["author_url"] == "http://localhost:3000/@ana"
    [(tag, frame)] = Inventory(shown["html"]).elements
    assert (tag, frame["src"], frame["title"]) == ("iframe", f"http://localhost:3000{path}/embed", '"><script>')
    for wrong in ("", "?url=", "?url=https://elsewhere.example/@ana/3mzzzzzzzzzzz"):
        assert (await stranger.call("GET", f"/api/oembed{wrong}")).code in (400, 404)


async def test_a_profile_shows_the_tabs_that_its_owner_chose(pages):
    ana = await pages.member("ana")
    [row] = await pages.world.app.db.reader.all("SELECT id FROM accounts")
    pages.world.stranger.token = await pages.world.token(row[0])
    await ana.opens("/@ana?tab=media")
    await pages.world.stranger.put("/api/v1/profile", json_body={"show_media": False})
    await ana.opens("/@ana")
    assert "?tab=media" not in ana.page
    await ana.opens("/@ana?tab=media", 404)
