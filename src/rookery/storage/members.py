"""Members in SQL: the private side of local accounts.

Owns: the table `members`. Never: hashes a password, decides who may sign up. `lock_member` comes first in every
transaction that gives or takes access, so that a sign-in and a revocation of the same member never pass each other.
"""

from __future__ import annotations

import msgspec

from rookery.model.accounts import username_key
from rookery.model.ids import AccountId
from rookery.model.members import Member, Preferences, Role, email_key
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.sql import Row

DECODE_PREFERENCES = msgspec.json.Decoder(Preferences).decode
COLUMNS = """
    m.account_id, m.email, m.password_hash, m.role, m.state, m.preferences, m.created_at, m.reason, m.confirmed_at,
    m.invited_by_id, a.suspended_at, m.needs_approval
"""
FIND_MEMBER = f"""
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.account_id = :account_id
"""
FIND_BY_EMAIL = f"""
    -- Index: members (email_key)
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.email_key = :email_key
"""
FIND_BY_NAME = f"""
    -- Index: accounts (username_key, domain)
    SELECT {COLUMNS} FROM accounts a JOIN members m ON m.account_id = a.id
    WHERE a.username_key = :name_key AND a.domain = ''
"""
LIST_MEMBERS = f"""
    -- Newest members first.
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id
    WHERE m.account_id < :before ORDER BY m.account_id DESC LIMIT :limit
"""
LIST_BY_STATE = f"""
    -- Newest members in a state first. Index: members_state (state, account_id)
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id
    WHERE m.state = :state AND m.account_id < :before ORDER BY m.account_id DESC LIMIT :limit
"""
SEARCH_MEMBERS = f"""
    -- Newest members whose name or address holds a text. A scan: an admin asks seldom, of one server's people.
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id
    WHERE m.account_id < :before AND (a.username_key LIKE :pattern ESCAPE '!' OR m.email_key LIKE :pattern ESCAPE '!'
        OR lower(a.display_name) LIKE :pattern ESCAPE '!')
    ORDER BY m.account_id DESC LIMIT :limit
"""
COUNT_BY_STATE = """
    -- Index: members_state (state, account_id)
    SELECT state, count(*) FROM members GROUP BY state
"""
LIST_BY_ID = f"""
    SELECT {COLUMNS} FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.account_id IN (:ids...)
"""
LOCK_MEMBER = "SELECT 1 FROM members WHERE account_id = :account_id {for_update}"
COUNT_MEMBERS = "SELECT count(*) FROM members WHERE state = 'active'"
COUNT_SEEN = "SELECT count(*) FROM members WHERE state = 'active' AND last_seen_at >= :since"
FIND_OWNER = "SELECT account_id FROM members WHERE role = 'owner' LIMIT 1"
INSERT_MEMBER = """
    INSERT INTO members (account_id, email, email_key, password_hash, role, state, preferences, reason, created_at,
        confirmed_at, invited_by_id, needs_approval)
    VALUES (:account_id, :email, :email_key, :password_hash, :role, :state, :preferences, :reason, :created_at,
        :confirmed_at, :invited_by_id, :needs_approval)
    ON CONFLICT DO NOTHING
"""
SET_HASH = "UPDATE members SET password_hash = :password_hash WHERE account_id = :account_id"
REPLACE_HASH = """
    -- Only while nobody changed it meanwhile.
    UPDATE members SET password_hash = :password_hash WHERE account_id = :account_id AND password_hash = :seen_hash
"""
SET_EMAIL = "UPDATE members SET email = :email, email_key = :email_key WHERE account_id = :account_id"
EMAIL_IS_TAKEN = "SELECT 1 FROM members WHERE email_key = :email_key AND account_id <> :account_id"
SET_STATE = """
    UPDATE members SET state = :state, confirmed_at = coalesce(confirmed_at, :confirmed_at)
    WHERE account_id = :account_id
"""
SET_ROLE = "UPDATE members SET role = :role WHERE account_id = :account_id"
SET_PREFERENCES = "UPDATE members SET preferences = :preferences WHERE account_id = :account_id"
TOUCH_MEMBERS = "UPDATE members SET last_seen_at = :now WHERE account_id IN (:ids...)"
DELETE_MEMBER = "DELETE FROM members WHERE account_id = :account_id"


def member_from_row(row: Row) -> Member:
    """Build a Member from COLUMNS."""
    return Member(
        account_id=AccountId(row[0]),
        email=row[1],
        password_hash=row[2],
        role=Role(row[3]),
        state=row[4],
        preferences=DECODE_PREFERENCES(row[5]),
        created_at_us=row[6],
        reason=row[7],
        confirmed_at_us=row[8],
        invited_by_id=row[9],
        suspended_at_us=row[10],
        needs_approval=bool(row[11]),
    )


async def find_member(reader: Reader, account_id: int) -> Member | None:
    """Return the member of an account, or None."""
    row = await reader.one(FIND_MEMBER, account_id=account_id)
    return member_from_row(row) if row else None


