"""Reports and measures through the client API: who may report what, who hears of it, what is done about it."""

import pytest

from rookery.model.members import Role

ADMIN = "read write follow push admin:read admin:write"


@pytest.fixture
async def cast(world):
    ana, ben = await world.people("ana", "ben")
    mod = await world.person("mod", role=Role.MODERATOR, scopes=ADMIN)
    return ana, ben, mod


async def reports(ana, ben, code=200, **more):
    return await ana.calls("POST", "/api/v1/reports", json_body={"account_id": str(ben.id), **more}, code=code)


async def test_a_report_says_what_was_reported_and_not_by_whom(world, cast):
    ana, ben, _ = cast
    post = await ben.publishes("buy my pills")
    report = await reports(ana, ben, status_ids=[post["id"]], comment="pills", category="spam", forward=True)
    assert report["status_ids"] == [post["id"]]
    assert (report["category"], report["comment"], report["forwarded"]) == ("spam", "pills", False)
    assert report["target_account"]["acct"] == "ben"
    assert report["action_taken"] is False and report["action_taken_at"] is None and report["rule_ids"] is None
    assert str(ana.id) not in str(report) and "ana" not in str(report)


@pytest.mark.parametrize(
    "how", [pytest.param("hidden", id="mastodon#18528"), pytest.param("other", id="mastodon#8916")]
)
async def test_a_report_holds_only_posts_of_the_reported_that_the_reporter_may_see(world, cast, how):
    ana, ben, mod = cast
    cleo = await world.person("cleo")
    post = await (ben if how == "hidden" else cleo).publishes(
        "secret", visibility="private" if how == "hidden" else "public"
    )
    await reports(ana, ben, status_ids=[post["id"]], code=404)
    await reports(ana, ben, status_ids=["12345"], code=404)
    assert await mod.calls("GET", "/api/v1/admin/reports") == []


async def test_wrong_reports_are_refused(world, cast):
    ana, ben, _ = cast
    await reports(ana, ben, comment="x" * 1001, code=422)
    await reports(ana, ben, category="boredom", code=422)
    await reports(ana, ben, rule_ids=["7"], code=422)
    await ana.calls("POST", "/api/v1/reports", json_body={}, code=404)


async def test_staff_hears_of_reports_and_newcomers_and_nobody_else_does(world, cast):
    ana, ben, mod = cast
    await world.person("dora")
    first = await reports(ana, ben)
    await reports(ana, ben, comment="again")
    await world.settle()
    told = await mod.calls("GET", "/api/v1/notifications")
    assert [one["type"] for one in told if one["account"]["acct"] == "dora"] == ["admin.sign_up"]
    about = [one["report"] for one in told if one["type"] == "admin.report"]
    assert len(about) == 2 and about[1]["id"] == first["id"] and about[1]["target_account"]["acct"] == "ben"
    for member in (ana, ben):
        kinds = {one["type"] for one in await member.calls("GET", "/api/v1/notifications")}
        assert not kinds & {"admin.report", "admin.sign_up"}
    grouped = await mod.calls("GET", "/api/v2/notifications")
    assert "admin.report" in {one["type"] for one in grouped["notification_groups"]}
    assert [g["report"]["id"] for g in grouped["notification_groups"] if "report" in g][-1] == first["id"]


async def test_a_moderator_finds_no_report_about_themselves(world, cast):
    ana, _, mod = cast
    other = await world.person("mira", role=Role.MODERATOR, scopes=ADMIN)
    report = await reports(ana, mod)
    await world.settle()
    assert await mod.calls("GET", "/api/v1/admin/reports") == []
    await mod.calls("GET", f"/api/v1/admin/reports/{report['id']}", code=404)
    await mod.calls("POST", f"/api/v1/admin/reports/{report['id']}/resolve", code=404)
    assert "admin.report" not in {one["type"] for one in await mod.calls("GET", "/api/v1/notifications")}
    assert [one["id"] for one in await other.calls("GET", "/api/v1/admin/reports")] == [report["id"]]


async def test_a_report_is_taken_sorted_closed_and_opened_again(world, cast):
    ana, ben, mod = cast
    post = await ben.publishes("rude")
    report = await reports(ana, ben, status_ids=[post["id"]])
    path = f"/api/v1/admin/reports/{report['id']}"
    seen = await mod.calls("GET", path)
    assert seen["account"]["username"] == "ana" and seen["target_account"]["email"] == "ben@mail.test"
    assert [one["content"] for one in seen["statuses"]] == ["<p>rude</p>"]
    assert (await mod.calls("POST", f"{path}/assign_to_self"))["assigned_account"]["username"] == "mod"
    assert (await mod.calls("POST", f"{path}/unassign"))["assigned_account"] is None
    assert (await mod.calls("PUT", path, json_body={"category": "spam"}))["category"] == "spam"
    closed = await mod.calls("POST", f"{path}/resolve")
    assert closed["action_taken"] and closed["action_taken_by_account"]["username"] == "mod"
    assert await mod.calls("GET", "/api/v1/admin/reports") == []
    assert len(await mod.calls("GET", "/api/v1/admin/reports?resolved=true")) == 1
    assert (await mod.calls("POST", f"{path}/reopen"))["action_taken"] is False
    assert len(await mod.calls("GET", f"/api/v1/admin/reports?target_account_id={ben.id}")) == 1
    assert await mod.calls("GET", f"/api/v1/admin/reports?target_account_id={ana.id}") == []


