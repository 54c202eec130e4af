"""Taking in accounts of other servers, new and changed.

Owns: receive_account. Who an account is, is its uri, for good; its handle is what its server says, and belongs to the
first who came with it unless the wire has proof (`is_handle_proved`). An account that its server deleted stays deleted.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.naming import find_account_named, is_ours
from rookery.actions.receiving import Standing, check_server, get_sender, host_of
from rookery.actions.repeating import repeatable
from rookery.model.accounts import Account, ProfileField, username_key
from rookery.model.events import AccountChanged, AccountStandingChanged
from rookery.model.far_files import FarFileKind
from rookery.model.ids import AccountId, now_us
from rookery.model.incoming import IncomingAccount, IncomingRefused, NotTheirs, check_uri
from rookery.storage import accounts, far_accounts, hosts
from rookery.storage.database import StorageConflict, Transaction
from rookery.storage.far_accounts import FarAccount, ToldCounts
from rookery.storage.far_emoji import put_far_emoji
from rookery.storage.far_files import put_profile_file
from rookery.storage.moves import list_told_aliases


@repeatable
async def receive_account(
    app: App, incoming: IncomingAccount, *, by_uri: str, is_handle_proved: bool = False
) -> Account:
    """Store a far account or what changed in it; return it as it is now.

    by_uri: the account that speaks, or whose own document was fetched. is_handle_proved: its domain says that the
    handle is this account's, so that whoever had it before loses it.
    Raises NotTheirs, ServerRefused, IncomingRefused for a taken handle and for a deleted account.
    """
    check_identity(app, incoming, by_uri)
    now = now_us()
    async with app.db.transaction() as tx:
        standing = await check_server(tx, incoming.domain, incoming.uri)
        account_id, handle = await claim_row(app, tx, incoming, is_handle_proved, now)
        await accounts.lock_accounts(tx, account_id)
        before = await accounts.get_account(tx, account_id)
        await store_profile(tx, incoming, replace(before, username=handle[0], domain=handle[1]))
        await store_far_part(app, tx, incoming, account_id, standing, now)
        after = await accounts.get_account(tx, account_id)
        await record_event(app, tx, AccountChanged(after.id))
        if bool(before.suspended_at_us) != bool(after.suspended_at_us):
            await record_event(app, tx, AccountStandingChanged(after.id, after.suspended_at_us is not None))
    return after


@repeatable
async def receive_counts(app: App, counts: ToldCounts, *, by_uri: str) -> None:
    """Store how many posts, followers and followed a far account has, as its server counts them.

    Raises what get_sender raises.
    """
    async with app.db.transaction() as tx:
        account, _ = await get_sender(app, tx, by_uri)
        await far_accounts.set_counts(tx, account.id, counts)
        await record_event(app, tx, AccountChanged(account.id))


def check_identity(app: App, incoming: IncomingAccount, by_uri: str) -> None:
    """Raises NotTheirs for somebody else's account or one of ours, IncomingRefused for one without a handle."""
    check_uri(incoming.uri)
    if incoming.uri != by_uri or is_ours(app, incoming.uri):
        raise NotTheirs(incoming.uri)
    if not incoming.username or not incoming.domain or incoming.domain != incoming.domain.casefold():
        raise IncomingRefused("an account of another server has a name and a domain")
    if incoming.domain == app.settings.server.domain.casefold():
        raise NotTheirs(incoming.uri)


