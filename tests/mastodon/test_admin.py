"""What staff does through the client API beside reports: blocks, figures, hashtags, and who may do which."""

import pytest
from tests.client import Client

from rookery.mastodon.tables import ROUTES
from rookery.model.accounts import username_key
from rookery.model.ids import now_us
from rookery.model.members import Role
from rookery.storage.accounts import find_account_by_name, insert_account
from rookery.storage.figures import note_days

ADMIN = "read write follow push admin:read admin:write"
ROWS = [route for route in ROUTES if "/admin/" in route.path]
OF_MODERATORS = ("accounts", "reports", "measures", "dimensions", "retention", "tags", "trends")


async def far(world, name, domain):
    async with world.app.db.transaction() as tx:
        account_id = world.app.ids.next_id()
        await insert_account(tx, account_id=account_id, username=name, domain=domain, created_at_us=now_us())
    assert username_key(name)
    return account_id


@pytest.fixture
async def ada(world):
    return await world.person("ada", role=Role.ADMIN, scopes=ADMIN)


def allowed(role, route):
    if role is Role.MEMBER:
        return False
    if role is Role.MODERATOR:
        return route.path.split("/")[4] in OF_MODERATORS and (route.method, route.path) != (
            "DELETE",
            "/api/v1/admin/accounts/{id}",
        )
    return True


@pytest.mark.parametrize("role", list(Role))
async def test_every_row_asks_for_the_role_and_the_scope(world, role):
    assert len(ROWS) == 63  # 59 rows, four of which answer PATCH as well
    person = await world.person("pat", role=role, scopes=ADMIN)
    plain = Client(world.server, token=await world.token(person.id, "read write follow"))
    for route in ROWS:
        path = route.path.replace("{id}", "999")
        code = (await person.client.call(route.method, path, json_body={})).code
        assert (code != 403) == allowed(role, route), (role, route.key, code)
        assert code < 500, route.key
        assert (await plain.call(route.method, path, json_body={})).code == 403, route.key
        assert (await world.stranger.call(route.method, path, json_body={})).code == 401, route.key


@pytest.mark.parametrize("scope", [pytest.param("admin:read:accounts", id="CVE-2024-25108 / GHSA-gccq-h3xj-jgvf")])
async def test_a_narrow_scope_opens_its_rows_alone(world, scope):
    person = await world.person("pat", role=Role.OWNER, scopes=scope)
    for route in ROWS:
        code = (await person.client.call(route.method, route.path.replace("{id}", "999"), json_body={})).code
        assert (code != 403) == (scope in route.scopes), route.key


async def test_a_blocked_server_is_gone_with_all_below_it_and_comes_back(world, ada):
    near, below, other = [await far(world, "fay", d) for d in ("bad.example", "deep.bad.example", "notbad.example")]
    ana = await world.person("ana")
    block = await ada.calls(
        "POST",
        "/api/v1/admin/domain_blocks",
        json_body={"domain": "Bad.Example", "severity": "suspend", "public_comment": "spam", "obfuscate": True},
    )
    assert (block["domain"], block["severity"], block["reject_media"]) == ("bad.example", "suspend", False)
    for account_id, is_gone in ((near, True), (below, True), (other, False)):
        assert (await ana.calls("GET", f"/api/v1/accounts/{account_id}")).get("suspended", False) is is_gone
    late = await far(world, "gil", "bad.example")
    assert (await ana.calls("GET", f"/api/v1/accounts/{late}"))["suspended"]
    [shown] = await world.stranger_json("/api/v1/instance/domain_blocks")
    assert shown["domain"] != "bad.example" and shown["domain"].endswith("le") and shown["comment"] == "spam"
    again = await ada.client.post("/api/v1/admin/domain_blocks", json_body={"domain": "bad.example"})
    assert again.code == 422 and again.json["existing_domain_block"]["id"] == block["id"]
    path = f"/api/v1/admin/domain_blocks/{block['id']}"
    assert (await ada.calls("PUT", path, json_body={"severity": "silence"}))["public_comment"] == "spam"
    assert (await ana.calls("GET", f"/api/v1/accounts/{near}"))["limited"]
    assert "suspended" not in await ana.calls("GET", f"/api/v1/accounts/{near}")
    await ada.calls("DELETE", path)
    assert "limited" not in await ana.calls("GET", f"/api/v1/accounts/{near}")


