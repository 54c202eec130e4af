"""Relations between two accounts: follows, blocks, mutes, blocked domains, private notes.

Owns: those tables. Never: decides whether a follow needs consent (actions/follows.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_texts, encode
from rookery.storage.paging import PageQuery, list_rows

GET_FOLLOW = """
    SELECT follower_id, followed_id, id, state, shows_reposts, notifies, languages FROM follows
    WHERE follower_id = :follower AND followed_id = :followed
"""
PUT_FOLLOW = """
    INSERT INTO follows (follower_id, followed_id, id, state, shows_reposts, notifies, languages)
    VALUES (:follower, :followed, :id, :state, :shows_reposts, :notifies, :languages)
    ON CONFLICT (follower_id, followed_id) DO UPDATE SET state = excluded.state,
        shows_reposts = excluded.shows_reposts, notifies = excluded.notifies, languages = excluded.languages
"""
DELETE_FOLLOW = "DELETE FROM follows WHERE follower_id = :follower AND followed_id = :followed"
PUT_BLOCK = "INSERT INTO blocks (account_id, other_id, id) VALUES (:account, :other, :id) ON CONFLICT DO NOTHING"
DELETE_BLOCK = "DELETE FROM blocks WHERE account_id = :account AND other_id = :other RETURNING id"
LOCK_BLOCK = "SELECT id FROM blocks WHERE account_id = :account AND other_id = :other {for_update}"
LOCK_FOLLOW = "SELECT id FROM follows WHERE follower_id = :follower AND followed_id = :followed {for_update}"
PUT_MUTE = """
    INSERT INTO mutes (account_id, other_id, id, hides_notifications, expires_at)
    VALUES (:account, :other, :id, :hides_notifications, :expires_at)
    ON CONFLICT (account_id, other_id) DO UPDATE SET hides_notifications = excluded.hides_notifications,
        expires_at = excluded.expires_at
"""
DELETE_MUTE = "DELETE FROM mutes WHERE account_id = :account AND other_id = :other"
PUT_NOTE = """
    INSERT INTO account_notes (account_id, other_id, text) VALUES (:account, :other, :text)
    ON CONFLICT (account_id, other_id) DO UPDATE SET text = excluded.text
"""
PUT_DOMAIN = """
    INSERT INTO blocked_domains (account_id, domain, id) VALUES (:account, :domain, :id) ON CONFLICT DO NOTHING
"""
DELETE_DOMAIN = "DELETE FROM blocked_domains WHERE account_id = :account AND domain = :domain"
RELATIONS = """
    -- Everything between the viewer and some accounts, one row each.
    SELECT a.id, fo.state, fo.shows_reposts, fo.notifies, fo.languages, fi.state, bo.id, bi.id, mu.id,
        mu.hides_notifications, mu.expires_at, dm.id, no.text, en.id
    FROM accounts a
    LEFT JOIN follows fo ON fo.follower_id = :viewer AND fo.followed_id = a.id
    LEFT JOIN follows fi ON fi.follower_id = a.id AND fi.followed_id = :viewer
    LEFT JOIN blocks bo ON bo.account_id = :viewer AND bo.other_id = a.id
    LEFT JOIN blocks bi ON bi.account_id = a.id AND bi.other_id = :viewer
    LEFT JOIN mutes mu ON mu.account_id = :viewer AND mu.other_id = a.id
        AND (mu.expires_at IS NULL OR mu.expires_at > :now)
    LEFT JOIN blocked_domains dm ON dm.account_id = :viewer AND dm.domain = a.domain
    LEFT JOIN account_notes no ON no.account_id = :viewer AND no.other_id = a.id
    LEFT JOIN endorsements en ON en.account_id = :viewer AND en.other_id = a.id
    WHERE a.id IN (:ids...)
"""
FOLLOW_PAIRS = """
    SELECT follower_id, followed_id FROM follows WHERE follower_id = :account OR followed_id = :account LIMIT :limit
"""
COUNT_REQUESTS = "SELECT count(*) FROM follows WHERE followed_id = :account AND state = 'requested'"
FOLLOWERS = PageQuery("""
    -- Index: follows_followed (followed_id, state, id DESC)
    SELECT f.id, f.follower_id FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :account AND f.state = :state AND f.id < :before AND f.id > :after AND a.suspended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = f.follower_id AND b.other_id = :viewer)
    ORDER BY f.id {order} LIMIT :limit
