"""Figures for those who look after the server: measures, rankings, cohorts, each from what is stored.

Owns: which count answers which key. Never: SQL (storage/figures.py), words of an API.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from rookery import __version__
from rookery.model.figures import MOST_COHORT_DAYS, Cohort, Measured, Period, Share, first_of_month, next_month
from rookery.storage import figures
from rookery.storage.database import Database

# Key -> what is counted, all of it summed; and whether it is about a hashtag or a server.
MEASURES = {
    "active_users": ("active_users",),
    "new_users": ("new_users",),
    "interactions": ("likes", "answers"),
    "opened_reports": ("opened_reports",),
    "resolved_reports": ("resolved_reports",),
    "tag_accounts": ("tag_accounts",),
    "tag_uses": ("tag_uses",),
    "tag_servers": ("tag_servers",),
    "instance_accounts": ("instance_accounts",),
    "instance_media": ("instance_media",),
    "instance_reports": ("instance_reports",),
    "instance_posts": ("instance_posts",),
    "instance_follows": ("instance_follows",),
    "instance_followers": ("instance_followers",),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a figure is about: a server, a hashtag (key), or neither."""

    domain: str = ""
    tag: str = ""


async def measure(db: Database, key: str, period: Period, scope: Scope) -> Measured:
    """Count one key by day. key: of MEASURES."""
    by_day: dict[int, int] = {}
    for part in MEASURES[key]:
        counts = await figures.count_daily(db.long_reader, part, period, domain=scope.domain, tag=scope.tag)
        for day, count in counts.items():
            by_day[day] = by_day.get(day, 0) + count
    total = await sum_up(db, key, period, scope)
    previous = None if key.startswith("instance_") else await sum_up(db, key, period.before, scope)
    unit = "bytes" if key == "instance_media" else None
    return Measured(key, unit, total, previous, {day: by_day.get(day, 0) for day in period.days})


async def sum_up(db: Database, key: str, period: Period, scope: Scope) -> int:
    """Return a key's whole period; people, hashtag users and servers count once."""
    reader = db.long_reader
    if key in figures.DISTINCT:
        return await figures.count_distinct(reader, key, period, tag=scope.tag)
    counts = [
        await figures.count_daily(reader, part, period, domain=scope.domain, tag=scope.tag) for part in MEASURES[key]
    ]
    return sum(sum(by_day.values()) for by_day in counts)


async def rank_shares(db: Database, key: str, period: Period, scope: Scope, limit: int) -> list[Share] | None:
    """Return a ranking, None for a key that nobody knows."""
    reader = db.long_reader
    match key:
        case "languages":
            found = await figures.rank_languages(reader, period, limit)
        case "space_usage":
            database, media = await figures.measure_space(reader, db.dialect)
            return [
                Share("database", engine_name(db), str(database), "bytes"),
                Share("media", "Media", str(media), "bytes"),
            ]
        case "software_versions":
            engine = await figures.find_engine_version(reader, db.dialect)
            return [
                Share("rookery", "Rookery", __version__),
                Share("python", "Python", platform.python_version()),
                Share("database", engine_name(db), engine),
            ]
        case _ if key in figures.RANKINGS:
            found = await figures.rank(reader, key, period, limit, domain=scope.domain, tag=scope.tag)
        case _:
            return None
    return [Share(name or "", name or "", str(count)) for name, count in found]


def engine_name(db: Database) -> str:
    """What people call the engine."""
    return "PostgreSQL" if db.dialect == "postgres" else "SQLite"


async def list_cohorts(db: Database, period: Period, *, is_monthly: bool) -> list[Cohort]:
    """Return who joined in each day or month of a period, and who of them came back when."""
    bounded = period if is_monthly else period.clamped(MOST_COHORT_DAYS)
    step = first_of_month if is_monthly else int
    joined: dict[int, set[int]] = {}
    back: dict[tuple[int, int], set[int]] = {}
    for account_id, day in await figures.list_newcomers(db.long_reader, bounded):
        joined.setdefault(step(day), set()).add(account_id)
    for account_id, day, seen in await figures.list_returned(db.long_reader, bounded):
        back.setdefault((step(day), step(seen)), set()).add(account_id)
    starts = starts_of(bounded, is_monthly=is_monthly)
    return [
        Cohort(
            start,
            len(joined.get(start, ())),
            tuple((later, len(back.get((start, later), ()))) for later in starts if later >= start),
        )
        for start in starts
    ]


def starts_of(period: Period, *, is_monthly: bool) -> list[int]:
    """Return the first day of each piece of a period."""
    if not is_monthly:
        return list(period.days)
    starts, day = [], first_of_month(period.first)
    while day <= period.last:
        starts.append(day)
        day = next_month(day)
    return starts