async def test_an_account_suspended_by_itself_stays_so_when_its_server_comes_back(world, ada):
    fay = await far(world, "fay", "bad.example")
    block = await ada.calls("POST", "/api/v1/admin/domain_blocks", json_body={"domain": "bad.example"})
    await ada.calls("POST", f"/api/v1/admin/accounts/{fay}/action", json_body={"type": "suspend"})
    await ada.calls("DELETE", f"/api/v1/admin/domain_blocks/{block['id']}")
    assert (await find_account_by_name(world.app.db.reader, "fay", "bad.example")).suspended_at_us


async def test_a_noisy_domain_is_refused(world, ada):
    for domain in ("", "a b", "-x", "localhost", "x" * 300):
        reply = await ada.client.post("/api/v1/admin/domain_blocks", json_body={"domain": domain})
        assert reply.code in (400, 422), domain


def sign_up(name, email):
    return {"username": name, "email": email, "password": "correct horse battery", "agreement": True}


async def test_the_door_knows_mail_domains_mailboxes_and_networks(world, ada):
    async def joins(name, email, address="127.0.0.1"):
        client = Client(world.server, token=ada.token, address=address)
        return await client.post("/api/v1/accounts", json_body=sign_up(name, email))

    await ada.calls("POST", "/api/v1/admin/email_domain_blocks", json_body={"domain": "junk.example"})
    refused = await joins("bob", "bob@mx.junk.example")
    assert refused.code == 422 and refused.json["details"]["email"][0]["error"] == "ERR_BLOCKED"
    await ada.calls("POST", "/api/v1/admin/canonical_email_blocks", json_body={"email": "B.o.b+x@mail.example"})
    met = await ada.calls("POST", "/api/v1/admin/canonical_email_blocks/test", json_body={"email": "bob@mail.example"})
    assert len(met) == 1
    assert (await joins("bob", "bo.b@mail.example")).json["details"]["email"][0]["error"] == "ERR_TAKEN"
    for network, severity in (("192.0.2.0/24", "sign_up_block"), ("198.51.100.0/24", "sign_up_requires_approval")):
        await ada.calls("POST", "/api/v1/admin/ip_blocks", json_body={"ip": network, "severity": severity})
    assert (await joins("bob", "bob@fine.example", "192.0.2.9")).code == 403
    assert (await joins("cleo", "cleo@fine.example", "198.51.100.9")).code == 200
    assert (await ada.calls("GET", "/api/v2/admin/accounts?status=pending"))[0]["username"] == "cleo"
    assert (await joins("bob", "bob@fine.example", "203.0.113.9")).code == 200


async def test_a_network_without_access_hears_nothing_until_its_block_ends(world, ada):
    outside = Client(world.server, address="2001:db8:1:2::")
    assert (await outside.get("/api/v1/instance")).code == 200
    block = await ada.calls(
        "POST",
        "/api/v1/admin/ip_blocks",
        json_body={"ip": "2001:db8:1:2::7", "severity": "no_access", "expires_in": 3600},
    )
    assert block["ip"] == "2001:db8:1:2::7/128" and block["expires_at"]
    await world.settle()
    assert (await outside.get("/api/v1/instance")).code == 403
    assert (await world.stranger.get("/api/v1/instance")).code == 200
    await ada.calls("PUT", f"/api/v1/admin/ip_blocks/{block['id']}", json_body={"severity": "sign_up_block"})
    await world.settle()
    assert (await outside.get("/api/v1/instance")).code == 200
    own = {"ip": "127.0.0.0/8", "severity": "no_access"}
    await ada.calls("POST", "/api/v1/admin/ip_blocks", json_body=own, code=422)


