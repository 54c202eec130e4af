"""Decisions and objections: one objection to a decision, however often it is sent."""

import asyncio
from dataclasses import replace

import pytest

from rookery.actions.strikes import ACTS, UNDONE, Decision, appeal_strike, decide_appeal, take_measure, undo_measure
from rookery.model.audit import OPERATOR
from rookery.model.errors import Refusal
from rookery.model.reports import APPEAL_DAYS, AppealRefused, Measure
from rookery.storage.audit import list_entries
from rookery.storage.strikes import get_strike, insert_strike, list_appealed, list_strikes


async def warned(nest):
    """Ana, and the number of a warning that she got."""
    ana = await nest.joins("ana")
    await take_measure(nest.app, ana.account_id, Decision(Measure.NONE, "Be kind."), by=OPERATOR)
    [strike] = await list_strikes(nest.app.db.reader, ana.account_id)
    return ana, strike


async def outcome_of(objecting) -> bool:
    """True when it counted; a refusal says why it did not."""
    try:
        await objecting
    except AppealRefused:
        return False
    return True


@pytest.mark.parametrize("how", [pytest.param("at once", id="mastodon#18529"), "one after the other"])
async def test_one_can_object_once_and_a_second_time_changes_nothing(nest, how):
    ana, strike = await warned(nest)
    sent = [appeal_strike(nest.app, ana.account_id, strike.id, f"I was. {number}") for number in range(6)]
    if how == "at once":
        counted = await asyncio.gather(*map(outcome_of, sent))
    else:
        counted = [await outcome_of(one) for one in sent]
    assert counted.count(True) == 1
    [waiting] = await list_appealed(nest.app.db.reader, staff=0)
    assert waiting.appeal.text == f"I was. {counted.index(True)}"


@pytest.mark.parametrize("is_granted", [True, False])
async def test_nobody_objects_again_to_what_was_decided(nest, is_granted):
    ana, strike = await warned(nest)
    await appeal_strike(nest.app, ana.account_id, strike.id, "I was.")
    await decide_appeal(nest.app, strike.id, by=OPERATOR, is_granted=is_granted)
    with pytest.raises(AppealRefused):
        await appeal_strike(nest.app, ana.account_id, strike.id, "Really.")
    with pytest.raises(Refusal):
        await decide_appeal(nest.app, strike.id, by=OPERATOR, is_granted=not is_granted)
    assert await list_appealed(nest.app.db.reader, staff=0) == []
    assert (await get_strike(nest.app.db.reader, strike.id)).appeal.is_granted is is_granted


async def test_one_objects_within_twenty_days(nest):
    ana, strike = await warned(nest)
    day_us = 86_400 * 1_000_000
    for number, days in enumerate((APPEAL_DAYS, APPEAL_DAYS - 1), start=1):
        old = replace(strike, id=number, created_at_us=strike.created_at_us - days * day_us)
        async with nest.app.db.transaction() as tx:
            await insert_strike(tx, old)
    with pytest.raises(AppealRefused):
        await appeal_strike(nest.app, ana.account_id, 1, "I was.")
    await appeal_strike(nest.app, ana.account_id, 2, "I was.")


@pytest.mark.parametrize("measure", [one for one in Measure if one is not Measure.NONE])
async def test_a_measure_is_told_kept_logged_and_told_again_when_it_is_undone(nest, measure):
    ana = await nest.joins("ana")
    await take_measure(nest.app, ana.account_id, Decision(measure, "Enough."), by=OPERATOR)
    [strike] = await list_strikes(nest.app.db.reader, ana.account_id)
    assert (strike.measure, strike.text) == (measure, "Enough.")
    [told] = await nest.settles()
    assert "Enough." in told.body and "/decisions?token=" in told.body
    for _ in range(2):  # the second time nothing is left to undo
        await undo_measure(nest.app, ana.account_id, measure, by=OPERATOR)
    [_, lifted] = await nest.settles()
    assert lifted.to == ana.email and "is undone" in lifted.subject
    acts = [entry.act for entry in await list_entries(nest.app.db.reader, before=1 << 62, limit=9)]
    assert acts == [UNDONE[measure], ACTS[measure], "created"]
