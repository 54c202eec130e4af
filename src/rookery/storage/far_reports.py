"""Reports of other servers in SQL: which has come already.

Owns: the table `far_reports`, from a report's uri to ours. Two that come at once collide on the uri.
"""

from __future__ import annotations

from rookery.storage.database import Reader, Transaction

FIND = "SELECT report_id FROM far_reports WHERE uri = :uri"
CLAIM = "INSERT INTO far_reports (uri, report_id) VALUES (:uri, :report_id)"


async def find_report_by_uri(reader: Reader, uri: str) -> int | None:
    """Return the report that a uri became."""
    row = await reader.one(FIND, uri=uri)
    return row[0] if row else None


async def claim_report_uri(tx: Transaction, uri: str, report_id: int) -> None:
    """Remember it. Raises Duplicate when another one was first."""
    await tx.run(CLAIM, uri=uri, report_id=report_id)
