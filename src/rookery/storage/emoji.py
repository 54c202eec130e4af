"""Custom emoji in SQL.

Owns: the table `custom_emoji`.
"""

from __future__ import annotations

from rookery.model.emoji import CustomEmoji
from rookery.storage.database import Reader, Transaction

LIST_EMOJI = "SELECT shortcode, blob_key, still_key, category, is_hidden FROM custom_emoji ORDER BY category, shortcode"
FIND_EMOJI = "SELECT shortcode, blob_key, still_key, category, is_hidden FROM custom_emoji WHERE shortcode = :shortcode"
PUT_EMOJI = """
    INSERT INTO custom_emoji (shortcode, blob_key, still_key, category, is_hidden, created_at)
    VALUES (:shortcode, :blob_key, :still_key, :category, :is_hidden, :now)
    ON CONFLICT (shortcode) DO UPDATE SET blob_key = excluded.blob_key, still_key = excluded.still_key,
        category = excluded.category, is_hidden = excluded.is_hidden
"""
DELETE_EMOJI = "DELETE FROM custom_emoji WHERE shortcode = :shortcode"


async def list_emoji(reader: Reader) -> list[CustomEmoji]:
    """Return the whole catalogue, by category and name."""
    return [CustomEmoji(row[0], row[1], row[2], row[3], bool(row[4])) for row in await reader.all(LIST_EMOJI)]


async def find_emoji(reader: Reader, shortcode: str) -> CustomEmoji | None:
    """Return one emoji, or None."""
    row = await reader.one(FIND_EMOJI, shortcode=shortcode)
    return CustomEmoji(row[0], row[1], row[2], row[3], bool(row[4])) if row else None


async def put_emoji(tx: Transaction, emoji: CustomEmoji, now_us: int) -> None:
    """Store an emoji in place of any older one of its name."""
    await tx.run(
        PUT_EMOJI,
        shortcode=emoji.shortcode,
        blob_key=emoji.blob_key,
        still_key=emoji.still_key,
        category=emoji.category,
        is_hidden=int(emoji.is_hidden),
        now=now_us,
    )


async def delete_emoji(tx: Transaction, shortcode: str) -> bool:
    """Delete an emoji; False when there was none."""
    return await tx.run(DELETE_EMOJI, shortcode=shortcode) == 1
