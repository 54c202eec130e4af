"""Trends in SQL: what is counted now, what was counted on each day, what was decided.

Owns: the tables `trends`, `trend_days` and `trend_verdicts`, and what the counting asks of authors and posts. Never:
weighs anything. A post read for a viewer passes VISIBLE (K5); the rest are counts, which tell of nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rookery.model.ids import floor_id
from rookery.model.tags import TagDay
from rookery.model.text import Facet
from rookery.model.trends import TrendKind, Verdict, Voice
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_facets
from rookery.storage.sql import Row
from rookery.storage.visibility import VISIBLE, WANTED

KEPT_DAYS = 9
FIND_TRENDS = """
    SELECT t.name, t.id, t.rank, t.local_count, t.language, t.host, t.origins, d.use_count, d.account_count, d.seen
    FROM trends t LEFT JOIN trend_days d ON d.kind = t.kind AND d.name = t.name AND d.day = :day
    WHERE t.kind = :kind AND t.name IN (:names...text)
"""
FIND_DAYS = """
    SELECT name, use_count, account_count, seen FROM trend_days
    WHERE kind = :kind AND day = :day AND name IN (:names...text)
"""
SAVE_TREND = """
    INSERT INTO trends (kind, name, id, rank, local_count, language, host, origins)
    VALUES (:kind, :name, :id, :rank, :local_count, :language, :host, :origins)
    ON CONFLICT (kind, name) DO UPDATE SET rank = excluded.rank, local_count = excluded.local_count,
        language = excluded.language, origins = excluded.origins
"""
SAVE_DAY = """
    INSERT INTO trend_days (kind, name, day, use_count, account_count, seen)
    VALUES (:kind, :name, :day, :use_count, :account_count, :seen)
    ON CONFLICT (kind, name, day) DO UPDATE SET use_count = excluded.use_count,
        account_count = excluded.account_count, seen = excluded.seen
"""
FORGET_TREND = "DELETE FROM trends WHERE kind = :kind AND name = :name"
KEEP_STRONGEST = """
    -- Index: trends_rank (kind, rank DESC)
    DELETE FROM trends WHERE kind = :kind AND name IN (
        SELECT w.name FROM trends w WHERE w.kind = :kind ORDER BY w.rank DESC LIMIT 9999999 OFFSET :kept)
"""
FORGET_FADED = "DELETE FROM trends WHERE kind = :kind AND rank < :rank"
FORGET_OLD_DAYS = "DELETE FROM trend_days WHERE day < :before AND kind <> :post_kind"
FORGET_POST_DAYS = """
    DELETE FROM trend_days WHERE kind = :post_kind
    AND NOT EXISTS (SELECT 1 FROM trends t WHERE t.kind = :post_kind AND t.name = trend_days.name)
"""
SHRINK_DAYS = """
    -- A day that is over needs no sketch. Index: trend_days_day (day, kind)
    UPDATE trend_days SET seen = NULL WHERE day < :before AND kind <> :post_kind AND seen IS NOT NULL
"""
RERANK = "UPDATE trends SET rank = rank + :shift"
TOP = """
    -- Strongest first. Index: trends_rank (kind, rank DESC)
    SELECT t.name, t.id, t.rank, t.local_count, t.language, t.host, v.verdict FROM trends t
    LEFT JOIN trend_verdicts v ON v.kind = t.kind AND v.name = t.name
    WHERE t.kind = :kind AND t.rank > :rank ORDER BY t.rank DESC LIMIT :limit
"""
TREND_BY_ID = "SELECT name FROM trends WHERE kind = :kind AND id = :id"
RANK_OF = "SELECT rank FROM trends WHERE kind = :kind AND name = :name"
DAYS = """
    SELECT name, day, use_count, account_count FROM trend_days
    WHERE kind = :kind AND name IN (:names...text) AND day >= :since ORDER BY name, day DESC
"""
RECOUNT_DAYS = """
    -- What the posts themselves say of some hashtags' days, for worlds that came without events.
    INSERT INTO trend_days (kind, name, day, use_count, account_count)
    SELECT 1, t.tag, (t.post_id >> 10) / 86400000000, count(*), count(DISTINCT p.author_id)
    FROM post_tags t JOIN posts p ON p.id = t.post_id
    WHERE t.post_id >= :floor AND p.audience = 0 GROUP BY t.tag, (t.post_id >> 10) / 86400000000
    ON CONFLICT (kind, name, day) DO NOTHING
