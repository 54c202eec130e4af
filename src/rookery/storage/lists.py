"""Lists of people in SQL.

Owns: the tables `lists` and `list_members`. Every look-up names the owner, so that nobody reaches another's list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.ids import AccountId, ListId
from rookery.model.lists import ListReplies, PeopleList
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row

COLUMNS = "l.id, l.account_id, l.title, l.replies, l.is_exclusive"
LISTS_OF_OWNER = f"""
    -- Oldest first. Index: lists_account (account_id, id)
    SELECT {COLUMNS} FROM lists l WHERE l.account_id = :owner ORDER BY l.id
"""
FIND_LIST = f"SELECT {COLUMNS} FROM lists l WHERE l.id = :id AND l.account_id = :owner"
COUNT_LISTS = "SELECT count(*) FROM lists WHERE account_id = :owner"
LISTS_WITH = f"""
    -- The owner's lists that hold an account. Index: list_members_account (account_id)
    SELECT {COLUMNS} FROM list_members m JOIN lists l ON l.id = m.list_id
    WHERE m.account_id = :account AND l.account_id = :owner ORDER BY l.id
"""
INSERT_LIST = """
    INSERT INTO lists (id, account_id, title, replies, is_exclusive) VALUES (:id, :owner, :title, :replies, :exclusive)
"""
UPDATE_LIST = """
    UPDATE lists SET title = :title, replies = :replies, is_exclusive = :exclusive
    WHERE id = :id AND account_id = :owner
"""
DELETE_LIST = "DELETE FROM lists WHERE id = :id AND account_id = :owner"
MEMBERS = PageQuery("""
    -- Newest members first. Index: list_members (list_id, account_id)
    SELECT m.id, m.account_id FROM list_members m JOIN accounts a ON a.id = m.account_id
    WHERE m.list_id = :list AND m.id < :before AND m.id > :after AND a.suspended_at IS NULL
    ORDER BY m.id {order} LIMIT :limit
""")
ALL_MEMBERS = """
    -- Everybody in an owner's lists, in the order of joining. Index: lists_account, list_members
    SELECT m.id, l.id, l.title, m.account_id FROM lists l JOIN list_members m ON m.list_id = l.id
    WHERE l.account_id = :owner AND m.id > :after ORDER BY m.id LIMIT :limit
"""
MEMBERS_AMONG = "SELECT account_id FROM list_members WHERE list_id = :list AND account_id IN (:ids...)"
COUNT_MEMBERS = "SELECT count(*) FROM list_members WHERE list_id = :list"
INSERT_MEMBER = "INSERT INTO list_members (list_id, account_id, id) VALUES (:list, :account, :id)"
DELETE_MEMBERS = "DELETE FROM list_members WHERE list_id = :list AND account_id IN (:ids...)"
FOLLOWED_AMONG = """
    -- Whom of some accounts the owner follows or asked to. Index: follows (follower_id, followed_id)
    SELECT f.followed_id FROM follows f JOIN accounts a ON a.id = f.followed_id
    WHERE f.follower_id = :owner AND f.followed_id IN (:ids...) AND a.suspended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody in a list. id: of the membership."""

    id: int
    list_id: int
    title: str
    account_id: int


def list_from_row(row: Row) -> PeopleList:
    """Build a PeopleList from COLUMNS."""
    return PeopleList(ListId(row[0]), AccountId(row[1]), row[2], ListReplies(row[3]), bool(row[4]))


async def list_lists(reader: Reader, owner: int) -> list[PeopleList]:
    """Return all lists of an account, oldest first."""
    return [list_from_row(row) for row in await reader.all(LISTS_OF_OWNER, owner=owner)]


async def find_list(reader: Reader, owner: int, list_id: int) -> PeopleList | None:
    """Return one of the owner's lists, or None."""
    row = await reader.one(FIND_LIST, owner=owner, id=list_id)
    return list_from_row(row) if row else None


async def count_lists(reader: Reader, owner: int) -> int:
    """How many lists an account has."""
    row = await reader.one(COUNT_LISTS, owner=owner)
    return row[0] if row else 0


async def list_lists_with(reader: Reader, owner: int, account: int) -> list[PeopleList]:
    """Return the owner's lists that hold an account."""
    return [list_from_row(row) for row in await reader.all(LISTS_WITH, owner=owner, account=account)]


async def insert_list(tx: Transaction, made: PeopleList) -> None:
    """Store a new list."""
    await tx.run(INSERT_LIST, **params_of(made))


async def update_list(tx: Transaction, changed: PeopleList) -> None:
    """Store title and rules of a list as they stand."""
    await tx.run(UPDATE_LIST, **params_of(changed))


def params_of(written: PeopleList) -> dict[str, int | str]:
    """Parameters of INSERT_LIST and UPDATE_LIST."""
    return {
        "id": written.id,
        "owner": written.owner_id,
        "title": written.title,
        "replies": written.replies.value,
        "exclusive": int(written.is_exclusive),
    }


async def delete_list(tx: Transaction, owner: int, list_id: int) -> bool:
    """Delete a list with its members; False when the owner has none like it."""
    return await tx.run(DELETE_LIST, owner=owner, id=list_id) >= 1


async def list_members(reader: Reader, list_id: int, window: Window) -> list[tuple[int, int]]:
    """Return (row id, account id) of a list's members, newest first."""
    return [(row[0], row[1]) for row in await list_rows(reader, MEMBERS, window, list=list_id)]


async def list_all_members(reader: Reader, owner: int, after: int, limit: int) -> list[Membership]:
    """Return who is in any of the owner's lists, above a membership's id."""
    return [Membership(*row) for row in await reader.all(ALL_MEMBERS, owner=owner, after=after, limit=limit)]


async def count_members(reader: Reader, list_id: int) -> int:
    """How many accounts a list holds."""
    row = await reader.one(COUNT_MEMBERS, list=list_id)
    return row[0] if row else 0


async def list_members_among(reader: Reader, list_id: int, ids: Iterable[int]) -> set[int]:
    """Return those of the accounts that the list holds already."""
    return {row[0] for row in await reader.all(MEMBERS_AMONG, list=list_id, ids=list(ids))}


async def list_followed_among(reader: Reader, owner: int, ids: Iterable[int]) -> set[int]:
    """Return those of the accounts that the owner follows or has asked to follow."""
    return {row[0] for row in await reader.all(FOLLOWED_AMONG, owner=owner, ids=list(ids))}


async def insert_member(tx: Transaction, list_id: int, account: int, member_id: int) -> None:
    """Put an account into a list. Raises Duplicate when it is there."""
    await tx.run(INSERT_MEMBER, list=list_id, account=account, id=member_id)


async def delete_members(tx: Transaction, list_id: int, ids: Iterable[int]) -> int:
    """Take accounts out of a list; return how many were there."""
    return await tx.run(DELETE_MEMBERS, list=list_id, ids=list(ids))
