"""Becoming a member, and ceasing to be one: sign-up, claim of a new server, the steps of a member's state.

Owns: who may join and how. Never: passwords and addresses of those who are in (actions/credentials.py), sessions, what
those who look after the server do to members (actions/governing.py).
Account and member are stored in one transaction with their events. MemberJoined follows when the sign-up is complete:
at once, or with the confirmation of the address, or with the approval.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.door import check_email_door, check_network_door
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.passwords import MAX_SIGN_UPS_WAITING, PasswordPool
from rookery.actions.registrations import registration_mode
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import AccessChange, Cause, access_change
from rookery.actions.secrets import hash_secret, is_secret, new_secret
from rookery.actions.work import Work, check_work, must_wait, work_stale
from rookery.model.accounts import RESERVED_USERNAMES, AccountNotFound, InvalidUsername, parse_username, username_key
from rookery.model.audit import OPERATOR, Act
from rookery.model.errors import NotAllowed
from rookery.model.events import AccountChanged, AccountStandingChanged, MemberChanged, MemberJoined, MemberWaits
from rookery.model.ids import AccountId, now_us
from rookery.model.members import (
    MAX_REASON_CHARACTERS,
    Member,
    Preferences,
    RegistrationMode,
    Role,
    SignUp,
    SignUpFailed,
    SignUpRefused,
    check_password,
    next_state,
    parse_email,
)
from rookery.storage import accounts, departures, invitations, jobs, measures, members, proofs, signups, values
from rookery.storage.database import Transaction

CLAIM = "claim_hash"
PURGE_ACCOUNT = "PurgeAccount"
MAX_USERNAME_CHARACTERS = 30


class RegistrationsClosed(NotAllowed):
    """Nobody may sign up here now."""

    def __init__(self) -> None:
        super().__init__("this server does not take new members at the moment")


class ClaimRefused(NotAllowed):
    """The link is wrong or used, or the server has its owner."""

    def __init__(self) -> None:
        super().__init__("this link is no longer good; the server prints a new one at its start until it has an owner")


@dataclass(frozen=True, slots=True)
class Admission:
    """How somebody comes in. inviter_id: who vouches for them, or None. needs_approval: a block at the door says so."""

    role: Role
    state: str
    inviter_id: AccountId | None = None
    needs_approval: bool = False


@repeatable
async def sign_up(
    app: App, passwords: PasswordPool, form: SignUp, *, work: Work | None = None, is_browser: bool = False
) -> Member:
    """Store a new account and its member; return the member, whose state says what is missing before they may act.

    work: what the browser did for it, see actions/work.py.
    Raises SignUpRefused (with `problems`, each with field and reason), RegistrationsClosed, NetworkRefused,
    Unavailable.
    """
    mode = await registration_mode(app)
    if mode is RegistrationMode.CLOSED:
        raise RegistrationsClosed
    check_form(form, needs_invitation=mode is RegistrationMode.INVITATION)
    is_watched = await check_network_door(app.db.reader, form.address)
    is_watched |= await check_email_door(app.db.reader, parse_email(form.email))
    await check_free(app, form)
    done = await check_work(app, work)
    must_prove = await must_wait(app, is_worked=done is not None, is_browser=is_browser)
    password_hash = await passwords.hash(form.password, most_waiting=MAX_SIGN_UPS_WAITING)
    async with app.db.transaction() as tx:
        if done and not await proofs.spend_challenge(tx, done.nonce, done.expires_at_us):
            raise work_stale()
        inviter_id = await redeem_invitation(tx, form)
        is_kept_waiting = must_prove and inviter_id is None
        is_invited, waits = inviter_id is not None, is_watched or is_kept_waiting
        state = first_state(app, mode, is_invited=is_invited, waits=waits)
        member = await admit(app, tx, form, password_hash, Admission(Role.MEMBER, state, inviter_id, is_watched))
        if is_kept_waiting:
            await signups.note_unproved(tx, member.account_id)
        return member


@repeatable
async def create_member(
    app: App, passwords: PasswordPool, form: SignUp, *, role: Role = Role.MEMBER, is_confirmed: bool = True
) -> Member:
    """Store a member whom an operator vouches for: no mode, no approval. Raises SignUpRefused, Unavailable."""
    check_form(form, needs_invitation=False)
    await check_free(app, form)
    password_hash = await passwords.hash(form.password)
    async with app.db.transaction() as tx:
        state = "active" if is_confirmed else "unconfirmed"
        member = await admit(app, tx, form, password_hash, Admission(role, state), vouches_self=True)
        await record_act(app, tx, OPERATOR, Act.CREATED, account_id=member.account_id, detail=role.value)
    return member


@repeatable
async def make_claim(app: App) -> str | None:
    """Return the secret of a new one-time link for the first owner, None when there is one; older links end."""
    secret = new_secret()
    async with app.db.transaction() as tx:
        if await members.find_owner_id(tx) is not None:
            return None
        await values.set_value(tx, CLAIM, hash_secret(secret))
    return secret


async def is_claim_good(app: App, secret: str) -> bool:
    """True while this secret would make its holder the owner."""
    stored = await values.find_value(app.db.reader, CLAIM)
    return stored is not None and is_secret(secret, stored)


@repeatable
async def claim_server(app: App, passwords: PasswordPool, secret: str, form: SignUp) -> Member:
    """Make the first visitor the owner, once. Raises ClaimRefused, SignUpRefused, Unavailable."""
    if not await is_claim_good(app, secret):
        raise ClaimRefused
    check_form(form, needs_invitation=False)
    password_hash = await passwords.hash(form.password)
    async with app.db.transaction() as tx:
        stored = await values.take_value(tx, CLAIM)
        if stored is None or not is_secret(secret, stored) or await members.find_owner_id(tx) is not None:
            raise ClaimRefused
        return await admit(app, tx, form, password_hash, Admission(Role.OWNER, "active"), vouches_self=True)


def first_state(app: App, mode: RegistrationMode, *, is_invited: bool, waits: bool = False) -> str:
    """Return the state of a new member: each thing that is missing shows in it."""
    if app.settings.nest.confirms_email and not app.settings.is_test:
        return "unconfirmed"
    return "pending" if waits or (mode is RegistrationMode.APPROVAL and not is_invited) else "active"


def check_form(form: SignUp, *, needs_invitation: bool) -> None:
    """Raises SignUpFailed with everything that is wrong."""
    refusals: list[SignUpRefused] = []
    for check in (check_username, check_email, check_form_password, check_reason, check_agreement):
        try:
            check(form)
        except SignUpRefused as refusal:
            refusals.append(refusal)
    if needs_invitation and not form.invitation:
        refusals.append(SignUpRefused("invitation", "BLANK", "one joins this server with an invitation"))
    if refusals:
        raise SignUpFailed(refusals)


def check_username(form: SignUp) -> None:
    """Raises SignUpRefused with the reason in one word."""
    name = form.username.strip()
    try:
        parse_username(name)
    except InvalidUsername as error:
        reason = "INVALID"
        if not name:
            reason = "BLANK"
        elif username_key(name) in RESERVED_USERNAMES:
            reason = "RESERVED"
        elif len(name) > MAX_USERNAME_CHARACTERS:
            reason = "TOO_LONG"
        raise SignUpRefused("username", reason, str(error)) from error


def check_email(form: SignUp) -> None:
    """Raises SignUpRefused."""
    parse_email(form.email)


def check_form_password(form: SignUp) -> None:
    """Raises SignUpRefused."""
    check_password(form.password)


def check_reason(form: SignUp) -> None:
    """Raises SignUpRefused when there is more to read than an admin will."""
    if len(form.reason) > MAX_REASON_CHARACTERS:
        raise SignUpRefused("reason", "TOO_LONG", f"a reason has at most {MAX_REASON_CHARACTERS} characters")


def check_agreement(form: SignUp) -> None:
    """Raises SignUpRefused unless the rules were accepted."""
    if not form.agreement:
        raise SignUpRefused("agreement", "ACCEPTED", "the rules must be accepted")


def name_taken() -> SignUpRefused:
    """Return the refusal of a name that somebody has or had."""
    return SignUpRefused("username", "TAKEN", "somebody has this name already; choose another one")


def email_taken() -> SignUpRefused:
    """Return the refusal of an address that a member has."""
    return SignUpRefused("email", "TAKEN", "there is an account with this e-mail address already")


async def check_free(app: App, form: SignUp) -> None:
    """Raises SignUpFailed when name or address are taken: before the costly hash, and with both at once."""
    refusals = []
    if await accounts.find_account_by_name(app.db.reader, form.username.strip()) is not None:
        refusals.append(name_taken())
    if await members.is_email_taken(app.db.reader, form.email.strip()):
        refusals.append(email_taken())
    if refusals:
        raise SignUpFailed(refusals)


async def redeem_invitation(tx: Transaction, form: SignUp) -> AccountId | None:
    """Count a use of the form's invitation; return who made it, None without one. Raises SignUpRefused."""
    if not form.invitation:
        return None
    inviter_id = await invitations.use_invitation(tx, form.invitation, now_us())
    if inviter_id is None:
        raise SignUpRefused("invitation", "INVALID", "this invitation is not good any more; ask for a new one")
    return inviter_id


