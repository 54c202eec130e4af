"""`emoji add|list|remove`: the little pictures that texts here may name.

Owns: their arguments and words. Never: a rule, a decoder; pictures go through the media box like any upload.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.emoji import add_emoji, remove_emoji
from rookery.model.audit import OPERATOR
from rookery.model.emoji import CustomEmoji, EmojiNotFound, parse_shortcode
from rookery.model.errors import Invalid
from rookery.ops.commands.options import Command, Commands, on_app, opened_media
from rookery.ops.outcome import Outcome
from rookery.storage.emoji import list_emoji


class FileUnread(Invalid):
    """The picture that was named is no file, or not ours to read."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no file that this user may read; name a picture")


class NoSuchEmoji(EmojiNotFound):
    """The name that was typed belongs to no emoji."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.args = (f"there is no emoji :{name}: here; `rookery emoji list` shows all of them",)


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("emoji", help="Custom emoji").add_subparsers(required=True, metavar="WHAT")
    add = Command(group, "add", on_app(add_from_file, makes=True), "Add an emoji, or give an old name a new picture")
    add.takes("shortcode", metavar="SHORTCODE", help="its name: 2 to 60 letters a-z, digits or _; colons may stay")
    add.takes("file", metavar="FILE", help="the picture; it is made anew, at most 128 pixels wide and high")
    add.takes("--category", metavar="C", default="", help="the heading under which apps offer it")
    add.takes("--hidden", action="store_true", help="do not offer it to pick; texts that name it still show it")
    Command(group, "list", on_app(list_catalogue), "List the emoji by category and name")
    remove = Command(group, "remove", on_app(remove_by_name), "Remove an emoji with its picture")
    remove.takes("shortcode", metavar="SHORTCODE")


def values_of(emoji: CustomEmoji) -> dict[str, object]:
    """What is told of an emoji."""
    return {
        "shortcode": emoji.shortcode,
        "category": emoji.category,
        "is_hidden": emoji.is_hidden,
        "moves": emoji.still_key != emoji.blob_key,
    }


def is_readable(path: Path) -> bool:
    """True for a file that can be opened."""
    return path.is_file() and os.access(path, os.R_OK)


async def add_from_file(app: App, asked: argparse.Namespace) -> Outcome:
    """Add an emoji. Raises EmojiRefused, FileUnread, MediaRefused."""
    name, path = parse_shortcode(asked.shortcode), Path(asked.file)
    if not await asyncio.to_thread(is_readable, path):
        raise FileUnread(path)
    async with opened_media(app) as room:
        added = await add_emoji(app, room, name, path, by=OPERATOR, category=asked.category, is_hidden=asked.hidden)
    return Outcome(f":{added.shortcode}: is there.", values_of(added))


async def list_catalogue(app: App, asked: argparse.Namespace) -> Outcome:
    """List the emoji."""
    rows = [values_of(one) for one in await list_emoji(app.db.reader)]
    text = "\n".join(
        f":{row['shortcode']}:".ljust(30) + f" {row['category']}{'  (hidden)' if row['is_hidden'] else ''}"
        for row in rows
    )
    return Outcome(text or "No emoji yet.", {"emoji": rows})


async def remove_by_name(app: App, asked: argparse.Namespace) -> Outcome:
    """Remove an emoji. Raises EmojiRefused, NoSuchEmoji."""
    name = parse_shortcode(asked.shortcode)
    async with opened_media(app) as room:
        try:
            await remove_emoji(app, room, name, by=OPERATOR)
        except EmojiNotFound:
            raise NoSuchEmoji(name) from None
    return Outcome(f":{name}: is removed.", {"shortcode": name, "removed": True})
