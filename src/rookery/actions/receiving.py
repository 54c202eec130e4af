"""Taking in what other servers tell: who may speak here, and what they delete.

Owns: the gate before every `receive_`: the server is not blocked, the account that acts is known, not hidden and acts
for itself (K4); receive_deletion. Never: proves who speaks; the wire did, and names them as `by_uri`. Nothing here
touches the network: what is not known yet is kept by its address until it comes, or the wire fetches it.

Everything may come twice, and in any order. Where no row shows that something has come, storage/waiting.py and
`far_deletions` do; tests/actions/test_receiving_orders.py holds every order against every other one.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.actions.app import App, record_event
from rookery.actions.members import PURGE_ACCOUNT
from rookery.actions.naming import is_ours
from rookery.actions.posts import AccountSuspended
from rookery.actions.removals import remove_post
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, AccountNotFound
from rookery.model.events import AccountChanged, AccountStandingChanged
from rookery.model.ids import now_us
from rookery.model.incoming import NotTheirs, ServerRefused, check_uri
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused
from rookery.storage import accounts, far_accounts, far_posts, jobs, posts, waiting
from rookery.storage.database import Reader, Transaction
from rookery.storage.peering import find_peering


@dataclass(frozen=True, slots=True)
class Standing:
    """How this server treats another one that it hears. takes_media: pictures and emoji; takes_reports: its reports."""

    takes_media: bool = True
    takes_reports: bool = True


def host_of(uri: str) -> str:
    """Return the host of an address as the safe door would call it, so that no spelling evades a block; '' without."""
    try:
        return parse_destination(uri, allows_http=True, is_test=True).host
    except AddressRefused:
        return ""


async def check_server(reader: Reader, domain: str, uri: str) -> Standing:
    """Return how to treat an account of this domain with this address. Raises ServerRefused for a blocked server.

    Both names count: a blocked server does not come back under the handles of another one.
    """
    standing = Standing()
    for name in dict.fromkeys((domain, host_of(uri))):
        peering = await find_peering(reader, name) if name else None
        if peering is not None and peering.is_shut_out:
            raise ServerRefused(name)
        block = peering.block if peering is not None else None
        if block is None:
            continue
        standing = Standing(
            standing.takes_media and not block.rejects_media, standing.takes_reports and not block.rejects_reports
        )
    return standing


async def get_sender(app: App, reader: Reader, by_uri: str) -> tuple[Account, Standing]:
    """Return the far account that acts, and how its server is treated.

    Raises NotTheirs for one of ours, AccountNotFound, ServerRefused, AccountSuspended.
    """
    check_uri(by_uri)
    if is_ours(app, by_uri):
        raise NotTheirs(by_uri)
    account = await accounts.find_account_by_uri(reader, by_uri)
    if account is None:
        raise AccountNotFound
    standing = await check_server(reader, account.domain, by_uri)
    if account.suspended_at_us:
        raise AccountSuspended
    return account, standing


@repeatable
async def receive_deletion(app: App, uri: str, *, by_uri: str) -> bool:
    """Delete a far post, repost or account, as its owner says; True when something was here.

    A post that has not come stays out when it does. Accounts that are not known here are nobody's concern: the flood of
    deletions of strangers writes nothing. Blocked servers are heard, because they take something away.
    Raises NotTheirs when it is somebody else's.
    """
    check_uri(uri)
    now = now_us()
    async with app.db.transaction() as tx:
        if is_ours(app, uri) or is_ours(app, by_uri):
            raise NotTheirs(uri)
        account = await accounts.find_account_by_uri(tx, by_uri)
        if account is None:
            return False
        if uri == by_uri:
            return await take_leave(app, tx, account, now)
        return await take_back(app, tx, uri, account, now)


async def take_leave(app: App, tx: Transaction, account: Account, now: int) -> bool:
    """Hide an account that its server deleted; a job removes what it wrote. False when it was gone already."""
    far = await far_accounts.find_far_account(tx, account.id)
    if far is None or far.gone_at_us:
        return False
    await far_accounts.mark_gone(tx, account.id, now)
    await record_event(app, tx, AccountChanged(account.id))
    await record_event(app, tx, AccountStandingChanged(account.id, True))
    await jobs.insert_job(tx, app.ids.next_id(), PURGE_ACCOUNT, {"account_id": account.id})
    return True


async def take_back(app: App, tx: Transaction, uri: str, account: Account, now: int) -> bool:
    """Delete one post of an account, or keep it out. Raises NotTheirs."""
    post_id = await far_posts.find_post_id(tx, uri)
    post = await posts.find_held_post(tx, post_id)
    if post and post.author_id != account.id:
        raise NotTheirs(uri)
    await far_posts.keep_out(tx, uri, account.uri or "", now)
    for act in await waiting.list_acts(tx, uri):
        await waiting.drop_act(tx, act.post_uri, act.kind, act.account_id)
    if post is None:
        return False
    await remove_post(app, tx, post, now)
    return True


@repeatable
async def forget_early_arrivals(app: App) -> None:
    """Forget what waited a week for what never came; a chore."""
    async with app.db.transaction() as tx:
        await waiting.forget_waiting(tx, now_us())
        await far_posts.forget_deletions(tx, now_us() - waiting.KEPT_US)
