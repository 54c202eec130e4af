"""How a person writes and reads, and how far they have read."""

import pytest

from rookery.actions.markers import PlaceChanged, keep_places
from rookery.storage.markers import Marker, put_marker


async def test_preferences_have_the_keys_that_apps_expect(world):
    [ana] = await world.people("ana")
    source = {"privacy": "private", "sensitive": True, "language": "fr"}
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"source": source})
    assert await ana.calls("GET", "/api/v1/preferences") == {
        "posting:default:visibility": "private",
        "posting:default:sensitive": True,
        "posting:default:language": "fr",
        "posting:default:quote_policy": "public",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


@pytest.mark.parametrize(
    "more",
    [
        {"json_body": {"home": {"last_read_id": "103194548672408537"}}},
        {"form": {"home[last_read_id]": "103194548672408537"}},
    ],
)
async def test_reading_places_are_kept_per_timeline(world, more):
    ana, bea = await world.people("ana", "bea")
    assert await ana.calls("GET", "/api/v1/markers?timeline[]=home") == {}
    kept = await ana.calls("POST", "/api/v1/markers", **more)
    assert kept["home"] == {
        "last_read_id": "103194548672408537",
        "version": 0,
        "updated_at": kept["home"]["updated_at"],
    }
    again = await ana.calls("POST", "/api/v1/markers?home[last_read_id]=5&notifications[last_read_id]=7")
    assert (again["home"]["version"], again["home"]["last_read_id"]) == (1, "5")
    assert (await ana.calls("GET", "/api/v1/markers?timeline[]=home&timeline[]=notifications")) == again
    assert list(await ana.calls("GET", "/api/v1/markers?timeline=notifications")) == ["notifications"]
    assert await ana.calls("GET", "/api/v1/markers") == {}
    assert await bea.calls("GET", "/api/v1/markers?timeline[]=home") == {}


async def test_nonsense_is_no_reading_place(world):
    [ana] = await world.people("ana")
    body = {"home": {"last_read_id": "x"}, "notifications": "7", "elsewhere": {"last_read_id": "1"}}
    assert await ana.calls("POST", "/api/v1/markers", json_body=body) == {}


async def test_of_two_apps_at_the_same_moment_one_is_told_to_try_again(world, monkeypatch):
    [ana] = await world.people("ana")
    async with world.app.db.transaction() as tx:
        assert await put_marker(tx, ana.id, Marker("home", 1, 0, 1))
        assert not await put_marker(tx, ana.id, Marker("home", 2, 0, 1))
        assert not await put_marker(tx, ana.id, Marker("home", 2, 2, 1))

    async def sees_nothing(*_):
        return {}

    monkeypatch.setattr("rookery.actions.markers.list_markers", sees_nothing)
    with pytest.raises(PlaceChanged):
        await keep_places(world.app, ana.id, {"home": 9})
    refused = await ana.calls("POST", "/api/v1/markers", form={"home[last_read_id]": "9"}, code=409)
    assert refused == {"error": "Conflict during update, please try again"}


async def test_websites_that_may_name_an_author_are_kept(world):
    [ana] = await world.people("ana")
    path = "/api/v1/accounts/update_credentials"
    changed = await ana.calls("PATCH", path, form={"attribution_domains[]": ["Example.org", "blog.example.org"]})
    assert changed["source"]["attribution_domains"] == ["example.org", "blog.example.org"]
    await ana.calls("PATCH", path, json_body={"attribution_domains": ["no spaces here"]}, code=422)
    kept = await ana.calls("PATCH", path, json_body={"display_name": "Ana"})
    assert len(kept["source"]["attribution_domains"]) == 2
    emptied = await ana.calls("PATCH", path, json_body={"attribution_domains": []})
    assert emptied["source"]["attribution_domains"] == []
