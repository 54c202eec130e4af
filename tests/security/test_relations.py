"""Follows and mutes with absurd wishes."""

import pytest


async def test_a_mute_for_longer_than_time_itself_is_a_long_mute(world):
    ana, ben = await world.people("ana", "ben")
    path = f"/api/v1/accounts/{ben.id}/mute"
    assert (await ana.calls("POST", path, form={"duration": "999999999999999"}))["muting"]
    assert len(await ana.calls("GET", "/api/v1/mutes")) == 1


@pytest.mark.parametrize(
    "languages",
    [
        pytest.param(["x" * 100_000], id="GHSA-6x3w-9g92-gvf3"),
        ["en"] * 101,
        ["<script>"],
    ],
)
async def test_nobody_stores_a_book_in_the_languages_of_a_follow(world, languages):
    ana, ben = await world.people("ana", "ben")
    await ana.calls("POST", f"/api/v1/accounts/{ben.id}/follow", json_body={"languages": languages}, code=422)
    assert (await ana.calls("POST", f"/api/v1/accounts/{ben.id}/follow", json_body={"languages": ["en", "pt-BR"]}))[
        "languages"
    ] == ["en", "pt-BR"]