async def claim_row(
    app: App, tx: Transaction, incoming: IncomingAccount, is_handle_proved: bool, now: int
) -> tuple[AccountId, tuple[str, str]]:
    """Return the row of an account, a new one for a new one, and the handle that it shall have."""
    wanted = (incoming.username, incoming.domain)
    known = await accounts.find_account_by_uri(tx, incoming.uri)
    holder = await accounts.find_account_by_name(tx, *wanted)
    if known and (holder is None or holder.id == known.id):
        is_same = (username_key(known.username), known.domain) == (username_key(incoming.username), incoming.domain)
        return known.id, wanted if is_same or is_handle_proved else (known.username, known.domain)
    if holder and is_handle_proved:
        await far_accounts.free_name(tx, holder.id)
        await record_event(app, tx, AccountChanged(holder.id))
    elif known:
        return known.id, (known.username, known.domain)
    elif holder:
        raise IncomingRefused("this handle belongs to another account")
    if known:
        return known.id, wanted
    account_id = AccountId(app.ids.next_id())
    created_at = min(incoming.published_at_us or now, now)
    if not await accounts.insert_account(
        tx,
        account_id=account_id,
        username=incoming.username,
        created_at_us=created_at,
        domain=incoming.domain,
        uri=incoming.uri,
        url=incoming.url or incoming.uri,
    ):
        raise StorageConflict  # somebody else stored it a moment ago
    return account_id, wanted


async def store_profile(tx: Transaction, incoming: IncomingAccount, before: Account) -> None:
    """Write what everybody sees."""
    fields = tuple(ProfileField(field.name, field.value, field.facets) for field in incoming.fields)
    after = replace(
        before,
        display_name=incoming.display_name,
        bio=incoming.bio,
        bio_facets=incoming.bio_facets,
        fields=fields,
        avatar_alt=incoming.avatar.alt if incoming.avatar else "",
        header_alt=incoming.header.alt if incoming.header else "",
        is_locked=incoming.is_locked,
        is_bot=incoming.is_bot,
        is_group=incoming.is_group,
        is_discoverable=incoming.is_discoverable,
        is_indexable=incoming.is_indexable,
        hides_network=incoming.hides_network,
        url=incoming.url or incoming.uri,
    )
    counts = ToldCounts(incoming.post_count, incoming.follower_count, incoming.following_count)
    await far_accounts.update_account(tx, after, counts)


async def store_far_part(
    app: App, tx: Transaction, incoming: IncomingAccount, account_id: AccountId, standing: Standing, now: int
) -> None:
    """Write addresses, pictures as links, aliases and where it moved. Raises IncomingRefused for a deleted account."""
    before = await far_accounts.find_far_account(tx, account_id)
    if before and before.gone_at_us:
        raise IncomingRefused("this account was deleted by its own server")
    takes = standing.takes_media
    far = FarAccount(
        account_id=account_id,
        host=host_of(incoming.inbox_url) or host_of(incoming.uri),
        inbox_url=incoming.inbox_url,
        shared_inbox_url=incoming.shared_inbox_url,
        outbox_url=incoming.outbox_url,
        followers_uri=incoming.followers_uri,
        following_uri=incoming.following_uri,
        featured_uri=incoming.featured_uri,
        avatar_url=incoming.avatar.url if incoming.avatar and takes else "",
        header_url=incoming.header.url if incoming.header and takes else "",
        also_known_as=incoming.also_known_as,
        moved_to_uri=incoming.moved_to_uri,
        moved_at_us=before.moved_at_us if before else None,
        suspended_at_us=((before and before.suspended_at_us) or now) if incoming.is_suspended else None,
        gone_at_us=None,
        refreshed_at_us=now,
    )
    await far_accounts.put_far_account(tx, far)
    await hosts.ensure_host(tx, far.host, now)
    for kind, url in ((FarFileKind.AVATAR, far.avatar_url), (FarFileKind.HEADER, far.header_url)):
        if url != (getattr(before, f"{kind.value}_url") if before else ""):
            await put_profile_file(tx, account_id, incoming.domain, kind, url)
    for emoji in incoming.emoji if takes else ():
        await put_far_emoji(tx, incoming.domain, emoji)
    await far_accounts.set_moved(tx, account_id, await find_new_home(app, tx, far, incoming.uri))


async def find_new_home(app: App, tx: Transaction, far: FarAccount, uri: str) -> AccountId | None:
    """Return the account that this one names as its new one, when that one says so too."""
    if not far.moved_to_uri or far.moved_to_uri == uri:
        return None
    target = await find_account_named(app, tx, far.moved_to_uri)
    return target.id if target and uri in await list_told_aliases(tx, target) else None
