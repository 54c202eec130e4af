"""From what a person types to an account or a post, asking its own server when it is not known here.

Owns: first here, then elsewhere. Never: how another server is asked (the port `App.resolver` does), what a viewer may
see (the caller asks, K5). Call it outside of transactions.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.naming import find_original_named, is_ours
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.posts import Post
from rookery.storage.accounts import find_account_by_name


async def find_by_handle(app: App, raw: str) -> Account | None:
    """Return the account of a handle, or None. Raises Unavailable when its server does not answer now."""
    try:
        name, domain = split_handle(raw, app.settings.server.domain)
    except AccountNotFound:
        return None
    known = await find_account_by_name(app.db.reader, name, domain)
    if known is not None or not domain or app.resolver is None:
        return known
    return await app.resolver.find_handle(name, domain)


async def refresh_account(app: App, account: Account) -> Account:
    """Return an account as its own server tells it at this moment. Raises Unavailable, Invalid."""
    if account.is_local or account.uri is None or app.resolver is None:
        return account
    return await app.resolver.get_account(account.uri, fresh=True)


async def find_by_address(app: App, uri: str) -> Post | None:
    """Return the post of an address, whoever may see it, or None. Raises Unavailable."""
    known = await find_original_named(app, app.db.reader, uri)
    if known is not None or is_ours(app, uri) or app.resolver is None:
        return known
    found = await app.resolver.find_address(uri)
    return found.post if found else None
