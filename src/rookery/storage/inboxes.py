"""Where people of other servers are reached, in SQL, and whether an event concerns any of them.

Owns: from people to the addresses that reach them, shared ones where there are; the questions that decide whether
anything is sent at all, each a few steps in an index. Never: decides who may read something (the caller names them).
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.ids import AccountId, PostId
from rookery.storage.database import Reader, Transaction

ADDRESS = "CASE WHEN fa.shared_inbox_url <> '' THEN fa.shared_inbox_url ELSE fa.inbox_url END"
OF_FOLLOWERS = f"""
    -- Where all far followers of an account are told. Index: far_follows_followed, follows primary key
    SELECT DISTINCT {ADDRESS} FROM far_follows ff
    JOIN follows f ON f.follower_id = ff.follower_id AND f.followed_id = ff.followed_id AND f.state = 'active'
    JOIN far_accounts fa ON fa.account_id = ff.follower_id JOIN accounts a ON a.id = ff.follower_id
    WHERE ff.followed_id = :account AND fa.inbox_url <> '' AND (:any_standing = 1 OR a.suspended_at IS NULL)
"""
OF_FOLLOWED = f"""
    -- Where the far people are told whom an account follows: their servers show it too. Index: follows_follower
    SELECT DISTINCT {ADDRESS} FROM follows f
    JOIN far_accounts fa ON fa.account_id = f.followed_id JOIN accounts a ON a.id = f.followed_id
    WHERE f.follower_id = :account AND f.state = 'active' AND fa.inbox_url <> ''
    AND (:any_standing = 1 OR a.suspended_at IS NULL)
"""
OF_PEOPLE = f"""
    -- Where these far people are told, but for those whom an account blocks. Index: far_accounts primary key
    SELECT DISTINCT {ADDRESS} FROM far_accounts fa JOIN accounts a ON a.id = fa.account_id
    WHERE fa.account_id IN (:ids...) AND fa.inbox_url <> '' AND (:any_standing = 1 OR a.suspended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = :by_id AND b.other_id = fa.account_id
        AND (:any_standing = 0 OR b.id < :post))
"""
EVERY = f"SELECT DISTINCT {ADDRESS} FROM far_accounts fa WHERE fa.inbox_url <> '' AND fa.gone_at IS NULL"
FORGET_SHARED = """
    -- Index: far_accounts_host
    UPDATE far_accounts SET shared_inbox_url = '' WHERE host = :host AND shared_inbox_url = :url
"""
FORGET_OWN = "UPDATE far_accounts SET inbox_url = '' WHERE host = :host AND inbox_url = :url"
# Each of these answers whether an event of this kind concerns anybody elsewhere.
IS_FAR = "SELECT 1 FROM far_accounts WHERE account_id IN (:ids...) LIMIT 1"
HAS_FAR_FOLLOWERS = "SELECT 1 FROM far_follows WHERE followed_id = :account LIMIT 1"
CONCERNS_FAR = """
    -- A post that somebody of ours writes or repeats: far followers, far people whom it names, a far original.
    SELECT 1 WHERE EXISTS (SELECT 1 FROM far_follows WHERE followed_id = :author)
        OR EXISTS (SELECT 1 FROM far_accounts WHERE account_id IN (:ids...))
        OR EXISTS (SELECT 1 FROM posts p JOIN far_accounts fa ON fa.account_id = p.author_id WHERE p.id = :repost_of)
"""
CHANGE_CONCERNS_FAR = """
    -- A post of ours that changes: as above, and far people who answered, liked, repeated or quoted it.
    SELECT 1 FROM posts p WHERE p.id = :post AND p.is_local = 1 AND (
        EXISTS (SELECT 1 FROM far_follows ff WHERE ff.followed_id = p.author_id)
        OR EXISTS (SELECT 1 FROM mentions m JOIN far_accounts fa ON fa.account_id = m.account_id WHERE m.post_id = p.id)
        OR EXISTS (SELECT 1 FROM far_accounts fa WHERE fa.account_id = p.reply_to_author_id)
        OR EXISTS (SELECT 1 FROM marks k JOIN far_accounts fa ON fa.account_id = k.account_id WHERE k.post_id = p.id)
        OR EXISTS (SELECT 1 FROM posts r JOIN far_accounts fa ON fa.account_id = r.author_id
            WHERE r.reply_to_id = p.id OR r.quote_of_id = p.id))
"""
PROFILE_CONCERNS_FAR = """
    SELECT 1 FROM accounts a WHERE a.id = :account AND a.domain = '' AND (
        EXISTS (SELECT 1 FROM far_follows ff WHERE ff.followed_id = a.id)
        OR EXISTS (SELECT 1 FROM follows f JOIN far_accounts fa ON fa.account_id = f.followed_id
            WHERE f.follower_id = a.id))
"""
FOLLOWED_FROM = """
    -- Who of ours is followed from a host. Index: far_accounts_host, follows_follower
    SELECT DISTINCT f.followed_id FROM far_accounts fa
    JOIN follows f ON f.follower_id = fa.account_id AND f.state = 'active'
    JOIN accounts a ON a.id = f.followed_id AND a.domain = '' AND a.suspended_at IS NULL
    WHERE fa.host = :host ORDER BY f.followed_id LIMIT :limit
"""
ASKED_AT = """
    -- Follows of ours that a host has not answered. Index: far_accounts_host, follows_followed
    SELECT f.follower_id, f.followed_id, f.id FROM far_accounts fa
    JOIN follows f ON f.followed_id = fa.account_id AND f.state = 'requested'
    WHERE fa.host = :host ORDER BY f.id LIMIT :limit