""")
FOLLOWED = PageQuery("""
    -- Index: follows_follower (follower_id, state, id DESC)
    SELECT f.id, f.followed_id FROM follows f JOIN accounts a ON a.id = f.followed_id
    WHERE f.follower_id = :account AND f.state = :state AND f.id < :before AND f.id > :after AND a.suspended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = f.followed_id AND b.other_id = :viewer)
    ORDER BY f.id {order} LIMIT :limit
""")
BLOCKED = PageQuery("""
    SELECT id, other_id FROM blocks WHERE account_id = :account AND id < :before AND id > :after
    ORDER BY id {order} LIMIT :limit
""")
MUTED = PageQuery("""
    SELECT id, other_id FROM mutes WHERE account_id = :account AND id < :before AND id > :after
    AND (expires_at IS NULL OR expires_at > :now) ORDER BY id {order} LIMIT :limit
""")
FOLLOWS_OF_DOMAIN = """
    -- Index: follows_follower, follows_followed
    SELECT (SELECT count(*) FROM follows f JOIN accounts a ON a.id = f.followed_id
            WHERE f.follower_id = :account AND a.domain = :domain),
        (SELECT count(*) FROM follows f JOIN accounts a ON a.id = f.follower_id
            WHERE f.followed_id = :account AND a.domain = :domain)
"""
KEEPS_AWAY = """
    -- Index: primary keys of blocks and blocked_domains
    SELECT 1 WHERE EXISTS (SELECT 1 FROM blocks WHERE account_id = :account AND other_id = :other)
        OR EXISTS (SELECT 1 FROM blocked_domains WHERE account_id = :account AND domain IN (:domains...text))
"""
BLOCKED_DOMAINS = PageQuery("""
    SELECT id, domain FROM blocked_domains WHERE account_id = :account AND id < :before AND id > :after
    ORDER BY id {order} LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Follow:
    """One follow. state: requested or active. languages: only posts in these, () for all."""

    follower_id: int
    followed_id: int
    id: int
    state: str
    shows_reposts: bool = True
    notifies: bool = False
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """All that is between a viewer and one account. mute_expires_at_us: None for a mute without end."""

    account_id: int
    is_following: bool
    shows_reposts: bool
    notifies: bool
    languages: tuple[str, ...]
    is_requested: bool
    is_followed_by: bool
    is_requested_by: bool
    is_blocking: bool
    is_blocked_by: bool
    is_muting: bool
    mutes_notifications: bool
    mute_expires_at_us: int | None
    is_domain_blocking: bool
    note: str
    is_endorsed: bool = False


async def list_relations(reader: Reader, viewer: int, ids: Iterable[int], now_us: int) -> dict[int, Relation]:
    """Return the viewer's relations to the accounts that exist, by id."""
    rows = await reader.all(RELATIONS, viewer=viewer, ids=list(ids), now=now_us)
    return {
        row[0]: Relation(
            account_id=row[0],
            is_following=row[1] == "active",
            shows_reposts=row[1] == "active" and bool(row[2]),
            notifies=row[1] == "active" and bool(row[3]),
            languages=decode_texts(row[4]) if row[4] else (),
            is_requested=row[1] == "requested",
            is_followed_by=row[5] == "active",
            is_requested_by=row[5] == "requested",
            is_blocking=row[6] is not None,
            is_blocked_by=row[7] is not None,
            is_muting=row[8] is not None,
            mutes_notifications=bool(row[9]),
            mute_expires_at_us=row[10],
            is_domain_blocking=row[11] is not None,
            note=row[12] or "",
            is_endorsed=row[13] is not None,
        )
        for row in rows
    }


async def find_follow(reader: Reader, follower: int, followed: int) -> Follow | None:
    """Return a follow in any state, or None."""
    row = await reader.one(GET_FOLLOW, follower=follower, followed=followed)
    if row is None:
        return None
    return Follow(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), decode_texts(row[6]))


async def put_follow(tx: Transaction, follow: Follow) -> None:
    """Store a follow, or its new state and wishes."""
    await tx.run(
        PUT_FOLLOW,
        follower=follow.follower_id,
        followed=follow.followed_id,
        id=follow.id,
        state=follow.state,
        shows_reposts=int(follow.shows_reposts),
        notifies=int(follow.notifies),
        languages=encode(follow.languages),
    )


