"""Aliases: which other accounts somebody says that they also are, so that these may move here.

Owns: adding and removing them. An alias gives the other account nothing but the right to send its followers here.
The other account is looked for first, at its own server when it is not known here; no network inside a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App, record_event
from rookery.actions.finding import find_by_handle
from rookery.actions.naming import find_account_named
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account
from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId
from rookery.model.moves import MAX_ALIASES, AliasRefused, NobodyThere
from rookery.storage import moves


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias. account: None when it is not known here (any more). has_moved: it has moved to who names it."""

    uri: str
    account: Account | None
    has_moved: bool


def uri_of(app: App, account: Account) -> str:
    """Return what every server calls an account."""
    return account.uri or f"{app.settings.base_url}/@{account.username}"


async def list_own_aliases(app: App, account_id: AccountId) -> list[Alias]:
    """Return a person's aliases with what is known of them."""
    found = []
    for uri in await moves.list_aliases(app.db.reader, account_id):
        other = await find_account_named(app, app.db.reader, uri)
        found.append(Alias(uri, other, other is not None and other.moved_to_id == account_id))
    return found


async def add_alias(app: App, account_id: AccountId, handle: str) -> Account:
    """Say that one also is an account, found first; harmless twice. Raises NobodyThere, AliasRefused, Unavailable."""
    other = await find_by_handle(app, handle)
    if other is None or other.suspended_at_us:
        raise NobodyThere(handle.strip()[:200])
    if other.id == account_id:
        raise AliasRefused("this is the account that you are signed in with; name the other one")
    await keep_alias(app, account_id, uri_of(app, other))
    return other


@repeatable
async def keep_alias(app: App, account_id: AccountId, uri: str) -> None:
    """Store an alias. Raises AliasRefused when there are MAX_ALIASES already."""
    async with app.db.transaction() as tx:
        known = await moves.list_aliases(tx, account_id)
        if uri not in known and len(known) >= MAX_ALIASES:
            raise AliasRefused(f"there is room for {MAX_ALIASES} accounts; remove one first")
        if await moves.put_alias(tx, account_id, uri, app.ids.next_id()):
            await record_event(app, tx, AccountChanged(account_id))


@repeatable
async def remove_alias(app: App, account_id: AccountId, uri: str) -> None:
    """Take an alias away; harmless without it. A follower who has come stays."""
    async with app.db.transaction() as tx:
        if await moves.delete_alias(tx, account_id, uri):
            await record_event(app, tx, AccountChanged(account_id))