async def test_who_is_limited_is_met_by_followers_alone(world, cast):
    ana, ben, mod = cast
    await ana.follows(ben)
    await ben.publishes("hello #rooks")
    cleo = await world.person("cleo")
    await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/action", json_body={"type": "silence", "text": "calm"})
    assert await cleo.calls("GET", "/api/v1/timelines/public") == []
    assert len(await ana.calls("GET", "/api/v1/timelines/public")) == 1
    assert (await cleo.calls("GET", f"/api/v1/accounts/{ben.id}"))["limited"] is True
    assert await cleo.calls("GET", "/api/v1/timelines/tag/rooks") == []
    await ben.publishes("@cleo psst")
    await world.settle()
    assert await cleo.calls("GET", "/api/v1/notifications") == []
    shown = await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/unsilence")
    assert shown["silenced"] is False
    assert len(await cleo.calls("GET", "/api/v1/timelines/public")) == 2


async def test_pictures_of_a_sensitive_account_wait_for_a_click_and_come_back(world, cast):
    ana, ben, mod = cast
    post = await ben.publishes("a picture")
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["sensitive"] is False
    await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/action", form={"type": "sensitive"})
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["sensitive"] is True
    assert (await mod.calls("GET", f"/api/v1/admin/accounts/{ben.id}"))["sensitized"] is True
    await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/unsensitive")
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["sensitive"] is False


async def test_a_measure_closes_the_reports_it_answers(world, cast):
    ana, ben, mod = cast
    report = await reports(ana, ben)
    await reports(await world.person("cleo"), ben)
    action = f"/api/v1/admin/accounts/{ben.id}/action"
    await mod.calls("POST", action, json_body={"type": "none", "report_id": report["id"], "text": "please stop"})
    assert len(await mod.calls("GET", "/api/v1/admin/reports")) == 1
    await mod.calls("POST", action, json_body={"type": "suspend"})
    assert await mod.calls("GET", "/api/v1/admin/reports") == []
    await ben.calls("GET", "/api/v1/timelines/home", code=401)
    assert (await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/unsuspend"))["suspended"] is False


async def test_nobody_acts_on_their_equals_or_themselves(world, cast):
    _, ben, mod = cast
    other = await world.person("mira", role=Role.MODERATOR, scopes=ADMIN)
    for person in (other, mod):
        await mod.calls("POST", f"/api/v1/admin/accounts/{person.id}/action", form={"type": "silence"}, code=403)
    await mod.calls("POST", f"/api/v1/admin/accounts/{ben.id}/action", form={"type": "tickle"}, code=422)


@pytest.mark.parametrize("how", [pytest.param("disable", id="GHSA-62j4-hvj7-px3f"), "suspend"])
async def test_staff_that_lost_its_access_is_no_staff_at_the_next_call(world, cast, how):
    _, _, mod = cast
    admin = await world.person("ada", role=Role.ADMIN, scopes=ADMIN)
    await mod.calls("GET", "/api/v1/admin/accounts")
    await admin.calls("POST", f"/api/v1/admin/accounts/{mod.id}/action", form={"type": how})
    await mod.calls("GET", "/api/v1/admin/accounts", code=401)


async def test_accounts_are_found_by_what_staff_knows_of_them(world, cast):
    _, ben, mod = cast
    path = "/api/v2/admin/accounts"

    async def names(query):
        return {one["username"] for one in await mod.calls("GET", f"{path}?{query}")}

    assert await names("permissions=staff") == {"mod"}
    assert await names("role_ids[]=1308") == {"mod"}
    assert await names("username=be") == {"ben"}
    assert await names("email=ben@mail") == {"ben"}
    assert await names("origin=remote") == set()
    assert await names("status=suspended") == set()
    assert {one["username"] for one in await mod.calls("GET", "/api/v1/admin/accounts?local=1&staff=1")} == {"mod"}
    reply = await mod.client.get(f"{path}?limit=1")
    assert 'rel="next"' in reply.headers["link"] and f"max_id={mod.id}" in reply.headers["link"]
    role = (await mod.calls("GET", f"/api/v1/admin/accounts/{ben.id}"))["role"]
    assert role["permissions"] == "0"
    mine = await mod.calls("GET", "/api/v1/accounts/verify_credentials")
    assert mine["role"]["permissions"] == "1308"
