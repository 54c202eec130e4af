"""Measures in one word, for tests in which they happen by the way: without a reason, through the one door they have."""

from rookery.actions.strikes import Decision, take_measure, undo_measure
from rookery.model.reports import Measure


async def suspend_account(app, account_id, *, by) -> None:
    await take_measure(app, account_id, Decision(Measure.SUSPEND), by=by)


async def unsuspend_account(app, account_id, *, by) -> None:
    await undo_measure(app, account_id, Measure.SUSPEND, by=by)


async def disable_member(app, account_id, *, by) -> None:
    await take_measure(app, account_id, Decision(Measure.DISABLE), by=by)


async def enable_member(app, account_id, *, by) -> None:
    await undo_measure(app, account_id, Measure.DISABLE, by=by)
