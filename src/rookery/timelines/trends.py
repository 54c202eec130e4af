"""What trends here: the counts, the verdicts and the setting together, as a page for a viewer.

Owns: TrendChoice, which trends a page holds, in which order. Never: counts (timelines/trend_counting.py).
What is counted of late is read from the top of the ranks, SEEN at most, so a page costs the same in a storm.
Order: what is in the viewer's languages first, then by strength (model/trends.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rookery.model.ids import now_us
from rookery.model.settings import Settings
from rookery.model.tags import HISTORY_DAYS, Tag, TagDay
from rookery.model.trends import Trend, TrendKind, TrendMode, Verdict, least_score
from rookery.storage.database import Reader
from rookery.storage.sql import Row
from rookery.storage.tags import list_tags
from rookery.storage.trends import find_rank, find_trends, list_days, list_showable, list_top, list_verdicts
from rookery.timelines.trend_tally import WHOLE_LIFE, rank_of, score_of

HOUR_US = 3600 * 1_000_000
DAY_US = 24 * HOUR_US
SEEN = 300
USUAL_DAYS = HISTORY_DAYS - 1
STAFF_SCORE = 0.1  # those who look after the server see what is on its way, too


@dataclass(frozen=True, slots=True)
class TrendChoice:
    """Which trends, for whom. viewer: 0 for nobody. languages: those that the viewer reads, () for any.

    for_staff: also what waits for a verdict and what was rejected.
    """

    viewer: int = 0
    languages: tuple[str, ...] = ()
    limit: int = 10
    offset: int = 0
    for_staff: bool = False


async def list_candidates(reader: Reader, kind: TrendKind, settings: Settings) -> list[Trend]:
    """Return the top of what is counted, with its week and its verdict, strongest first."""
    now, half_life_us = now_us(), settings.trends.half_life_hours * HOUR_US
    rows = await list_top(reader, kind, rank_of(STAFF_SCORE, now, half_life_us), SEEN)
    today = now // DAY_US
    since = WHOLE_LIFE if kind is TrendKind.POST else today - HISTORY_DAYS + 1
    weeks = await list_days(reader, kind, [row[0] for row in rows], since)
    found = [trend_from_row(kind, row, score_of(row[2], now, half_life_us)) for row in rows]
    found = [with_days(trend, weeks.get(trend.name, []), today) for trend in found]
    if kind is TrendKind.LINK:
        found = await with_publishers(reader, found)
    return sorted(found, key=lambda trend: -trend.strength)


def trend_from_row(kind: TrendKind, row: Row, score: float) -> Trend:
    """Build a trend without its days."""
    verdict = Verdict(row[6]) if row[6] else None
    return Trend(kind, row[0], row[1], score, row[3], row[4], row[5], verdict=verdict)


def with_days(trend: Trend, days: Sequence[TagDay], today: int) -> Trend:
    """Add a week's counts: accounts of today and yesterday, or of a post's life, and of a usual day before."""
    if trend.kind is TrendKind.POST:
        return replace(trend, account_count=sum(day.account_count for day in days))
    recent = [day.account_count for day in days if day.day >= today - 1]
    before = sum(day.account_count for day in days if day.day < today)
    return replace(trend, account_count=max(recent, default=0), usual=before / USUAL_DAYS, days=tuple(days))


async def with_publishers(reader: Reader, links: Sequence[Trend]) -> list[Trend]:
    """Let a verdict on a site stand for its links that have none of their own."""
    verdicts = await list_verdicts(reader, TrendKind.PUBLISHER, {link.host for link in links})
    return [replace(link, verdict=link.verdict or verdicts.get(link.host)) for link in links]


async def list_named(
    reader: Reader, kind: TrendKind, names: Sequence[str], settings: Settings, choice: TrendChoice
) -> list[Trend]:
    """Return some names with their counts, also those that nobody used of late. Posts pass the gate (K5)."""
    now, half_life_us = now_us(), settings.trends.half_life_hours * HOUR_US
    day = WHOLE_LIFE if kind is TrendKind.POST else now // DAY_US
    rows = {row[0]: row for row in await find_trends(reader, kind, names, day)}
    weeks = await list_days(reader, kind, names, WHOLE_LIFE if kind is TrendKind.POST else day - USUAL_DAYS)
    verdicts = await list_verdicts(reader, kind, names)
    found = []
    for name in names:
        row = rows.get(name)
        fallback = int(name) if kind is TrendKind.POST else 0
        score = score_of(row[2], now, half_life_us) if row else 0.0
        trend = Trend(kind, name, row[1] if row else fallback, score, row[3] if row else 0.0)
        if row:
            trend = replace(trend, language=row[4], host=row[5])
        trend = replace(trend, verdict=verdicts.get(name))
        found.append(with_days(trend, weeks.get(name, []), now // DAY_US))
    return await showable(reader, found, choice) if kind is TrendKind.POST else found


async def least_here(reader: Reader, settings: Settings) -> float:
    """Return the score that a trend needs on this server now."""
    rank = await find_rank(reader, TrendKind.EVERYBODY, "")
    half_life_us = settings.trends.half_life_hours * HOUR_US
    return least_score(0.0 if rank is None else score_of(rank, now_us(), half_life_us))


async def list_trends(reader: Reader, kind: TrendKind, settings: Settings, choice: TrendChoice) -> list[Trend]:
    """Return what trends, in the order of a page. Posts pass the gate (K5) and the viewer's wishes."""
    mode = settings.trends.mode
    if mode is TrendMode.OFF and not choice.for_staff:
        return []
    found = await list_candidates(reader, kind, settings)
    if not choice.for_staff:
        least = await least_here(reader, settings)
        found = [trend for trend in found if trend.may_show(mode, least)]
    if kind is TrendKind.POST:
        found = await showable(reader, found, choice)
    if choice.languages:
        found.sort(key=lambda trend: not speaks(trend.language, choice.languages))
    return found[choice.offset : choice.offset + choice.limit]


async def showable(reader: Reader, posts: Sequence[Trend], choice: TrendChoice) -> list[Trend]:
    """Return those posts that may stand before the viewer; of one author the strongest alone, but all for staff."""
    authors = await list_showable(reader, [post.id for post in posts], choice.viewer, now_us())
    shown, met = [], set()
    for post in posts:
        author = authors.get(post.id)
        if author is None or (author in met and not choice.for_staff):
            continue
        met.add(author)
        shown.append(post)
    return shown


def speaks(language: str | None, languages: Iterable[str]) -> bool:
    """True for no language, or one of these; en-GB is English."""
    return language is None or language.partition("-")[0] in {one.partition("-")[0] for one in languages}


async def tags_of(reader: Reader, trends: Sequence[Trend]) -> list[tuple[Trend, Tag]]:
    """Return each trending hashtag with its noun."""
    known = await list_tags(reader, [trend.name for trend in trends])
    return [(trend, known[trend.name]) for trend in trends if trend.name in known]
