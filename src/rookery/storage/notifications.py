"""Notifications in SQL: pages, groups, what a policy held back, and forgetting.

Owns: reading the table `notifications` and its owner's changes to it. storage/notification_rules.py writes the rows.
Every query that leads to a post carries VISIBLE (K5), since a post may have been hidden from the reader after it was
told of; rows of suspended accounts are not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rookery.model.ids import DOUBLE_GAP, MAX_ID, doubles_of
from rookery.model.notifications import (
    KINDS,
    Notification,
    NotificationGroup,
    NotificationNotFound,
    NotificationRequest,
    id_of_standalone,
    standalone_key,
)
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE

SAMPLE = 8
COLUMNS = "n.id, n.kind, n.from_id, n.post_id, n.group_key, n.created_at, n.report_id, n.collection_id"
FROM = "FROM notifications n JOIN accounts a ON a.id = n.from_id LEFT JOIN posts p ON p.id = n.post_id"
# Own posts are visible to their author; that saves the predicate on most rows.
# What staff is told of, nobody reads who has ceased to be staff.
FOR_DUTY = """
    (n.kind NOT IN ('report', 'sign_up')
        OR EXISTS (SELECT 1 FROM members nm WHERE nm.account_id = :viewer AND nm.role <> 'member'))
"""
# Whom a collection no longer holds is told nothing of it any more.
STILL_IN = """
    (n.collection_id IS NULL OR EXISTS (SELECT 1 FROM collection_items ni WHERE ni.collection_id = n.collection_id
        AND ni.account_id = :viewer AND ni.state = 'accepted'))
"""
SHOWN = f"""
    a.suspended_at IS NULL AND {FOR_DUTY} AND {STILL_IN}
    AND (n.post_id IS NULL OR p.author_id = :viewer OR (p.id IS NOT NULL AND {VISIBLE}))
"""
CHOSEN = """
    AND n.kind IN (:kinds...text) AND (n.from_id = :from_id OR :from_id = 0) AND (:held = 1 OR n.is_filtered = 0)
"""
PAGE = PageQuery(f"""
    -- Newest notifications of one account. Index: notifications_account (account_id, id DESC)
    SELECT {COLUMNS} {FROM} WHERE n.account_id = :viewer AND n.is_filtered = 0 AND n.id < :before AND n.id > :after
    AND {SHOWN} ORDER BY n.id {{order}} LIMIT :limit
""")
CHOSEN_PAGE = PageQuery(f"""
    -- The same, of some kinds, from one account, or with those held back.
    SELECT {COLUMNS} {FROM} WHERE n.account_id = :viewer AND n.id < :before AND n.id > :after {CHOSEN}
    AND {SHOWN} ORDER BY n.id {{order}} LIMIT :limit
""")
ONE = f"SELECT {COLUMNS} {FROM} WHERE n.id = :id AND n.account_id = :viewer AND {SHOWN}"


NEAR = """
    -- Index: notifications_account (account_id, id DESC)
    SELECT id FROM notifications WHERE account_id = :viewer AND id >= :low AND id <= :high ORDER BY id
