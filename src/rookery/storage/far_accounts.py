"""Accounts of other servers in SQL: what only they have.

Owns: the tables `far_accounts` (addresses, what their server says of them) and `far_follows` (what a far follower
called the follow), and how a row of `accounts` is rewritten by what its server tells. Never: decides who may tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.accounts import Account, username_key
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_texts, encode
from rookery.storage.measures import settle_account

COLUMNS = """
    account_id, host, inbox_url, shared_inbox_url, outbox_url, followers_uri, following_uri, featured_uri, avatar_url,
    header_url, also_known_as, moved_to_uri, moved_at, suspended_at, gone_at, refreshed_at
"""
BY_ID = f"SELECT {COLUMNS} FROM far_accounts WHERE account_id IN (:ids...)"
PUT = f"""
    INSERT INTO far_accounts ({COLUMNS}) VALUES (:account_id, :host, :inbox_url, :shared_inbox_url, :outbox_url,
        :followers_uri, :following_uri, :featured_uri, :avatar_url, :header_url, :also_known_as, :moved_to_uri,
        :moved_at, :suspended_at, :gone_at, :refreshed_at)
    ON CONFLICT (account_id) DO UPDATE SET host = excluded.host, inbox_url = excluded.inbox_url,
        shared_inbox_url = excluded.shared_inbox_url, outbox_url = excluded.outbox_url,
        followers_uri = excluded.followers_uri, following_uri = excluded.following_uri,
        featured_uri = excluded.featured_uri, avatar_url = excluded.avatar_url, header_url = excluded.header_url,
        also_known_as = excluded.also_known_as, moved_to_uri = excluded.moved_to_uri, moved_at = excluded.moved_at,
        suspended_at = excluded.suspended_at, gone_at = excluded.gone_at, refreshed_at = excluded.refreshed_at
"""
UPDATE_ACCOUNT = """
    UPDATE accounts SET username = :username, username_key = :name_key, domain = :domain,
        display_name = :display_name, bio = :bio, bio_facets = :bio_facets, fields = :fields,
        avatar_alt = :avatar_alt, header_alt = :header_alt, is_locked = :is_locked, is_bot = :is_bot,
        is_group = :is_group, is_discoverable = :is_discoverable, is_indexable = :is_indexable,
        hides_network = :hides_network, url = :url, post_count = coalesce(:post_count, post_count),
        follower_count = coalesce(:follower_count, follower_count),
        following_count = coalesce(:following_count, following_count), version = version + 1
    WHERE id = :id
"""
FREE_NAME = """
    -- The handle now names somebody else; who had it keeps everything but the name.
    UPDATE accounts SET username_key = username_key || '#' || CAST(id AS text), version = version + 1 WHERE id = :id
"""
SET_COUNTS = """
    UPDATE accounts SET post_count = coalesce(:posts, post_count),
        follower_count = coalesce(:followers, follower_count), following_count = coalesce(:following, following_count),
        version = version + 1
    WHERE id = :id
"""
SET_MOVED = "UPDATE accounts SET moved_to_id = :moved_to, version = version + 1 WHERE id = :id"
SET_MOVED_AT = "UPDATE far_accounts SET moved_at = :now WHERE account_id = :id"
SET_GONE = "UPDATE far_accounts SET gone_at = :now, suspended_at = coalesce(suspended_at, :now) WHERE account_id = :id"
STALE = """
    -- Of some accounts, those whose server was not asked since a moment. Index: primary key
    SELECT account_id FROM far_accounts WHERE account_id IN (:ids...) AND refreshed_at < :before AND gone_at IS NULL
"""
LOCAL_FOLLOWERS = """
    -- Who of ours follows an account, a few at a time. Index: follows_followed
    SELECT f.follower_id FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :account AND a.domain = '' AND f.follower_id > :after ORDER BY f.follower_id LIMIT :limit
"""
PUT_FOLLOW_URI = """
    INSERT INTO far_follows (follower_id, followed_id, uri) VALUES (:follower, :followed, :uri)
    ON CONFLICT (follower_id, followed_id) DO UPDATE SET uri = excluded.uri
