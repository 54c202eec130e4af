"""Conversations: threads of posts for mentioned people, as each of those people keeps them."""

import json

import pytest
from tests.listening import listen

PATH = "/api/v1/conversations"


async def says(person, text, **more):
    return await person.publishes(text, visibility="direct", **more)


async def list_of(person, query=""):
    """(unread, who else, the newest text) of a person's conversations."""
    await person.nest.settle()
    found = await person.calls("GET", f"{PATH}{query}")
    return [
        (one["unread"], sorted(a["username"] for a in one["accounts"]), text_of(one["last_status"])) for one in found
    ]


def text_of(status):
    return status["content"].rpartition("</span> ")[2].removesuffix("</p>").removeprefix("<p>")


async def test_a_thread_is_one_conversation_for_each_in_it(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    first = await says(ana, "@bea one")
    assert await list_of(ana) == [(False, ["bea"], "one")]
    assert await list_of(bea) == [(True, ["ana"], "one")]
    await says(bea, "@ana two", in_reply_to_id=first["id"])
    await says(ana, "@cleo three")
    assert await list_of(ana) == [(False, ["cleo"], "three"), (True, ["bea"], "two")]
    assert await list_of(bea) == [(False, ["ana"], "two")]
    assert await list_of(cleo) == [(True, ["ana"], "three")]
    await ana.publishes("@bea in public")
    assert len(await list_of(ana)) == 2


async def test_a_note_to_oneself_is_a_conversation_with_oneself(world):
    [ana] = await world.people("ana")
    await says(ana, "buy bread")
    assert await list_of(ana) == [(False, ["ana"], "buy bread")]


async def test_it_is_read_unread_and_taken_off_the_list(world):
    ana, bea = await world.people("ana", "bea")
    first = await says(ana, "@bea one")
    await world.settle()
    [one] = await bea.calls("GET", PATH)
    path = f"{PATH}/{one['id']}"
    assert await bea.calls("POST", f"{path}/read") == {**one, "unread": False}
    assert await bea.calls("POST", f"{path}/read") == {**one, "unread": False}
    assert await bea.calls("POST", f"{path}/unread") == one
    for method, of in (("POST", "/read"), ("POST", "/unread"), ("DELETE", "")):
        await ana.calls(method, f"{path}{of}", code=404)
    assert await bea.calls("DELETE", path) == {}
    await bea.calls("DELETE", path, code=404)
    assert (await list_of(bea), len(await list_of(ana))) == ([], 1)
    await says(ana, "@bea two", in_reply_to_id=first["id"])
    assert await list_of(bea) == [(True, ["ana"], "two")]


async def test_a_deleted_message_gives_way_to_the_one_before(world):
    ana, bea = await world.people("ana", "bea")
    first = await says(ana, "@bea one")
    second = await says(ana, "@bea two", in_reply_to_id=first["id"])
    assert await list_of(bea) == [(True, ["ana"], "two")]
    await ana.calls("DELETE", f"/api/v1/statuses/{second['id']}")
    assert await list_of(bea) == [(True, ["ana"], "one")]
    await ana.calls("DELETE", f"/api/v1/statuses/{first['id']}")
    assert (await list_of(bea), await list_of(ana)) == ([], [])


@pytest.mark.parametrize("silence", ["block", "mute"])
async def test_who_is_blocked_or_muted_begins_no_conversation_and_loses_the_old_one(world, silence):
    ana, bea = await world.people("ana", "bea")
    await says(ana, "@bea one")
    assert len(await list_of(bea)) == 1
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/{silence}")
    assert await list_of(bea) == []
    await says(ana, "@bea two")
    assert await list_of(bea) == []
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/un{silence}")
    assert [text for _, _, text in await list_of(bea)] == ["one"]


async def test_only_those_named_see_the_part_of_a_thread_that_names_them(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    root = await ana.publishes("in public")
    await says(bea, "@ana psst", in_reply_to_id=root["id"])
    await says(cleo, "@ana also psst", in_reply_to_id=root["id"])
    assert await list_of(bea) == [(False, ["ana"], "psst")]
    assert await list_of(cleo) == [(False, ["ana"], "also psst")]
    assert await list_of(ana) == [(True, ["cleo"], "also psst")]


async def test_an_edit_that_names_somebody_lets_them_in(world):
    ana, _, cleo = await world.people("ana", "bea", "cleo")
    post = await says(ana, "@bea one")
    assert await list_of(cleo) == []
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "@bea @cleo one"})
    assert await list_of(cleo) == [(True, ["ana", "bea"], "one")]


async def test_pages_lead_on_by_the_newest_post(world):
    ana, bea = await world.people("ana", "bea")
    for number in range(3):
        await says(ana, f"@bea {number}")
    await world.settle()
    reply = await bea.client.get(f"{PATH}?limit=2")
    assert [text_of(one["last_status"]) for one in reply.json] == ["2", "1"]
    before = reply.json[1]["last_status"]["id"]
    assert f"max_id={before}" in reply.headers["link"]
    assert await list_of(bea, f"?max_id={before}") == [(True, ["ana"], "0")]


async def test_streams_of_messages_hear_of_it_under_the_id_of_the_list(world):
    ana, bea = await world.people("ana", "bea")
    ear = await listen(bea, "direct")
    await says(ana, "@bea one")
    await world.settle()
    [listed] = await bea.calls("GET", PATH)
    assert [(frame["event"], json.loads(frame["payload"])) for frame in ear.frames()] == [("conversation", listed)]
    await bea.calls("POST", f"{PATH}/{listed['id']}/read")
    await world.settle()
    assert [json.loads(frame["payload"])["unread"] for frame in ear.frames()] == [False]
