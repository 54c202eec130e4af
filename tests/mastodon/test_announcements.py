"""Announcements: read, dismissed, reacted to, heard of, and gone when their time is over."""

import json

import pytest
from tests.listening import listen
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.announcements import (
    change_announcement,
    make_announcement,
    publish_announcement,
    publish_due_announcements,
    remove_announcement,
    withdraw_announcement,
)
from rookery.actions.emoji import add_emoji
from rookery.model.announcements import AnnouncementDraft, AnnouncementNotFound, AnnouncementRefused, is_emoji
from rookery.model.audit import OPERATOR, Governor
from rookery.model.ids import now_us
from rookery.model.members import Role
from rookery.model.permissions import PermissionMissing

PATH = "/api/v1/announcements"
HOUR_US = 3600 * 1_000_000


async def test_members_read_an_announcement_and_dismiss_it(world):
    ana, bea = await world.people("ana", "bea")
    made = await make_announcement(
        world.app,
        AnnouncementDraft("Hello @bea, we move on Sunday #news https://example.org", starts_at_us=0),
        by=OPERATOR,
    )
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
    await remove_announcement(world.app, made.id, by=OPERATOR)
    assert await bea.calls("GET", PATH) == []
    await bea.calls("POST", f"{PATH}/{made.id}/dismiss", code=404)
    with pytest.raises(AnnouncementNotFound):
        await remove_announcement(world.app, made.id, by=OPERATOR)


async def test_what_has_ended_is_gone(world):
    [ana] = await world.people("ana")
    await make_announcement(world.app, AnnouncementDraft("over", ends_at_us=now_us() - 1), by=OPERATOR)
    made = await make_announcement(world.app, AnnouncementDraft("not yet", ends_at_us=now_us() + HOUR_US), by=OPERATOR)
    assert [one["id"] for one in await ana.calls("GET", PATH)] == [str(made.id)]


@pytest.mark.parametrize(("text", "times"), [("  ", {}), ("x" * 5001, {}), ("x", {"starts_at_us": 5, "ends_at_us": 4})])
async def test_an_announcement_that_breaks_a_rule_is_refused(world, text, times):
    with pytest.raises(AnnouncementRefused):
        await make_announcement(world.app, AnnouncementDraft(text, **times), by=OPERATOR)


async def test_members_react_with_emoji_and_with_the_servers_own(world):
    ana, bea = await world.people("ana", "bea")
    await world.box.start()
    source = world.folder / "rook.png"
    source.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    await add_emoji(world.app, world.media, ":rook:", source, by=OPERATOR)
    made = await make_announcement(world.app, AnnouncementDraft("hello"), by=OPERATOR)
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
    made = await make_announcement(world.app, AnnouncementDraft("hello"), by=OPERATOR)
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
    made = await make_announcement(world.app, AnnouncementDraft("hello"), by=OPERATOR)
    await world.settle()
    [frame] = ear.frames()
    [listed] = await ana.calls("GET", PATH)
    assert (frame["event"], json.loads(frame["payload"])) == ("announcement", listed)
    await bea.calls("PUT", f"{PATH}/{made.id}/reactions/🎉")
    await world.settle()
    [frame] = ear.frames()
    assert frame["event"] == "announcement.reaction"
    assert json.loads(frame["payload"]) == {"name": "🎉", "count": 1, "announcement_id": str(made.id)}
    await remove_announcement(world.app, made.id, by=OPERATOR)
    await world.settle()
    assert ear.heard() == [("announcement.delete", str(made.id))]
    assert deaf.frames() == []


async def test_a_draft_is_read_by_nobody_until_it_is_published(world):
    [ana] = await world.people("ana")
    ear = await listen(ana, "user")
    made = await make_announcement(world.app, AnnouncementDraft("hello"), by=OPERATOR, is_kept=True)
    await world.settle()
    assert (await ana.calls("GET", PATH), ear.frames()) == ([], [])
    await ana.calls("PUT", f"{PATH}/{made.id}/reactions/🎉", code=404)
    for _ in range(2):
        await publish_announcement(world.app, made.id, by=OPERATOR)
    await world.settle()
    assert [event for event, _ in ear.heard()] == ["announcement"]
    [shown] = await ana.calls("GET", PATH)
    assert (shown["id"], shown["published"]) == (str(made.id), True)
    changed = await change_announcement(world.app, made.id, AnnouncementDraft("hello again"), by=OPERATOR)
    await world.settle()
    [frame] = ear.frames()
    assert (frame["event"], json.loads(frame["payload"])["content"]) == ("announcement", "<p>hello again</p>")
    assert changed.published_at_us is not None
    for _ in range(2):
        await withdraw_announcement(world.app, made.id, by=OPERATOR)
    await world.settle()
    assert ear.heard() == [("announcement.delete", str(made.id))]
    assert await ana.calls("GET", PATH) == []
    await remove_announcement(world.app, made.id, by=OPERATOR)
    await world.settle()
    assert ear.frames() == []


async def test_what_is_planned_comes_out_at_its_time_and_once(world, db):
    [ana] = await world.people("ana")
    later = AnnouncementDraft("later", publish_at_us=now_us() + HOUR_US)
    made = await make_announcement(world.app, later, by=OPERATOR)
    assert (made.published_at_us, await publish_due_announcements(world.app)) == (None, 0)
    async with db.transaction() as tx:
        await tx.run("UPDATE announcements SET publish_at = :now", now=now_us() - 1)
    assert [await publish_due_announcements(world.app) for _ in range(2)] == [1, 0]
    [shown] = await ana.calls("GET", PATH)
    assert shown["published_at"] == shown["updated_at"]


async def test_a_day_that_is_named_as_the_end_is_still_one_of_it(world):
    [ana] = await world.people("ana")
    for ended_hours_ago, is_all_day in ((23, True), (25, True), (1, False)):
        ends_at_us = now_us() - ended_hours_ago * HOUR_US
        draft = AnnouncementDraft(f"{ended_hours_ago}", ends_at_us=ends_at_us, is_all_day=is_all_day)
        await make_announcement(world.app, draft, by=OPERATOR)
    assert [one["content"] for one in await ana.calls("GET", PATH)] == ["<p>23</p>"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR])
async def test_nobody_below_an_admin_announces(world, role):
    ana = await world.person("ana", role=role)
    by = Governor(ana.id, role)
    made = await make_announcement(world.app, AnnouncementDraft("hello"), by=OPERATOR)
    for refused in (
        make_announcement(world.app, AnnouncementDraft("x"), by=by),
        change_announcement(world.app, made.id, AnnouncementDraft("x"), by=by),
        publish_announcement(world.app, made.id, by=by),
        withdraw_announcement(world.app, made.id, by=by),
        remove_announcement(world.app, made.id, by=by),
    ):
        with pytest.raises(PermissionMissing):
            await refused
    assert [one["content"] for one in await ana.calls("GET", PATH)] == ["<p>hello</p>"]
