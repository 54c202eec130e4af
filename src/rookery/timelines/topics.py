"""What a stream can follow, and who follows what just now.

Owns: Topic, Stream (one open stream with its bounded queue), Followed (the index from topics to streams). Never:
decides who hears a post (timelines/hearing.py), knows the bytes that a face sends.

A stream's queue holds what its face made, mostly bytes shared by all listeners, at most QUEUED pieces. A stream never
skips: one that cannot keep up is ended, with the reason, and its client starts afresh from a page.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from rookery.model.callers import Caller

QUEUED = 200
FOLLOWED = 100


class TopicKind(StrEnum):
    """Kinds of topics. Hashed as the plain texts that they are: an enumeration's own hash costs ten times more."""

    __hash__ = str.__hash__

    HOME = "home"
    NOTIFICATIONS = "notifications"
    PUBLIC = "public"
    TAG = "tag"
    LIST = "list"
    MESSAGES = "messages"


class Topic(NamedTuple):
    """One thing to follow. of: the account, or the list. tag: a key. side: '', local or remote."""

    kind: TopicKind
    of: int = 0
    tag: str = ""
    side: str = ""
    only_media: bool = False


class NewsKind(StrEnum):
    """What happened, as far as listeners care."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    MESSAGED = "messaged"
    NOTIFIED = "notified"
    FILTERS_CHANGED = "filters changed"
    PROCLAIMED = "announcement"
    REACTED = "reaction"
    TAKEN_BACK = "announcement taken back"


class News(NamedTuple):
    """One thing that happened. of: the post, the notification, the conversation or the announcement.

    name, total: of a reaction.
    """

    kind: NewsKind
    of: int = 0
    name: str = ""
    total: int = 0


class Ending(StrEnum):
    """Why a stream ended."""

    CLOSED = "closed by its client"
    REVOKED = "access was revoked"
    TOO_SLOW = "the client reads too slowly"
    BEHIND = "the server fell behind"
    CROWDED = "too many streams of one account"
    STOPPING = "the server stops"


class StreamEnded(Exception):
    """Nothing more will come; `ending` says why."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class Voice(Protocol):
    """A face's way of saying news: it makes the bytes, once for many, and puts them into the streams."""

    async def tell(self, news: News, hearers: list[tuple[Stream, Topic]]) -> None:
        """Put what happened into these streams, under the names by which each follows the topic."""
        ...


class Stream:
    """One open stream. names: by topic, under which names the client asked for it."""

    __slots__ = ("caller", "ending", "items", "names", "on_end", "viewer", "voice", "waiter")

    def __init__(self, caller: Caller, voice: Voice) -> None:
        self.caller, self.voice = caller, voice
        self.viewer: int = caller.account_id or 0
        self.names: dict[Topic, list[Any]] = {}
        self.items: deque[Any] = deque()
        self.ending: Ending | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.on_end: Callable[[], object] | None = None

    def put(self, item: Any) -> None:
        """Queue something for the client; one item too many ends the stream."""
        if self.ending is not None:
            return
        if len(self.items) >= QUEUED:
            self.end(Ending.TOO_SLOW)
            return
        self.items.append(item)
        self.wake()

    def end(self, ending: Ending) -> None:
        """Let nothing more through; the first reason counts."""
        if self.ending is not None:
            return
        self.ending = ending
        self.items.clear()
        self.wake()
        if self.on_end:
            self.on_end()

    def when_ended(self, let_go: Callable[[], object]) -> None:
        """Call this at the end, at once when it was: a sender that waits for a slow client must be let go."""
        self.on_end = let_go
        if self.ending is not None:
            let_go()

    def wake(self) -> None:
        """Tell whoever waits in `next`."""
        if self.waiter and not self.waiter.done():
            self.waiter.set_result(None)

    async def next(self) -> Any:
        """Wait for the next item. Raises StreamEnded."""
        while not self.items:
            if self.ending is not None:
                raise StreamEnded(self.ending)
            self.waiter = asyncio.get_running_loop().create_future()
            try:
                await self.waiter
            finally:
                self.waiter = None
        return self.items.popleft()


class Followed:
    """Which streams follow which topic. owners: whose homes are followed. lists: which lists are."""

    def __init__(self) -> None:
        self.streams: dict[Topic, dict[Stream, None]] = {}
        self.counts = dict.fromkeys(TopicKind, 0)
        self.owners: set[int] = set()
        self.lists: set[int] = set()

    def add(self, stream: Stream, topic: Topic) -> None:
        """Let a stream follow a topic."""
        if topic not in self.streams:
            self.streams[topic] = {}
            self.counts[topic.kind] += 1
            if (places := self.places_of(topic)) is not None:
                places.add(topic.of)
        self.streams[topic][stream] = None

    def remove(self, stream: Stream, topic: Topic) -> None:
        """Let a stream follow a topic no more."""
        streams = self.streams.get(topic)
        if streams is None:
            return
        streams.pop(stream, None)
        if not streams:
            del self.streams[topic]
            self.counts[topic.kind] -= 1
            if (places := self.places_of(topic)) is not None:
                places.discard(topic.of)

    def places_of(self, topic: Topic) -> set[int] | None:
        """Return the set that holds what a topic of this kind is of."""
        return {TopicKind.HOME: self.owners, TopicKind.LIST: self.lists}.get(topic.kind)

    def has(self, *kinds: TopicKind) -> bool:
        """True when any topic of these kinds is followed."""
        return any(self.counts[kind] for kind in kinds)

    def among(self, topics: Iterable[Topic]) -> list[Topic]:
        """Return those of the topics that somebody follows."""
        return [topic for topic in topics if topic in self.streams]

    def viewers(self, topics: Iterable[Topic]) -> set[int]:
        """Return the accounts behind the streams of some topics."""
        return {stream.viewer for topic in topics for stream in self.streams.get(topic, ())}