"""


def group_page() -> PageQuery:
    """Build the page of groups: of each group only the row that the direction meets first."""
    query = PageQuery(f"""
        -- Index: notifications_account, and notifications_group (account_id, group_key, id DESC) for a nearer row
        SELECT {COLUMNS} {FROM} WHERE n.account_id = :viewer AND n.id < :before AND n.id > :after {CHOSEN}
        AND {SHOWN} AND NOT (n.kind IN (:grouped...text) AND EXISTS (SELECT 1 FROM notifications o
            JOIN accounts b ON b.id = o.from_id
            WHERE o.account_id = :viewer AND o.group_key = n.group_key AND b.suspended_at IS NULL
            AND (:held = 1 OR o.is_filtered = 0) AND (o.from_id = :from_id OR :from_id = 0) AND {{{{nearer}}}}))
        ORDER BY n.id {{order}} LIMIT :limit
    """)
    query.down = query.down.replace("{{nearer}}", "o.id > n.id AND o.id < :before")
    query.up = query.up.replace("{{nearer}}", "o.id < n.id AND o.id > :after")
    return query


GROUP_PAGE = group_page()
GROUP_MEMBERS = """
    -- A few rows of each group, newest first, with the group's totals. Index: notifications_group
    SELECT group_key, id, from_id, created_at, total, place, page_min, page_max FROM (
        SELECT n.group_key, n.id, n.from_id, n.created_at, count(*) OVER whole AS total,
            row_number() OVER (PARTITION BY n.group_key ORDER BY n.id DESC) AS place,
            min(CASE WHEN n.id >= :page_low AND n.id <= :page_high THEN n.id END) OVER whole AS page_min,
            max(CASE WHEN n.id >= :page_low AND n.id <= :page_high THEN n.id END) OVER whole AS page_max
        FROM notifications n JOIN accounts a ON a.id = n.from_id
        WHERE n.account_id = :viewer AND n.group_key IN (:keys...text) AND n.id < :before AND a.suspended_at IS NULL
        AND (n.from_id = :from_id OR :from_id = 0) AND (:held = 1 OR n.is_filtered = 0)
        WINDOW whole AS (PARTITION BY n.group_key)
    ) AS members WHERE place <= :sample ORDER BY group_key, place
"""
GROUP_SENDERS = PageQuery("""
    -- Who is behind a group, newest first. Index: notifications_group (account_id, group_key, id DESC)
    SELECT n.id, n.from_id FROM notifications n JOIN accounts a ON a.id = n.from_id
    WHERE n.account_id = :viewer AND (n.group_key = :key OR n.id = :alone) AND n.id < :before AND n.id > :after
    AND a.suspended_at IS NULL ORDER BY n.id {order} LIMIT :limit
""")
NEWEST_OF_GROUP = f"""
    SELECT {COLUMNS} {FROM} WHERE n.account_id = :viewer AND (n.group_key = :key OR n.id = :alone) AND {SHOWN}
    ORDER BY n.id DESC LIMIT 1
"""
UNREAD_COUNT = f"""
    -- Index: notifications_account (account_id, id DESC)
    SELECT count(*), count(DISTINCT CASE WHEN kind IN (:grouped...text) THEN group_key ELSE CAST(id AS text) END) FROM (
        SELECT n.id, n.kind, n.group_key {FROM} WHERE n.account_id = :viewer AND n.id > :after {CHOSEN} AND {SHOWN}
        ORDER BY n.id DESC LIMIT :limit
    ) AS unread
"""
LAST_READ = "SELECT last_read_id FROM markers WHERE account_id = :viewer AND timeline = 'notifications'"
REQUESTS = PageQuery("""
    -- What was held back, by account, the newest first. Index: notifications_held (account_id, from_id, id)
    SELECT from_id, newest, total, first_at, newest_at, post_id FROM (
        SELECT n.from_id, max(n.id) AS newest, count(*) AS total, min(n.created_at) AS first_at,
            max(n.created_at) AS newest_at, max(CASE WHEN n.kind = 'mention' THEN n.post_id END) AS post_id
        FROM notifications n JOIN accounts a ON a.id = n.from_id
        WHERE n.account_id = :viewer AND n.is_filtered = 1 AND a.suspended_at IS NULL
        AND (n.from_id = :from_id OR :from_id = 0) GROUP BY n.from_id
    ) AS held WHERE newest < :before AND newest > :after ORDER BY newest {order} LIMIT :limit
""")
COUNT_HELD = """
    SELECT count(DISTINCT n.from_id), count(*) FROM notifications n JOIN accounts a ON a.id = n.from_id
    WHERE n.account_id = :viewer AND n.is_filtered = 1 AND a.suspended_at IS NULL
"""
CLEAR = "DELETE FROM notifications WHERE account_id = :account_id AND is_filtered = 0"
DISMISS = "DELETE FROM notifications WHERE account_id = :account_id AND id = :id"
DISMISS_GROUP = "DELETE FROM notifications WHERE account_id = :account_id AND (group_key = :key OR id = :alone)"
RELEASE_HELD = """
    UPDATE notifications SET is_filtered = 0
    WHERE account_id = :account_id AND from_id IN (:senders...) AND is_filtered = 1
