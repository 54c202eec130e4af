"""What has an id and an owner is not there for anybody else (K6), in every verb."""

import pytest

MARKS = ["favourite", "unfavourite", "bookmark", "unbookmark", "mute", "unmute", "pin", "unpin", "reblog", "unreblog"]
POST = [
    *[f"GET /api/v1/statuses/{{post}}{rest}" for rest in ("", "/context", "/history", "/source", "/favourited_by")],
    "GET /api/v1/statuses/{post}/reblogged_by",
    "PUT /api/v1/statuses/{post}?status=mine",
    "DELETE /api/v1/statuses/{post}",
    "POST /api/v1/statuses?status=so&in_reply_to_id={post}",
]
LIST = [
    "GET /api/v1/lists/{list}",
    "PUT /api/v1/lists/{list}?title=mine",
    "DELETE /api/v1/lists/{list}",
    "GET /api/v1/lists/{list}/accounts",
    "POST /api/v1/lists/{list}/accounts?account_ids[]=1",
    "DELETE /api/v1/lists/{list}/accounts?account_ids[]=1",
    "GET /api/v1/timelines/list/{list}",
]
FILTER = [
    *[f"{verb} /api/v2/filters/{{filter}}" for verb in ("GET", "PUT", "DELETE")],
    *[f"{verb} /api/v2/filters/keywords/{{word}}" for verb in ("GET", "PUT", "DELETE")],
    *[f"{verb} /api/v1/filters/{{word}}" for verb in ("GET", "PUT", "DELETE")],
    "GET /api/v2/filters/{filter}/keywords",
    "GET /api/v2/filters/{filter}/statuses",
]
NOTICE = ["GET /api/v1/notifications/{notice}", "POST /api/v1/notifications/{notice}/dismiss"]


async def belongings(ana, ben) -> dict[str, str]:
    """Ana's private things, by kind."""
    post = await ana.publishes("only for friends", visibility="private")
    made = await ana.calls("POST", "/api/v1/lists", form={"title": "birds"})
    words = {"title": "f", "context": ["home"], "keywords_attributes": [{"keyword": "k"}]}
    kept = await ana.calls("POST", "/api/v2/filters", json_body=words)
    await ben.follows(ana)
    await ana.nest.settle()
    (notice, *_) = await ana.calls("GET", "/api/v1/notifications")
    return {
        "post": post["id"],
        "list": made["id"],
        "filter": kept["id"],
        "word": kept["keywords"][0]["id"],
        "notice": notice["id"],
    }


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param(POST, id="CVE-2026-28431 / GHSA-r33c-qg3g-v9cr"),
        pytest.param([f"POST /api/v1/statuses/{{post}}/{mark}" for mark in MARKS], id="Akkoma 2026.03 (b)"),
        pytest.param(LIST, id="CVE-2026-22246 / GHSA-ww85-x9cp-5v24"),
        pytest.param(FILTER, id="CVE-2026-46712 / GHSA-2m3r-xx7x-63j6"),
        pytest.param(NOTICE, id="CVE-2026-23964 / GHSA-f3q8-7vw3-69v4"),
    ],
)
async def test_what_is_ana_s_alone_is_not_there_for_cleo(world, routes):
    ana, ben, cleo = await world.people("ana", "ben", "cleo")
    hers = await belongings(ana, ben)
    for route in routes:
        verb, path = route.format(**hers).split(" ", 1)
        answer = await cleo.calls(verb, path, code=404)
        assert answer == {"error": "Record not found"}, route
    assert (await ana.calls("GET", f"/api/v1/statuses/{hers['post']}"))["favourites_count"] == 0
    assert (await ana.calls("GET", f"/api/v1/lists/{hers['list']}"))["title"] == "birds"


async def test_hidden_and_absent_posts_are_the_same_bytes(world):
    ana, cleo = await world.people("ana", "cleo")
    post = await ana.publishes("for friends", visibility="private")
    assert await cleo.calls("GET", f"/api/v1/statuses/{post['id']}", code=404) == await cleo.calls(
        "GET", "/api/v1/statuses/1234", code=404
    )
