"""Measures against accounts, each with its statement of reasons, and the appeals against them.

Owns: taking a measure, undoing it, appealing, deciding. A measure, its strike, the closing of the reports, the mail to
the member and the entry in the log are one transaction. Never: who is staff (model/permissions.py).
A suspension keeps everything for PURGE_DAYS, so that it can be undone whole; then the job PurgeSuspended removes it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.governing import RankTooLow, get_governed
from rookery.actions.letters import Letter
from rookery.actions.mail import MailQueueFull, plan_letter
from rookery.actions.members import PURGE_ACCOUNT, erase_member, move_member, set_standing
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import AccessChange, Cause, access_change
from rookery.model.accounts import AccountNotFound
from rookery.model.audit import Act, Governor
from rookery.model.blocks import EmailBlock, canonical_digest
from rookery.model.errors import NotAllowed
from rookery.model.events import AccountChanged, MemberChanged, PicturesHidden
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Member
from rookery.model.permissions import Permission, check_permission
from rookery.model.reports import (
    MAX_APPEAL_CHARACTERS,
    MAX_STATEMENT_CHARACTERS,
    PURGE_DAYS,
    AppealDecided,
    AppealRefused,
    Measure,
    ReportRefused,
    Strike,
    StrikeNotFound,
    check_length,
)
from rookery.storage import accounts, doorblocks, jobs, measures, members, reports, strikes
from rookery.storage.database import Reader

PURGE_SUSPENDED = "PurgeSuspended"
DAY_US = 86_400 * 1_000_000
ACTS = {
    Measure.NONE: Act.WARNED,
    Measure.SENSITIVE: Act.HID_PICTURES,
    Measure.DISABLE: Act.DISABLED,
    Measure.SILENCE: Act.SILENCED,
    Measure.SUSPEND: Act.SUSPENDED,
}
UNDONE = {
    Measure.SENSITIVE: Act.SHOWED_PICTURES,
    Measure.DISABLE: Act.ENABLED,
    Measure.SILENCE: Act.UNSILENCED,
    Measure.SUSPEND: Act.LIFTED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What staff decides about an account. text: why, in words for the member. tells: whether they get a mail.

    report_id: the report that led to it; a measure closes every open report of the account, a warning this one.
    """

    measure: Measure
    text: str = ""
    report_id: int | None = None
    tells: bool = True


@repeatable
async def take_measure(app: App, account_id: AccountId, decision: Decision, *, by: Governor) -> None:
    """Act on an account, ours or a far one, and tell its member why.

    Raises AccountNotFound, ReportNotFound, RankTooLow, PermissionMissing, ReportRefused, IllegalStep.
    """
    check_permission(by.role, Permission.MANAGE_USERS)
    words = check_length(decision.text, MAX_STATEMENT_CHARACTERS)
    async with access_change(app) as change:
        member = await find_governed(change, account_id, by)
        staff = by.account_id or 0
        report_id = decision.report_id
        report = None if report_id is None else await reports.get_report(change.tx, report_id, staff=staff)
        if report is not None and report.target_id != account_id:
            raise ReportRefused("this report is about somebody else")
        await apply_measure(change, account_id, member, decision.measure)
        strike = Strike(
            id=app.ids.next_id(),
            account_id=account_id,
            report_id=decision.report_id,
            measure=decision.measure,
            text=words,
            post_ids=report.post_ids if report else (),
            by_id=by.account_id,
            created_at_us=now_us(),
            overruled_at_us=None,
        )
        await strikes.insert_strike(change.tx, strike)
        closed = await reports.list_open_about(change.tx, account_id, staff=staff)
        if decision.measure is Measure.NONE:
            closed = [one for one in closed if one == decision.report_id]
        for one in closed:
            await reports.close_report(change.tx, one, by.account_id, now_us())
        if member and decision.tells:
            await tell_member(change, account_id, Letter.STRIKE, decision.measure, words)
        await record_act(app, change.tx, by, ACTS[decision.measure], account_id=account_id, detail=words[:200])


async def tell_member(
    change: AccessChange, account_id: AccountId, letter: Letter, measure: Measure, words: str = ""
) -> None:
    """Have a mail sent; no measure waits until there is room for mails, and /decisions has the statement."""
    with suppress(MailQueueFull):
        await plan_letter(change.app, change.tx, letter, account_id, about=words, measure=measure.value)


async def find_governed(change: AccessChange, account_id: AccountId, by: Governor) -> Member | None:
    """Return the member of an account whom a governor may govern, held; None for far accounts.

    Raises AccountNotFound, RankTooLow.
    """
    await accounts.get_account(change.tx, account_id)
    if account_id == by.account_id:
        raise RankTooLow
    if not await members.lock_member(change.tx, account_id):
        return None
    return await get_governed(change, account_id, by)


async def apply_measure(change: AccessChange, account_id: AccountId, member: Member | None, measure: Measure) -> None:
    """Do it, inside the caller's transaction. Raises IllegalStep, ReportRefused."""
    app, tx = change.app, change.tx
    match measure:
        case Measure.SENSITIVE | Measure.SILENCE:
            await mark_account(app, change, account_id, measure, is_on=True)
        case Measure.DISABLE:
            if member is None:
                raise ReportRefused("only members of this server can be locked out")
            await move_member(change, member, "disable")
            await change.revoke(account_id, reason=Cause.DISABLED)
        case Measure.SUSPEND:
            if member:
                await change.revoke(account_id, reason=Cause.SUSPENDED)
                mailbox = EmailBlock(app.ids.next_id(), canonical_digest(member.email), now_us())
                await doorblocks.insert_email_block(tx, mailbox)
            await set_standing(app, tx, account_id, is_suspended=True)
            since = await measures.find_suspension(tx, account_id)
            body = {"account_id": account_id, "since": since}
            run_at = now_us() + PURGE_DAYS * DAY_US
            await jobs.insert_job(tx, app.ids.next_id(), PURGE_SUSPENDED, body, run_at_us=run_at)
        case Measure.NONE:
            pass


