"""Which rows know a blob: so that what nobody knows can be deleted, and nothing else.

Owns: the list of columns that hold keys. A new column with a key belongs into REFERENCES; a test compares it with the
schema.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.storage.database import Reader

# table -> its columns that hold keys of blobs.
REFERENCES = {
    "media": ("blob_key", "preview_key"),
    "media_work": ("raw_key",),
    "accounts": ("avatar_key", "avatar_still_key", "header_key", "header_still_key"),
    "custom_emoji": ("blob_key", "still_key"),
    "cards": ("image_key",),
    "far_files": ("blob_key", "small_key"),
}
KNOWN_KEYS = {
    f"{table}.{column}": f"SELECT {column} FROM {table} WHERE {column} >= :first AND {column} < :last"
    for table, columns in REFERENCES.items()
    for column in columns
}
USAGE = """
    -- Whose uploads take most room.
    SELECT a.username, count(*), CAST(sum(m.size_bytes) AS {int}) FROM media m JOIN accounts a ON a.id = m.account_id
    GROUP BY a.username ORDER BY sum(m.size_bytes) DESC, a.username LIMIT :limit
"""


async def list_known_keys(reader: Reader, prefix: str) -> set[str]:
    """Return every key that a row knows and that begins so. prefix: at least one hex digit. Reads whole tables."""
    found: set[str] = set()
    for statement in KNOWN_KEYS.values():
        # `g` follows every hex digit.
        found.update(row[0] for row in await reader.all(statement, first=prefix, last=f"{prefix}g"))
    return found


async def list_largest_owners(reader: Reader, limit: int) -> Sequence[tuple[str, int, int]]:
    """Return (name, uploads, bytes) of who takes most room."""
    return [(row[0], row[1], row[2]) for row in await reader.all(USAGE, limit=limit)]
