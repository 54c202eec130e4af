"""The page of messages: who wrote what to whom, read and unread."""

import re


async def test_a_message_shows_to_both_and_is_read_unread_and_taken_off(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await bea.opens("/messages")
    assert "No messages yet." in bea.text()
    path = await ana.posts("@bea between us", audience="mentioned")
    await pages.world.settle()
    await bea.opens("/messages")
    assert "@bea between us" in bea.text()
    assert re.search(r"Messages 1 new", bea.text())
    assert f'href="{path}"' in bea.page
    conversation_id = re.search(r'name="id" value="(\d+)"', bea.page)[1]
    await bea.sends("/messages", id=conversation_id, act="read")
    assert "Messages 1" not in bea.text()
    await bea.sends("/messages", id=conversation_id, act="unread")
    assert "Messages 1 new" in bea.text()
    await ana.opens("/messages")
    assert "Messages 1" not in ana.text()
    await ana.sends("/messages", 404, id=conversation_id, act="read")
    await bea.sends("/messages", 404, id=conversation_id, act="eat")
    await bea.opens("/messages")
    await bea.sends("/messages", id=conversation_id, act="remove")
    assert "No messages yet." in bea.text()


async def test_nobody_else_meets_a_message(pages):
    ana, _, cleo = [await pages.member(name) for name in ("ana", "bea", "cleo")]
    await ana.posts("@bea between us", audience="mentioned")
    await pages.world.settle()
    await cleo.opens("/messages")
    assert "between us" not in cleo.text()
