"""Reports of a year: a server that makes none says so in every way that apps ask."""

PATH = "/api/v1/annual_reports"


async def test_a_member_learns_that_no_year_has_a_report(world):
    ana = await world.person("ana")
    assert await ana.calls("GET", PATH) == {"annual_reports": [], "accounts": [], "statuses": []}
    assert await ana.calls("GET", f"{PATH}/2026/state") == {"state": "ineligible"}
    assert await ana.calls("POST", f"{PATH}/2026/generate") == {}
    await ana.calls("GET", f"{PATH}/2026", code=404)
    await ana.calls("POST", f"{PATH}/2026/read", code=404)
    assert (await world.stranger.get("/api/v2/instance")).json["wrapstodon"] is None


async def test_strangers_and_apps_that_may_not_read_accounts_learn_nothing(world):
    ana = await world.person("ana", scopes="read:statuses")
    await ana.calls("GET", PATH, code=403)
    await ana.calls("POST", f"{PATH}/2026/generate", code=403)
    assert (await world.stranger.get(f"{PATH}/2026/state")).code == 401