async def delete_follow(tx: Transaction, follower: int, followed: int) -> bool:
    """End a follow; False when there was none."""
    return await tx.run(DELETE_FOLLOW, follower=follower, followed=followed) == 1


async def put_block(tx: Transaction, account: int, other: int, block_id: int) -> bool:
    """Store a block; False when it was there already."""
    return await tx.run(PUT_BLOCK, account=account, other=other, id=block_id) == 1


async def delete_block(tx: Transaction, account: int, other: int) -> int:
    """End a block; return its id, 0 when there was none."""
    gone = await tx.all(DELETE_BLOCK, account=account, other=other)
    return int(gone[0][0]) if gone else 0


async def lock_block(tx: Transaction, account: int, other: int) -> int:
    """Hold a block until the transaction ends; return its id, 0 when there is none."""
    row = await tx.one(LOCK_BLOCK, account=account, other=other)
    return row[0] if row else 0


async def lock_follow(tx: Transaction, follower: int, followed: int) -> int:
    """Hold a follow in any state until the transaction ends; return its id, 0 when there is none."""
    row = await tx.one(LOCK_FOLLOW, follower=follower, followed=followed)
    return row[0] if row else 0


async def put_mute(
    tx: Transaction, account: int, other: int, mute_id: int, *, hides_notifications: bool, expires_at_us: int | None
) -> None:
    """Store a mute or change its wishes."""
    await tx.run(
        PUT_MUTE,
        account=account,
        other=other,
        id=mute_id,
        hides_notifications=int(hides_notifications),
        expires_at=expires_at_us,
    )


async def delete_mute(tx: Transaction, account: int, other: int) -> bool:
    """End a mute; False when there was none."""
    return await tx.run(DELETE_MUTE, account=account, other=other) == 1


async def put_account_note(tx: Transaction, account: int, other: int, text: str) -> None:
    """Store the viewer's private words on somebody."""
    await tx.run(PUT_NOTE, account=account, other=other, text=text)


async def put_blocked_domain(tx: Transaction, account: int, domain: str, block_id: int) -> bool:
    """Hide a whole server from one person; False when it was so already."""
    return await tx.run(PUT_DOMAIN, account=account, domain=domain, id=block_id) == 1


async def delete_blocked_domain(tx: Transaction, account: int, domain: str) -> bool:
    """Show a server again; False when it was not hidden."""
    return await tx.run(DELETE_DOMAIN, account=account, domain=domain) == 1


async def list_pairs(
    reader: Reader, query: PageQuery, account: int, window: Window, **params: int | str
) -> list[tuple[int, int]]:
    """Return (row id, other account) pairs of FOLLOWERS, FOLLOWED, BLOCKED or MUTED, newest first."""
    rows = await list_rows(reader, query, window, account=account, **params)
    return [(row[0], row[1]) for row in rows]


async def list_blocked_domains(reader: Reader, account: int, window: Window) -> list[tuple[int, str]]:
    """Return (row id, domain) pairs, newest first."""
    return [(row[0], row[1]) for row in await list_rows(reader, BLOCKED_DOMAINS, window, account=account)]


async def count_requests(reader: Reader, account: int) -> int:
    """How many people wait for this account's consent."""
    row = await reader.one(COUNT_REQUESTS, account=account)
    return row[0] if row else 0


async def list_follow_pairs(reader: Reader, account: int, limit: int) -> list[tuple[int, int]]:
    """Return (follower, followed) of follows in any state that an account is part of; for ending them."""
    return [(row[0], row[1]) for row in await reader.all(FOLLOW_PAIRS, account=account, limit=limit)]


async def count_follows_of_domain(reader: Reader, account: int, domain: str) -> tuple[int, int]:
    """Return how many people of a server an account follows, and how many follow it."""
    row = await reader.one(FOLLOWS_OF_DOMAIN, account=account, domain=domain)
    return (row[0], row[1]) if row else (0, 0)


async def keeps_away(reader: Reader, account: int, other: int, domains: Iterable[str]) -> bool:
    """True when an account blocks another one, 0 for one without row here, or one of these servers."""
    return await reader.one(KEEPS_AWAY, account=account, other=other, domains=list(domains)) is not None
