"""The log of those who look after the server, in SQL.

Owns: the table `audit_entries`. Never: changes or deletes an entry.
"""

from __future__ import annotations

from rookery.model.audit import AuditEntry
from rookery.storage.database import Reader, Transaction

INSERT_ENTRY = """
    INSERT INTO audit_entries (id, governor_id, governor, act, subject_id, subject, detail, happened_at)
    VALUES (:id, :governor_id, :governor, :act, :subject_id, :subject, :detail, :happened_at)
"""
LIST_ENTRIES = """
    -- Newest first. Index: the primary key.
    SELECT id, governor, act, subject, detail, happened_at FROM audit_entries
    WHERE id < :before ORDER BY id DESC LIMIT :limit
"""


async def insert_entry(
    tx: Transaction, entry: AuditEntry, *, governor_id: int | None = None, subject_id: int | None = None
) -> None:
    """Store an entry. governor_id, subject_id: the accounts, where there are any."""
    await tx.run(
        INSERT_ENTRY,
        id=entry.id,
        governor_id=governor_id,
        governor=entry.governor,
        act=entry.act,
        subject_id=subject_id,
        subject=entry.subject,
        detail=entry.detail,
        happened_at=entry.happened_at_us,
    )


async def list_entries(reader: Reader, *, before: int, limit: int) -> list[AuditEntry]:
    """Return a page of entries, newest first."""
    return [AuditEntry(*row) for row in await reader.all(LIST_ENTRIES, before=before, limit=limit)]
