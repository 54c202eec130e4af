"""Signing in and out with a browser, and the list of browsers that are signed in.

Owns: the check of name and password, sessions. Never: cookies (the web room sets them), ends a session by itself
(actions/revocation.py does). One state machine for every way in: the right password first, then the standing, then the
second step where it is on, then, in the transaction that gives access, all of them once more. A member who may not act
gets no session of any kind. Between password and second step there is only a row that expires (`sign_in_steps`).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.departures import check_may_enter, come_back
from rookery.actions.factors import WrongCode, count_code, forgive, take_code
from rookery.actions.passwords import PasswordPool
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import Cause, revoke_access
from rookery.actions.secrets import hash_secret, new_secret
from rookery.model.errors import NotSignedIn
from rookery.model.ids import AccountId, SessionId, now_us
from rookery.model.members import Member, check_standing, email_key
from rookery.network.limits import Limiter
from rookery.storage import factors, members, sessions
from rookery.storage.database import Transaction
from rookery.storage.sessions import Session

MAX_NAME_CHARACTERS = 320
MAX_USER_AGENT_CHARACTERS = 300
STEP_LASTS_US = 10 * 60 * 1_000_000
MAX_STEP_ATTEMPTS = 5
IDLE_US = 90 * 86_400 * 1_000_000


class SignInRefused(NotSignedIn):
    """Name and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("this name or e-mail address and this password do not belong together")


class StepOver(NotSignedIn):
    """The second step came too late, too often, or without the first."""

    def __init__(self) -> None:
        super().__init__("this sign-in took too long or had too many wrong codes; begin again with your password")


@dataclass(frozen=True, slots=True)
class Browser:
    """What a session remembers of where it began."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; a code or a passkey is missing. secret: for a cookie, shown this once, ten minutes."""

    account_id: AccountId
    secret: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with its secret for the cookie, which is shown this once."""

    id: SessionId
    account_id: AccountId
    secret: str


async def check_credentials(app: App, passwords: PasswordPool, name: str, password: str) -> Member:
    """Return the member of a name or e-mail address with this password, whatever their standing.

    The hash is renewed when its parameters are old. Raises SignInRefused, TooMany, Unavailable.
    """
    name = name.strip().removeprefix("@")[:MAX_NAME_CHARACTERS]
    find = members.find_member_by_email if "@" in name else members.find_member_by_name
    member = await find(app.db.reader, name) if name else None
    subject = member.account_id if member else f"nobody {email_key(name)}"
    is_right = await passwords.verify(subject, member.password_hash if member else None, password)
    if member is None or not is_right:
        raise SignInRefused
    if passwords.needs_rehash(member.password_hash):
        await renew_hash(app, passwords, member, password)
        return await members.find_member(app.db.reader, member.account_id) or member
    return member


@repeatable
async def renew_hash(app: App, passwords: PasswordPool, member: Member, password: str) -> None:
    """Store the same password under today's parameters, unless it was changed meanwhile."""
    renewed = await passwords.hash(password)
    async with app.db.transaction() as tx:
        await members.replace_password(tx, member.account_id, seen_hash=member.password_hash, password_hash=renewed)


async def sign_in(
    app: App, passwords: PasswordPool, name: str, password: str, *, user_agent: str, address: str
) -> NewSession | SecondStep:
    """Give a browser a session, or the way to the second step. name: a local name or an e-mail address.

    Raises SignInRefused, MemberHeldBack (only after the right password), TooMany, Unavailable.
    """
    member = await check_credentials(app, passwords, name, password)
    await check_may_enter(app, member)
    if await factors.is_second_step_on(app.db.reader, member.account_id):
        return await begin_second_step(app, member)
    return await open_session(app, member, user_agent=user_agent, address=address)


@repeatable
async def begin_second_step(app: App, member: Member) -> SecondStep:
    """Remember for ten minutes that the password was right."""
    secret = new_secret()
    async with app.db.transaction() as tx:
        await factors.insert_step(
            tx, hash_secret(secret), member.account_id, member.password_hash, now_us() + STEP_LASTS_US
        )
    return SecondStep(member.account_id, secret)


async def find_second_step(app: App, secret: str) -> factors.SignInStep | None:
    """Return who waits for the second step with this secret, None when it is over."""
    step = await factors.find_step(app.db.reader, hash_secret(secret), now_us())
    return step if step and step.attempt_count < MAX_STEP_ATTEMPTS else None