"""
MISSED = """
    -- The newest open posts of one of ours since a moment. Index: posts_author (author_id, id DESC)
    SELECT p.id, p.audience FROM posts p WHERE p.author_id = :author AND p.id > :after AND p.audience <= 1
    ORDER BY p.id DESC LIMIT :limit
"""
IS_OURS = "SELECT 1 FROM accounts WHERE id = :account AND domain = ''"
ANYBODY_FAR = "SELECT 1 FROM far_accounts LIMIT 1"
VOTE_CONCERNS_FAR = """
    -- A vote of ours in a far poll, or anybody's in one of ours that far people see.
    SELECT 1 FROM posts p JOIN accounts v ON v.id = :account WHERE p.id = :post
    AND ((p.is_local = 0 AND v.domain = '') OR (p.is_local = 1 AND (v.domain <> ''
        OR EXISTS (SELECT 1 FROM far_follows ff WHERE ff.followed_id = p.author_id))))
"""


async def list_of_followers(reader: Reader, account_id: int, *, any_standing: bool = False) -> list[str]:
    """Return the addresses that reach every far follower. any_standing: also where nothing but deletions is sent."""
    rows = await reader.all(OF_FOLLOWERS, account=account_id, any_standing=int(any_standing))
    return [row[0] for row in rows]


async def list_of_followed(reader: Reader, account_id: int, *, any_standing: bool = False) -> list[str]:
    """Return the addresses of the servers whose people an account follows."""
    rows = await reader.all(OF_FOLLOWED, account=account_id, any_standing=int(any_standing))
    return [row[0] for row in rows]


async def list_of_people(
    reader: Reader, ids: Iterable[int], *, by_id: int = 0, any_standing: bool = False, post_id: int = 0
) -> list[str]:
    """Return the addresses that reach those of the people who live elsewhere and whom by_id does not block.

    any_standing: blocked ones too, but for those who were blocked before the post of this id and never had it.
    """
    wanted = list(ids)
    if not wanted:
        return []
    rows = await reader.all(OF_PEOPLE, ids=wanted, by_id=by_id, any_standing=int(any_standing), post=post_id)
    return [row[0] for row in rows]


async def list_every(reader: Reader) -> list[str]:
    """Return every address that reaches anybody we know."""
    return [row[0] for row in await reader.all(EVERY)]


async def forget_shared(tx: Transaction, host: str, url: str) -> bool:
    """Reach the people of a server by their own inboxes: the shared one is gone. False when it was not known."""
    return await tx.run(FORGET_SHARED, host=host, url=url) > 0


async def forget_own(tx: Transaction, host: str, url: str) -> bool:
    """Send nothing more to an inbox that is gone, until its person's server names another one."""
    return await tx.run(FORGET_OWN, host=host, url=url) > 0


async def list_followed_from(reader: Reader, host: str, limit: int) -> list[AccountId]:
    """Return who of ours is followed from a host."""
    return [AccountId(row[0]) for row in await reader.all(FOLLOWED_FROM, host=host, limit=limit)]


async def list_asked_at(reader: Reader, host: str, limit: int) -> list[tuple[AccountId, AccountId, int]]:
    """Return (follower, followed, id) of follows of ours that a host has not answered."""
    rows = await reader.all(ASKED_AT, host=host, limit=limit)
    return [(AccountId(row[0]), AccountId(row[1]), row[2]) for row in rows]


async def list_missed(reader: Reader, author_id: int, after: int, limit: int) -> list[tuple[PostId, int]]:
    """Return (id, audience) of the newest open posts and reposts of one of ours after an id, in their order."""
    rows = await reader.all(MISSED, author=author_id, after=after, limit=limit)
    return [(PostId(row[0]), row[1]) for row in reversed(rows)]


async def is_anybody_far(reader: Reader, ids: Iterable[int]) -> bool:
    """True when one of the accounts lives elsewhere."""
    wanted = list(ids)
    return bool(wanted) and await reader.one(IS_FAR, ids=wanted) is not None


async def has_far_followers(reader: Reader, account_id: int) -> bool:
    """True when somebody elsewhere follows an account of ours."""
    return await reader.one(HAS_FAR_FOLLOWERS, account=account_id) is not None


async def concerns_far(reader: Reader, author_id: int, ids: Iterable[int], repost_of: int | None) -> bool:
    """True when a new or deleted post of ours concerns somebody elsewhere. ids: whom it names."""
    found = await reader.one(CONCERNS_FAR, author=author_id, ids=list(ids), repost_of=repost_of or 0)
    return found is not None


async def change_concerns_far(reader: Reader, post_id: int) -> bool:
    """True when a change of a post of ours concerns somebody elsewhere."""
    return await reader.one(CHANGE_CONCERNS_FAR, post=post_id) is not None


async def profile_concerns_far(reader: Reader, account_id: int) -> bool:
    """True when a profile is one of ours and somebody elsewhere shows it."""
    return await reader.one(PROFILE_CONCERNS_FAR, account=account_id) is not None


async def is_ours(reader: Reader, account_id: int) -> bool:
    """True for an account of ours."""
    return await reader.one(IS_OURS, account=account_id) is not None


async def knows_anybody_far(reader: Reader) -> bool:
    """True when this server knows any other."""
    return await reader.one(ANYBODY_FAR) is not None


async def vote_concerns_far(reader: Reader, post_id: int, voter_id: int) -> bool:
    """True when a vote is told elsewhere."""
    return await reader.one(VOTE_CONCERNS_FAR, post=post_id, account=voter_id) is not None
