"""Revocation (K7): the one way to end a session, a token, a stream.

Owns: what ends with what. Every cause comes here: a new password, a reset, suspension, disabling, deletion, the removal
of an app, /oauth/revoke, a code used twice, sign-out, sign-out everywhere, the command line. Never: decides who may.

Rows are deleted and AccessRevoked is appended in the transaction of the cause. After its commit, and before anybody
gets an answer, the listeners of this process hear of it (caches of callers, streams); other processes read it in the
event log. The member's row is locked first, as it is by whoever gives access, so that no sign-in slips past.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.events import AccessRevoked, MemberChanged
from rookery.model.ids import AccountId
from rookery.storage import apps, mailtokens, members, sessions
from rookery.storage.database import Transaction

LOG = logging.getLogger("rookery.access")


class Cause(StrEnum):
    """Why access ended, for the log that an operator reads."""

    PASSWORD_CHANGED = "password changed"  # noqa: S105
    PASSWORD_RESET = "password reset"  # noqa: S105
    EMAIL_CHANGED = "e-mail address changed"
    SUSPENDED = "suspended"
    DISABLED = "disabled"
    DELETED = "deleted"
    APP_REMOVED = "app removed"
    TOKEN_REVOKED = "token revoked by its app"  # noqa: S105
    CODE_REUSED = "authorization code used twice"
    SIGNED_OUT = "signed out"
    SIGNED_OUT_ELSEWHERE = "signed out elsewhere"
    IDLE = "not used for long"
    OPERATOR = "operator"


class AccessChange:
    """A transaction that takes access away; see access_change."""

    def __init__(self, app: App, tx: Transaction) -> None:
        self.app, self.tx = app, tx
        self.events: list[AccessRevoked | MemberChanged] = []
        self.causes: list[str] = []

    async def revoke(
        self,
        account_id: AccountId | None,
        *,
        reason: Cause,
        keep_session: int | None = None,
        token_ids: Iterable[int] | None = None,
        session_ids: Iterable[int] | None = None,
        app_id: int | None = None,
    ) -> int:
        """End what is named, or everything of the account when nothing is; return how many sessions and tokens ended.

        Ids of somebody else's sessions and tokens are passed over. account_id None: tokens of apps themselves.
        keep_session: with everything, spare the session of who asks. app_id: all tokens and codes of one app.
        """
        is_all = token_ids is None and session_ids is None and app_id is None
        if account_id is not None:
            await members.lock_member(self.tx, account_id)
        if is_all and account_id is not None:
            tokens, ended = await self.delete_all(account_id, keep_session)
        else:
            tokens, ended = await self.delete_some(account_id, token_ids or (), session_ids or (), app_id)
        is_total = is_all and keep_session is None and account_id is not None
        if tokens or ended or is_total:
            await self.tell(
                AccessRevoked(account_id, () if is_total else tuple(tokens), () if is_total else tuple(ended))
            )
            self.causes.append(f"account {account_id}: {reason}, {len(tokens)} tokens, {len(ended)} sessions")
        return len(tokens) + len(ended)

    async def delete_all(self, account_id: AccountId, kept_id: int | None) -> tuple[list[int], list[int]]:
        """Delete every token, code, mailed reset link and pending change of address, and every session but one."""
        await apps.delete_grants(self.tx, account_id)
        await mailtokens.delete_mail_tokens(self.tx, account_id, "reset")
        await mailtokens.delete_address_changes(self.tx, account_id)
        tokens = await apps.delete_every_token(self.tx, account_id)
        return tokens, await sessions.delete_every_session(self.tx, account_id, kept_id=kept_id or 0)

    async def delete_some(
        self, account_id: AccountId | None, token_ids: Iterable[int], session_ids: Iterable[int], app_id: int | None
    ) -> tuple[list[int], list[int]]:
        """Delete the named ones that are the account's."""
        wanted_tokens, wanted_sessions = list(token_ids), list(session_ids)
        tokens = await apps.delete_tokens(self.tx, account_id, wanted_tokens) if wanted_tokens else []
        if account_id is None:
            return tokens, []
        if app_id is not None:
            await apps.delete_grants(self.tx, account_id, app_id=app_id)
            tokens += await apps.delete_app_tokens(self.tx, account_id, app_id)
        ended = await sessions.delete_sessions(self.tx, account_id, wanted_sessions) if wanted_sessions else []
        return tokens, ended

    async def tell(self, event: AccessRevoked | MemberChanged) -> None:
        """Append the event, and let the listeners hear of it after the commit."""
        await record_event(self.app, self.tx, event)
        self.events.append(event)


@contextlib.asynccontextmanager
async def access_change(app: App) -> AsyncIterator[AccessChange]:
    """Begin a transaction in which a member's access changes; its end tells the listeners.

    They hear of it also when the commit's outcome is unknown (a cancelled request, a lost connection): to forget in
    vain is harmless.
    """
    is_whole = False
    change: AccessChange | None = None
    try:
        async with app.db.transaction() as tx:
            change = AccessChange(app, tx)
            yield change
            is_whole = True
    finally:
        if change and is_whole:
            tell_listeners(change)


def tell_listeners(change: AccessChange) -> None:
    """Have caches and streams of this process forget, and write the causes into the operator's log."""
    for event in change.events:
        for listener in change.app.access_listeners:
            listener(event)
    for cause in change.causes:
        LOG.info("access ended, %s", cause)


@repeatable
async def revoke_access(
    app: App,
    account_id: AccountId | None,
    *,
    reason: Cause,
    keep_session: int | None = None,
    token_ids: Iterable[int] | None = None,
    session_ids: Iterable[int] | None = None,
    app_id: int | None = None,
) -> int:
    """End access in a transaction of its own; see AccessChange.revoke."""
    async with access_change(app) as change:
        return await change.revoke(
            account_id,
            reason=reason,
            keep_session=keep_session,
            token_ids=token_ids,
            session_ids=session_ids,
            app_id=app_id,
        )
    raise AssertionError("a transaction either commits or raises")
