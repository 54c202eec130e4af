"""A member's password and e-mail address: proving, changing, resetting them.

Owns: confirmation and reset by mail, changes by their owner. Never: signs anybody in. Every new password
ends the other sessions and all tokens (K7). What somebody types who has forgotten their password is answered the same
whether there is such a member or not, in words and in time: the look-up happens in the job that writes the mail.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.departures import begin_departure
from rookery.actions.door import check_email_door
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.members import email_taken, get_locked, move_member
from rookery.actions.passwords import PasswordPool
from rookery.actions.proofs import prove_member
from rookery.actions.registrations import registration_mode
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import AccessChange, Cause, access_change
from rookery.actions.secrets import hash_secret
from rookery.model.errors import Conflict, Invalid, NotAllowed, TooMany
from rookery.model.events import MemberChanged
from rookery.model.ids import AccountId, now_us
from rookery.model.members import Member, RegistrationMode, check_password, email_key, parse_email
from rookery.network.limits import Limit, Limiter
from rookery.storage import mailtokens, members, signups
from rookery.storage.departures import Departure
from rookery.storage.mailtokens import MailToken

LETTERS = Limit("letters", 5, 1800, by="account")


class LinkExpired(Invalid):
    """The link of a mail is wrong, used or too old."""

    def __init__(self) -> None:
        super().__init__("this link is no longer good; ask for a new one")


class AlreadyConfirmed(NotAllowed):
    """There is nothing to confirm."""

    def __init__(self) -> None:
        super().__init__("This method is only available while the e-mail is awaiting confirmation")


def count_letter(limiter: Limiter, subject: str | int) -> None:
    """Count a mail to an address or for a member: five in half an hour. Raises TooMany."""
    if limiter.is_off:
        return
    if limiter.take(LETTERS, subject).is_over:
        raise TooMany("too many mails were asked for; look into the mailbox, or try again later", LETTERS.per_s)


@repeatable
async def request_confirmation(app: App, limiter: Limiter, account_id: AccountId, email: str | None = None) -> None:
    """Send another mail to a member who has not confirmed yet; email: the address they correct it to.

    Raises AlreadyConfirmed, SignUpRefused, AccountNotFound, TooMany.
    """
    wanted = parse_email(email) if email else None
    count_letter(limiter, account_id)
    if wanted:
        count_letter(limiter, email_key(wanted))
        await check_email_door(app.db.reader, wanted)
    async with access_change(app) as change:
        member = await get_locked(change, account_id)
        if member.state != "unconfirmed":
            raise AlreadyConfirmed
        if wanted and wanted != member.email:
            await replace_email(change, member, wanted)
        await plan_letter(app, change.tx, Letter.CONFIRM, account_id)


async def request_confirmation_by_email(app: App, limiter: Limiter, email: str) -> None:
    """Send another confirmation to whoever typed their address; says nothing of whether there is such a member.

    Raises SignUpRefused for what is no address, TooMany.
    """
    await plan_for_stranger(app, limiter, Letter.CONFIRM, email)


async def request_password_reset(app: App, limiter: Limiter, email: str) -> None:
    """Send a reset link to whoever typed their address; says nothing of whether there is such a member.

    Raises SignUpRefused for what is no address, TooMany.
    """
    await plan_for_stranger(app, limiter, Letter.RESET, email)


@repeatable
async def plan_for_stranger(app: App, limiter: Limiter, letter: Letter, email: str) -> None:
    """Plan a letter to an address that may be nobody's."""
    wanted = parse_email(email)
    count_letter(limiter, email_key(wanted))
    async with app.db.transaction() as tx:
        await plan_letter(app, tx, letter, None, to=wanted)


@repeatable
async def confirm_email(app: App, secret: str) -> Member:
    """Take the word of a mailed link: the address is theirs. Return the member as they are now.

    A new member becomes active or waits for approval; a member who changes address has the new one from now on.
    Raises LinkExpired, SignUpRefused when somebody else has the address meanwhile.
    """
    async with access_change(app) as change:
        token = await mailtokens.take_mail_token(change.tx, hash_secret(secret), "confirm", now_us())
        if token is None:
            raise LinkExpired
        member = await get_locked(change, token.account_id)
        if email_key(member.email) != email_key(token.email):
            await adopt_email(change, member, token)
        if member.state != "disabled":
            await move_member(change, member, await confirming_step(change, member))
        return await get_locked(change, token.account_id)


async def confirming_step(change: AccessChange, member: Member) -> str:
    """Return the step that a confirmation is: into the nest, or into the queue for approval."""
    is_unproved = await signups.is_unproved(change.tx, member.account_id)
    is_approved_by_hand = await registration_mode(change.app) is RegistrationMode.APPROVAL
    waits = member.needs_approval or (member.invited_by_id is None and (is_unproved or is_approved_by_hand))
    return "confirm_and_wait" if waits else "confirm"


