"""Notifications as apps read them: pages, kinds, groups, counts, policies."""

import re
from decimal import Decimal

import pytest


async def likes(world, count):
    """Ana's post, liked by so many."""
    [ana] = await world.people("ana")
    post = await ana.publishes("popular")
    fans = await world.people(*(f"fan{number}" for number in range(count)))
    for fan in fans:
        await fan.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await world.settle()
    return ana, post, fans


async def page(person, path):
    reply = await person.client.get(path)
    assert reply.code == 200, reply
    return reply.json, dict(
        re.findall(r'<http://localhost:3000([^>]+)>; rel="(next|prev)"', reply.headers.get("link", ""))
    )


async def test_a_notification_has_every_field_that_apps_need(world):
    ana, post, [fan] = await likes(world, 1)
    [found] = await ana.calls("GET", "/api/v1/notifications")
    assert set(found) == {"id", "type", "created_at", "group_key", "account", "status"}
    assert found["id"].isdigit()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["created_at"])
    assert (found["account"]["id"], found["status"]["id"]) == (str(fan.id), post["id"])
    assert await ana.calls("GET", f"/api/v1/notifications/{found['id']}") == found
    await fan.calls("GET", f"/api/v1/notifications/{found['id']}", code=404)


async def test_pages_follow_their_links_both_ways(world):
    ana, _, _ = await likes(world, 5)
    first, links = await page(ana, "/api/v1/notifications?limit=2")
    assert [n["account"]["username"] for n in first] == ["fan4", "fan3"]
    paths = {rel: path for path, rel in links.items()}
    second, _ = await page(ana, paths["next"])
    assert [n["account"]["username"] for n in second] == ["fan2", "fan1"]
    assert await ana.calls("GET", f"/api/v1/notifications?limit=2&min_id={second[-1]['id']}") == [first[-1], second[0]]
    assert await ana.calls("GET", paths["prev"]) == []


async def test_kinds_are_chosen_and_left_out(world):
    ana, _, [fan] = await likes(world, 1)
    await fan.follows(ana)
    await world.settle()
    for query, kinds in (
        ("", ["follow", "favourite"]),
        ("types[]=follow&types[]=poll", ["follow"]),
        ("exclude_types[]=follow", ["favourite"]),
        ("types[]=unheard_of", []),
        (f"account_id={fan.id}&exclude_types[]=favourite", ["follow"]),
        (f"account_id={ana.id}", []),
    ):
        found = await ana.calls("GET", f"/api/v1/notifications?{query}")
        assert [n["type"] for n in found] == kinds


async def test_notifications_are_dismissed_and_cleared(world):
    ana, _, fans = await likes(world, 3)
    newest = (await ana.calls("GET", "/api/v1/notifications"))[0]
    await fans[0].calls("POST", f"/api/v1/notifications/{newest['id']}/dismiss", code=404)
    assert await ana.calls("POST", f"/api/v1/notifications/{newest['id']}/dismiss") == {}
    await ana.calls("GET", f"/api/v1/notifications/{newest['id']}", code=404)
    assert len(await ana.calls("GET", "/api/v1/notifications")) == 2
    assert await ana.calls("POST", "/api/v1/notifications/clear") == {}
    assert await ana.calls("GET", "/api/v1/notifications") == []


async def test_what_is_unread_is_counted_from_the_marker(world, db):
    ana, _, _ = await likes(world, 3)
    assert await ana.calls("GET", "/api/v1/notifications/unread_count") == {"count": 3}
    assert await ana.calls("GET", "/api/v2/notifications/unread_count") == {"count": 1}
    middle = (await ana.calls("GET", "/api/v1/notifications"))[1]
    async with db.transaction() as tx:
        await tx.run(
            "INSERT INTO markers (account_id, timeline, last_read_id, version, updated_at)"
            " VALUES (:account, 'notifications', :id, 1, 0)",
            account=ana.id,
            id=int(middle["id"]),
        )
    assert await ana.calls("GET", "/api/v1/notifications/unread_count") == {"count": 1}


async def test_many_likes_are_one_group(world):
    ana, post, fans = await likes(world, 10)
    await fans[0].publishes("hey @ana")
    await world.settle()
    found = await ana.calls("GET", "/api/v2/notifications")
    mention, group = found["notification_groups"]
    assert (mention["type"], mention["notifications_count"]) == ("mention", 1)
    assert mention["group_key"] == f"ungrouped-{mention['most_recent_notification_id']}"
    assert (group["type"], group["notifications_count"], group["status_id"]) == ("favourite", 10, post["id"])
    assert group["sample_account_ids"] == [str(fan.id) for fan in reversed(fans[2:])]
    assert isinstance(group["most_recent_notification_id"], int)
    assert int(group["page_min_id"]) < int(group["page_max_id"]) == group["most_recent_notification_id"]
    assert {account["id"] for account in found["accounts"]} == {str(fan.id) for fan in (fans[0], *fans[2:])}
    assert {status["id"] for status in found["statuses"]} == {post["id"], mention["status_id"]}


