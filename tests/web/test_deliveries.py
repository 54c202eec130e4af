"""The owner sees which servers are in trouble, and has one tried again."""

from rookery.actions.governing import change_role
from rookery.model.audit import OPERATOR
from rookery.model.members import Role
from rookery.storage.hosts import ensure_host, find_host
from rookery.storage.members import find_member_by_name

FAILS = """
    UPDATE hosts SET failing_since = 1000000, missed_since = 900000, next_try_at = 4000000000000000,
        last_error = 'no answer'
    WHERE domain = :domain
"""


async def test_the_owner_sees_a_server_in_trouble_and_has_it_tried_again(pages):
    olga, app = await pages.member("olga"), pages.world.app
    member = await find_member_by_name(app.db.reader, "olga")
    await change_role(app, member.account_id, Role.ADMIN, by=OPERATOR)
    await olga.opens("/admin/deliveries")
    assert "Nothing waits" in olga.text()
    async with app.db.transaction() as tx:
        await ensure_host(tx, "far.example", 1)
        await tx.run(FAILS, domain="far.example")
    await olga.opens("/admin/deliveries")
    assert "far.example" in olga.text()
    assert "no answer" in olga.text()
    assert "Given up until it is back" in olga.text()
    await olga.sends("/admin/deliveries", host="far.example")
    assert (await find_host(app.db.reader, "far.example")).next_try_at_us == 0
    await olga.sends("/admin/deliveries", 422, host="nobody.example")
    assert "No server of this name is known here." in olga.text()
