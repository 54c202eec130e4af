"""Leaving: hidden and signed out at once, gone for good after a time to think it over.

Owns: the beginning of a departure, coming back, the end. Never: removes posts (actions/purge.py does, in pieces).
While somebody is leaving their account is hidden as a suspended one is; `left_at` tells our own hiding from a
moderator's, so that nobody escapes a suspension by leaving and coming back.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.members import erase_member, get_locked, move_member
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import AccessChange, Cause, access_change
from rookery.model.errors import NotAllowed
from rookery.model.events import AccountChanged, AccountStandingChanged, MemberChanged
from rookery.model.ids import AccountId, datetime_from_us, now_us
from rookery.model.members import Member, MemberHeldBack, Role, check_standing, next_state
from rookery.storage import departures, measures, members
from rookery.storage.database import Transaction
from rookery.storage.departures import Departure

DAY_US = 86_400 * 1_000_000


class OwnerNeeded(NotAllowed):
    """A server is not left without its owner."""

    def __init__(self) -> None:
        super().__init__("the owner cannot leave; make somebody else the owner first")


@repeatable
async def begin_departure(app: App, member: Member) -> Departure | None:
    """Hide a member and end all their access; return until when they may come back, None when they are gone at once.

    Raises OwnerNeeded, IllegalStep.
    """
    days = app.settings.signing.leave_days
    async with access_change(app) as change:
        current = await get_locked(change, member.account_id)
        if current.role is Role.OWNER and await departures.count_owners(change.tx) <= 1:
            raise OwnerNeeded
        if days == 0:
            await erase_member(change, current.account_id)
            return None
        return await hide_member(change, current, days)


async def hide_member(change: AccessChange, member: Member, days: int) -> Departure:
    """Begin the time to think it over, inside the caller's transaction."""
    app, tx, now = change.app, change.tx, now_us()
    departure = Departure(member.account_id, now, now + days * DAY_US)
    await move_member(change, member, "leave")
    await change.revoke(member.account_id, reason=Cause.LEFT)
    await departures.insert_departure(tx, departure)
    await show_account(app, tx, member.account_id, now)
    day = datetime_from_us(departure.purge_at_us).date().isoformat()
    await plan_letter(app, tx, Letter.LEAVING, member.account_id, about=day)
    return departure


async def show_account(app: App, tx: Transaction, account_id: AccountId, hidden_at_us: int | None) -> None:
    """Hide the account, or show it again, with the events that others wait for."""
    await measures.set_measure(tx, account_id, "suspended_at", hidden_at_us)
    await record_event(app, tx, AccountChanged(account_id))
    await record_event(app, tx, AccountStandingChanged(account_id, hidden_at_us is not None))


async def check_may_enter(app: App, member: Member) -> None:
    """Raises MemberHeldBack unless the member may act, or is leaving and may come back."""
    if member.state == "leaving":
        departure = await departures.find_departure(app.db.reader, member.account_id)
        if departure and departure.left_at_us == member.suspended_at_us:
            return
    check_standing(member.standing)


async def come_back(app: App, tx: Transaction, member: Member) -> Member:
    """Take a departure back inside the transaction that signs the member in. Raises MemberHeldBack."""
    departure = await departures.find_departure(tx, member.account_id)
    if departure is None or departure.left_at_us != member.suspended_at_us or departure.purge_at_us <= now_us():
        raise MemberHeldBack("suspended")
    await members.set_state(tx, member.account_id, next_state(member.state, "return"))
    await departures.delete_departure(tx, member.account_id)
    await show_account(app, tx, member.account_id, None)
    await record_event(app, tx, MemberChanged(member.account_id))
    return await members.find_member(tx, member.account_id) or member


async def end_departures(app: App) -> int:
    """Delete members whose time to come back is over; return how many. For an hourly timer."""
    count = 0
    for due in await departures.list_due(app.db.reader, now_us()):
        async with access_change(app) as change:
            if not await members.lock_member(change.tx, due.account_id):
                continue
            still = await departures.find_departure(change.tx, due.account_id)
            if still is None or still.purge_at_us > now_us():
                continue
            await erase_member(change, due.account_id)
            count += 1
    return count