@repeatable
async def finish_second_step(app: App, limiter: Limiter, secret: str, code: str, browser: Browser) -> NewSession:
    """Give the session for a code. Raises StepOver, WrongCode, TooMany, SignInRefused, MemberHeldBack."""
    step = await find_second_step(app, secret)
    if step is None:
        raise StepOver
    count_code(limiter, step.account_id)
    async with app.db.transaction() as tx:
        is_counted = await factors.count_attempt(tx, hash_secret(secret), now_us(), MAX_STEP_ATTEMPTS)
    if not is_counted:
        raise StepOver
    async with app.db.transaction() as tx:
        if not await take_code(app, tx, step.account_id, code):
            raise WrongCode
        session = await end_second_step(app, tx, secret, step, browser)
    forgive(limiter, step.account_id)
    return session


async def end_second_step(
    app: App, tx: Transaction, secret: str, step: factors.SignInStep, browser: Browser
) -> NewSession:
    """Turn a step into its session, once. Raises StepOver, SignInRefused, MemberHeldBack."""
    if not await factors.take_step(tx, hash_secret(secret)):
        raise StepOver
    return await give_session(app, tx, step.account_id, browser, password_hash=step.password_hash, is_second=True)


@repeatable
async def open_session(app: App, member: Member, *, user_agent: str, address: str) -> NewSession:
    """Give a browser a session for a member who has just proved to be one. Raises SignInRefused, MemberHeldBack."""
    async with app.db.transaction() as tx:
        browser = Browser(user_agent, address)
        return await give_session(app, tx, member.account_id, browser, password_hash=member.password_hash)


async def give_session(
    app: App,
    tx: Transaction,
    account_id: AccountId,
    browser: Browser,
    *,
    password_hash: str | None,
    is_second: bool = False,
) -> NewSession:
    """Store a session inside the caller's transaction; the only place that does.

    password_hash: the one that was proved, which must still stand; None after a passkey. is_second: whether a second
    factor was proved too; without one a member who asks for it gets no session, whoever calls.
    Raises SignInRefused, MemberHeldBack.
    """
    now, secret = now_us(), new_secret()
    await members.lock_member(tx, account_id)
    current = await members.find_member(tx, account_id)
    if current is None or (password_hash is not None and current.password_hash != password_hash):
        raise SignInRefused
    if not is_second and await factors.is_second_step_on(tx, account_id):
        raise SignInRefused
    if current.state == "leaving":
        current = await come_back(app, tx, current)
    check_standing(current.standing)
    user_agent = browser.user_agent[:MAX_USER_AGENT_CHARACTERS]
    session = Session(SessionId(app.ids.next_id()), account_id, user_agent, browser.address, now, now)
    await sessions.insert_session(tx, session, hash_secret(secret))
    await members.touch_members(tx, [account_id], now)
    return NewSession(session.id, account_id, secret)


async def sign_out(app: App, account_id: AccountId, session_id: int) -> None:
    """End the session of the browser that asks."""
    await revoke_access(app, account_id, reason=Cause.SIGNED_OUT, session_ids=[session_id])


async def sign_out_session(app: App, account_id: AccountId, session_id: int) -> bool:
    """End another of a person's sessions; False when it is not theirs or gone."""
    return await revoke_access(app, account_id, reason=Cause.SIGNED_OUT_ELSEWHERE, session_ids=[session_id]) == 1


async def sign_out_everywhere(app: App, account_id: AccountId, *, keep_session: int | None = None) -> int:
    """End every session and token of a person but the one that asks; return how many ended."""
    return await revoke_access(app, account_id, reason=Cause.SIGNED_OUT_ELSEWHERE, keep_session=keep_session)


async def list_own_sessions(app: App, account_id: AccountId) -> list[Session]:
    """Return a person's sessions, newest first."""
    return await sessions.list_sessions(app.db.reader, account_id)


async def end_idle_sessions(app: App) -> int:
    """End sessions that nobody used for 90 days; return how many. For a daily timer."""
    ended = 0
    for account_id, session_id in await sessions.list_idle_sessions(app.db.reader, now_us() - IDLE_US):
        ended += await revoke_access(app, AccountId(account_id), reason=Cause.IDLE, session_ids=[session_id])
    return ended