async def test_figures_are_what_is_stored(world, ada):
    ana, ben = await world.people("ana", "ben")
    post = await ana.publishes("in the elm #Rooks", language="fr")
    await ben.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await ben.publishes("yes", in_reply_to_id=post["id"])
    await ben.calls("POST", "/api/v1/reports", json_body={"account_id": ana.id})
    async with world.app.db.transaction() as tx:
        await note_days(tx, [ana.id, ben.id], now_us())
        await note_days(tx, [ana.id], now_us())
    [tag] = await ada.calls("GET", "/api/v1/admin/tags")
    today = f"{post['created_at'][:10]}T00:00:00Z"
    keys = ["active_users", "new_users", "interactions", "opened_reports", "resolved_reports", "tag_uses", "nonsense"]
    asked = {"keys": keys, "start_at": today, "end_at": today, "tag_uses": {"id": tag["id"]}}
    found = await ada.calls("POST", "/api/v1/admin/measures", json_body=asked)
    totals = {one["key"]: one["total"] for one in found}
    assert totals == {
        **{"active_users": "2", "new_users": "3", "interactions": "2", "opened_reports": "1"},
        **{"resolved_reports": "0", "tag_uses": "1"},
    }
    assert [len(one["data"]) for one in found] == [1] * 6
    keys = ["languages", "sources", "servers", "space_usage", "software_versions", "tag_languages"]
    asked = {"keys": keys, "start_at": today, "end_at": today, "tag_languages": {"id": tag["id"]}}
    shown = {one["key"]: one["data"] for one in await ada.calls("POST", "/api/v1/admin/dimensions", json_body=asked)}
    assert shown["sources"] == [{"key": "the tests", "human_key": "the tests", "value": "2"}]
    assert [one["value"] for one in shown["tag_languages"]] == ["1"]
    assert int(shown["space_usage"][0]["value"]) > 0 and shown["software_versions"][2]["value"]
    [cohort] = await ada.calls("POST", "/api/v1/admin/retention", json_body={"start_at": today, "end_at": today})
    assert [(one["value"], round(one["rate"], 2)) for one in cohort["data"]] == [("2", 0.67)]
    domain = {"instance_accounts": {"domain": "far.example"}, "instance_statuses": {"domain": "far.example"}}
    asked = {"keys": [*domain, "instance_media_attachments"], "start_at": today, "end_at": today, **domain}
    await far(world, "fay", "far.example")
    found = await ada.calls("POST", "/api/v1/admin/measures", json_body=asked)
    assert [(one["key"], one["total"]) for one in found] == [
        ("instance_accounts", "1"),
        ("instance_statuses", "0"),
        ("instance_media_attachments", "0"),
    ]


@pytest.mark.parametrize("years", [pytest.param(1000, id="GHSA-hx34-2pfw-2qfj")])
async def test_a_thousand_years_are_cut_and_a_member_gets_no_work_done(world, ada, years):
    asked = {"keys": ["new_users"], "start_at": f"{2026 - years}-01-01", "end_at": "2026-12-31"}
    [found] = await ada.calls("POST", "/api/v1/admin/measures", json_body=asked)
    assert len(found["data"]) == 731
    assert len(await ada.calls("POST", "/api/v1/admin/retention", json_body=asked)) == 31
    months = await ada.calls("POST", "/api/v1/admin/retention", json_body={**asked, "frequency": "month"})
    assert len(months) == 25
    await ada.calls("POST", "/api/v1/admin/measures", json_body={**asked, "start_at": "soon"}, code=422)
    ana = await world.person("ana", scopes=ADMIN)
    for broken in ({}, asked):  # refused before the form is even read
        await ana.calls("POST", "/api/v1/admin/measures", json_body=broken, code=403)


async def test_a_hashtag_may_be_taken_out_of_use_or_of_search(world, ada):
    ana = await world.person("ana")
    await ana.publishes("look #rooks")
    [tag] = await ada.calls("GET", "/api/v1/admin/tags")
    assert (tag["usable"], tag["listable"], tag["requires_review"]) == (True, True, True)
    path = f"/api/v1/admin/tags/{tag['id']}"
    assert (await ada.calls("PUT", path, json_body={"listable": False, "display_name": "Rooks"}))["name"] == "Rooks"
    assert (await ana.calls("GET", "/api/v2/search?q=rooks&type=hashtags"))["hashtags"] == []
    await ada.calls("PUT", path, json_body={"usable": False, "display_name": "Crows"}, code=422)
    await ada.calls("PUT", path, json_body={"usable": False})
    await ana.calls("POST", "/api/v1/statuses", json_body={"status": "again #Rooks"}, code=422)


async def test_a_suspended_account_can_be_deleted_for_good_by_admins_alone(world, ada):
    ana = await world.person("ana")
    path = f"/api/v1/admin/accounts/{ana.id}"
    await ada.calls("DELETE", path, code=403)
    await ada.calls("POST", f"{path}/action", json_body={"type": "suspend"})
    met = await ada.calls("POST", "/api/v1/admin/canonical_email_blocks/test", json_body={"email": "ana@mail.test"})
    assert len(met) == 1
    assert (await ada.calls("DELETE", path))["username"] == "ana"
    assert (await ada.calls("GET", path))["email"] is None
