"""Adding and removing custom emoji.

Owns: add_emoji, remove_emoji. As with uploads the picture is made and durable before its row is written.
"""

from __future__ import annotations

from pathlib import Path

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.media import MediaRoom
from rookery.actions.pictures import make_picture
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.emoji import MAX_CATEGORY_CHARACTERS, CustomEmoji, EmojiNotFound, EmojiRefused, parse_shortcode
from rookery.model.events import EmojiChanged
from rookery.model.ids import now_us
from rookery.storage import emoji
from rookery.storage.blobs import BlobKey


@repeatable
async def add_emoji(
    app: App,
    room: MediaRoom,
    shortcode: str,
    source: Path,
    *,
    by: Governor,
    category: str = "",
    is_hidden: bool = False,
) -> CustomEmoji:
    """Add an emoji, or give an old name a new picture. Raises EmojiRefused, MediaRefused, StorageFull."""
    name, group = parse_shortcode(shortcode), category.strip()
    if len(group) > MAX_CATEGORY_CHARACTERS:
        raise EmojiRefused(f"a category has at most {MAX_CATEGORY_CHARACTERS} characters")
    _, keys = await make_picture(room, source, "emoji")
    added = CustomEmoji(name, keys[0], keys[2] if len(keys) > 2 else keys[0], group, is_hidden)
    await room.blobs.delete(keys[1])  # an emoji is small enough to be its own preview
    async with app.db.transaction() as tx:
        before = await emoji.find_emoji(tx, name)
        await emoji.put_emoji(tx, added, now_us())
        await record_act(app, tx, by, Act.EMOJI_ADDED, subject=f":{name}:")
        await record_event(app, tx, EmojiChanged(name))
    if before is not None:
        await forget_pictures(room, before)
    return added


@repeatable
async def remove_emoji(app: App, room: MediaRoom, shortcode: str, *, by: Governor) -> None:
    """Remove an emoji with its pictures; texts that name it show the name again. Raises EmojiRefused, EmojiNotFound."""
    name = parse_shortcode(shortcode)
    async with app.db.transaction() as tx:
        before = await emoji.find_emoji(tx, name)
        if before is None:
            raise EmojiNotFound
        await emoji.delete_emoji(tx, name)
        await record_act(app, tx, by, Act.EMOJI_REMOVED, subject=f":{name}:")
        await record_event(app, tx, EmojiChanged(name))
    await forget_pictures(room, before)


async def forget_pictures(room: MediaRoom, gone: CustomEmoji) -> None:
    """Delete the pictures of an emoji that nobody can reach any more."""
    for key in {gone.blob_key, gone.still_key}:
        await room.blobs.delete(BlobKey(key))
