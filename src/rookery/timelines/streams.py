"""Live streams: whoever listens hears what happens, pushed from the event log, without polling.

Owns: Streams, the hub of one process: open streams, their ends (K7), the order in which events are told. Who hears an
event is decided in timelines/hearing.py; the bytes are made by the faces' voices.

A card that comes to a fresh post is told like an edit; old posts whose link is read again tell nobody.

`on_event` only queues, as Live demands; `run` works the queue off, one event after the other, so every stream hears in
the order of the log. Bounded everywhere: QUEUED pieces per stream, WAITING events in the hub, MOST_OPEN streams per
account. Nothing is skipped in silence: where a bound is met, the stream ends with its reason.

Revocation reaches a stream at once through the app's access listeners, and from other processes through the log. To
open one without a gap between knowing the caller and listening to revocations, `open` is given the look-up itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from rookery.model.callers import Caller, covers
from rookery.model.errors import NotSignedIn, TooMany, Unavailable
from rookery.model.events import (
    AccessRevoked,
    AnnouncementMade,
    AnnouncementReacted,
    AnnouncementRemoved,
    CardChanged,
    ConversationChanged,
    Event,
    FiltersChanged,
    MemberChanged,
    NotificationAdded,
    PostDeleted,
    PostEdited,
    PostPublished,
    QuoteAnswered,
    QuotePolicyChanged,
    QuoteRevoked,
    RelationChanged,
)
from rookery.model.ids import PostId, now_us, us_from_id
from rookery.storage.database import Database
from rookery.timelines.hearing import Heard, Hearing
from rookery.timelines.homes import Homes, HomeWatcher
from rookery.timelines.live import Live
from rookery.timelines.topics import FOLLOWED, Ending, Followed, News, NewsKind, Stream, Topic, TopicKind, Voice

LOG = logging.getLogger("rookery.streams")
WAITING = 5_000
MOST_OPEN = 20
PAUSES_S = (0.2, 1.0, 3.0)
OLD_US = 6 * 3600 * 1_000_000
FRESH_US = 3600 * 1_000_000  # a post so young may still stand on somebody's screen without its card
MOST_FRESH = 50
TOLD_TO_ALL = AnnouncementMade | AnnouncementReacted | AnnouncementRemoved
CHANGED = PostEdited | QuoteRevoked | QuoteAnswered | QuotePolicyChanged
TOLD = (
    PostPublished
    | CHANGED
    | CardChanged
    | PostDeleted
    | NotificationAdded
    | FiltersChanged
    | ConversationChanged
    | TOLD_TO_ALL
)
Told = tuple[News, Heard]


class TooManyTopics(TooMany):
    """One stream asks for more than a person can read."""

    def __init__(self) -> None:
        super().__init__(f"a stream follows at most {FOLLOWED} topics; unsubscribe from one first", 1)


class Streams(HomeWatcher):
    """The open streams of this process. most_open: per account; 0 for no bound (test mode)."""

    def __init__(self, db: Database, live: Live, homes: Homes, *, most_open: int = MOST_OPEN) -> None:
        self.homes, self.most_open, self.most_waiting = homes, most_open, WAITING
        self.followed = Followed()
        self.hearing = Hearing(db, self.followed)
        self.by_account: dict[int, dict[Stream, None]] = {}
        self.waiting: deque[TOLD] = deque()
        self.placed: dict[int, set[int]] = {}
        self.news = asyncio.Event()
        self.working = asyncio.Lock()
        self.revocation_count = 0
        live.add(self)
        homes.watchers.append(self)

    async def open(self, identify: Callable[[], Awaitable[Caller]], voice: Voice) -> Stream:
        """Open a stream for whom `identify` names. Raises what it raises, NotSignedIn for an app without a person."""
        while True:
            count = self.revocation_count
            caller = await identify()
            if count == self.revocation_count:
                break
        if caller.account_id is None:
            raise NotSignedIn("the access token is invalid")
        stream = Stream(caller, voice)
        own = self.by_account.setdefault(stream.viewer, {})
        is_first = not own
        own[stream] = None
        self.thin_out(own)
        if is_first:
            await self.learn(stream)
        return stream

    def thin_out(self, own: dict[Stream, None]) -> None:
        """End an account's oldest stream when it has one too many: often its client is long gone."""
        alive = [stream for stream in own if stream.ending is None]
        if self.most_open and len(alive) > self.most_open:
            alive[0].end(Ending.CROWDED)

    async def learn(self, stream: Stream) -> None:
        """Find out what guards an account's first stream; without an answer it does not open."""
        try:
            await self.hearing.learn(stream.viewer)
        except BaseException:
            self.close(stream)
            raise
        if stream.viewer not in self.by_account:
            self.hearing.plain.discard(stream.viewer)

    def close(self, stream: Stream) -> None:
        """Forget a stream; harmless the second time."""
        stream.end(Ending.CLOSED)
        for topic in stream.names:
            self.followed.remove(stream, topic)
        stream.names.clear()
        own = self.by_account.get(stream.viewer, {})
        own.pop(stream, None)
        if not own:
            self.by_account.pop(stream.viewer, None)
            self.hearing.plain.discard(stream.viewer)

    def follow(self, stream: Stream, topic: Topic, name: Any) -> None:
        """Let a stream hear of a topic, under a name of its client's. Raises TooManyTopics."""
        if stream.ending is not None:
            return
        names = stream.names.get(topic)
        if names is None:
            if len(stream.names) >= FOLLOWED:
                raise TooManyTopics
            names = stream.names[topic] = []
            self.followed.add(stream, topic)
        if name not in names and len(names) < FOLLOWED:
            names.append(name)

    def unfollow(self, stream: Stream, topic: Topic, name: Any) -> None:
        """Let a stream hear no more of a topic under this name; harmless when it did not."""
        names = stream.names.get(topic)
        if names is None or name not in names:
            return
        names.remove(name)
        if not names:
            del stream.names[topic]
            self.followed.remove(stream, topic)

    def on_access(self, event: AccessRevoked | MemberChanged) -> None:
        """End the streams of those whose access was taken (K7)."""
        if not isinstance(event, AccessRevoked):
            return
        self.revocation_count += 1
        for stream in list(self.by_account.get(event.account_id or 0, ())):
            if covers(event, stream.caller):
                stream.end(Ending.REVOKED)

    def end_all(self, ending: Ending = Ending.STOPPING) -> None:
        """End every stream; their handlers close them."""
        for own in list(self.by_account.values()):
            for stream in list(own):
                stream.end(ending)

    def on_event(self, event: Event) -> None:
        """Queue what somebody may hear; end at once what was revoked elsewhere."""
        if isinstance(event, AccessRevoked):
            self.on_access(event)
        elif isinstance(event, RelationChanged):
            self.hearing.note_relation(event)
        elif isinstance(event, TOLD) and self.by_account:
            self.queue(event)

    def queue(self, event: TOLD) -> None:
        """Put an event at the end of what waits to be told; one too many ends every stream."""
        if isinstance(event, CardChanged) and not fresh_posts(event):
            return
        self.waiting.append(event)
        self.news.set()
        if len(self.waiting) > self.most_waiting:
            self.waiting.clear()
            self.end_all(Ending.BEHIND)

    def watched(self) -> set[int]:
        """Whose homes are followed."""
        return self.followed.owners

    def on_placed(self, event: PostPublished, owners: set[int]) -> None:
        """Remember which homes took a post until it is told."""
        if self.waiting or self.working.locked():
            self.placed[event.post_id] = owners & self.followed.owners

    async def run(self) -> None:
        """Tell what happens until cancelled; woken by the log."""
        while True:
            await self.news.wait()
            self.news.clear()
            await self.work()

    async def work(self) -> None:
        """Tell everything that waits."""
        async with self.working:
            while self.waiting:
                event = self.waiting.popleft()
                await self.tell_patiently(event)
                if isinstance(event, PostPublished):
                    self.placed.pop(event.post_id, None)
            self.placed.clear()

    async def tell_patiently(self, event: TOLD) -> None:
        """Tell one event. A database that is away is waited for a while; what cannot be told is logged."""
        for pause_s in (*PAUSES_S, None):
            try:
                for news, heard in await self.told_of(event):
                    await self.tell(news, heard)
                return
            except Unavailable:
                if pause_s is None:
                    LOG.exception("the database is away; every stream ends")
                    self.end_all(Ending.BEHIND)
                    return
                await asyncio.sleep(pause_s)
            except Exception:
                LOG.exception("nobody can be told of %r", event)
                return

    async def told_of(self, event: TOLD) -> list[Told]:
        """Return what is to be told to whom."""
        match event:
            case PostPublished():
                return await self.told_of_post(event)
            case PostEdited() | QuoteRevoked() | QuoteAnswered() | QuotePolicyChanged():
                return [(News(NewsKind.EDITED, event.post_id), await self.hearing.of_edited_post(event.post_id))]
            case CardChanged():
                posts = fresh_posts(event)
                return [(News(NewsKind.EDITED, one), await self.hearing.of_edited_post(one)) for one in posts]
            case PostDeleted():
                return [(News(NewsKind.DELETED, event.post_id), await self.hearing.of_deleted_post(event))]
            case NotificationAdded():
                news = News(NewsKind.NOTIFIED, event.notification_id)
                return [(news, {Topic(TopicKind.NOTIFICATIONS, event.account_id): None})]
            case ConversationChanged():
                news = News(NewsKind.MESSAGED, event.conversation_id)
                return [(news, {Topic(TopicKind.MESSAGES, event.account_id): None})]
            case AnnouncementMade() | AnnouncementReacted() | AnnouncementRemoved():
                homes: Heard = {Topic(TopicKind.HOME, owner): None for owner in self.followed.owners}
                return [(news_for_all(event), homes)]
            case FiltersChanged():
                return [(News(NewsKind.FILTERS_CHANGED), {Topic(TopicKind.HOME, event.account_id): None})]

    async def told_of_post(self, event: PostPublished) -> list[Told]:
        """Return who hears of a new post; nobody of an old one that was fetched from its server."""
        if us_from_id(event.post_id) < now_us() - OLD_US:
            return []
        if self.followed.owners:
            await self.homes.place_waiting()
        owners = self.placed.get(event.post_id, set())
        return [(News(NewsKind.POSTED, event.post_id), await self.hearing.of_new_post(event.post_id, owners))]

    async def tell(self, news: News, heard: Heard) -> None:
        """Have each voice say the news to its streams."""
        hearers: dict[Voice, list[tuple[Stream, Topic]]] = {}
        for topic, viewers in heard.items():
            for stream in self.followed.streams.get(topic, ()):
                if viewers is None or stream.viewer in viewers:
                    hearers.setdefault(stream.voice, []).append((stream, topic))
        for voice, heard_by in hearers.items():
            await voice.tell(news, heard_by)


def fresh_posts(event: CardChanged) -> list[PostId]:
    """Return the posts that are told of their card: none for a card that only lost something, and no old ones."""
    since_us = now_us() - FRESH_US
    return [one for one in event.post_ids if us_from_id(one) > since_us][:MOST_FRESH] if event.is_news else []


def news_for_all(event: TOLD_TO_ALL) -> News:
    """Return what every member hears."""
    match event:
        case AnnouncementMade():
            return News(NewsKind.PROCLAIMED, event.announcement_id)
        case AnnouncementReacted():
            return News(NewsKind.REACTED, event.announcement_id, event.name, event.count)
        case AnnouncementRemoved():
            return News(NewsKind.TAKEN_BACK, event.announcement_id)
