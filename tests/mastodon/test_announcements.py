"""Announcements: read, dismissed, reacted to, heard of, and gone when their time is over."""

import json

import pytest
from tests.listening import listen
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.announcements import make_announcement, remove_announcement
from rookery.actions.emoji import add_emoji
from rookery.model.announcements import AnnouncementNotFound, AnnouncementRefused, is_emoji
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us

PATH = "/api/v1/announcements"
HOUR_US = 3600 * 1_000_000


async def test_members_read_an_announcement_and_dismiss_it(world):
    ana, bea = await world.people("ana", "bea")
    made = await make_announcement(world.app, "Hello @bea, we move on Sunday #news https://example.org", starts_at_us=0)
    [shown] = await ana.calls("GET", PATH)
    assert (shown["id"], shown["read"], shown["reactions"], shown["all_day"]) == (str(made.id), False, [], False)
    assert [tag["name"] for tag in shown["tags"]] == ["news"]
    assert [mention["acct"] for mention in shown["mentions"]] == ["bea"]
    assert '<a href="https://example.org"' in shown["content"]
    assert shown["starts_at"] == "1970-01-01T00:00:00.000Z"
    for _ in range(2):
        assert await ana.calls("POST", f"{PATH}/{made.id}/dismiss") == {}
    assert await ana.calls("GET", PATH) == []
    [again] = await ana.calls("GET", f"{PATH}?with_dismissed=true")
    assert again == {**shown, "read": True}
    assert len(await bea.calls("GET", PATH)) == 1
    await remove_announcement(world.app, made.id)
    assert await bea.calls("GET", PATH) == []
    await bea.calls("POST", f"{PATH}/{made.id}/dismiss", code=404)
    with pytest.raises(AnnouncementNotFound):
        await remove_announcement(world.app, made.id)


async def test_what_has_ended_is_gone(world):
    [ana] = await world.people("ana")
    await make_announcement(world.app, "over", ends_at_us=now_us() - 1)
    made = await make_announcement(world.app, "not yet", ends_at_us=now_us() + HOUR_US)
    assert [one["id"] for one in await ana.calls("GET", PATH)] == [str(made.id)]


@pytest.mark.parametrize(("text", "times"), [("  ", {}), ("x" * 5001, {}), ("x", {"starts_at_us": 5, "ends_at_us": 4})])
async def test_an_announcement_that_breaks_a_rule_is_refused(world, text, times):
    with pytest.raises(AnnouncementRefused):
        await make_announcement(world.app, text, **times)


async def test_members_react_with_emoji_and_with_the_servers_own(world):
    ana, bea = await world.people("ana", "bea")
    await world.box.start()
    source = world.folder / "rook.png"
    source.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    await add_emoji(world.app, world.media, ":rook:", source, by=OPERATOR)
    made = await make_announcement(world.app, "hello")
    path = f"{PATH}/{made.id}/reactions"
    for person, name in ((ana, "🎉"), (bea, "🎉"), (bea, "🎉"), (bea, "rook")):
        await person.calls("PUT", f"{path}/{name}")
    [shown] = await ana.calls("GET", PATH)
    party, rook = shown["reactions"]
    assert party == {"name": "🎉", "count": 2, "me": True}
    assert (rook["name"], rook["count"], rook["me"]) == ("rook", 1, False)
    assert rook["url"].startswith("http://localhost:3000/media/")
    await bea.calls("DELETE", f"{path}/🎉")
    await bea.calls("DELETE", f"{path}/🎉", code=404)
    [shown] = await ana.calls("GET", PATH)
    assert shown["reactions"][0] == {"name": "🎉", "count": 1, "me": True}
    for wrong in ("abc", "nobody", "🎉🎉", "a", "%20"):
        await ana.calls("PUT", f"{path}/{wrong}", code=422)
    await ana.calls("PUT", f"{PATH}/123/reactions/🎉", code=404)


async def test_there_are_eight_different_reactions_at_most(world):
    ana, bea = await world.people("ana", "bea")
    made = await make_announcement(world.app, "hello")
    for name in "😀😁😂😃😄😅😆😇":
        await ana.calls("PUT", f"{PATH}/{made.id}/reactions/{name}")
    refused = await bea.calls("PUT", f"{PATH}/{made.id}/reactions/😈", code=422)
    assert "8 different reactions" in refused["error"]
    await bea.calls("PUT", f"{PATH}/{made.id}/reactions/😀")


@pytest.mark.parametrize("text", ["🎉", "❤️", "👩🏽‍🚀", "🇫🇷", "1️⃣", "☀", "🫨", "©️"])
def test_an_emoji_is_one(text):
    assert is_emoji(text)


@pytest.mark.parametrize("text", ["", "a", "1", "é", "日", "🎉🎉", "🎉a", " ", "\u200d", "!", "<b>", "\x00"])
def test_what_is_no_emoji_is_none(text):
    assert not is_emoji(text)


async def test_every_home_stream_hears_of_it(world):
    ana, bea = await world.people("ana", "bea")
    ear, deaf = await listen(ana, "user"), await listen(bea, "public")
    made = await make_announcement(world.app, "hello")
    await world.settle()
    [frame] = ear.frames()
    [listed] = await ana.calls("GET", PATH)
    assert (frame["event"], json.loads(frame["payload"])) == ("announcement", listed)
    await bea.calls("PUT", f"{PATH}/{made.id}/reactions/🎉")
    await world.settle()
    [frame] = ear.frames()
    assert frame["event"] == "announcement.reaction"
    assert json.loads(frame["payload"]) == {"name": "🎉", "count": 1, "announcement_id": str(made.id)}
    await remove_announcement(world.app, made.id)
    await world.settle()
    assert ear.heard() == [("announcement.delete", str(made.id))]
    assert deaf.frames() == []