async def admit(
    app: App,
    tx: Transaction,
    form: SignUp,
    password_hash: str,
    admission: Admission,
    *,
    vouches_self: bool = False,
) -> Member:
    """Store account and member with their events and the mail. Raises SignUpRefused when somebody was first."""
    account_id, now = AccountId(app.ids.next_id()), now_us()
    member = Member(
        account_id=account_id,
        email=parse_email(form.email),
        password_hash=password_hash,
        role=admission.role,
        state=admission.state,
        preferences=Preferences(theme=form.theme, locale=form.locale),
        created_at_us=now,
        reason=form.reason.strip(),
        confirmed_at_us=now if admission.state == "active" else None,
        invited_by_id=account_id if vouches_self else admission.inviter_id,
        needs_approval=admission.needs_approval,
    )
    name = parse_username(form.username)
    if not await accounts.insert_account(tx, account_id=account_id, username=name, created_at_us=now):
        raise name_taken()
    if not await members.insert_member(tx, member):
        raise email_taken()
    await record_event(app, tx, AccountChanged(account_id))
    if member.state == "active":
        await record_event(app, tx, MemberJoined(account_id))
    elif member.state == "pending":
        await record_event(app, tx, MemberWaits(account_id))
    elif member.state == "unconfirmed":
        await plan_letter(app, tx, Letter.CONFIRM, account_id)
    return member


