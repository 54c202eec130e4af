"""Posts for later: kept, moved, cancelled, published once, and kept with the reason when they cannot be."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.measures import suspend_account
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.purge import forget_stale_uploads
from rookery.actions.scheduled_posts import publish_due_posts
from rookery.model.audit import OPERATOR
from rookery.model.ids import floor_id, now_us
from rookery.model.scheduled_posts import MAX_PER_DAY

PATH = "/api/v1/scheduled_statuses"


def later(**ahead):
    return (datetime.now(UTC) + timedelta(**(ahead or {"hours": 2}))).isoformat(timespec="milliseconds")


async def make_due(world):
    """The time of every post that waits has come."""
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE scheduled_posts SET publish_at = :then", then=now_us() - 1)


async def picture(person, world):
    await world.box.start()
    files = {"file": ("x.png", saved(pillow_photo(64, 64), "PNG"), "image/png")}
    return (await person.client.post("/api/v2/media", files=files, form={"description": "rooks"})).json


async def test_a_post_waits_for_its_time_and_goes_out_once(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    poll = {"options": ["tea", "coffee"], "expires_in": 600}
    waiting = await ana.publishes("for #tomorrow", scheduled_at=later(), visibility="private", poll=poll)
    assert waiting["scheduled_at"].endswith("Z") and len(waiting["scheduled_at"]) == 24
    assert waiting["params"]["text"] == "for #tomorrow"
    assert waiting["params"]["visibility"] == "private"
    assert waiting["params"]["poll"]["options"] == ["tea", "coffee"]
    assert (await bea.home(), await ana.home()) == ([], [])
    assert await publish_due_posts(world.app) == 0
    assert await ana.calls("GET", PATH) == [waiting]
    assert await ana.calls("GET", f"{PATH}/{waiting['id']}") == waiting
    await make_due(world)
    counts = await asyncio.gather(*(publish_due_posts(world.app) for _ in range(3)))
    assert sum(counts) == 1
    [shown] = await bea.home()
    assert (shown["visibility"], [tag["name"] for tag in shown["tags"]]) == ("private", ["tomorrow"])
    assert shown["poll"]["expired"] is False
    assert await ana.calls("GET", PATH) == []
    await ana.calls("GET", f"{PATH}/{waiting['id']}", code=404)


async def test_a_time_that_is_too_near_is_refused_and_one_in_the_past_means_now(world):
    [ana] = await world.people("ana")
    near = await ana.calls(
        "POST", "/api/v1/statuses", json_body={"status": "x", "scheduled_at": later(minutes=4)}, code=422
    )
    assert near["error"].startswith("Validation failed: Scheduled at date must be in the future")
    for nonsense in ("tomorrow", "2030-13-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+99:00"):
        await ana.calls("POST", "/api/v1/statuses", json_body={"status": "x", "scheduled_at": nonsense}, code=422)
    assert await ana.home() == []
    now = await ana.publishes("at once", scheduled_at=later(minutes=-1))
    assert [post["id"] for post in await ana.home()] == [now["id"]]


async def test_nobody_else_sees_moves_or_cancels_it(world):
    ana, bea = await world.people("ana", "bea")
    waiting = await ana.publishes("mine", scheduled_at=later())
    for method, more in (("GET", {}), ("PUT", {"json_body": {"scheduled_at": later(hours=3)}}), ("DELETE", {})):
        await bea.calls(method, f"{PATH}/{waiting['id']}", code=404, **more)
    assert await bea.calls("GET", PATH) == []
    assert await ana.calls("GET", PATH) == [waiting]


async def test_a_post_is_moved_and_cancelled(world):
    [ana] = await world.people("ana")
    waiting = await ana.publishes("moved", scheduled_at=later())
    path = f"{PATH}/{waiting['id']}"
    moved = await ana.calls("PUT", path, json_body={"scheduled_at": "2031-01-02T03:04:05Z"})
    assert moved == {**waiting, "scheduled_at": "2031-01-02T03:04:05.000Z"}
    await ana.calls("PUT", path, json_body={"scheduled_at": later(minutes=1)}, code=422)
    await ana.calls("PUT", path, json_body={"scheduled_at": "nonsense"}, code=422)
    assert await ana.calls("PATCH", path, json_body={}) == moved
    assert await ana.calls("DELETE", path) == {}
    await ana.calls("DELETE", path, code=404)
    await make_due(world)
    assert await publish_due_posts(world.app) == 0


async def test_the_same_idempotency_key_schedules_once(world):
    [ana] = await world.people("ana")
    when = later()
    more = {"json_body": {"status": "x", "scheduled_at": when}, "headers": {"idempotency-key": "k"}}
    found = await asyncio.gather(*(ana.calls("POST", "/api/v1/statuses", **more) for _ in range(3)))
    assert len({post["id"] for post in found}) == 1
    assert len(await ana.calls("GET", PATH)) == 1


async def test_pages_of_what_waits_lead_on(world):
    [ana] = await world.people("ana")
    made = [await ana.publishes(f"post {number}", scheduled_at=later(hours=number + 1)) for number in range(3)]
    reply = await ana.client.get(f"{PATH}?limit=2")
    assert [post["id"] for post in reply.json] == [made[2]["id"], made[1]["id"]]
    assert f"max_id={made[1]['id']}" in reply.headers["link"]
    assert [post["id"] for post in await ana.calls("GET", f"{PATH}?max_id={made[1]['id']}")] == [made[0]["id"]]


async def test_a_draft_that_breaks_a_rule_is_refused_when_it_is_scheduled(world):
    ana, bea = await world.people("ana", "bea")
    hidden = await bea.publishes("for friends", visibility="private")
    when = later()
    for body, code in (
        ({"status": ""}, 422),
        ({"status": "x" * 5001}, 422),
        ({"status": "x", "in_reply_to_id": hidden["id"]}, 404),
        ({"status": "x", "media_ids": ["123"]}, 404),
        ({"status": "x @bea", "allowed_mentions": []}, 422),
    ):
        await ana.calls("POST", "/api/v1/statuses", json_body={**body, "scheduled_at": when}, code=code)


async def test_a_picture_is_held_until_its_post_goes_out(world, db):
    [ana] = await world.people("ana")
    upload = await picture(ana, world)
    waiting = await ana.publishes("see", scheduled_at=later(), media_ids=[upload["id"]])
    assert [one["description"] for one in waiting["media_attachments"]] == ["rooks"]
    taken = {"status": "also", "media_ids": [upload["id"]]}
    await ana.calls("POST", "/api/v1/statuses", json_body=taken, code=404)
    await ana.calls("POST", "/api/v1/statuses", json_body={**taken, "scheduled_at": later()}, code=404)
    await ana.calls("DELETE", f"/api/v1/media/{upload['id']}", code=404)
    old = floor_id(now_us() - 3 * 86_400 * 1_000_000)
    async with db.transaction() as tx:
        await tx.run(
            "INSERT INTO media (id, account_id, kind, state) VALUES (:id, :who, 'image', 'ready')", id=old, who=ana.id
        )
        await tx.run("UPDATE scheduled_media SET media_id = :id", id=old)
    assert await forget_stale_uploads(world.app, world.media) == 0
    async with db.transaction() as tx:
        await tx.run("UPDATE scheduled_media SET media_id = :id", id=int(upload["id"]))
    await make_due(world)
    assert await publish_due_posts(world.app) == 1
    [shown] = await ana.home()
    assert [one["id"] for one in shown["media_attachments"]] == [upload["id"]]


async def test_a_cancelled_post_gives_its_picture_back(world):
    [ana] = await world.people("ana")
    upload = await picture(ana, world)
    waiting = await ana.publishes("see", scheduled_at=later(), media_ids=[upload["id"]])
    await ana.calls("DELETE", f"{PATH}/{waiting['id']}")
    shown = await ana.publishes("see now", media_ids=[upload["id"]])
    assert len(shown["media_attachments"]) == 1


async def error_of(world):
    return [row[0] for row in await world.app.db.reader.all("SELECT error FROM scheduled_posts")]


@pytest.mark.parametrize("cause", ["suspended", "limits", "answered"])
async def test_what_cannot_be_published_any_more_is_kept_with_the_reason(world, cause):
    ana, bea = await world.people("ana", "bea")
    first = await bea.publishes("first")
    await ana.publishes("x" * 400, scheduled_at=later(), in_reply_to_id=first["id"])
    before = world.app.settings
    if cause == "suspended":
        await suspend_account(world.app, ana.id, by=OPERATOR)
    elif cause == "limits":
        world.app.settings = replace(before, limits=replace(before.limits, post_characters=300))
    else:
        await bea.calls("DELETE", f"/api/v1/statuses/{first['id']}")
    await make_due(world)
    assert await publish_due_posts(world.app) == 0
    [reason] = await error_of(world)
    assert {"suspended": "disabled", "limits": "this server allows 300", "answered": "not there any more"}[
        cause
    ] in reason
    if cause == "limits":
        world.app.settings = before
        assert await publish_due_posts(world.app) == 0
        [waiting] = await ana.calls("GET", PATH)
        await ana.calls("PUT", f"{PATH}/{waiting['id']}", json_body={"scheduled_at": later()})
        assert await error_of(world) == [None]
        await make_due(world)
        assert await publish_due_posts(world.app) == 1


async def test_there_are_so_many_posts_a_day_and_in_all(world, db):
    [ana] = await world.people("ana")
    when = "2031-05-05T12:00:00Z"
    first = await ana.publishes("one", scheduled_at=when)

    async def copies(count, days):
        async with db.transaction() as tx:
            for _ in range(count):
                await tx.run(
                    "INSERT INTO scheduled_posts (id, account_id, publish_at, draft)"
                    " SELECT :new, account_id, publish_at + :more, draft FROM scheduled_posts WHERE id = :id",
                    new=world.app.ids.next_id(),
                    more=days * 86_400 * 1_000_000,
                    id=int(first["id"]),
                )

    await copies(MAX_PER_DAY - 1, 0)
    body = {"status": "one more", "scheduled_at": when}
    refused = await ana.calls("POST", "/api/v1/statuses", json_body=body, code=422)
    assert "50 posts are waiting for 2031-05-05 already; choose another day" in refused["error"]
    other = await ana.publishes("another day", scheduled_at="2031-05-06T12:00:00Z")
    await ana.calls("PUT", f"{PATH}/{other['id']}", json_body={"scheduled_at": when}, code=422)
    await ana.calls("PUT", f"{PATH}/{first['id']}", json_body={"scheduled_at": "2031-05-05T13:00:00Z"})
    for days in range(5):
        await copies(50, 10 + days)
    refused = await ana.calls("POST", "/api/v1/statuses", json_body={**body, "scheduled_at": later()}, code=422)
    assert "300 posts are waiting already; cancel one first" in refused["error"]