"""
VERDICTS = "SELECT name, verdict FROM trend_verdicts WHERE kind = :kind AND name IN (:names...text)"
SAVE_VERDICT = """
    INSERT INTO trend_verdicts (kind, name, verdict, decided_at) VALUES (:kind, :name, :verdict, :now)
    ON CONFLICT (kind, name) DO UPDATE SET verdict = excluded.verdict, decided_at = excluded.decided_at
"""
VOICES = """
    SELECT a.id, a.domain, a.created_at, a.suspended_at IS NULL AND a.silenced_at IS NULL, a.is_bot,
        a.is_discoverable, a.follower_count,
        (a.avatar_key IS NOT NULL OR EXISTS (SELECT 1 FROM far_accounts fa
            WHERE fa.account_id = a.id AND fa.avatar_url <> '')), m.invited_by_id,
        (SELECT s.address FROM sessions s WHERE s.account_id = a.id ORDER BY s.id DESC LIMIT 1)
    FROM accounts a LEFT JOIN members m ON m.account_id = a.id WHERE a.id IN (:ids...)
"""
OLDEST_MEMBER = "SELECT min(account_id) FROM members"
SUBJECTS = """
    -- For counting, never for an answer. Facets only where there may be a link.
    SELECT p.id, p.author_id, p.is_local, p.language, p.is_listed = 1 AND p.is_sensitive = 0 AND p.content_warning = ''
        AND a.is_discoverable = 1 AND a.suspended_at IS NULL AND a.silenced_at IS NULL,
        CASE WHEN p.facets LIKE '%"link"%' THEN p.facets ELSE '[]' END, p.html
    FROM posts p JOIN accounts a ON a.id = p.author_id WHERE p.id IN (:ids...)
"""
TRENDING_POSTS = f"""
    -- Those of some posts that may stand before this viewer, whatever was counted: the author may think otherwise now.
    SELECT p.id, p.author_id FROM posts p JOIN accounts a ON a.id = p.author_id
    WHERE p.id IN (:ids...) AND p.is_listed = 1 AND p.is_sensitive = 0 AND p.content_warning = ''
    AND a.is_discoverable = 1 AND a.silenced_at IS NULL AND {VISIBLE} AND {WANTED}
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A post that others react to, or that brings a link.

    may_trend: public, no reply to others, nothing hidden, by somebody who wants to be found. is_local: by one of ours.
    """

    id: int
    author_id: int
    is_local: bool
    language: str | None
    may_trend: bool
    facets: tuple[Facet, ...]
    html: str | None


async def find_trends(reader: Reader, kind: TrendKind, names: Iterable[str], day: int) -> Sequence[Row]:
    """Return what is counted of some names, with a day's counts."""
    return await reader.all(FIND_TRENDS, kind=int(kind), names=list(names), day=day)


async def find_days(reader: Reader, kind: TrendKind, names: Iterable[str], day: int) -> Sequence[Row]:
    """Return a day's counts of some names."""
    return await reader.all(FIND_DAYS, kind=int(kind), names=list(names), day=day)


async def save_trends(tx: Transaction, trends: list[dict[str, Any]], days: list[dict[str, Any]]) -> None:
    """Store what is counted, in place of what was."""
    if trends:
        await tx.run_many(SAVE_TREND, trends)
    if days:
        await tx.run_many(SAVE_DAY, days)


async def forget_trend(tx: Transaction, kind: TrendKind, name: str) -> None:
    """Stop counting."""
    await tx.run(FORGET_TREND, kind=int(kind), name=name)


async def keep_strongest(tx: Transaction, kind: TrendKind, kept: int, faded_rank: float) -> int:
    """Drop all but the strongest, and what has faded; return how many."""
    gone = await tx.run(FORGET_FADED, kind=int(kind), rank=faded_rank)
    return gone + await tx.run(KEEP_STRONGEST, kind=int(kind), kept=kept)


