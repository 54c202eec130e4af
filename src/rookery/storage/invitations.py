"""Invitations in SQL.

Owns: the table `invitations`. Never: decides who may invite.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction

COLUMNS = "code, created_by_id, max_uses, use_count, expires_at, created_at"
INSERT_INVITATION = f"""
    INSERT INTO invitations ({COLUMNS}) VALUES (:code, :created_by_id, :max_uses, 0, :expires_at, :created_at)
"""
FIND_INVITATION = f"SELECT {COLUMNS} FROM invitations WHERE code = :code"
LIST_INVITATIONS = f"SELECT {COLUMNS} FROM invitations WHERE created_by_id = :account_id ORDER BY created_at DESC"
LIST_EVERY_INVITATION = f"""
    -- Newest first, everybody's; few enough to sort.
    SELECT {COLUMNS} FROM invitations ORDER BY created_at DESC, code LIMIT :limit
"""
USE_INVITATION = """
    -- The last use of two at the same moment is given once.
    UPDATE invitations SET use_count = use_count + 1
    WHERE code = :code AND (max_uses IS NULL OR use_count < max_uses) AND (expires_at IS NULL OR expires_at > :now)
    RETURNING created_by_id
"""
DELETE_INVITATION = "DELETE FROM invitations WHERE code = :code AND created_by_id = :account_id"
DELETE_INVITATIONS = "DELETE FROM invitations WHERE created_by_id = :account_id"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code with which people may join. max_uses None: any number; expires_at_us None: never."""

    code: str
    created_by_id: AccountId
    max_uses: int | None
    use_count: int
    expires_at_us: int | None
    created_at_us: int

    def is_good(self, now_us: int) -> bool:
        """True while somebody may still join with it."""
        is_late = self.expires_at_us is not None and self.expires_at_us <= now_us
        return not is_late and (self.max_uses is None or self.use_count < self.max_uses)


async def insert_invitation(tx: Transaction, invitation: Invitation) -> None:
    """Store a new invitation."""
    await tx.run(
        INSERT_INVITATION,
        code=invitation.code,
        created_by_id=invitation.created_by_id,
        max_uses=invitation.max_uses,
        expires_at=invitation.expires_at_us,
        created_at=invitation.created_at_us,
    )


async def find_invitation(reader: Reader, code: str) -> Invitation | None:
    """Return the invitation of a code, used up or not, or None."""
    row = await reader.one(FIND_INVITATION, code=code)
    return Invitation(*row) if row else None


async def list_invitations(reader: Reader, account_id: int) -> list[Invitation]:
    """Return what a member has made, newest first."""
    return [Invitation(*row) for row in await reader.all(LIST_INVITATIONS, account_id=account_id)]


async def list_every_invitation(reader: Reader, limit: int) -> list[Invitation]:
    """Return what all members have made, newest first."""
    return [Invitation(*row) for row in await reader.all(LIST_EVERY_INVITATION, limit=limit)]


async def use_invitation(tx: Transaction, code: str, now_us: int) -> AccountId | None:
    """Count one use; return who invited, or None when the code is not good."""
    row = await tx.one(USE_INVITATION, code=code, now=now_us)
    return AccountId(row[0]) if row else None


async def delete_invitation(tx: Transaction, account_id: int, code: str) -> bool:
    """Take back one of a member's invitations; False when there is none."""
    return await tx.run(DELETE_INVITATION, account_id=account_id, code=code) == 1


async def delete_invitations(tx: Transaction, account_id: int) -> None:
    """Take back all of a member's invitations."""
    await tx.run(DELETE_INVITATIONS, account_id=account_id)