"""
DELETE_HELD = """
    DELETE FROM notifications WHERE account_id = :account_id AND from_id IN (:senders...) AND is_filtered = 1
"""


@dataclass(frozen=True, slots=True)
class NotificationChoice:
    """Which notifications: of which kinds, from one account or from all (0), with those held back or without."""

    kinds: tuple[str, ...] = KINDS
    from_id: int = 0
    with_held: bool = False

    @property
    def is_plain(self) -> bool:
        """True when everything that is usually shown is asked for."""
        return self == NotificationChoice()


EVERYTHING = NotificationChoice()


def notification_from_row(row: Row) -> Notification:
    """Build a Notification from COLUMNS."""
    return Notification(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7])


async def list_notification_rows(
    reader: Reader, viewer: int, window: Window, choice: NotificationChoice = EVERYTHING
) -> list[Row]:
    """Return COLUMNS of a page, newest first; rows as they come, for the hot path."""
    if choice.is_plain:
        return await list_rows(reader, PAGE, window, viewer=viewer)
    return await list_rows(reader, CHOSEN_PAGE, window, viewer=viewer, **params_of(choice))


def params_of(choice: NotificationChoice) -> dict[str, object]:
    """Parameters of CHOSEN."""
    return {"kinds": choice.kinds, "from_id": choice.from_id, "held": int(choice.with_held)}


async def get_notification(reader: Reader, viewer: int, notification_id: int) -> Notification:
    """Return one of the viewer's, held back or not. Raises NotificationNotFound."""
    row = await reader.one(ONE, id=notification_id, viewer=viewer)
    if row is None:
        meant = await find_meant(reader, viewer, notification_id)
        row = await reader.one(ONE, id=meant, viewer=viewer)
    if row is None:
        raise NotificationNotFound
    return notification_from_row(row)


async def find_meant(reader: Reader, viewer: int, asked: int) -> int:
    """Return the id that a browser wanted to name, 0 for none.

    Pushes name a notification with a number, as apps in Swift insist; script knows no integer of 64 bits and asks for
    its nearest double. Nothing else of the same person is that near: ids are a microsecond apart.
    """
    nearby = await reader.all(NEAR, viewer=viewer, low=asked - DOUBLE_GAP, high=min(asked + DOUBLE_GAP, MAX_ID))
    return next((row[0] for row in nearby if asked in doubles_of(row[0])), 0)


async def list_groups(
    reader: Reader, viewer: int, window: Window, grouped: tuple[str, ...], choice: NotificationChoice = EVERYTHING
) -> list[NotificationGroup]:
    """Return a page of groups, newest first. grouped: the kinds that may stand together."""
    rows = await list_rows(reader, GROUP_PAGE, window, viewer=viewer, grouped=grouped, **params_of(choice))
    if not rows:
        return []
    # A page that is not full is the last one, so it reaches down to the window's own bound.
    low = rows[-1][0] if len(rows) >= window.limit else window.floor + 1
    found = [notification_from_row(row) for row in rows]
    keys = [n.group_key for n in found if n.kind in grouped]
    members = await list_members_of_groups(reader, viewer, keys, choice, before=window.before, page=(low, rows[0][0]))
    return [group_of(n, members.get(n.group_key) if n.kind in grouped else None) for n in found]


async def list_members_of_groups(
    reader: Reader, viewer: int, keys: Sequence[str], choice: NotificationChoice, *, before: int, page: tuple[int, int]
) -> dict[str, list[Row]]:
    """Return up to SAMPLE rows of GROUP_MEMBERS by key, newest first."""
    members: dict[str, list[Row]] = {}
    if not keys:
        return members
    for row in await reader.all(
        GROUP_MEMBERS,
        viewer=viewer,
        keys=list(keys),
        before=before,
        page_low=page[0],
        page_high=page[1],
        sample=SAMPLE,
        from_id=choice.from_id,
        held=int(choice.with_held),
    ):
        members.setdefault(row[0], []).append(row)
    return members


