"""What is left of deleted posts, in SQL.

Owns: reading the table `tombstones`, which deleting a post writes (storage/posts.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.storage.database import Reader

FIND = "SELECT post_id, author_id, uri, deleted_at FROM tombstones WHERE post_id = :post_id"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That there was a post. uri: of a far one, None of ours."""

    post_id: int
    author_id: int
    uri: str | None
    deleted_at_us: int


async def find_tombstone(reader: Reader, post_id: int) -> Tombstone | None:
    """Return what is left of a post."""
    row = await reader.one(FIND, post_id=post_id)
    return Tombstone(*row) if row else None
