"""Access tokens: given for a code, for an app itself, or (in test mode) for a password; listed and taken back.

Owns: who gets a token for what. Never: hands the same token out twice; reads one (actions/callers.py does); ends one
by itself (actions/revocation.py does). Tokens do not expire, as apps expect; a person sees and ends them in settings.
Spec: RFC 6749 §4.1.3, §4.4; RFC 6819 §4.4.1.1 (a code used twice ends the token that it gave); RFC 7009.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.factors import take_code
from rookery.actions.passwords import PasswordPool
from rookery.actions.repeating import repeatable
from rookery.actions.revocation import Cause, access_change, revoke_access
from rookery.actions.secrets import MAX_SECRET_CHARACTERS, hash_secret, new_secret
from rookery.actions.sessions import SignInRefused, check_credentials
from rookery.model.apps import DEFAULT_SCOPES, OAuthRefused, proves_possession
from rookery.model.callers import ALL_SCOPES, are_covered, parse_scopes
from rookery.model.errors import NotAllowed
from rookery.model.ids import AccountId, AppId, TokenId, now_us
from rookery.model.members import NEWCOMERS, Member, MemberHeldBack, check_standing
from rookery.storage import apps, members
from rookery.storage.apps import AuthorizedToken, Grant, RegisteredApp
from rookery.storage.database import Transaction
from rookery.storage.factors import is_second_step_on


@dataclass(frozen=True, slots=True)
class NewToken:
    """An access token with its secret, which is shown this once. account_id None: the app's own."""

    id: TokenId
    secret: str
    scopes: tuple[str, ...]
    created_at_us: int
    account_id: AccountId | None = None


async def give_token(
    app: App,
    tx: Transaction,
    *,
    app_id: AppId,
    account_id: AccountId | None,
    scopes: tuple[str, ...],
    secret: str | None = None,
    token_id: TokenId | None = None,
) -> NewToken:
    """Store a new token inside the caller's transaction. secret: chosen by an operator, made here otherwise."""
    token = NewToken(token_id or TokenId(app.ids.next_id()), secret or new_secret(), scopes, now_us(), account_id)
    await apps.insert_token(
        tx,
        token.id,
        hash_secret(token.secret),
        app_id=app_id,
        account_id=account_id,
        scopes=scopes,
        created_at_us=token.created_at_us,
    )
    return token


async def exchange_code(
    app: App, client: RegisteredApp, *, code: str, redirect_uri: str, verifier: str | None
) -> NewToken:
    """Give the token that a person granted. Raises OAuthRefused invalid_grant; a second use ends the first token."""
    code_hash = hash_secret(code[:MAX_SECRET_CHARACTERS])
    grant = await apps.find_grant(app.db.reader, code_hash)
    if grant is None or grant.app_id != client.id:
        raise OAuthRefused("invalid_grant")
    token = None
    if grant.used_token_id is None:
        check_grant(grant, redirect_uri, verifier)
        token = await spend_grant(app, grant)
    if token is None:
        await end_replayed(app, code_hash)
        raise OAuthRefused("invalid_grant")
    return token


def check_grant(grant: Grant, redirect_uri: str, verifier: str | None) -> None:
    """Raises OAuthRefused unless the code is fresh and the asker is the one to whom it was sent."""
    if grant.expires_at_us <= now_us() or redirect_uri != grant.redirect_uri:
        raise OAuthRefused("invalid_grant")
    if not proves_possession(verifier, grant.challenge):
        raise OAuthRefused("invalid_grant")


@repeatable
async def spend_grant(app: App, grant: Grant) -> NewToken | None:
    """Give the token and mark the code as used, in one transaction; None when somebody was first."""
    async with app.db.transaction() as tx:
        await members.lock_member(tx, grant.account_id)
        member = await members.find_member(tx, grant.account_id)
        if member is None or member.standing != "active":
            raise OAuthRefused("invalid_grant")
        token_id = TokenId(app.ids.next_id())
        if not await apps.use_grant(tx, grant.code_hash, token_id):
            return None
        return await give_token(
            app, tx, app_id=grant.app_id, account_id=grant.account_id, scopes=grant.scopes, token_id=token_id
        )