async def mark_account(app: App, change: AccessChange, account_id: AccountId, measure: Measure, *, is_on: bool) -> None:
    """Limit an account or hide its pictures, or end it."""
    column = "silenced_at" if measure is Measure.SILENCE else "sensitive_at"
    await measures.set_measure(change.tx, account_id, column, now_us() if is_on else None)
    await record_event(app, change.tx, AccountChanged(account_id))
    if measure is Measure.SENSITIVE:
        await record_event(app, change.tx, PicturesHidden(account_id, is_on))


@repeatable
async def undo_measure(app: App, account_id: AccountId, measure: Measure, *, by: Governor) -> None:
    """Undo a measure, and tell its member; harmless when it does not hold.

    Raises AccountNotFound, RankTooLow, PermissionMissing, IllegalStep.
    """
    check_permission(by.role, Permission.MANAGE_USERS)
    async with access_change(app) as change:
        member = await find_governed(change, account_id, by)
        if not await does_hold(change, account_id, member, measure):
            return
        await lift_measure(change, account_id, member, measure)
        if member:
            await tell_member(change, account_id, Letter.LIFTED, measure)
        await record_act(app, change.tx, by, UNDONE[measure], account_id=account_id)


async def does_hold(change: AccessChange, account_id: AccountId, member: Member | None, measure: Measure) -> bool:
    """True while a measure is in force."""
    account = await accounts.get_account(change.tx, account_id)
    match measure:
        case Measure.SENSITIVE:
            return bool(await measures.list_sensitive(change.tx, [account_id]))
        case Measure.SILENCE:
            return account.silenced_at_us is not None
        case Measure.DISABLE:
            return member is not None and member.state == "disabled"
        case Measure.SUSPEND:
            return account.suspended_at_us is not None
        case Measure.NONE:
            return False


async def lift_measure(change: AccessChange, account_id: AccountId, member: Member | None, measure: Measure) -> None:
    """Undo it, inside the caller's transaction; one that does not hold any more is left alone."""
    match measure:
        case Measure.SENSITIVE | Measure.SILENCE:
            await mark_account(change.app, change, account_id, measure, is_on=False)
        case Measure.DISABLE if member and member.state in ("disabled", "active"):
            await move_member(change, member, "enable")
        case Measure.SUSPEND:
            if member:
                await doorblocks.delete_email_block(change.tx, canonical_digest(member.email))
                await change.tell(MemberChanged(account_id))
            await set_standing(change.app, change.tx, account_id, is_suspended=False)
        case _:
            pass


@repeatable
async def erase_account(app: App, account_id: AccountId, *, by: Governor) -> None:
    """Delete what a suspended account wrote, for good. Raises AccountNotFound, RankTooLow, NotAllowed."""
    check_permission(by.role, Permission.DELETE_USER_DATA)
    async with access_change(app) as change:
        member = await find_governed(change, account_id, by)
        account = await accounts.get_account(change.tx, account_id)
        if account.suspended_at_us is None:
            raise NotAllowed("only a suspended account can be deleted")
        await record_act(app, change.tx, by, Act.ERASED, account_id=account_id)
        if member:
            await erase_member(change, account_id)
        else:
            await jobs.insert_job(change.tx, app.ids.next_id(), PURGE_ACCOUNT, {"account_id": account_id})


async def is_still_suspended(reader: Reader, account_id: int, since_us: int) -> bool:
    """True while the very suspension holds that a purge was planned for."""
    return await measures.find_suspension(reader, account_id) == since_us


@repeatable
async def appeal_strike(app: App, account_id: AccountId, strike_id: int, text: str) -> None:
    """Object to a decision, once. Raises StrikeNotFound, AppealRefused, ReportRefused."""
    words = check_length(text, MAX_APPEAL_CHARACTERS)
    if not words:
        raise ReportRefused("say in a few words why the decision is wrong")
    async with app.db.transaction() as tx:
        strike = await strikes.get_locked_strike(tx, strike_id)
        if strike.account_id != account_id:
            raise StrikeNotFound
        if not strike.may_be_appealed(now_us()) or not await strikes.insert_appeal(tx, strike_id, words, now_us()):
            raise AppealRefused("one can object once, within twenty days")


@repeatable
async def decide_appeal(app: App, strike_id: int, *, by: Governor, is_granted: bool) -> None:
    """Grant an appeal, which undoes the measure, or deny it; the member gets a mail.

    Raises StrikeNotFound, AppealDecided, RankTooLow, PermissionMissing.
    """
    check_permission(by.role, Permission.MANAGE_REPORTS)
    async with access_change(app) as change:
        strike = await strikes.get_locked_strike(change.tx, strike_id)
        account_id = AccountId(strike.account_id)
        member = await find_governed(change, account_id, by)
        decided = await strikes.decide_appeal(
            change.tx, strike_id, by.account_id, is_granted=is_granted, now_us=now_us()
        )
        if not decided:
            raise AppealDecided
        if is_granted:
            await strikes.overrule_strike(change.tx, strike_id, now_us())
            await lift_measure(change, account_id, member, strike.measure)
        if member is None:
            raise AccountNotFound
        letter = Letter.APPEAL_GRANTED if is_granted else Letter.APPEAL_DENIED
        with suppress(MailQueueFull):
            await plan_letter(app, change.tx, letter, account_id)
        act = Act.APPEAL_GRANTED if is_granted else Act.APPEAL_DENIED
        await record_act(app, change.tx, by, act, account_id=account_id, detail=strike.measure.value)
