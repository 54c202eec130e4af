"""The few pictures that all invented posts share, made safe by the media box like anybody's.

Owns: making them, their rows. Never: fails the world: where the box cannot work, there are no pictures.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rookery.actions.media import MediaRoom
from rookery.actions.pictures import make_picture, make_profile_picture
from rookery.media.errors import MediaRefused
from rookery.model.ids import floor_id
from rookery.ops.seed.drawing import draw_waves
from rookery.ops.seed.posts import Draft

LOG = logging.getLogger("rookery.seed")
SIZES = ((960, 640), (640, 960), (800, 800), (1200, 630))
PICTURES, AVATARS = 8, 12
AVATAR_SIDE = 320


@dataclass(frozen=True, slots=True)
class Gallery:
    """Rows of finished pictures without post or owner, and keys of avatars."""

    pictures: tuple[dict[str, Any], ...] = ()
    avatars: tuple[str, ...] = ()


async def make_gallery(room: MediaRoom, chance: Random) -> Gallery:
    """Draw the pictures and pass them through the box; nothing when it cannot work here."""
    drawings = [draw_waves(chance, *SIZES[number % len(SIZES)]) for number in range(PICTURES)]
    faces = [draw_waves(chance, AVATAR_SIDE, AVATAR_SIDE) for _ in range(AVATARS)]
    try:
        with tempfile.TemporaryDirectory(dir=room.spool) as name:
            pictures = [await picture_row(room, Path(name), drawing) for drawing in drawings]
            avatars = [await avatar_key(room, Path(name), face) for face in faces]
    except MediaRefused as error:
        LOG.warning("no pictures in this world: %s", error)
        return Gallery()
    return Gallery(tuple(pictures), tuple(avatars))


async def picture_row(room: MediaRoom, folder: Path, drawing: bytes) -> dict[str, Any]:
    """Make one picture; return what every row of it shares."""
    picture, keys = await make_picture(room, await put_down(folder, drawing), "attachment")
    return {
        "mime": picture.original.mime,
        "blob_key": keys[0],
        "preview_key": keys[1],
        "width": picture.original.width,
        "height": picture.original.height,
        "preview_width": picture.preview.width,
        "preview_height": picture.preview.height,
        "blurhash": picture.blurhash,
    }


async def avatar_key(room: MediaRoom, folder: Path, drawing: bytes) -> str:
    """Make one avatar."""
    return (await make_profile_picture(room, await put_down(folder, drawing), "avatar"))[0]


async def put_down(folder: Path, drawing: bytes) -> Path:
    """Write a drawing as an upload would lie."""
    path = folder / "drawing.png"
    await asyncio.to_thread(path.write_bytes, drawing)
    return path


def media_rows(gallery: Gallery, draft: Draft, chance: Random) -> list[dict[str, Any]]:
    """Return the rows of a post's pictures, each with an alternative text in the post's language."""
    texts = draft.author.language.pictures
    return [
        {
            **gallery.pictures[int(chance.random() * len(gallery.pictures))],
            "id": floor_id(draft.at_us) | place,
            "account_id": draft.author.id,
            "post_id": draft.id,
            "position": place,
            "description": texts[int(chance.random() * len(texts))],
        }
        for place in range(draft.picture_count)
    ]
