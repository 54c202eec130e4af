"""Finding people: suggestions, the directory, who is known to friends. Search by name is storage/search.py.

Owns: those queries, and the tables `endorsements` and `dismissed_suggestions`. They read many accounts: use the
long reader.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows

NOT_APART = """
    NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = a.id AND b.other_id = :viewer)
    AND NOT EXISTS (SELECT 1 FROM blocks c WHERE c.account_id = :viewer AND c.other_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM blocked_domains d WHERE d.account_id = :viewer AND d.domain = a.domain)
"""
SUGGESTED = f"""
    -- Local people with most followers whom the viewer neither follows nor has turned down. Reads all members.
    SELECT a.id FROM members m JOIN accounts a ON a.id = m.account_id
    WHERE m.state = 'active' AND a.is_discoverable = 1 AND a.is_locked = 0 AND a.suspended_at IS NULL
    AND a.silenced_at IS NULL AND a.moved_to_id IS NULL AND a.id <> :viewer AND {NOT_APART}
    AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = :viewer AND f.followed_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.account_id = :viewer AND u.other_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM dismissed_suggestions s WHERE s.account_id = :viewer AND s.other_id = a.id)
    ORDER BY a.follower_count DESC, a.id LIMIT :limit OFFSET :offset
"""
DISMISS = "INSERT INTO dismissed_suggestions (account_id, other_id) VALUES (:account, :other) ON CONFLICT DO NOTHING"
DIRECTORY_ORDERS = {"active": "coalesce(a.last_post_at, 0) DESC, a.id DESC", "new": "a.id DESC"}
DIRECTORY = {
    order: f"""
    -- People who want to be found; of ours only those whose sign-up is complete. Reads all accounts.
    SELECT a.id FROM accounts a LEFT JOIN members m ON m.account_id = a.id
    WHERE (a.domain <> '' OR m.state = 'active') AND a.is_discoverable = 1
    AND a.suspended_at IS NULL AND a.silenced_at IS NULL AND a.moved_to_id IS NULL
    AND (:only_local = 0 OR a.domain = '') AND {NOT_APART}
    AND NOT EXISTS (SELECT 1 FROM mutes u WHERE u.account_id = :viewer AND u.other_id = a.id
        AND (u.expires_at IS NULL OR u.expires_at > :now)) ORDER BY {words} LIMIT :limit OFFSET :offset
    """
    for order, words in DIRECTORY_ORDERS.items()
}
FAMILIAR = """
    -- Whom the viewer follows among the followers of some accounts. Index: follows_followed, follows (primary key)
    SELECT f.followed_id, f.follower_id FROM follows f
    JOIN follows mine ON mine.follower_id = :viewer AND mine.followed_id = f.follower_id AND mine.state = 'active'
    JOIN accounts a ON a.id = f.follower_id AND a.suspended_at IS NULL AND a.hides_network = 0
    JOIN accounts t ON t.id = f.followed_id AND t.hides_network = 0
    WHERE f.followed_id IN (:ids...) AND f.state = 'active' ORDER BY f.id DESC LIMIT 1000
"""
ENDORSE = "INSERT INTO endorsements (account_id, other_id, id) VALUES (:account, :other, :id) ON CONFLICT DO NOTHING"
UNENDORSE = "DELETE FROM endorsements WHERE account_id = :account AND other_id = :other"
ENDORSED = PageQuery("""
    -- Newest first. Index: endorsements (account_id, other_id)
    SELECT e.id, e.other_id FROM endorsements e JOIN accounts a ON a.id = e.other_id
    WHERE e.account_id = :account AND e.id < :before AND e.id > :after AND a.suspended_at IS NULL
    ORDER BY e.id {order} LIMIT :limit
""")


async def list_suggested(reader: Reader, viewer: int, *, limit: int, offset: int) -> list[int]:
    """Return ids of accounts that the viewer may like to follow."""
    return [row[0] for row in await reader.all(SUGGESTED, viewer=viewer, limit=limit, offset=offset)]


async def dismiss_suggestion(tx: Transaction, account: int, other: int) -> None:
    """Never suggest an account to this one again."""
    await tx.run(DISMISS, account=account, other=other)


async def list_directory(
    reader: Reader, viewer: int, *, order: str, only_local: bool, limit: int, offset: int, now_us: int
) -> list[int]:
    """Return ids of accounts that want to be found and that the viewer does not keep away. order: active or new."""
    rows = await reader.all(
        DIRECTORY[order], viewer=viewer, only_local=int(only_local), limit=limit, offset=offset, now=now_us
    )
    return [row[0] for row in rows]


async def list_familiar(reader: Reader, viewer: int, ids: Iterable[int]) -> dict[int, list[int]]:
    """Return, for each of some accounts, those of its followers whom the viewer follows."""
    found: dict[int, list[int]] = {}
    for row in await reader.all(FAMILIAR, viewer=viewer, ids=list(ids)):
        found.setdefault(row[0], []).append(row[1])
    return found


async def put_endorsement(tx: Transaction, account: int, other: int, row_id: int) -> bool:
    """Store that an account recommends another on its profile; False when it does already."""
    return await tx.run(ENDORSE, account=account, other=other, id=row_id) == 1


async def delete_endorsement(tx: Transaction, account: int, other: int) -> bool:
    """End it; False when there was none."""
    return await tx.run(UNENDORSE, account=account, other=other) == 1


async def list_endorsed(reader: Reader, account: int, window: Window) -> list[tuple[int, int]]:
    """Return (row id, account id) of whom an account recommends, newest first."""
    return [(row[0], row[1]) for row in await list_rows(reader, ENDORSED, window, account=account)]
