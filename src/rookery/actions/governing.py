"""What those who look after a server do to its members: approval, refusal, role, deletion, a way back in.

Owns: who may govern whom: only those below. Each act is one transaction with its entry in the log (actions/audit.py).
Never: measures against accounts, which state their reasons
(actions/strikes.py); what members do themselves (actions/members.py, actions/credentials.py).
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.letters import Letter
from rookery.actions.mail import make_link, plan_letter, plan_refusal
from rookery.actions.members import erase_member, get_locked, move_member
from rookery.actions.passwords import PasswordPool
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import AccessChange, Cause, access_change
from rookery.model.audit import OPERATOR, Act, Governor
from rookery.model.errors import Invalid, NotAllowed
from rookery.model.events import AccountChanged, MemberChanged
from rookery.model.ids import AccountId
from rookery.model.members import MAX_REASON_CHARACTERS, Member, Role, check_password, outranks
from rookery.storage import accounts, members


class RankTooLow(NotAllowed):
    """One governs only those below."""

    def __init__(self) -> None:
        super().__init__("this member's role is not below yours")


class ReasonTooLong(Invalid):
    """More than anybody reads in a mail."""

    def __init__(self) -> None:
        super().__init__(f"a reason has at most {MAX_REASON_CHARACTERS} characters")


async def get_governed(change: AccessChange, account_id: AccountId, by: Governor) -> Member:
    """Return a member whom a governor may govern, held. Raises AccountNotFound, RankTooLow."""
    member = await get_locked(change, account_id)
    if not outranks(by.role, member.role):
        raise RankTooLow
    return member


@repeatable
async def approve_member(app: App, account_id: AccountId, *, by: Governor) -> None:
    """Let a waiting member in, and tell them. Raises AccountNotFound, IllegalStep, RankTooLow."""
    async with access_change(app) as change:
        member = await get_governed(change, account_id, by)
        await move_member(change, member, "approve")
        if member.state == "pending":
            await plan_letter(app, change.tx, Letter.APPROVED, account_id)
            await record_act(app, change.tx, by, Act.APPROVED, account_id=account_id)


@repeatable
async def reject_member(app: App, account_id: AccountId, *, by: Governor, reason: str = "") -> None:
    """Turn a waiting member away and tell them why; name and address are free again.

    Raises AccountNotFound, RankTooLow, NotAllowed, ReasonTooLong.
    """
    words = reason.strip()
    if len(words) > MAX_REASON_CHARACTERS:
        raise ReasonTooLong
    async with access_change(app) as change:
        member = await get_governed(change, account_id, by)
        if member.state not in ("pending", "unconfirmed"):
            raise NotAllowed("only somebody who waits can be turned away")
        await record_act(app, change.tx, by, Act.REFUSED, account_id=account_id, detail=words)
        if member.state == "pending":  # an address that nobody confirmed gets no mail from us
            account = await accounts.get_account(change.tx, account_id)
            await plan_refusal(app, change.tx, member, account.username, words)
        await change.revoke(account_id, reason=Cause.DELETED)
        await accounts.delete_account(change.tx, account_id)
        await record_event(app, change.tx, AccountChanged(account_id))


@repeatable
async def change_role(app: App, account_id: AccountId, role: Role, *, by: Governor) -> None:
    """Give a member another role, at most one's own rank but one. Raises AccountNotFound, RankTooLow."""
    async with access_change(app) as change:
        await get_governed(change, account_id, by)
        if not outranks(by.role, role):
            raise RankTooLow
        await members.set_role(change.tx, account_id, role)
        await record_act(app, change.tx, by, Act.ROLE, account_id=account_id, detail=role.value)
        await change.tell(MemberChanged(account_id))


@repeatable
async def delete_member(app: App, account_id: AccountId, *, by: Governor) -> None:
    """Delete a member: no access, no address, no password from now on; the job PurgeAccount removes what they wrote.

    The name stays taken, so that nobody can pretend to be them. Raises AccountNotFound, RankTooLow.
    """
    async with access_change(app) as change:
        await get_governed(change, account_id, by)
        await record_act(app, change.tx, by, Act.DELETED, account_id=account_id)
        await erase_member(change, account_id)


@repeatable
async def set_password(app: App, passwords: PasswordPool, account_id: AccountId, new: str) -> None:
    """An operator sets a password: every session and token ends. Raises AccountNotFound, SignUpRefused."""
    check_password(new)
    new_hash = await passwords.hash(new)
    async with access_change(app) as change:
        await get_locked(change, account_id)
        await members.set_password(change.tx, account_id, new_hash)
        await change.revoke(account_id, reason=Cause.OPERATOR)
        await record_act(app, change.tx, OPERATOR, Act.PASSWORD, account_id=account_id)


@repeatable
async def send_reset_link(app: App, account_id: AccountId, *, by: Governor) -> str | None:
    """Send a member a link to choose a new password; without a mail server return it, to be handed over.

    Raises AccountNotFound, RankTooLow.
    """
    has_mail = bool(app.settings.mail.host)
    async with access_change(app) as change:
        member = await get_governed(change, account_id, by)
        await record_act(app, change.tx, by, Act.RESET_LINK, account_id=account_id)
        if has_mail:
            await plan_letter(app, change.tx, Letter.RESET, account_id)
            return None
    return await make_link(app, Letter.RESET, member, member.email, pledge=None)
