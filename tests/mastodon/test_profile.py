"""The profile as its owner edits it, through the routes of its own."""

from tests.media.drawn_pictures import pillow_photo, saved

PATH = "/api/v1/profile"


async def test_a_profile_is_read_as_it_was_written(world):
    [ana] = await world.people("ana")
    shown = await ana.calls("GET", PATH)
    assert (shown["id"], shown["avatar"], shown["header"], shown["note"]) == (str(ana.id), None, None, "")
    assert (shown["show_media"], shown["show_media_replies"], shown["show_featured"]) == (True, True, True)
    await ana.calls("POST", "/api/v1/featured_tags", json_body={"name": "birds"})
    change = {
        "display_name": "Ana",
        "note": "birds & https://example.org",
        "fields_attributes": [{"name": "site", "value": "https://example.org"}],
        "attribution_domains": ["example.org"],
        "locked": True,
        "show_media": False,
        "avatar_description": "a rook",
    }
    changed = await ana.calls("PUT", PATH, json_body=change)
    assert changed == await ana.calls("GET", PATH)
    assert changed["note"] == "birds & https://example.org"
    assert changed["fields"] == [{"name": "site", "value": "https://example.org", "verified_at": None}]
    assert (changed["locked"], changed["show_media"], changed["show_featured"]) == (True, False, True)
    assert changed["attribution_domains"] == ["example.org"]
    assert [tag["name"] for tag in changed["featured_tags"]] == ["birds"]
    again = await ana.calls("PATCH", PATH, json_body={"show_media": True})
    assert again == {**changed, "show_media": True}


async def test_everybody_learns_which_parts_of_a_profile_are_shown(world):
    [ana] = await world.people("ana")
    account = f"/api/v1/accounts/{ana.id}"
    before = (await world.stranger.get(account)).json
    assert (before["show_media"], before["show_media_replies"], before["show_featured"]) == (True, True, True)
    await ana.calls("PUT", PATH, json_body={"show_media": False, "show_featured": False})
    after = (await world.stranger.get(account)).json
    assert (after["show_media"], after["show_media_replies"], after["show_featured"]) == (False, True, False)


async def test_update_credentials_takes_the_words_of_the_pictures_too(world):
    [ana] = await world.people("ana")
    form = {"avatar_description": "a rook", "header_description": "a field"}
    shown = await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body=form)
    assert (shown["avatar_description"], shown["header_description"]) == ("a rook", "a field")


async def test_pictures_come_with_words_and_go(world):
    [ana] = await world.people("ana")
    await world.box.start()
    png = ("x.png", saved(pillow_photo(64, 64), "PNG"), "image/png")
    form = {"avatar_description": "a rook", "header_description": "a field"}
    reply = await ana.client.put(PATH, files={"avatar": png, "header": png}, form=form)
    assert reply.json["avatar"].startswith("http://localhost:3000/media/")
    assert (reply.json["avatar_description"], reply.json["header_description"]) == ("a rook", "a field")
    for name in ("avatar", "header"):
        me = await ana.calls("DELETE", f"{PATH}/{name}")
        assert me[name].endswith(f"/static/{name}.png")
        assert me["source"]["note"] == ""
        shown = await ana.calls("GET", PATH)
        assert (shown[name], shown[f"{name}_static"], shown[f"{name}_description"]) == (None, None, "")
        await ana.calls("DELETE", f"{PATH}/{name}")


async def test_a_profile_over_its_limits_is_refused(world):
    [ana] = await world.people("ana")
    for change in ({"note": "x" * 1001}, {"display_name": "x" * 61}, {"attribution_domains": ["not a name"]}):
        await ana.calls("PUT", PATH, json_body=change, code=422)
