"""Housework: what is over goes, what still counts stays."""

from rookery.model.ids import now_us
from rookery.ops.chores import forget_old_rows
from rookery.storage.mailtokens import MailToken, insert_mail_token
from rookery.storage.parcels import Told, find_told, put_told

DAY_US = 86_400 * 1_000_000


async def test_links_that_expired_and_what_was_told_long_ago_are_forgotten(world):
    ana, now = await world.person("ana"), now_us()
    async with world.app.db.transaction() as tx:
        for name, days in (("old", -2), ("new", 1)):
            await insert_mail_token(tx, MailToken(ana.id, "reset", "ana@mail.test"), name, now + days * DAY_US)
        await put_told(tx, "post", 1, Told("a", now - 100 * DAY_US, 0))
        await put_told(tx, "post", 2, Told("b", now - DAY_US, 0))
        await put_told(tx, "post", 3, Told("c", now - 100 * DAY_US, now + DAY_US))
    await forget_old_rows(world.app)
    left = await world.app.db.reader.all("SELECT token_hash FROM mail_tokens WHERE email = 'ana@mail.test'")
    assert [row[0] for row in left] == ["new"]
    told = [await find_told(world.app.db.reader, "post", number) for number in (1, 2, 3)]
    assert [one.digest if one else None for one in told] == [None, "b", "c"]
