"""Signing in and out with a browser, and the list of browsers that are signed in.

Owns: the check of name and password, sessions. Never: cookies (the web room sets them), ends a session by itself
(actions/revocation.py does). One state machine for every way in: the right password first, then the standing, then, in
the transaction that gives access, both once more. A member who may not act gets no session of any kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.passwords import PasswordPool
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import Cause, revoke_access
from rookery.actions.secrets import hash_secret, new_secret
from rookery.model.errors import NotSignedIn
from rookery.model.ids import AccountId, SessionId, now_us
from rookery.model.members import Member, check_standing, email_key
from rookery.storage import members, sessions
from rookery.storage.sessions import Session

MAX_NAME_CHARACTERS = 320
MAX_USER_AGENT_CHARACTERS = 300
IDLE_US = 90 * 86_400 * 1_000_000


class SignInRefused(NotSignedIn):
    """Name and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("this name or e-mail address and this password do not belong together")


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
) -> NewSession:
    """Give a browser a session. name: a local name or an e-mail address.

    Raises SignInRefused, MemberHeldBack (only after the right password), TooMany, Unavailable.
    """
    member = await check_credentials(app, passwords, name, password)
    check_standing(member.standing)
    return await open_session(app, member, user_agent=user_agent, address=address)


@repeatable
async def open_session(app: App, member: Member, *, user_agent: str, address: str) -> NewSession:
    """Give a browser a session for a member who has just proved to be one. Raises SignInRefused, MemberHeldBack."""
    secret = new_secret()
    now = now_us()
    session = Session(
        SessionId(app.ids.next_id()), member.account_id, user_agent[:MAX_USER_AGENT_CHARACTERS], address, now, now
    )
    async with app.db.transaction() as tx:
        await members.lock_member(tx, member.account_id)
        current = await members.find_member(tx, member.account_id)
        if current is None or current.password_hash != member.password_hash:
            raise SignInRefused
        check_standing(current.standing)
        await sessions.insert_session(tx, session, hash_secret(secret))
        await members.touch_members(tx, [member.account_id], now)
    return NewSession(session.id, member.account_id, secret)


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