async def test_a_group_is_read_listed_and_dismissed_by_its_key(world):
    ana, _, fans = await likes(world, 3)
    [group] = (await ana.calls("GET", "/api/v2/notifications"))["notification_groups"]
    path = f"/api/v2/notifications/{group['group_key']}"
    [again] = (await ana.calls("GET", path))["notification_groups"]
    assert again == group
    accounts = await ana.calls("GET", f"{path}/accounts")
    assert [account["id"] for account in accounts] == [str(fan.id) for fan in reversed(fans)]
    await fans[0].calls("GET", path, code=404)
    assert await ana.calls("POST", f"{path}/dismiss") == {}
    await ana.calls("GET", path, code=404)
    assert (await ana.calls("GET", "/api/v2/notifications"))["notification_groups"] == []


async def test_an_app_may_say_what_it_can_group(world):
    ana, _, _ = await likes(world, 3)
    found = await ana.calls("GET", "/api/v2/notifications?grouped_types[]=follow")
    assert [group["notifications_count"] for group in found["notification_groups"]] == [1, 1, 1]
    alone = found["notification_groups"][0]["group_key"]
    [one] = (await ana.calls("GET", f"/api/v2/notifications/{alone}"))["notification_groups"]
    assert (one["group_key"], one["type"]) == (alone, "favourite")


async def test_most_accounts_of_a_group_may_come_in_part(world):
    ana, _, fans = await likes(world, 3)
    found = await ana.calls("GET", "/api/v2/notifications?expand_accounts=partial_avatars")
    assert [account["id"] for account in found["accounts"]] == [str(fans[2].id)]
    assert [account["id"] for account in found["partial_accounts"]] == [str(fans[1].id), str(fans[0].id)]
    assert "note" not in found["partial_accounts"][0]


async def test_groups_are_paged_both_ways(world):
    ana, _, [fan] = await likes(world, 1)
    posts = [await ana.publishes(f"post {number}") for number in range(3)]
    for post in posts:
        await fan.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await world.settle()
    first, links = await page(ana, "/api/v2/notifications?limit=2")
    assert [g["status_id"] for g in first["notification_groups"]] == [posts[2]["id"], posts[1]["id"]]
    paths = {rel: path for path, rel in links.items()}
    second = await ana.calls("GET", paths["next"])
    assert second["notification_groups"][0]["status_id"] == posts[0]["id"]
    lowest = second["notification_groups"][-1]["most_recent_notification_id"]
    above = await ana.calls("GET", f"/api/v2/notifications?limit=2&min_id={lowest}")
    assert [g["status_id"] for g in above["notification_groups"]] == [posts[1]["id"], posts[0]["id"]]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_policy_is_kept_in_both_forms(world, method):
    [ana] = await world.people("ana")
    before = await ana.calls("GET", "/api/v2/notifications/policy")
    assert before == {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "filter",
        "for_limited_accounts": "filter",
        "for_bots": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
    after = await ana.calls(method, "/api/v2/notifications/policy", json_body={"for_bots": "drop"})
    assert after == {**before, "for_bots": "drop"}
    old = await ana.calls(method, "/api/v1/notifications/policy", json_body={"filter_new_accounts": True})
    assert (old["filter_new_accounts"], old["filter_private_mentions"], old["filter_not_following"]) == (
        True,
        True,
        False,
    )
    assert (await ana.calls("GET", "/api/v2/notifications/policy"))["for_new_accounts"] == "filter"
    await ana.calls(method, "/api/v2/notifications/policy", json_body={"for_bots": "perhaps"}, code=422)


async def test_an_app_needs_the_scope(world):
    [ana] = await world.people("ana")
    ana.client.token = await world.token(ana.id, "read:statuses write:statuses")
    for path in ("/api/v1/notifications", "/api/v2/notifications", "/api/v2/notifications/policy"):
        await ana.calls("GET", path, code=403)
    assert (await world.stranger.get("/api/v1/notifications")).code == 401


async def test_script_that_rounds_the_number_of_a_push_still_finds_its_notification(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    for person in (bea, cleo):
        await person.publishes("@ana hello")
    await world.settle()
    first, second = await ana.calls("GET", "/api/v1/notifications")
    for one in (first, second):
        rounded = int(Decimal(repr(float(one["id"]))))
        found = await ana.calls("GET", f"/api/v1/notifications/{rounded}")
        assert found["id"] == one["id"]
        await bea.calls("GET", f"/api/v1/notifications/{rounded}", code=404)
    far = int(first["id"]) + 2048
    await ana.calls("GET", f"/api/v1/notifications/{far}", code=404)
    rounded = int(Decimal(repr(float(first["id"]))))
    await bea.calls("POST", f"/api/v1/notifications/{rounded}/dismiss", code=404)
    await ana.calls("POST", f"/api/v1/notifications/{rounded}/dismiss")
    assert [one["id"] for one in await ana.calls("GET", "/api/v1/notifications")] == [second["id"]]
    await ana.calls("GET", f"/api/v1/notifications/{(1 << 63) - 1}", code=404)
