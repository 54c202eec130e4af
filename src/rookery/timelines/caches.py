"""Rendered posts and accounts, and what viewers did to posts, kept in memory until an event says otherwise.

Owns: RenderCache (bytes or fragments of one face, by id), MarkCache (a viewer's marks on recent posts). An entry is
dropped by the event that changes it, never by time. Never: renders; a face brings its function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Generic, TypeVar

from rookery.model.events import (
    AccountChanged,
    CardChanged,
    Event,
    FollowChanged,
    PollClosed,
    PollVoted,
    PostDeleted,
    PostEdited,
    PostMarked,
    PostPublished,
    PostRefreshed,
    PostUnmarked,
    QuoteAnswered,
    QuotePolicyChanged,
    QuoteRevoked,
)
from rookery.model.ids import floor_id, now_us
from rookery.storage.database import Database
from rookery.storage.marks import Mark, list_marks, list_marks_since
from rookery.storage.polls import list_voted_since

Entry = TypeVar("Entry")
MAX_READS = 5
# Beside the bits of Mark: the viewer voted in the post's poll. It stays when a poll begins anew, so it may be in vain.
VOTED = 32
MARKS_DAYS_US = 14 * 86_400 * 1_000_000


class RenderCache(Generic[Entry]):
    """A bounded map from id to what a face made of it. Entries that were loading while they changed are not kept."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.entries: dict[int, Entry] = {}
        self.loads = 0
        self.changed: set[int] = set()
        self.is_emptied = False

    def begin_load(self) -> None:
        """Call before reading what will be put."""
        self.loads += 1

    def end_load(self, loaded: dict[int, Entry]) -> None:
        """Keep what was loaded, unless it changed meanwhile."""
        self.loads -= 1
        for entry_id, entry in loaded.items():
            if entry_id not in self.changed and not self.is_emptied:
                self.entries[entry_id] = entry
        if not self.loads:
            self.changed.clear()
            self.is_emptied = False
        if len(self.entries) > self.kept:
            for entry_id in list(self.entries)[: self.kept // 10 + len(self.entries) - self.kept]:
                del self.entries[entry_id]

    def forget(self, entry_id: int) -> None:
        """Drop one entry."""
        self.entries.pop(entry_id, None)
        if self.loads:
            self.changed.add(entry_id)

    def forget_all(self) -> None:
        """Drop every entry, those that are loading too."""
        self.entries.clear()
        self.is_emptied = self.loads > 0


def changed_posts(event: Event) -> Iterable[int]:
    """Return the posts that look different after the event."""
    match event:
        case PostPublished():
            return [post_id for post_id in (event.reply_to_id, event.repost_of_id, event.quote_of_id) if post_id]
        case PostDeleted():
            pointed = (event.post_id, event.reply_to_id, event.repost_of_id, event.quote_of_id)
            return [post_id for post_id in pointed if post_id]
        case QuoteRevoked() | QuoteAnswered():
            return (event.post_id, event.quoted_id)
        case QuotePolicyChanged() | PostEdited() | PostRefreshed() | PollVoted() | PollClosed():
            return (event.post_id,)
        case CardChanged():
            return event.post_ids
        case PostMarked() | PostUnmarked():
            return (event.post_id,) if event.mark == Mark.LIKE else ()
        case _:
            return ()


def changed_accounts(event: Event) -> Iterable[int]:
    """Return the accounts that look different after the event, counts included."""
    match event:
        case PostPublished() | PostDeleted():
            return (event.author_id,)
        case FollowChanged():
            return (event.follower_id, event.followed_id)
        case AccountChanged():
            return (event.account_id,)
        case _:
            return ()


class Marks:
    """What one viewer did to posts whose id is at least floor: Mark bits and VOTED."""

    __slots__ = ("bits", "floor")

    def __init__(self, bits: dict[int, int], floor: int) -> None:
        self.bits, self.floor = bits, floor


class MarkCache:
    """Marks of the viewers who are here."""

    def __init__(self, db: Database, *, kept: int) -> None:
        self.db, self.kept = db, kept
        self.viewers: dict[int, Marks] = {}
        self.loading: dict[int, asyncio.Task[Marks]] = {}
        self.changed: set[int] = set()  # viewers who marked something while theirs were read

    def on_event(self, event: Event) -> None:
        """Follow what viewers do."""
        match event:
            case PostMarked():
                self.set_bit(event.account_id, event.post_id, event.mark)
            case PostUnmarked():
                self.clear_bit(event.account_id, event.post_id, event.mark)
            case PollVoted():
                self.set_bit(event.account_id, event.post_id, VOTED)
            case PostPublished() if event.repost_of_id:
                self.set_bit(event.author_id, event.repost_of_id, Mark.REPOST)
            case PostDeleted() if event.repost_of_id:
                self.clear_bit(event.author_id, event.repost_of_id, Mark.REPOST)
            case _:
                pass

    def set_bit(self, viewer: int, post_id: int, mark: int) -> None:
        """A mark was made."""
        self.note(viewer)
        marks = self.viewers.get(viewer)
        if marks:
            marks.bits[post_id] = marks.bits.get(post_id, 0) | mark

    def clear_bit(self, viewer: int, post_id: int, mark: int) -> None:
        """A mark was taken back."""
        self.note(viewer)
        marks = self.viewers.get(viewer)
        if marks and post_id in marks.bits:
            marks.bits[post_id] &= ~mark

    def note(self, viewer: int) -> None:
        """Have marks read again that are being read."""
        if viewer in self.loading:
            self.changed.add(viewer)

    async def of(self, viewer: int, post_ids: list[int]) -> dict[int, int]:
        """Return Mark bits for at least these posts, and for muted threads by their first post; absent means none.

        VOTED may stand among them.
        """
        if not post_ids:
            return {}
        marks = self.viewers.get(viewer)
        if marks is None:
            marks = await self.load(viewer)
        if min(post_ids) >= marks.floor:
            return marks.bits
        return await list_marks(self.db.reader, viewer, post_ids)

    async def read_bits(self, viewer: int, floor: int) -> dict[int, int]:
        """Return what a viewer did to posts whose id is at least floor."""
        bits = await list_marks_since(self.db.reader, viewer, floor)
        for post_id in await list_voted_since(self.db.reader, viewer, floor):
            bits[post_id] = bits.get(post_id, 0) | VOTED
        return bits

    async def load(self, viewer: int) -> Marks:
        """Read a viewer's marks once for all who ask at the same time."""
        task = self.loading.get(viewer)
        if task is None:
            task = self.loading[viewer] = asyncio.create_task(self.fill(viewer))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def fill(self, viewer: int) -> Marks:
        """Read a viewer's marks on the posts of the last two weeks; keep them unless they change all the time."""
        floor = floor_id(now_us() - MARKS_DAYS_US)
        try:
            for _ in range(MAX_READS):
                self.changed.discard(viewer)
                marks = Marks(await self.read_bits(viewer, floor), floor)
                if viewer not in self.changed:
                    self.viewers[viewer] = marks
                    break
        finally:
            del self.loading[viewer]
            self.changed.discard(viewer)
        while len(self.viewers) > self.kept:
            self.viewers.pop(next(iter(self.viewers)))
        return marks
