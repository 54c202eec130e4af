"""Accounts in SQL.

Owns: the table `accounts`, its counts and versions. Never: decides who may change a profile.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.accounts import Account, AccountNotFound, username_key
from rookery.model.far_files import FarFileKind
from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_facets, decode_fields, decode_shown_parts, encode
from rookery.storage.far_files import NAME_FOR_ACCOUNT
from rookery.storage.measures import settle_account
from rookery.storage.sql import Row

COLUMNS = f"""
    id, username, domain, display_name, bio, bio_facets, fields, avatar_key, avatar_still_key, header_key,
    header_still_key, avatar_alt, header_alt, is_locked, is_bot, is_group, is_discoverable, is_indexable, hides_network,
    created_at, suspended_at, silenced_at, moved_to_id, uri, url, post_count, follower_count, following_count,
    last_post_at, version, (SELECT role FROM members WHERE account_id = accounts.id),
    (SELECT preferences FROM members WHERE account_id = accounts.id),
    CASE WHEN domain <> '' THEN {NAME_FOR_ACCOUNT[FarFileKind.AVATAR]} END,
    CASE WHEN domain <> '' THEN {NAME_FOR_ACCOUNT[FarFileKind.HEADER]} END
"""
ACCOUNTS_BY_ID = f"SELECT {COLUMNS} FROM accounts WHERE id IN (:ids...)"
ACCOUNT_BY_NAME = f"""
    -- Index: accounts (username_key, domain)
    SELECT {COLUMNS} FROM accounts WHERE username_key = :name_key AND domain = :domain
"""
IS_PRESENT = "SELECT 1 FROM accounts WHERE id = :id AND suspended_at IS NULL"
ACCOUNT_BY_URI = f"SELECT {COLUMNS} FROM accounts WHERE uri = :uri"
INSERT_ACCOUNT = """
    INSERT INTO accounts (id, username, username_key, domain, display_name, is_bot, created_at, uri, url)
    VALUES (:id, :username, :name_key, :domain, :display_name, :is_bot, :created_at, :uri, :url)
    ON CONFLICT DO NOTHING
"""
UPDATE_PROFILE = """
    UPDATE accounts SET display_name = :display_name, bio = :bio, bio_facets = :bio_facets, fields = :fields,
        avatar_key = :avatar_key, avatar_still_key = :avatar_still_key, header_key = :header_key,
        header_still_key = :header_still_key, avatar_alt = :avatar_alt, header_alt = :header_alt,
        is_locked = :is_locked, is_bot = :is_bot, is_discoverable = :is_discoverable, is_indexable = :is_indexable,
        hides_network = :hides_network, version = version + 1
    WHERE id = :id
"""
COUNT_POST = """
    UPDATE accounts SET post_count = post_count + :step,
        last_post_at = {greatest}(coalesce(last_post_at, 0), :posted_at), version = version + 1 WHERE id = :id
"""
COUNT_FOLLOWERS = """
    UPDATE accounts SET follower_count = {greatest}(follower_count + :followers, 0),
        following_count = {greatest}(following_count + :following, 0), version = version + 1 WHERE id = :id
"""
LOCK_ACCOUNTS = "SELECT id FROM accounts WHERE id IN (:ids...) ORDER BY id {for_update}"
DELETE_ACCOUNT = "DELETE FROM accounts WHERE id = :id"


def account_from_row(row: Row) -> Account:
    """Build an Account from COLUMNS."""
    return Account(  # type: ignore[call-arg]  # the stars hide how many values COLUMNS has
        *row[:5],
        decode_facets(row[5]),
        decode_fields(row[6]),
        *row[7:13],
        *(bool(flag) for flag in row[13:19]),
        *row[19:31],
        decode_shown_parts(row[31] or "{}"),
        row[32] or None,
        row[33] or None,
    )


async def list_accounts(reader: Reader, ids: Iterable[int]) -> dict[int, Account]:
    """Return the accounts of these ids that exist, by id; suspended ones too."""
    rows = await reader.all(ACCOUNTS_BY_ID, ids=list(ids))
    return {row[0]: account_from_row(row) for row in rows}


async def find_account(reader: Reader, account_id: int) -> Account | None:
    """Return one account or None."""
    return (await list_accounts(reader, [account_id])).get(account_id)


async def lock_accounts(tx: Transaction, *ids: int) -> None:
    """Let nobody else change what is between these accounts until the transaction ends; always in order of id."""
    await tx.all(LOCK_ACCOUNTS, ids=sorted(ids))


async def get_account(reader: Reader, account_id: int) -> Account:
    """Return one account. Raises AccountNotFound."""
    account = await find_account(reader, account_id)
    if account is None:
        raise AccountNotFound
    return account


async def find_account_by_name(reader: Reader, name: str, domain: str = "") -> Account | None:
    """Return the account of a name, ours when domain is ''."""
    row = await reader.one(ACCOUNT_BY_NAME, name_key=username_key(name), domain=domain)
    return account_from_row(row) if row else None


async def find_account_by_uri(reader: Reader, uri: str) -> Account | None:
    """Return the far account that this URI names, or None."""
    row = await reader.one(ACCOUNT_BY_URI, uri=uri)
    return account_from_row(row) if row else None


async def insert_account(
    tx: Transaction,
    *,
    account_id: int,
    username: str,
    created_at_us: int,
    domain: str = "",
    display_name: str = "",
    is_bot: bool = False,
    uri: str | None = None,
    url: str | None = None,
) -> bool:
    """Store a new account; False when the name or URI is taken."""
    inserted = await tx.run(
        INSERT_ACCOUNT,
        id=account_id,
        username=username,
        name_key=username_key(username),
        domain=domain,
        display_name=display_name,
        is_bot=int(is_bot),
        created_at=created_at_us,
        uri=uri,
        url=url,
    )
    if inserted == 1 and domain:
        await settle_account(tx, account_id)  # its server may be blocked
    return inserted == 1


async def update_profile(tx: Transaction, account: Account) -> None:
    """Store every value of the profile as it stands in `account`."""
    await tx.run(
        UPDATE_PROFILE,
        id=account.id,
        display_name=account.display_name,
        bio=account.bio,
        bio_facets=encode(account.bio_facets),
        fields=encode(account.fields),
        avatar_key=account.avatar_key,
        avatar_still_key=account.avatar_still_key,
        header_key=account.header_key,
        header_still_key=account.header_still_key,
        avatar_alt=account.avatar_alt,
        header_alt=account.header_alt,
        is_locked=int(account.is_locked),
        is_bot=int(account.is_bot),
        is_discoverable=int(account.is_discoverable),
        is_indexable=int(account.is_indexable),
        hides_network=int(account.hides_network),
    )


async def count_post(tx: Transaction, author_id: AccountId, *, step: int, posted_at_us: int = 0) -> None:
    """Add to the number of posts, and note when the last one was."""
    await tx.run(COUNT_POST, id=author_id, step=step, posted_at=posted_at_us)


async def count_followers(tx: Transaction, account_id: int, *, followers: int = 0, following: int = 0) -> None:
    """Add to the counts of followers and followed."""
    await tx.run(COUNT_FOLLOWERS, id=account_id, followers=followers, following=following)


async def delete_account(tx: Transaction, account_id: int) -> None:
    """Delete an account with everything that hangs on it; its name is free again."""
    await tx.run(DELETE_ACCOUNT, id=account_id)


async def is_present(reader: Reader, account_id: int) -> bool:
    """True when the account exists and is not suspended."""
    return await reader.one(IS_PRESENT, id=account_id) is not None