async def list_members_by_id(reader: Reader, ids: list[int]) -> dict[int, Member]:
    """Return the members among some accounts."""
    return {row[0]: member_from_row(row) for row in await reader.all(LIST_BY_ID, ids=ids)}


async def find_member_by_email(reader: Reader, email: str) -> Member | None:
    """Return the member whose address this is, however it is written, or None."""
    row = await reader.one(FIND_BY_EMAIL, email_key=email_key(email))
    return member_from_row(row) if row else None


async def find_member_by_name(reader: Reader, username: str) -> Member | None:
    """Return the member of a local name, or None."""
    row = await reader.one(FIND_BY_NAME, name_key=username_key(username))
    return member_from_row(row) if row else None


async def list_members(reader: Reader, *, before: int, limit: int, state: str | None = None) -> list[Member]:
    """Return a page of members, newest first, all of them or those in one state."""
    if state is None:
        rows = await reader.all(LIST_MEMBERS, before=before, limit=limit)
    else:
        rows = await reader.all(LIST_BY_STATE, state=state, before=before, limit=limit)
    return [member_from_row(row) for row in rows]


async def search_members(reader: Reader, asked: str, *, before: int, limit: int) -> list[Member]:
    """Return a page of the members whose name or address holds a text, newest first; everybody for an empty one."""
    key = asked.casefold().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = await reader.all(SEARCH_MEMBERS, pattern=f"%{key}%", before=before, limit=limit)
    return [member_from_row(row) for row in rows]


async def count_by_state(reader: Reader) -> dict[str, int]:
    """Return how many members are in each state that somebody is in."""
    return {row[0]: row[1] for row in await reader.all(COUNT_BY_STATE)}


async def count_members(reader: Reader, *, seen_since_us: int | None = None) -> int:
    """Return how many active members there are, or how many of them were here since a moment."""
    if seen_since_us is None:
        row = await reader.one(COUNT_MEMBERS)
    else:
        row = await reader.one(COUNT_SEEN, since=seen_since_us)
    return row[0] if row else 0


async def find_owner_id(reader: Reader) -> AccountId | None:
    """Return the owner's account, or None while nobody has claimed the server."""
    row = await reader.one(FIND_OWNER)
    return AccountId(row[0]) if row else None


async def lock_member(tx: Transaction, account_id: int) -> bool:
    """Hold the member's row until the transaction ends; False when there is none."""
    return await tx.one(LOCK_MEMBER, account_id=account_id) is not None


async def insert_member(tx: Transaction, member: Member) -> bool:
    """Store a new member; False when the address is taken."""
    inserted = await tx.run(
        INSERT_MEMBER,
        account_id=member.account_id,
        email=member.email,
        email_key=email_key(member.email),
        password_hash=member.password_hash,
        role=member.role.value,
        state=member.state,
        preferences=encode(member.preferences),
        reason=member.reason,
        created_at=member.created_at_us,
        confirmed_at=member.confirmed_at_us,
        invited_by_id=member.invited_by_id,
        needs_approval=int(member.needs_approval),
    )
    return inserted == 1


async def set_password(tx: Transaction, account_id: int, password_hash: str) -> None:
    """Store the hash of a new password."""
    await tx.run(SET_HASH, account_id=account_id, password_hash=password_hash)


async def replace_password(tx: Transaction, account_id: int, *, seen_hash: str, password_hash: str) -> bool:
    """Store a new hash in place of the one that was seen; False when it is not that one any more."""
    changed = await tx.run(REPLACE_HASH, account_id=account_id, seen_hash=seen_hash, password_hash=password_hash)
    return changed == 1


async def is_email_taken(reader: Reader, email: str, *, besides: int = 0) -> bool:
    """True when a member other than `besides` has this address."""
    return await reader.one(EMAIL_IS_TAKEN, email_key=email_key(email), account_id=besides) is not None


async def set_email(tx: Transaction, account_id: int, email: str) -> None:
    """Store a new address. Raises Duplicate when another member has it."""
    await tx.run(SET_EMAIL, account_id=account_id, email=email, email_key=email_key(email))


async def set_state(tx: Transaction, account_id: int, state: str, *, confirmed_at_us: int | None = None) -> None:
    """Store what next_state gave; the first moment of confirmation stays."""
    await tx.run(SET_STATE, account_id=account_id, state=state, confirmed_at=confirmed_at_us)


async def set_role(tx: Transaction, account_id: int, role: Role) -> None:
    """Store what the member may do here."""
    await tx.run(SET_ROLE, account_id=account_id, role=role.value)


async def set_preferences(tx: Transaction, account_id: int, preferences: Preferences) -> None:
    """Store all of a member's choices."""
    await tx.run(SET_PREFERENCES, account_id=account_id, preferences=encode(preferences))


async def touch_members(tx: Transaction, ids: list[int], now_us: int) -> None:
    """Note that these members are here."""
    await tx.run(TOUCH_MEMBERS, ids=ids, now=now_us)


async def delete_member(tx: Transaction, account_id: int) -> None:
    """Forget the private side of an account."""
    await tx.run(DELETE_MEMBER, account_id=account_id)
