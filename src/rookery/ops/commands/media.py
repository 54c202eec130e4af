"""`media usage|move|clean|prune`: how much room uploads and copies take, and where they are kept.

Owns: their arguments and words. Never: a rule.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import timedelta
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.blobs import count_blobs, forget_orphans, move_blobs
from rookery.actions.far_keeping import count_bytes, forget_ownerless, forget_unwanted
from rookery.model.errors import Invalid
from rookery.model.settings import STORAGE_KINDS
from rookery.ops.app import open_blobs
from rookery.ops.commands.options import Command, Commands, lines, on_app
from rookery.ops.folder import DataFolder
from rookery.ops.outcome import Outcome
from rookery.ops.progress import Progress
from rookery.storage.blobrefs import list_largest_owners
from rookery.storage.far_files import list_totals
from rookery.storage.media_work import count_work

LARGEST = 10
UNITS = ("bytes", "kB", "MB", "GB", "TB")


class NoObjectStore(Invalid):
    """The settings name no object store."""

    def __init__(self) -> None:
        super().__init__(
            "the settings name no object store; write endpoint, bucket, access_key and secret_key into [storage]"
        )


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("media", help="Uploaded pictures and videos").add_subparsers(
        required=True, metavar="WHAT"
    )
    Command(group, "usage", on_app(show_usage), "Say how much room uploads take, and whose")
    clean = Command(group, "clean", on_app(clean_up), "Delete files that nothing on the server refers to")
    clean.takes("--hours", type=int, default=24, help="only files older than this (24)")
    prune = Command(group, "prune", on_app(prune_copies), "Drop copies of other servers' files that nobody looks at")
    prune.takes("--all", action="store_true", help="all of them; what somebody looks at is fetched again")
    move = Command(group, "move", on_app(move_files), "Copy all uploads into another store, and compare the copies")
    move.takes("--to", choices=STORAGE_KINDS, required=True, help="where to: s3 or disk")


def folder_of(app: App) -> DataFolder:
    """The data folder."""
    return DataFolder(Path(app.settings.server.data))


async def show_usage(app: App, asked: argparse.Namespace) -> Outcome:
    """Count files and bytes."""
    folder = folder_of(app)
    usage = await count_blobs(app, open_blobs(app.settings, folder))
    owners = await list_largest_owners(app.db.long_reader, LARGEST)
    copies, budget = await list_totals(app.db.reader), app.settings.far_media.budget_bytes
    copied, copy_count = sum(one.size_bytes for one in copies), sum(one.file_count for one in copies)
    free = shutil.disk_usage(folder.root).free
    waiting = await count_work(app.db.reader)
    text = lines(
        kept_in="an object store" if app.settings.storage.kind == "s3" else folder.media,
        files=f"{usage.files:,}, {in_words(usage.size_bytes)}",
        unused=f"{usage.orphans:,}, {in_words(usage.orphan_bytes)}" if usage.orphans else None,
        copies_from_other_servers=f"{copy_count:,}, {in_words(copied)} of {in_words(budget)}",
        waiting_to_be_prepared=waiting,
        free_on_this_disk=in_words(free),
    )
    rows = [f"  @{name}: {count:,}, {in_words(size)}" for name, count, size in owners]
    values = {
        "files": usage.files,
        "bytes": usage.size_bytes,
        "unused": usage.orphans,
        "unused_bytes": usage.orphan_bytes,
        "waiting": waiting,
        "copies": {one.kind.value: {"files": one.file_count, "bytes": one.size_bytes} for one in copies},
        "copied_bytes": copied,
        "copies_budget_bytes": budget,
        "free_bytes": free,
        "largest": [{"name": name, "uploads": count, "bytes": size} for name, count, size in owners],
    }
    return Outcome("\n".join([text, *(["most room:", *rows] if rows else [])]), values)


async def clean_up(app: App, asked: argparse.Namespace) -> Outcome:
    """Delete orphans."""
    blobs = open_blobs(app.settings, folder_of(app))
    count = await forget_orphans(app, blobs, older_than=timedelta(hours=max(1, asked.hours)))
    return Outcome(f"{count:,} unused files were deleted.", {"deleted": count})


async def prune_copies(app: App, asked: argparse.Namespace) -> Outcome:
    """Drop copies whose days are over, or all."""
    blobs = open_blobs(app.settings, folder_of(app))
    count = await forget_ownerless(app, blobs)
    count += await forget_unwanted(app, blobs, budget_bytes=0 if asked.all else None)
    taken = await count_bytes(app)
    text = f"{count:,} files of other servers were dropped; {in_words(taken)} are left."
    return Outcome(text, {"dropped": count, "bytes": taken})


async def move_files(app: App, asked: argparse.Namespace) -> Outcome:
    """Copy everything from the other kind of store."""
    folder, storage = folder_of(app), app.settings.storage
    if not (storage.endpoint and storage.bucket and storage.access_key and storage.secret_key):
        raise NoObjectStore
    target = open_blobs(app.settings, folder, asked.to)
    source = open_blobs(app.settings, folder, "disk" if asked.to == "s3" else "s3")
    bar = Progress(is_quiet=asked.json)
    moved = await move_blobs(source, target, folder.spool, lambda done, goal: bar.show("files", done, goal))
    advice = "" if storage.kind == asked.to else f' Now write kind = "{asked.to}" into [storage] and restart.'
    text = (
        f"{moved.copied:,} files ({in_words(moved.size_bytes)}) were copied and compared, {moved.present:,} were there."
        f"{advice} Run this again after a restart, for what came meanwhile; the old files stay."
    )
    return Outcome(text, {"copied": moved.copied, "present": moved.present, "bytes": moved.size_bytes})


def in_words(size_bytes: int) -> str:
    """12.3 MB."""
    size, place = float(size_bytes), 0
    while size >= 1000 and place < len(UNITS) - 1:
        size, place = size / 1000, place + 1
    return f"{size:,.1f} {UNITS[place]}" if place else f"{size_bytes} bytes"
