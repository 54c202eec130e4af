"""Rate limits: token buckets in memory, one per rule and subject, bounded in number (K6).

Owns: counting. Never: knows routes; a rule comes with the route, so no path pattern can miss.
A bucket refills evenly; an idle one is forgotten. Each process counts for itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

MAX_BUCKETS = 200_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests per `per_s` seconds and subject (account, token or address)."""

    name: str
    count: int
    per_s: int
    by: str = "caller"  # caller: the account, else the address; address: always the address


@dataclass(slots=True)
class Verdict:
    """is_over: refuse. remaining: requests left now. reset_at: unix seconds when the bucket is full again."""

    is_over: bool
    limit: int
    remaining: int
    reset_at: float


class Limiter:
    """All the buckets of a process. is_off: every request passes and nothing is counted (test mode)."""

    def __init__(self, *, is_off: bool = False) -> None:
        self.is_off = is_off
        self.buckets: dict[tuple[str, str | int], tuple[float, float]] = {}

    def take(self, limit: Limit, subject: str | int) -> Verdict:
        """Count one request."""
        now = time.time()
        rate = limit.count / limit.per_s
        key = (limit.name, subject)
        level, at = self.buckets.get(key, (0.0, now))
        level = max(0.0, level - max(0.0, now - at) * rate)  # a clock that steps back must lock nobody out
        if level + 1 > limit.count:
            return Verdict(True, limit.count, 0, now + (level + 1 - limit.count) / rate)
        if len(self.buckets) >= MAX_BUCKETS:
            self.forget_idle(now)
        self.buckets[key] = (level + 1, now)
        return Verdict(False, limit.count, int(limit.count - level - 1), now + (level + 1) / rate)

    def forget_idle(self, now: float) -> None:
        """Drop the oldest half: their subjects have been away longest."""
        oldest = sorted(self.buckets, key=lambda key: self.buckets[key][1])
        for key in oldest[: len(oldest) // 2]:
            del self.buckets[key]


API = Limit("api", 1500, 300)
ANONYMOUS = Limit("anonymous", 300, 300)
PAGES = Limit("pages", 600, 300)
POSTING = Limit("posting", 300, 3 * 3600)
DELETING = Limit("deleting", 30, 1800)
FOLLOWING = Limit("following", 400, 86_400)
TRANSLATING = Limit("translating", 60, 300)
REPORTING = Limit("reporting", 400, 86_400)
UPLOADING = Limit("uploading", 30, 1800)
SIGN_UP = Limit("sign_up", 5, 1800, by="address")
SIGN_IN = Limit("sign_in", 25, 300, by="address")
APP_REGISTRATION = Limit("app_registration", 5, 600, by="address")
MAILING = Limit("mailing", 5, 1800, by="address")
STREAMING = Limit("streaming", 120, 300)
