"""The durable reader "trends": who wrote, shared and liked what, counted once a day per account.

Owns: which events count for which name, the housekeeping of the counts. Never: decides what is shown (model/trends.py),
what an account weighs (timelines/trend_weights.py). The formula for people: docs/trends.md.

A hashtag and a link gain by public posts, a post by likes, reposts and answers of others within its first three days.
All of one batch and its cursor commit together, so that nothing is counted twice or left out, over restarts too.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rookery.model.cards import links_of
from rookery.model.events import Event, PostDeleted, PostEdited, PostMarked, PostPublished
from rookery.model.ids import IdClock, us_from_id
from rookery.model.posts import Audience
from rookery.model.settings import Settings
from rookery.model.trends import TrendKind, Voice, link_key
from rookery.storage.database import Transaction
from rookery.storage.log import Numbered
from rookery.storage.marks import Mark
from rookery.storage.trends import (
    Subject,
    find_oldest_member,
    forget_old_days,
    forget_trend,
    keep_strongest,
    list_subjects,
    list_voices,
    rerank,
)
from rookery.storage.values import find_value, set_value
from rookery.timelines.cards import MOST_LINKS, normal_link
from rookery.timelines.trend_tally import WHOLE_LIFE, Tally, joined_ranks, rank_of
from rookery.timelines.trend_weights import crowd_share, origins_of, weight_of

HOUR_US = 3600 * 1_000_000
DAY_US = 24 * HOUR_US
YOUNG_US = 3 * DAY_US
SALT, HALF_LIFE = "trends_salt", "trends_half_life_us"
MOST_TAGS = 10  # of one post; a heap of hashtags is no sign of many subjects
FADED_SCORE = 0.02


@dataclass(frozen=True, slots=True)
class Touch:
    """An account took part in something. is_local: the thing itself is ours, whoever takes part."""

    kind: TrendKind
    name: str
    account_id: int
    id: int = 0
    language: str | None = None
    host: str = ""
    is_local: bool = False


class TrendReader:
    """Counts. See timelines/readers.py for the contract; state in memory is only a copy (timelines/trend_tally.py)."""

    name = "trends"
    rest_s = 0.5

    def __init__(self, ids: IdClock, settings: Settings) -> None:
        self.ids, self.settings, self.kept = ids, settings, settings.trends.kept
        self.half_life_us = settings.trends.half_life_hours * HOUR_US
        self.tally = Tally(self.kept)
        self.salt = b""
        self.opened_at_us: int | None = None
        self.tidied_on = 0

    def wants(self, event: Event) -> bool:
        """Public posts and what people do with them."""
        match event:
            case PostPublished() | PostDeleted():
                return event.audience <= Audience.UNLISTED
            case PostMarked():
                return event.mark == Mark.LIKE
            case PostEdited():
                return bool(event.added_tags)
            case _:
                return False

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Count a batch."""
        if await self.tally.begin(tx):
            await self.prepare(tx, events[0].happened_at_us)
        subjects = await list_subjects(tx, {one for entry in events for one in subjects_of(entry.event)})
        await asyncio.sleep(0)
        touches = [(entry.happened_at_us, touch) for entry in events for touch in self.touches(entry, subjects)]
        voices = await list_voices(tx, {touch.account_id for _, touch in touches})
        for kind in TrendKind:
            names = dict.fromkeys(touch.name for _, touch in touches if touch.kind is kind)
            if names:
                await self.tally.load(tx, kind, names, day_of(kind, events[0].happened_at_us))
        await asyncio.sleep(0)
        for at_us, touch in touches:
            if touch.account_id in voices:
                self.count(touch, voices[touch.account_id], at_us)
        for entry in events:
            await self.forget_deleted(tx, entry.event)
        await self.tally.save(tx)
        await self.tidy(tx, events[-1].happened_at_us)
        return True

    async def prepare(self, tx: Transaction, now_us: int) -> None:
        """Learn this server's salt and age; move all ranks when the half-life is another one than before."""
        oldest = await find_oldest_member(tx)
        self.opened_at_us = us_from_id(oldest) if oldest is not None else None
        salt = await find_value(tx, SALT)
        if salt is None:
            salt = secrets.token_hex(16)
            await set_value(tx, SALT, salt)
        before = await find_value(tx, HALF_LIFE)
        if before is not None and int(before) != self.half_life_us:
            await rerank(tx, now_us / self.half_life_us - now_us / int(before))
        if before is None or int(before) != self.half_life_us:
            await set_value(tx, HALF_LIFE, str(self.half_life_us))
        self.salt = bytes.fromhex(salt)

    def touches(self, entry: Numbered, subjects: dict[int, Subject]) -> Iterator[Touch]:
        """Yield what an event counts for."""
        match entry.event:
            case PostPublished(repost_of_id=int(original), author_id=author):
                yield from reaction(subjects.get(original), author, entry.happened_at_us)
            case PostPublished() as event:
                yield from self.of_writing(event, subjects.get(event.post_id), entry.happened_at_us)
                if event.reply_to_id:
                    yield from reaction(subjects.get(event.reply_to_id), event.author_id, entry.happened_at_us)
            case PostEdited(post_id=post_id, author_id=author, added_tags=tags):
                if entry.happened_at_us - us_from_id(post_id) <= YOUNG_US:
                    yield from (Touch(TrendKind.TAG, tag, author) for tag in tags[:MOST_TAGS])
            case PostMarked(post_id=post_id, account_id=account_id):
                yield from reaction(subjects.get(post_id), account_id, entry.happened_at_us)

    def of_writing(self, event: PostPublished, post: Subject | None, at_us: int) -> Iterator[Touch]:
        """Yield what a new post counts for; one that is old on arrival was imported, and counts for nothing."""
        if event.audience != Audience.PUBLIC or at_us - us_from_id(event.post_id) > YOUNG_US:
            return
        author = event.author_id
        yield Touch(TrendKind.EVERYBODY, "", author)
        for tag in event.tags[:MOST_TAGS]:
            yield Touch(TrendKind.TAG, tag, author)
        link = self.first_link(post) if post and post.may_trend else ""
        if post and link:
            host = urlsplit(link).hostname or ""
            yield Touch(TrendKind.LINK, link, author, language=post.language, host=host)
            yield Touch(TrendKind.PUBLISHER, host, author, host=host)

    def first_link(self, post: Subject) -> str:
        """Return the first link of a post that leads elsewhere, '' for none."""
        links = (link_key(normal_link(raw, self.settings)) for raw in links_of(post.facets, post.html)[:MOST_LINKS])
        return next(filter(None, links), "")

    def count(self, touch: Touch, voice: Voice, at_us: int) -> None:
        """Let an account count for a name, once per day."""
        if not voice.is_counted:
            return
        counter = self.tally.of(touch.kind, touch.name, day_of(touch.kind, at_us))
        counter.is_dirty = True
        counter.use_count += 1
        stands_for = counter.sketch.add(voice.id, self.salt)
        if not stands_for:
            return
        counter.account_count += stands_for
        if counter.id == 0:
            counter.id, counter.host = touch.id or self.ids.next_id(), touch.host
            counter.local_count += touch.is_local
        counter.language = touch.language
        counter.local_count += 0 if voice.domain else stands_for
        weight = weight_of(voice, at_us, at_us - (self.opened_at_us or at_us))
        if weight:
            share = crowd_share(counter.origins, origins_of(voice, at_us), max(1, round(stands_for)))
            gained = rank_of(stands_for * weight * share, at_us, self.half_life_us)
            counter.rank = joined_ranks(counter.rank, gained)

    async def forget_deleted(self, tx: Transaction, event: Event) -> None:
        """A post that is gone trends no more; the days of its hashtags stay as they were."""
        if isinstance(event, PostDeleted) and event.repost_of_id is None:
            self.tally.forget(TrendKind.POST, str(event.post_id))
            await forget_trend(tx, TrendKind.POST, str(event.post_id))

    async def tidy(self, tx: Transaction, now_us: int) -> None:
        """Keep the tables small: once a day, and when a storm brought many names."""
        today = day_of(TrendKind.TAG, now_us)
        if today == self.tidied_on and self.tally.written < self.kept:
            return
        self.tally.written = 0
        for kind in TrendKind:
            await keep_strongest(tx, kind, self.kept, rank_of(FADED_SCORE, now_us, self.half_life_us))
        if today != self.tidied_on:
            await forget_old_days(tx, today)
            self.tidied_on = today


def day_of(kind: TrendKind, at_us: int) -> int:
    """Return the day, since 1970, under which an account counts once; posts have one for all their life."""
    return WHOLE_LIFE if kind is TrendKind.POST else at_us // DAY_US


def subjects_of(event: Event) -> Iterator[int]:
    """Yield the posts that must be known to count an event."""
    match event:
        case PostPublished(repost_of_id=int(original)):
            yield original
        case PostPublished(post_id=post_id, reply_to_id=answered):
            yield post_id
            if answered:
                yield answered
        case PostMarked(post_id=post_id):
            yield post_id


def reaction(post: Subject | None, account_id: int, at_us: int) -> Iterator[Touch]:
    """Yield what somebody's like, repost or answer counts for: the post of somebody else, while it is young."""
    if post is None or not post.may_trend or post.author_id == account_id or at_us - us_from_id(post.id) > YOUNG_US:
        return
    yield Touch(TrendKind.POST, str(post.id), account_id, id=post.id, language=post.language, is_local=post.is_local)
