"""From a handle or an address to an account or a post: first here, then at its own server.

Owns: that order, for what somebody named and means to use. Never: how another server is asked (`App.resolver` does), or
what a viewer may see (the caller asks, K5). Call it outside of transactions.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.naming import find_original_named, is_ours
from rookery.actions.resolving import LOOKING_S, within
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.posts import Post
from rookery.storage.accounts import find_account_by_name


async def find_by_handle(app: App, raw: str) -> Account | None:
    """Return the account of a handle, or None. Raises NotFound, Invalid, Unavailable as its server answers."""
    try:
        name, domain = split_handle(raw, app.settings.server.domain)
    except AccountNotFound:
        return None
    known = await find_account_by_name(app.db.reader, name, domain)
    if known is not None or not domain or app.resolver is None:
        return known
    return await within(LOOKING_S, app.resolver.find_handle(name, domain))


async def refresh_account(app: App, account: Account) -> Account:
    """Return an account as its own server tells it at this moment. Raises NotFound, Invalid, Unavailable."""
    if account.is_local or account.uri is None or app.resolver is None:
        return account
    return await within(LOOKING_S, app.resolver.get_account(account.uri, fresh=True))


async def find_by_address(app: App, uri: str) -> Post | None:
    """Return the post of an address, whoever may see it, or None. Raises NotFound, Invalid, Unavailable."""
    known = await find_original_named(app, app.db.reader, uri)
    if known is not None or is_ours(app, uri) or app.resolver is None:
        return known
    found = await within(LOOKING_S, app.resolver.find_address(uri))
    return found.post if found else None
