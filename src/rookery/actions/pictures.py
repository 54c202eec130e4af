"""Uploads: from a file of a stranger's making to something of ours that a post or profile can show.

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
from rookery.actions.media import MediaRoom
from rookery.actions.recordings import begin_recording
from rookery.actions.repeating import repeatable
from rookery.media.formats import SNIFFED_BYTES, sniff_format
from rookery.media.pictures import Picture, Purpose
from rookery.media.recording_errors import UnknownFormat
from rookery.media.recordings import sniff_recording
from rookery.model.errors import Invalid
from rookery.model.events import PostEdited
from rookery.model.ids import AccountId, MediaId
from rookery.model.media import AltTextRefused, Attachment, MediaKind, MediaNotFound, StillWaiting
from rookery.storage import media, posts
from rookery.storage.blobs import BlobKey
from rookery.storage.media_work import list_raw_keys

GIF = "image/gif"


class NoFile(Invalid):
    """The upload form came without a file."""

    def __init__(self) -> None:
        super().__init__("the upload has no file; send one as `file`")


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


async def upload_media(
    app: App, room: MediaRoom, account_id: AccountId, source: Path, words: UploadWords, *, poster: Path | None = None
) -> Attachment:
    """Take an upload: a picture is ready on return, a video or sound waits. poster: a picture to stand for it.

    Raises MediaRefused, AltTextRefused, StorageFull.
    """
    check_words(words, app.settings.post_limits.alt_text_characters)
    draft = new_attachment(app, account_id, words)
    head = await asyncio.to_thread(read_head, source)
    found = sniff_recording(head)
    if found is not None:
        if poster is not None and room.films is not None:
            draft = await with_poster(room, draft, poster)
        kind = MediaKind.AUDIO if found.mime.startswith("audio/") else MediaKind.VIDEO
        return await begin_recording(app, room, replace(draft, kind=kind), source, "recording")
    if sniff_format(head) is None and room.films is not None:
        raise UnknownFormat
    return await upload_picture(app, room, draft, source)


def read_head(source: Path) -> bytes:
    """The first bytes, by which a format is told."""
    with source.open("rb") as file:
        return file.read(SNIFFED_BYTES)


def new_attachment(app: App, account_id: AccountId, words: UploadWords) -> Attachment:
    """An upload of which only the words are known."""
    x, y = words.focus or (0.0, 0.0)
    return Attachment(
        id=MediaId(app.ids.next_id()),
        account_id=account_id,
        post_id=None,
        kind=MediaKind.IMAGE,
        state="waiting",
        mime="",
        blob_key=None,
        preview_key=None,
        width=0,
        height=0,
        preview_width=0,
        preview_height=0,
        focus_x=x,
        focus_y=y,
        description=(words.description or "").strip(),
        blurhash=None,
    )


async def with_poster(room: MediaRoom, draft: Attachment, source: Path) -> Attachment:
    """Make a picture the preview of a video or sound. Raises MediaRefused, StorageFull."""
    picture, keys = await make_picture(room, source, "attachment")
    for key in (keys[0], *keys[2:]):
        await room.blobs.delete(key)
    return replace(
        draft,
        preview_key=keys[1],
        preview_width=picture.preview.width,
        preview_height=picture.preview.height,
        blurhash=picture.blurhash,
    )


async def upload_picture(app: App, room: MediaRoom, draft: Attachment, source: Path) -> Attachment:
    """Make a picture of an upload; a moving GIF becomes a film where the operator wants that. Raises MediaRefused."""
    picture, keys = await make_picture(room, source, "attachment")
    if picture.is_animated and picture.original.mime == GIF and room.films and app.settings.recordings.gifs_as_video:
        for key in keys:
            await room.blobs.delete(key)
        return await begin_recording(app, room, replace(draft, kind=MediaKind.GIFV), source, "animation")
    ready = replace(
        draft,
        kind=MediaKind.GIFV if picture.is_animated else MediaKind.IMAGE,
        state="ready",
        mime=picture.original.mime,
        blob_key=keys[0],
        preview_key=keys[1],
        width=picture.original.width,
        height=picture.original.height,
        preview_width=picture.preview.width,
        preview_height=picture.preview.height,
        blurhash=picture.blurhash,
        size_bytes=picture.original.size_bytes + picture.preview.size_bytes,
    )
    for key in keys[2:]:
        await room.blobs.delete(key)
    async with app.db.transaction() as tx:
        await media.insert_media(tx, ready)
    return ready


async def change_poster(
    app: App, room: MediaRoom, account_id: AccountId, media_id: MediaId, source: Path
) -> Attachment:
    """Give an own video or sound another preview. Raises MediaNotFound, StillWaiting, MediaRefused."""
    before = (await media.list_own_media(app.db.reader, account_id, [media_id])).get(media_id)
    if before is None or not before.plays:
        raise MediaNotFound
    if before.state != "ready":
        raise StillWaiting
    after = await with_poster(room, before, source)
    async with app.db.transaction() as tx:
        if not await media.update_poster(tx, after):
            raise MediaNotFound
        if after.post_id is not None:
            await posts.touch_post(tx, after.post_id)
            await record_event(app, tx, PostEdited(after.post_id, account_id))
    if before.preview_key:
        await room.blobs.delete(BlobKey(before.preview_key))
    return after


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
        await media.update_words(tx, after)
        if after.post_id is not None:
            await posts.touch_post(tx, after.post_id)
            await record_event(app, tx, PostEdited(after.post_id, account_id))
    return after


@repeatable
async def delete_upload(app: App, room: MediaRoom, account_id: AccountId, media_id: MediaId) -> None:
    """Delete an own upload that no post has taken, with its files. Raises MediaNotFound."""
    found = await get_upload(app, account_id, media_id)
    async with app.db.transaction() as tx:
        raw_keys = await list_raw_keys(tx, [media_id])
        if not await media.delete_media(tx, account_id, media_id):
            raise MediaNotFound
    for key in (found.blob_key, found.preview_key, *raw_keys):
        if key:
            await room.blobs.delete(BlobKey(key))