async def adopt_email(change: AccessChange, member: Member, token: MailToken) -> None:
    """Put a confirmed new address in place, and say so to the old one. An unconfirmed member's old links are void."""
    if member.state == "unconfirmed":
        raise LinkExpired
    await replace_email(change, member, token.email)
    await mailtokens.delete_mail_tokens(change.tx, member.account_id, "reset")
    await plan_letter(
        change.app, change.tx, Letter.EMAIL_CHANGED, member.account_id, to=member.email, about=token.email
    )


async def replace_email(change: AccessChange, member: Member, email: str) -> None:
    """Store another address. Raises SignUpRefused when it is taken."""
    if await members.is_email_taken(change.tx, email, besides=member.account_id):
        raise email_taken()
    await members.set_email(change.tx, member.account_id, email)
    await change.tell(MemberChanged(member.account_id))


@repeatable
async def change_email(
    app: App,
    passwords: PasswordPool,
    account_id: AccountId,
    *,
    email: str,
    password: str | None = None,
    session_id: int | None = None,
) -> None:
    """Begin a change of address: the new one gets a link, the old one stays until it is used.

    password: as typed now; without it the session must be fresh.
    Raises WrongPassword, ProofNeeded, SignUpRefused, TooMany.
    """
    wanted = parse_email(email)
    await prove_member(app, passwords, account_id, password=password, session_id=session_id)
    await check_email_door(app.db.reader, wanted)
    count_letter(passwords.limiter, account_id)
    count_letter(passwords.limiter, email_key(wanted))
    async with app.db.transaction() as tx:
        if await members.is_email_taken(tx, wanted, besides=account_id):
            raise email_taken()
        await plan_letter(app, tx, Letter.CONFIRM, account_id, to=wanted)


@repeatable
async def change_password(
    app: App,
    passwords: PasswordPool,
    account_id: AccountId,
    *,
    new: str,
    keep_session: int | None,
    current: str | None = None,
) -> None:
    """Change one's own password: every other session and every token ends.

    current: the old password as typed now; without it the session must be fresh.
    Raises WrongPassword, ProofNeeded, SignUpRefused, TooMany, Conflict.
    """
    check_password(new)
    member = await prove_member(app, passwords, account_id, password=current, session_id=keep_session)
    new_hash = await passwords.hash(new)
    async with access_change(app) as change:
        await get_locked(change, account_id)
        if not await members.replace_password(
            change.tx, account_id, seen_hash=member.password_hash, password_hash=new_hash
        ):
            raise Conflict("the password was changed a moment ago; try again with the new one")
        await change.revoke(account_id, reason=Cause.PASSWORD_CHANGED, keep_session=keep_session)
        await plan_letter(app, change.tx, Letter.PASSWORD_CHANGED, account_id)


async def is_reset_good(app: App, secret: str) -> bool:
    """True while this link would reset a password; the page asks before it shows its form."""
    return await mailtokens.find_mail_token(app.db.reader, hash_secret(secret), "reset", now_us()) is not None


@repeatable
async def reset_password(app: App, passwords: PasswordPool, secret: str, new: str) -> AccountId:
    """Choose a new password with a mailed link; every session and token ends. Raises LinkExpired, SignUpRefused."""
    check_password(new)
    if not await is_reset_good(app, secret):
        raise LinkExpired
    new_hash = await passwords.hash(new)
    async with access_change(app) as change:
        token = await mailtokens.take_mail_token(change.tx, hash_secret(secret), "reset", now_us())
        if token is None:
            raise LinkExpired
        member = await get_locked(change, token.account_id)
        if email_key(member.email) != email_key(token.email):
            raise LinkExpired
        await members.set_password(change.tx, token.account_id, new_hash)
        await change.revoke(token.account_id, reason=Cause.PASSWORD_RESET)
        await plan_letter(app, change.tx, Letter.PASSWORD_CHANGED, token.account_id)
    return token.account_id


@repeatable
async def delete_own_account(
    app: App,
    passwords: PasswordPool,
    account_id: AccountId,
    password: str | None = None,
    *,
    session_id: int | None = None,
) -> Departure | None:
    """A person leaves: hidden and signed out at once, gone after the days that the settings name.

    Return until when they may come back, None for at once. password: as typed now; without it the session must be
    fresh. Raises WrongPassword, ProofNeeded, TooMany, OwnerNeeded.
    """
    member = await prove_member(app, passwords, account_id, password=password, session_id=session_id)
    return await begin_departure(app, member)
