"""Announcements in SQL, who has dismissed them, and reactions.

Owns: the tables `announcements`, `announcement_dismissals`, `announcement_reactions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rookery.model.announcements import Announcement, Reaction
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_facets, encode
from rookery.storage.sql import Row

COLUMNS = "n.id, n.text, n.facets, n.starts_at, n.ends_at, n.is_all_day, n.published_at, n.publish_at, n.updated_at"
# A day that is named as the end is still one of it.
CURRENT = """
    n.published_at <= :now
    AND (n.ends_at IS NULL OR n.ends_at + CASE WHEN n.is_all_day = 1 THEN 86400000000 ELSE 0 END > :now)
"""
LIST_CURRENT = f"""
    -- What is to be read now, the earliest first, with whether the viewer dismissed it. Reads all; there are few.
    SELECT {COLUMNS}, EXISTS (SELECT 1 FROM announcement_dismissals d
        WHERE d.account_id = :viewer AND d.announcement_id = n.id) FROM announcements n
    WHERE {CURRENT} ORDER BY coalesce(n.starts_at, n.published_at), n.id
"""
FIND_ANY = f"SELECT {COLUMNS} FROM announcements n WHERE n.id = :id"
LIST_DUE = """
    -- What shall be published by now. Reads all; there are few.
    SELECT id FROM announcements WHERE published_at IS NULL AND publish_at <= :now ORDER BY publish_at
"""
LIST_ALL = f"SELECT {COLUMNS} FROM announcements n ORDER BY n.id DESC LIMIT 500"
FIND_ANNOUNCEMENT = f"SELECT {COLUMNS} FROM announcements n WHERE n.id = :id AND {CURRENT}"
LOCK_ANNOUNCEMENT = "SELECT id FROM announcements WHERE id = :id {for_update}"
INSERT_ANNOUNCEMENT = """
    INSERT INTO announcements (id, text, facets, starts_at, ends_at, is_all_day, published_at, publish_at,
        updated_at)
    VALUES (:id, :text, :facets, :starts_at, :ends_at, :is_all_day, :published_at, :publish_at, :updated_at)
"""
UPDATE_ANNOUNCEMENT = """
    UPDATE announcements SET text = :text, facets = :facets, starts_at = :starts_at, ends_at = :ends_at,
        is_all_day = :is_all_day, published_at = :published_at, publish_at = :publish_at, updated_at = :updated_at
    WHERE id = :id
"""
DELETE_ANNOUNCEMENT = "DELETE FROM announcements WHERE id = :id"
DISMISS = """
    INSERT INTO announcement_dismissals (account_id, announcement_id) VALUES (:account_id, :id) ON CONFLICT DO NOTHING
"""
REACTIONS = """
    -- By name, the one that came first first. Index: primary key
    SELECT announcement_id, name, count(*), max(CASE WHEN account_id = :viewer THEN 1 ELSE 0 END)
    FROM announcement_reactions WHERE announcement_id IN (:ids...)
    GROUP BY announcement_id, name ORDER BY announcement_id, min(id)
"""
INSERT_REACTION = """
    INSERT INTO announcement_reactions (announcement_id, name, account_id, id) VALUES (:id, :name, :account_id, :row_id)
    ON CONFLICT DO NOTHING
"""
DELETE_REACTION = """
    DELETE FROM announcement_reactions WHERE announcement_id = :id AND name = :name AND account_id = :account_id
"""


def announcement_from_row(row: Row) -> Announcement:
    """Build an Announcement from COLUMNS."""
    return Announcement(row[0], row[1], decode_facets(row[2]), row[3], row[4], bool(row[5]), row[6], row[7], row[8])


async def list_current(reader: Reader, viewer: int, now_us: int) -> list[tuple[Announcement, bool]]:
    """Return what is to be read now, each with whether the viewer dismissed it."""
    rows = await reader.all(LIST_CURRENT, viewer=viewer, now=now_us)
    return [(announcement_from_row(row), bool(row[9])) for row in rows]


async def list_announcements(reader: Reader) -> list[Announcement]:
    """Return the newest 500, drafts and past ones too, the newest first."""
    return [announcement_from_row(row) for row in await reader.all(LIST_ALL)]


async def find_announcement(reader: Reader, announcement_id: int, now_us: int) -> Announcement | None:
    """Return one that is to be read now, or None."""
    row = await reader.one(FIND_ANNOUNCEMENT, id=announcement_id, now=now_us)
    return announcement_from_row(row) if row else None


async def find_any(reader: Reader, announcement_id: int) -> Announcement | None:
    """Return one, whether or not anybody may read it now; None when it is gone."""
    row = await reader.one(FIND_ANY, id=announcement_id)
    return announcement_from_row(row) if row else None


async def list_due(reader: Reader, now_us: int) -> list[int]:
    """Return ids of what shall be published by now."""
    return [row[0] for row in await reader.all(LIST_DUE, now=now_us)]


async def lock_announcement(tx: Transaction, announcement_id: int) -> bool:
    """Let nobody else react until the transaction ends; False when it is gone."""
    return await tx.one(LOCK_ANNOUNCEMENT, id=announcement_id) is not None


async def insert_announcement(tx: Transaction, announcement: Announcement) -> None:
    """Store a new announcement."""
    await tx.run(INSERT_ANNOUNCEMENT, **values_of(announcement))


async def update_announcement(tx: Transaction, announcement: Announcement) -> None:
    """Store other words, times or whether it is read."""
    await tx.run(UPDATE_ANNOUNCEMENT, **values_of(announcement))


def values_of(announcement: Announcement) -> dict[str, Any]:
    """Parameters of a whole row."""
    return {
        "id": announcement.id,
        "text": announcement.text,
        "facets": encode(announcement.facets),
        "starts_at": announcement.starts_at_us,
        "ends_at": announcement.ends_at_us,
        "is_all_day": int(announcement.is_all_day),
        "published_at": announcement.published_at_us,
        "publish_at": announcement.publish_at_us,
        "updated_at": announcement.updated_at_us,
    }


async def delete_announcement(tx: Transaction, announcement_id: int) -> bool:
    """Take one back, with its reactions; False when there is none."""
    return await tx.run(DELETE_ANNOUNCEMENT, id=announcement_id) > 0


async def dismiss_announcement(tx: Transaction, account_id: int, announcement_id: int) -> None:
    """Note that somebody has read one; harmless the second time."""
    await tx.run(DISMISS, account_id=account_id, id=announcement_id)


async def list_reactions(reader: Reader, ids: Iterable[int], viewer: int) -> list[Reaction]:
    """Return the reactions to some announcements, each name once, the one that came first first."""
    rows = await reader.all(REACTIONS, ids=list(ids), viewer=viewer)
    return [Reaction(row[0], row[1], row[2], bool(row[3])) for row in rows]


async def insert_reaction(tx: Transaction, row_id: int, account_id: int, announcement_id: int, name: str) -> bool:
    """Store a reaction; False when it is there already."""
    changed = await tx.run(INSERT_REACTION, id=announcement_id, name=name, account_id=account_id, row_id=row_id)
    return changed == 1


async def delete_reaction(tx: Transaction, account_id: int, announcement_id: int, name: str) -> bool:
    """Take a reaction back; False when there is none."""
    return await tx.run(DELETE_REACTION, id=announcement_id, name=name, account_id=account_id) == 1