async def end_replayed(app: App, code_hash: str) -> None:
    """End the token of a code that was used twice: one of the two askers has stolen it."""
    grant = await apps.find_grant(app.db.reader, code_hash)
    if grant and grant.used_token_id is not None:
        await revoke_access(app, grant.account_id, reason=Cause.CODE_REUSED, token_ids=[grant.used_token_id])


@repeatable
async def give_app_token(app: App, client: RegisteredApp, raw_scopes: str) -> NewToken:
    """Give an app a token of its own. Raises OAuthRefused invalid_scope."""
    scopes = parse_scopes(raw_scopes) or DEFAULT_SCOPES
    if not are_covered(scopes, client.scopes):
        raise OAuthRefused("invalid_scope")
    async with app.db.transaction() as tx:
        return await give_token(app, tx, app_id=client.id, account_id=None, scopes=scopes)


@repeatable
async def give_token_for_password(
    app: App,
    passwords: PasswordPool,
    client: RegisteredApp,
    *,
    name: str,
    password: str,
    raw_scopes: str,
    code: str = "",
) -> NewToken:
    """Give a token for a name and password, in test mode alone. code: for a member with a second step.

    Raises OAuthRefused, TooMany.
    """
    if not app.settings.is_test:
        raise OAuthRefused("unsupported_grant_type")
    scopes = parse_scopes(raw_scopes) or DEFAULT_SCOPES
    if not are_covered(scopes, client.scopes):
        raise OAuthRefused("invalid_scope")
    try:
        member = await check_credentials(app, passwords, name, password)
        check_standing(member.standing)
    except (SignInRefused, MemberHeldBack) as error:
        raise OAuthRefused("invalid_grant") from error
    async with app.db.transaction() as tx:
        await check_still_active(tx, member)
        if await is_second_step_on(tx, member.account_id) and not await take_code(app, tx, member.account_id, code):
            raise OAuthRefused("invalid_grant")
        return await give_token(app, tx, app_id=client.id, account_id=member.account_id, scopes=scopes)


async def check_still_active(tx: Transaction, member: Member) -> None:
    """Hold the member and see that neither password nor standing changed since. Raises OAuthRefused."""
    await members.lock_member(tx, member.account_id)
    now = await members.find_member(tx, member.account_id)
    if now is None or now.standing != "active" or now.password_hash != member.password_hash:
        raise OAuthRefused("invalid_grant")


@repeatable
async def give_member_token(
    app: App, account_id: AccountId, *, app_id: AppId, scopes: tuple[str, ...], secret: str | None = None
) -> NewToken:
    """Give a token to a member without asking them: for a sign-up through an app, and for an operator.

    Newcomers get one too, with which they may confirm their address. Raises OAuthRefused invalid_scope, NotAllowed,
    Duplicate for a chosen secret that exists.
    """
    if not ALL_SCOPES.issuperset(scopes):
        raise OAuthRefused("invalid_scope")
    async with app.db.transaction() as tx:
        await members.lock_member(tx, account_id)
        member = await members.find_member(tx, account_id)
        if member is None:
            raise NotAllowed("this account has no member")
        if member.standing not in NEWCOMERS:
            check_standing(member.standing)
        return await give_token(app, tx, app_id=app_id, account_id=account_id, scopes=scopes, secret=secret)


@repeatable
async def revoke_token(app: App, client: RegisteredApp | None, raw: str) -> None:
    """End a token for the app that got it; an unknown one is ended already. Raises OAuthRefused unauthorized_client."""
    if client is None:
        raise OAuthRefused("unauthorized_client")
    row = await apps.find_token(app.db.reader, hash_secret(raw)) if len(raw) <= MAX_SECRET_CHARACTERS else None
    if row is None:
        return
    if row.app_id != client.id:
        raise OAuthRefused("unauthorized_client")
    async with access_change(app) as change:
        await change.revoke(row.account_id, reason=Cause.TOKEN_REVOKED, token_ids=[row.id])


async def list_authorized_apps(app: App, account_id: AccountId) -> list[AuthorizedToken]:
    """Return every token that acts for a person, newest first; the page groups them by app."""
    return await apps.list_authorized(app.db.reader, account_id)


async def remove_app(app: App, account_id: AccountId, app_id: int) -> int:
    """End all that one app may do for a person; return how many tokens that were."""
    return await revoke_access(app, account_id, reason=Cause.APP_REMOVED, app_id=app_id)
