"""The newest id that this server ever gave, so that a later start goes on above it.

Owns: that question. Never: makes an id (model/ids.py).
"""

from __future__ import annotations

from rookery.storage.database import Reader

NEWEST_ID = """
    -- Over the tables whose rows people page through by id; each is one look at the end of its primary key.
    SELECT max(newest) FROM (
        SELECT max(id) AS newest FROM posts UNION ALL SELECT max(id) FROM notifications
        UNION ALL SELECT max(id) FROM accounts UNION ALL SELECT max(id) FROM media UNION ALL SELECT max(id) FROM jobs
        UNION ALL SELECT max(id) FROM arrivals
    ) AS newest_ids
"""


async def newest_id(reader: Reader) -> int:
    """Return the highest id, 0 on an empty server."""
    row = await reader.one(NEWEST_ID)
    return row[0] if row and row[0] else 0
