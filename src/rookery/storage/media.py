"""Uploads in SQL: rows that point at blobs.

Owns: the table `media`. A row refers only to blobs that are on disk already. An upload that a scheduled post holds is
taken by nobody else (storage/scheduled_posts.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from rookery.model.ids import AccountId, MediaId, PostId
from rookery.model.media import Attachment, Playing
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.far_files import NAME_FOR_MEDIA
from rookery.storage.sql import Row

DECODE = msgspec.json.Decoder(Playing).decode
COLUMNS = f"""
    id, account_id, post_id, kind, state, mime, blob_key, preview_key, width, height, preview_width, preview_height,
    focus_x, focus_y, description, blurhash, error, size_bytes, remote_url, preview_remote_url,
    CASE WHEN remote_url <> '' THEN {NAME_FOR_MEDIA} END, playing
"""
MEDIA_OF_POSTS = f"SELECT {COLUMNS} FROM media WHERE post_id IN (:ids...) ORDER BY post_id, position"
OWN_MEDIA = f"SELECT {COLUMNS} FROM media WHERE account_id = :account_id AND id IN (:ids...)"
INSERT_MEDIA = """
    INSERT INTO media (id, account_id, kind, state, mime, blob_key, preview_key, width, height, preview_width,
        preview_height, focus_x, focus_y, description, blurhash, error, size_bytes, remote_url, preview_remote_url,
        playing)
    VALUES (:id, :account_id, :kind, :state, :mime, :blob_key, :preview_key, :width, :height, :preview_width,
        :preview_height, :focus_x, :focus_y, :description, :blurhash, :error, :size_bytes,
        :remote_url, :preview_remote_url, :playing)
"""
UPDATE_WORDS = """
    UPDATE media SET focus_x = :focus_x, focus_y = :focus_y, description = :description
    WHERE id = :id AND account_id = :account_id
"""
UPDATE_POSTER = """
    UPDATE media SET preview_key = :preview_key, preview_width = :preview_width, preview_height = :preview_height,
        blurhash = :blurhash
    WHERE id = :id AND account_id = :account_id
"""
FINISH_MEDIA = """
    -- Not the words: their author may have changed them while the recording was prepared.
    UPDATE media SET kind = :kind, state = :state, mime = :mime, blob_key = :blob_key, preview_key = :preview_key,
        width = :width, height = :height, preview_width = :preview_width, preview_height = :preview_height,
        blurhash = :blurhash, error = :error, size_bytes = :size_bytes, playing = :playing
    WHERE id = :id AND state = 'waiting'
"""
NOT_HELD = "NOT EXISTS (SELECT 1 FROM scheduled_media s WHERE s.media_id = media.id)"
ATTACH_MEDIA = f"""
    UPDATE media SET post_id = :post_id, position = :position
    WHERE id = :id AND account_id = :account_id AND (post_id IS NULL OR post_id = :post_id) AND {NOT_HELD}
"""
DETACH_MEDIA = "UPDATE media SET post_id = NULL WHERE post_id = :post_id"
DELETE_MEDIA = f"DELETE FROM media WHERE id = :id AND account_id = :account_id AND post_id IS NULL AND {NOT_HELD}"
REMOVE_MEDIA = "DELETE FROM media WHERE id = :id"
MEDIA_OF_ACCOUNT = f"SELECT {COLUMNS} FROM media WHERE account_id = :account_id LIMIT :limit"
STALE_MEDIA = f"SELECT {COLUMNS} FROM media WHERE post_id IS NULL AND id < :before AND {NOT_HELD} LIMIT 100"


def media_from_row(row: Row) -> Attachment:
    """Build an Attachment from COLUMNS."""
    found = Attachment(*row[:-1])
    return replace(found, playing=DECODE(row[-1])) if row[-1] else found


async def list_media_of_posts(reader: Reader, post_ids: Iterable[int]) -> dict[int, list[Attachment]]:
    """Return the pictures of posts in their order, by post id."""
    ids = list(post_ids)
    found: dict[int, list[Attachment]] = {}
    if ids:
        for row in await reader.all(MEDIA_OF_POSTS, ids=ids):
            found.setdefault(row[2], []).append(media_from_row(row))
    return found


async def list_own_media(reader: Reader, account_id: AccountId, ids: Iterable[int]) -> dict[int, Attachment]:
    """Return an account's uploads among these ids, attached ones too."""
    rows = await reader.all(OWN_MEDIA, account_id=account_id, ids=list(ids))
    return {row[0]: media_from_row(row) for row in rows}


async def insert_media(tx: Transaction, media: Attachment) -> None:
    """Store a new upload."""
    await tx.run(INSERT_MEDIA, **media_params(media))


async def update_words(tx: Transaction, media: Attachment) -> int:
    """Store an upload's description and focal point; return 1, or 0 when it is gone."""
    params = media_params(media)
    names = ("id", "account_id", "focus_x", "focus_y", "description")
    return await tx.run(UPDATE_WORDS, **{name: params[name] for name in names})


async def update_poster(tx: Transaction, media: Attachment) -> int:
    """Store another preview of an upload; return 1, or 0 when it is gone."""
    params = media_params(media)
    names = ("id", "account_id", "preview_key", "preview_width", "preview_height", "blurhash")
    return await tx.run(UPDATE_POSTER, **{name: params[name] for name in names})


async def finish_media(tx: Transaction, media: Attachment) -> bool:
    """Store what became of an upload that waited; False when it is gone or finished already."""
    params = media_params(media)
    for name in ("account_id", "focus_x", "focus_y", "description", "remote_url", "preview_remote_url"):
        del params[name]
    return await tx.run(FINISH_MEDIA, **params) == 1


def media_params(media: Attachment) -> dict[str, object]:
    """Columns that statements bind."""
    names = (
        "id account_id kind state mime blob_key preview_key width height preview_width preview_height focus_x focus_y"
        " description blurhash error size_bytes remote_url preview_remote_url"
    )
    values = {name: getattr(media, name) for name in names.split()}
    return {**values, "playing": encode(media.playing) if media.playing else ""}


async def attach_media(tx: Transaction, account_id: AccountId, media_id: MediaId, post_id: PostId, place: int) -> bool:
    """Give an own upload to a post; False when it is not there or another post has it."""
    changed = await tx.run(ATTACH_MEDIA, id=media_id, account_id=account_id, post_id=post_id, position=place)
    return changed == 1


async def detach_media(tx: Transaction, post_id: PostId) -> None:
    """Take the pictures off a post; they can be used again for a redraft, or age away."""
    await tx.run(DETACH_MEDIA, post_id=post_id)


async def delete_media(tx: Transaction, account_id: AccountId, media_id: MediaId) -> bool:
    """Delete an upload that belongs to no post; False when there is none."""
    # SQLite counts the row of the queue that goes with it.
    return await tx.run(DELETE_MEDIA, id=media_id, account_id=account_id) >= 1


async def list_stale_media(reader: Reader, before_id: int) -> list[Attachment]:
    """Return uploads that no post took since before_id, at most 100."""
    return [media_from_row(row) for row in await reader.all(STALE_MEDIA, before=before_id)]


async def list_media_of_account(reader: Reader, account_id: int, limit: int) -> list[Attachment]:
    """Return uploads of an account, attached or not; for deleting them."""
    return [media_from_row(row) for row in await reader.all(MEDIA_OF_ACCOUNT, account_id=account_id, limit=limit)]


async def remove_media(tx: Transaction, media_id: MediaId) -> None:
    """Delete an upload whatever shows it."""
    await tx.run(REMOVE_MEDIA, id=media_id)