"""
FOLLOW_URI = "SELECT uri FROM far_follows WHERE follower_id = :follower AND followed_id = :followed"
FOLLOWED_BY_URI = "SELECT followed_id FROM far_follows WHERE follower_id = :follower AND uri = :uri"
DELETE_FOLLOW_URI = "DELETE FROM far_follows WHERE follower_id = :follower AND followed_id = :followed"


@dataclass(frozen=True, slots=True)
class FarAccount:
    """What is known of a far account beside its profile. Addresses are '' when not told.

    host: of its inbox, see storage/hosts.py. moved_at_us: when it last took its followers elsewhere. suspended_at_us:
    since when its own server hides it; gone_at_us: when that said that it is deleted, for good.
    """

    account_id: int
    host: str
    inbox_url: str
    shared_inbox_url: str
    outbox_url: str
    followers_uri: str
    following_uri: str
    featured_uri: str
    avatar_url: str
    header_url: str
    also_known_as: tuple[str, ...]
    moved_to_uri: str
    moved_at_us: int | None
    suspended_at_us: int | None
    gone_at_us: int | None
    refreshed_at_us: int


@dataclass(frozen=True, slots=True)
class ToldCounts:
    """Counts as a server tells them; None keeps what was."""

    posts: int | None
    followers: int | None
    following: int | None


async def list_far_accounts(reader: Reader, ids: Iterable[int]) -> dict[int, FarAccount]:
    """Return what is known of those of the accounts that live elsewhere, by id."""
    rows = await reader.all(BY_ID, ids=list(ids))
    return {
        row[0]: FarAccount(*row[:10], decode_texts(row[10]), *row[11:])  # type: ignore[call-arg]  # as many as COLUMNS
        for row in rows
    }


async def find_far_account(reader: Reader, account_id: int) -> FarAccount | None:
    """Return it, None for one of ours."""
    return (await list_far_accounts(reader, [account_id])).get(account_id)


async def put_far_account(tx: Transaction, far: FarAccount) -> None:
    """Store what is known of a far account and let its own server's suspension count."""
    await tx.run(
        PUT,
        account_id=far.account_id,
        host=far.host,
        inbox_url=far.inbox_url,
        shared_inbox_url=far.shared_inbox_url,
        outbox_url=far.outbox_url,
        followers_uri=far.followers_uri,
        following_uri=far.following_uri,
        featured_uri=far.featured_uri,
        avatar_url=far.avatar_url,
        header_url=far.header_url,
        also_known_as=encode(far.also_known_as),
        moved_to_uri=far.moved_to_uri,
        moved_at=far.moved_at_us,
        suspended_at=far.suspended_at_us,
        gone_at=far.gone_at_us,
        refreshed_at=far.refreshed_at_us,
    )
    await settle_account(tx, far.account_id)


async def update_account(tx: Transaction, account: Account, counts: ToldCounts) -> None:
    """Store the profile as `account` has it, and the counts that were told."""
    await tx.run(
        UPDATE_ACCOUNT,
        id=account.id,
        username=account.username,
        name_key=username_key(account.username),
        domain=account.domain,
        display_name=account.display_name,
        bio=account.bio,
        bio_facets=encode(account.bio_facets),
        fields=encode(account.fields),
        avatar_alt=account.avatar_alt,
        header_alt=account.header_alt,
        is_locked=int(account.is_locked),
        is_bot=int(account.is_bot),
        is_group=int(account.is_group),
        is_discoverable=int(account.is_discoverable),
        is_indexable=int(account.is_indexable),
        hides_network=int(account.hides_network),
        url=account.url,
        post_count=counts.posts,
        follower_count=counts.followers,
        following_count=counts.following,
    )


async def set_counts(tx: Transaction, account_id: int, counts: ToldCounts) -> None:
    """Store the counts that were told."""
    await tx.run(SET_COUNTS, id=account_id, posts=counts.posts, followers=counts.followers, following=counts.following)


async def free_name(tx: Transaction, account_id: int) -> None:
    """Take the handle from an account."""
    await tx.run(FREE_NAME, id=account_id)


async def set_moved(tx: Transaction, account_id: int, moved_to_id: int | None) -> None:
    """Say where an account lives now; None: where it is."""
    await tx.run(SET_MOVED, id=account_id, moved_to=moved_to_id)


async def note_move(tx: Transaction, account_id: int, now_us: int) -> None:
    """Note when an account took its followers elsewhere."""
    await tx.run(SET_MOVED_AT, id=account_id, now=now_us)


async def mark_gone(tx: Transaction, account_id: int, now_us: int) -> None:
    """Note that its server deleted an account; it is hidden from now on."""
    await tx.run(SET_GONE, id=account_id, now=now_us)
    await settle_account(tx, account_id)


async def list_stale(reader: Reader, ids: Iterable[int], before_us: int) -> set[int]:
    """Return those of the far accounts that were not refreshed since a moment."""
    return {row[0] for row in await reader.all(STALE, ids=list(ids), before=before_us)}


async def list_local_followers(reader: Reader, account_id: int, after: int, limit: int) -> list[int]:
    """Return followers of ours, in any state of the follow, by rising id."""
    rows = await reader.all(LOCAL_FOLLOWERS, account=account_id, after=after, limit=limit)
    return [row[0] for row in rows]


async def put_follow_uri(tx: Transaction, follower: int, followed: int, uri: str) -> None:
    """Remember what a far follower called the follow, for the answer."""
    await tx.run(PUT_FOLLOW_URI, follower=follower, followed=followed, uri=uri)


async def find_follow_uri(reader: Reader, follower: int, followed: int) -> str:
    """Return what a far follower called the follow, '' when that is not known."""
    row = await reader.one(FOLLOW_URI, follower=follower, followed=followed)
    return row[0] if row else ""


async def find_followed_by_uri(reader: Reader, follower: int, uri: str) -> int | None:
    """Return whom a far account follows by the follow of this id. Reads all its follows of ours: they are few."""
    row = await reader.one(FOLLOWED_BY_URI, follower=follower, uri=uri)
    return row[0] if row else None


async def delete_follow_uri(tx: Transaction, follower: int, followed: int) -> None:
    """Forget it."""
    await tx.run(DELETE_FOLLOW_URI, follower=follower, followed=followed)