def group_of(newest: Notification, members: list[Row] | None) -> NotificationGroup:
    """Build a group; without members it stands alone."""
    if not members:
        key = standalone_key(newest.id)
        return NotificationGroup(newest, key, 1, newest.id, newest.id, newest.created_at_us, (newest.from_id,))
    top = members[0]
    return NotificationGroup(
        newest,
        newest.group_key,
        top[4],
        top[6] or newest.id,
        top[7] or newest.id,
        max((row[3] for row in members if row[1] <= (top[7] or newest.id)), default=newest.created_at_us),
        tuple(dict.fromkeys(row[2] for row in members)),
    )


async def find_group(reader: Reader, viewer: int, key: str, before: int) -> NotificationGroup:
    """Return one whole group. Raises NotificationNotFound."""
    alone = id_of_standalone(key)
    row = await reader.one(NEWEST_OF_GROUP, viewer=viewer, key=key, alone=alone or 0)
    if row is None:
        raise NotificationNotFound
    newest = notification_from_row(row)
    if alone:
        return group_of(newest, None)
    choice = NotificationChoice(with_held=True)
    members = await list_members_of_groups(reader, viewer, [key], choice, before=before, page=(0, before))
    return group_of(newest, members.get(key))


async def list_senders_of_group(reader: Reader, viewer: int, key: str, window: Window) -> list[tuple[int, int]]:
    """Return (notification, account) of a group, newest first."""
    alone = id_of_standalone(key) or 0
    rows = await list_rows(reader, GROUP_SENDERS, window, viewer=viewer, key=key, alone=alone)
    return [(row[0], row[1]) for row in rows]


async def count_unread(
    reader: Reader, viewer: int, choice: NotificationChoice, grouped: tuple[str, ...], limit: int
) -> tuple[int, int]:
    """Return (rows, groups) above the viewer's marker, looking at `limit` rows at most."""
    marker = await reader.one(LAST_READ, viewer=viewer)
    after = marker[0] if marker else 0
    found = await reader.one(
        UNREAD_COUNT, viewer=viewer, after=after, grouped=grouped, limit=limit, **params_of(choice)
    )
    return (found[0], found[1]) if found else (0, 0)


async def list_requests(reader: Reader, viewer: int, window: Window, from_id: int = 0) -> list[NotificationRequest]:
    """Return what is held back, one entry per account, newest first; the window is over newest_id."""
    rows = await list_rows(reader, REQUESTS, window, viewer=viewer, from_id=from_id)
    return [NotificationRequest(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


async def count_held(reader: Reader, viewer: int) -> tuple[int, int]:
    """Return (accounts, notifications) that are held back."""
    row = await reader.one(COUNT_HELD, viewer=viewer)
    return (row[0], row[1]) if row else (0, 0)


async def delete_shown(tx: Transaction, account_id: int) -> None:
    """Forget everything that is shown; what is held back stays."""
    await tx.run(CLEAR, account_id=account_id)


async def delete_notification(tx: Transaction, account_id: int, notification_id: int) -> bool:
    """Forget one; False when there is none."""
    if await tx.run(DISMISS, account_id=account_id, id=notification_id) > 0:
        return True
    meant = await find_meant(tx, account_id, notification_id)
    return meant > 0 and await tx.run(DISMISS, account_id=account_id, id=meant) > 0


async def delete_group(tx: Transaction, account_id: int, key: str) -> bool:
    """Forget a group; False when there is none."""
    return await tx.run(DISMISS_GROUP, account_id=account_id, key=key, alone=id_of_standalone(key) or 0) > 0


async def release_held(tx: Transaction, account_id: int, senders: Sequence[int]) -> int:
    """Show what was held back from some accounts; return how many."""
    return await tx.run(RELEASE_HELD, account_id=account_id, senders=list(senders))


async def delete_held(tx: Transaction, account_id: int, senders: Sequence[int]) -> int:
    """Forget what was held back from some accounts; return how many."""
    return await tx.run(DELETE_HELD, account_id=account_id, senders=list(senders))
