"""The numbers a server tells strangers, kept for some minutes.

Owns: UsageCache. Never: exact to the second; every visitor's app asks, and the counts read whole tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rookery.model.events import Event, MemberJoined
from rookery.model.ids import now_us
from rookery.storage.database import Database
from rookery.storage.members import count_members
from rookery.storage.usage import MONDAY_US, WEEK_US, count_domains, count_local_posts, count_weekly, list_domains
from rookery.timelines.live import Live

Value = TypeVar("Value")
DAY_US = 86_400 * 1_000_000
COUNTS_KEPT_US = 5 * 60 * 1_000_000
WEEKS_KEPT_US = 60 * 60 * 1_000_000
WEEK_COUNT = 12


@dataclass(frozen=True, slots=True)
class Counts:
    """Members, those seen within 30 and 180 days, their posts, other servers known."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    domains: int


@dataclass(frozen=True, slots=True)
class Week:
    """One week from Monday, UTC. sign_ins: members seen last in that week."""

    began_at_us: int
    posts: int
    sign_ins: int
    sign_ups: int


class Kept(Generic[Value]):
    """One value, read again when it is too old, once for all who wait."""

    def __init__(self, read: Callable[[], Awaitable[Value]], kept_us: int) -> None:
        self.read, self.kept_us = read, kept_us
        self.value: Value | None = None
        self.read_at_us = 0
        self.lock = asyncio.Lock()

    async def get(self) -> Value:
        """Return the value."""
        async with self.lock:
            if self.value is None or now_us() - self.read_at_us > self.kept_us:
                self.read_at_us = now_us()
                self.value = await self.read()
            return self.value


class UsageCache:
    """What is known of the use of this server."""

    def __init__(self, db: Database, live: Live) -> None:
        self.db = db
        self.counts = Kept(self.read_counts, COUNTS_KEPT_US)
        self.weeks = Kept(self.read_weeks, WEEKS_KEPT_US)
        self.domains = Kept(self.read_domains, WEEKS_KEPT_US)
        live.add(self)

    def on_event(self, event: Event) -> None:
        """A new member shows at once."""
        if isinstance(event, MemberJoined):
            self.counts.read_at_us = 0

    async def read_counts(self) -> Counts:
        """Count members and posts."""
        reader, now = self.db.long_reader, now_us()
        return Counts(
            members=await count_members(reader),
            active_month=await count_members(reader, seen_since_us=now - 30 * DAY_US),
            active_half_year=await count_members(reader, seen_since_us=now - 180 * DAY_US),
            posts=await count_local_posts(reader),
            domains=await count_domains(reader),
        )

    async def read_weeks(self) -> list[Week]:
        """Count the last twelve weeks, this one first."""
        reader = self.db.long_reader
        newest = (now_us() - MONDAY_US) // WEEK_US
        since_us = MONDAY_US + (newest - WEEK_COUNT + 1) * WEEK_US
        posts = await count_weekly(reader, "posts", since_us)
        sign_ins = await count_weekly(reader, "sign_ins", since_us)
        sign_ups = await count_weekly(reader, "sign_ups", since_us)
        return [
            Week(MONDAY_US + week * WEEK_US, posts.get(week, 0), sign_ins.get(week, 0), sign_ups.get(week, 0))
            for week in range(newest, newest - WEEK_COUNT, -1)
        ]

    async def read_domains(self) -> list[str]:
        """Name the other servers."""
        return await list_domains(self.db.long_reader)
