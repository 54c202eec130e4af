"""The owner's page of deliveries: what could not be handled is seen, tried again, or forgotten."""

import re

import pytest

from rookery.actions.governing import change_role
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us
from rookery.model.members import Role
from rookery.storage import arrivals
from rookery.storage.arrivals import Arrival
from rookery.storage.audit import list_entries
from rookery.storage.members import find_member_by_name

HERE = "/admin/arrivals"


async def set_aside(world, number: int, why: str = "a document names nothing twice") -> Arrival:
    """A delivery that could not be handled."""
    by_uri = "https://far.example/users/bob"
    uri, now = f"{by_uri}/follows/{number}", now_us()
    one = Arrival(number, now, "far.example", by_uri, f"{by_uri}#key", uri, "Follow", False, 1, b'{"id":"<b>"}')
    async with world.app.db.transaction() as tx:
        await arrivals.insert_arrivals(tx, [one], run_at_us=now, worker="")
        await arrivals.set_aside(tx, one.id, why)
    return one


@pytest.fixture
async def olga(pages):
    """An admin in their browser."""
    browser = await pages.member("olga")
    member = await find_member_by_name(pages.world.app.db.reader, "olga")
    await change_role(pages.world.app, member.account_id, Role.ADMIN, by=OPERATOR)
    return browser


async def test_what_could_not_be_handled_is_tried_again_or_forgotten(pages, olga):
    db = pages.world.app.db
    await olga.opens(HERE)
    assert "Everything that came could be handled." in olga.text()
    for number in (7, 8):
        await set_aside(pages.world, number)
    await olga.opens(HERE)
    assert olga.text().count("a document names nothing twice") == 2
    assert re.findall(r'name="arrival" value="(\d+)"', olga.page) == ["8", "7"]
    await olga.sends(f"{HERE}/retry", 303, arrival="7")
    await olga.sends(f"{HERE}/drop", 303, arrival="8")
    assert await arrivals.list_aside(db.reader, limit=9) == []
    assert await arrivals.count_by_host(db.reader) == {"far.example": (1, 12)}
    await olga.opens(HERE)
    assert "1 delivery is waiting for its turn." in olga.text()
    entries = [(one.act, one.subject) for one in await list_entries(db.reader, before=1 << 62, limit=9)]
    assert entries[:2] == [("arrival_dropped", "far.example"), ("arrival_retried", "far.example")]


async def test_what_is_gone_is_said_to_be_gone(olga):
    await olga.sends(f"{HERE}/drop", 422, arrival="5")
    assert "othing of this number is set aside" in olga.text()
    await olga.sends(f"{HERE}/burn", 400, arrival="5")


async def test_a_moderator_and_a_member_do_not_get_there(pages):
    browser = await pages.member("mo")
    await browser.opens(HERE, 403)
    member = await find_member_by_name(pages.world.app.db.reader, "mo")
    await change_role(pages.world.app, member.account_id, Role.MODERATOR, by=OPERATOR)
    await browser.opens(HERE, 403)