async def forget_old_days(tx: Transaction, today: int) -> None:
    """Drop counts older than a week, sketches of days that are over, and those of posts that are not counted now."""
    post_kind = int(TrendKind.POST)
    await tx.run(FORGET_OLD_DAYS, before=today - KEPT_DAYS, post_kind=post_kind)
    await tx.run(SHRINK_DAYS, before=today - 1, post_kind=post_kind)
    await tx.run(FORGET_POST_DAYS, post_kind=post_kind)


async def rerank(tx: Transaction, shift: float) -> None:
    """Move every rank: the half-life is another one."""
    await tx.run(RERANK, shift=shift)


async def list_top(reader: Reader, kind: TrendKind, above_rank: float, limit: int) -> Sequence[Row]:
    """Return (name, id, rank, local count, language, host, verdict), strongest first."""
    return await reader.all(TOP, kind=int(kind), rank=above_rank, limit=limit)


async def find_trend_name(reader: Reader, kind: TrendKind, trend_id: int) -> str | None:
    """Return the name of what is counted under an id, or None."""
    row = await reader.one(TREND_BY_ID, kind=int(kind), id=trend_id)
    return row[0] if row else None


async def find_rank(reader: Reader, kind: TrendKind, name: str) -> float | None:
    """Return the rank of one name, or None."""
    row = await reader.one(RANK_OF, kind=int(kind), name=name)
    return row[0] if row else None


async def list_days(reader: Reader, kind: TrendKind, names: Iterable[str], since_day: int) -> dict[str, list[TagDay]]:
    """Return uses and accounts by day, the newest first. since_day: days since 1970."""
    found: dict[str, list[TagDay]] = {}
    for row in await reader.all(DAYS, kind=int(kind), names=list(names), since=since_day):
        found.setdefault(row[0], []).append(TagDay(row[1], row[2], round(row[3])))
    return found


async def recount_days(tx: Transaction, since_us: int) -> None:
    """Count the hashtags of public posts since a moment, on days that nobody counted."""
    await tx.run(RECOUNT_DAYS, floor=floor_id(since_us))


async def list_verdicts(reader: Reader, kind: TrendKind, names: Iterable[str]) -> dict[str, Verdict]:
    """Return what was decided about some names."""
    rows = await reader.all(VERDICTS, kind=int(kind), names=list(names))
    return {row[0]: Verdict(row[1]) for row in rows}


async def save_verdict(tx: Transaction, kind: TrendKind, name: str, verdict: Verdict, now_us: int) -> None:
    """Store a decision in place of an older one."""
    await tx.run(SAVE_VERDICT, kind=int(kind), name=name, verdict=verdict.value, now=now_us)


async def list_voices(reader: Reader, ids: Iterable[int]) -> dict[int, Voice]:
    """Return what the weight of some accounts depends on."""
    rows = await reader.all(VOICES, ids=list(ids))
    return {row[0]: voice_from_row(row) for row in rows}


def voice_from_row(row: Row) -> Voice:
    """Build a Voice from VOICES."""
    is_counted, is_bot, is_discoverable = bool(row[3]), bool(row[4]), bool(row[5])
    return Voice(row[0], row[1], row[2], is_counted, is_bot, is_discoverable, row[6], bool(row[7]), row[8], row[9])


async def find_oldest_member(reader: Reader) -> int | None:
    """Return the smallest id of a member: it carries the time when people began to come."""
    row = await reader.one(OLDEST_MEMBER)
    return row[0] if row else None


async def list_subjects(reader: Reader, ids: Iterable[int]) -> dict[int, Subject]:
    """Return posts for counting."""
    rows = await reader.all(SUBJECTS, ids=list(ids))
    return {
        row[0]: Subject(row[0], row[1], bool(row[2]), row[3], bool(row[4]), decode_facets(row[5]), row[6])
        for row in rows
    }


async def list_showable(reader: Reader, ids: Iterable[int], viewer: int, now_us: int) -> dict[int, int]:
    """Return id -> author of those of some posts that a viewer may see and wants to see as trending."""
    rows = await reader.all(TRENDING_POSTS, ids=list(ids), viewer=viewer, now=now_us)
    return {row[0]: row[1] for row in rows}
