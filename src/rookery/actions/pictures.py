"""Uploads: from a file of a stranger's making to a picture of ours that a post or profile can show.

Owns: the order of things: the media box makes the picture (K9), the blob store makes it durable, then the row is
written; a crash in between leaves a blob without a row, never a row without a blob. Never: decodes.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.media.box import MediaBox
from rookery.media.pictures import Picture, Purpose
from rookery.model.errors import Invalid
from rookery.model.events import PostEdited
from rookery.model.ids import AccountId, MediaId
from rookery.model.media import AltTextRefused, Attachment, MediaKind, MediaNotFound
from rookery.storage import media, posts
from rookery.storage.blobs import BlobKey, DiskBlobs


class NoFile(Invalid):
    """The upload form came without a file."""

    def __init__(self) -> None:
        super().__init__("the upload has no file; send one as `file`")


@dataclass(slots=True)
class MediaRoom:
    """The media box with its blob store. spool: a folder on the same disk for work in progress."""

    box: MediaBox
    blobs: DiskBlobs
    spool: Path


@dataclass(frozen=True, slots=True)
class UploadWords:
    """What a person says of an upload. focus: -1.0 to 1.0 from the centre; None keeps what was."""

    description: str | None = None
    focus: tuple[float, float] | None = None


def check_words(words: UploadWords, limit: int) -> None:
    """Raises AltTextRefused for a description over the limit."""
    if words.description is not None and len(words.description) > limit:
        raise AltTextRefused(f"the description has {len(words.description)} characters, the limit is {limit}")


async def make_picture(room: MediaRoom, source: Path, purpose: Purpose) -> tuple[Picture, list[BlobKey]]:
    """Make a picture safe and durable; return it with the keys of original, preview and, if it moves, the still.

    Raises MediaRefused, StorageFull. Nothing of the work in progress stays behind.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=room.spool, prefix="box-"))
    try:
        picture = await room.box.make_picture(source, folder, purpose=purpose)
        made = [one for one in (picture.original, picture.preview, picture.still) if one]
        keys = await room.blobs.put_many([(one.path, one.extension) for one in made])
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return picture, list(keys)


async def upload_picture(
    app: App, room: MediaRoom, account_id: AccountId, source: Path, words: UploadWords
) -> Attachment:
    """Make an upload ready for a post. Raises MediaRefused, AltTextRefused, StorageFull."""
    check_words(words, app.settings.post_limits.alt_text_characters)
    picture, keys = await make_picture(room, source, "attachment")
    x, y = words.focus or (0.0, 0.0)
    attachment = Attachment(
        id=MediaId(app.ids.next_id()),
        account_id=account_id,
        post_id=None,
        kind=MediaKind.GIFV if picture.is_animated else MediaKind.IMAGE,
        state="ready",
        mime=picture.original.mime,
        blob_key=keys[0],
        preview_key=keys[1],
        width=picture.original.width,
        height=picture.original.height,
        preview_width=picture.preview.width,
        preview_height=picture.preview.height,
        focus_x=x,
        focus_y=y,
        description=(words.description or "").strip(),
        blurhash=picture.blurhash,
    )
    async with app.db.transaction() as tx:
        await media.insert_media(tx, attachment)
    return attachment


async def make_profile_picture(room: MediaRoom, source: Path, purpose: Literal["avatar", "header"]) -> tuple[str, str]:
    """Make an avatar or header; return the keys of the moving and the still one. Raises MediaRefused, StorageFull."""
    _, keys = await make_picture(room, source, purpose)
    return keys[0], keys[2] if len(keys) > 2 else keys[0]


async def get_upload(app: App, account_id: AccountId, media_id: MediaId) -> Attachment:
    """Return an own upload that no post has taken. Raises MediaNotFound."""
    found = (await media.list_own_media(app.db.reader, account_id, [media_id])).get(media_id)
    if found is None or found.post_id is not None:
        raise MediaNotFound
    return found


@repeatable
async def describe_upload(app: App, account_id: AccountId, media_id: MediaId, words: UploadWords) -> Attachment:
    """Change the words of an own upload, also of one that a post shows. Raises MediaNotFound, AltTextRefused."""
    check_words(words, app.settings.post_limits.alt_text_characters)
    async with app.db.transaction() as tx:
        before = (await media.list_own_media(tx, account_id, [media_id])).get(media_id)
        if before is None:
            raise MediaNotFound
        x, y = words.focus or (before.focus_x, before.focus_y)
        text = before.description if words.description is None else words.description.strip()
        after = replace(before, description=text, focus_x=x, focus_y=y)
        await media.update_media(tx, after)
        if after.post_id is not None:
            await posts.touch_post(tx, after.post_id)
            await record_event(app, tx, PostEdited(after.post_id, account_id))
    return after


@repeatable
async def delete_upload(app: App, room: MediaRoom, account_id: AccountId, media_id: MediaId) -> None:
    """Delete an own upload that no post has taken, with its files. Raises MediaNotFound."""
    found = await get_upload(app, account_id, media_id)
    async with app.db.transaction() as tx:
        if not await media.delete_media(tx, account_id, media_id):
            raise MediaNotFound
    for key in (found.blob_key, found.preview_key):
        if key:
            await room.blobs.delete(BlobKey(key))