async def get_locked(change: AccessChange, account_id: AccountId) -> Member:
    """Return a member, held until the transaction ends. Raises AccountNotFound."""
    await members.lock_member(change.tx, account_id)
    member = await members.find_member(change.tx, account_id)
    if member is None:
        raise AccountNotFound
    return member


async def move_member(change: AccessChange, member: Member, step: str) -> str:
    """Take a step of MEMBER_STEPS with its events; return the new state. Raises IllegalStep."""
    state = next_state(member.state, step)
    confirmed_at = now_us() if step in ("confirm", "confirm_and_wait") else None
    await members.set_state(change.tx, member.account_id, state, confirmed_at_us=confirmed_at)
    if state != member.state:
        await change.tell(MemberChanged(member.account_id))
    if state == "active" and member.state in ("unconfirmed", "pending"):
        await record_event(change.app, change.tx, MemberJoined(member.account_id))
    if state == "pending" and member.state == "unconfirmed":
        await record_event(change.app, change.tx, MemberWaits(member.account_id))
    return state


async def set_standing(app: App, tx: Transaction, account_id: AccountId, *, is_suspended: bool) -> None:
    """Hide an account with all it wrote, or show it again; who is leaving stays hidden, by their own wish."""
    departure = None if is_suspended else await departures.find_departure(tx, account_id)
    hidden_at_us = now_us() if is_suspended else departure.left_at_us if departure else None
    await measures.set_measure(tx, account_id, "suspended_at", hidden_at_us)
    await record_event(app, tx, AccountChanged(account_id))
    await record_event(app, tx, AccountStandingChanged(account_id, hidden_at_us is not None))


async def erase_member(change: AccessChange, account_id: AccountId) -> None:
    """Take a member out, inside the caller's transaction."""
    app, tx = change.app, change.tx
    await change.revoke(account_id, reason=Cause.DELETED)
    await invitations.delete_invitations(tx, account_id)
    await members.delete_member(tx, account_id)
    await set_standing(app, tx, account_id, is_suspended=True)
    await jobs.insert_job(tx, app.ids.next_id(), PURGE_ACCOUNT, {"account_id": account_id})


@repeatable
async def change_preferences(app: App, account_id: AccountId, preferences: Preferences) -> None:
    """Store a member's choices. Raises AccountNotFound."""
    async with access_change(app) as change:
        before = (await get_locked(change, account_id)).preferences
        await members.set_preferences(change.tx, account_id, preferences)
        await change.tell(MemberChanged(account_id))
        if parts_of(before) != parts_of(preferences):
            await record_event(app, change.tx, AccountChanged(account_id))


def parts_of(preferences: Preferences) -> tuple[bool, ...]:
    """Return the choices that everybody sees on the profile."""
    return (preferences.shows_media, preferences.shows_media_replies, preferences.shows_featured)
