"""Figures about the server in SQL: what happened on which day, who comes back, what takes room.

Owns: those counts, the table `member_days`. They read whole tables: use the long reader. Days are counted since 1970,
UTC; times of posts, marks and media come from their ids. Nothing here leads to a post: only numbers leave.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from rookery.model.figures import DAY_US, Period
from rookery.model.ids import floor_id
from rookery.model.members import Preferences
from rookery.storage.database import Reader, Transaction
from rookery.storage.marks import Mark
from rookery.storage.sql import POSTGRES, SQLITE

DECODE_PREFERENCES = msgspec.json.Decoder(Preferences).decode
BY_ID = f"({{id}} >> 10) / {DAY_US}"
IDS = "{id} >= :low_id AND {id} < :high_id"
TIMES = "{at} >= :low_us AND {at} < :high_us"
FAR = "({a}.domain = :domain OR {a}.domain LIKE '%.' || CAST(:domain AS text))"


def of_ids(table: str, column: str, condition: str = "1 = 1", what: str = "count(*)") -> str:
    """Count rows by the day of an id."""
    day = BY_ID.replace("{id}", column)
    bounds = IDS.replace("{id}", column)
    return f"SELECT {day}, CAST({what} AS {{int}}) FROM {table} WHERE {bounds} AND {condition} GROUP BY {day}"


def of_times(table: str, column: str, condition: str = "1 = 1") -> str:
    """Count rows by the day of a moment."""
    bounds = TIMES.replace("{at}", column)
    return (
        f"SELECT {column} / {DAY_US}, count(*) FROM {table} WHERE {bounds} AND {condition} GROUP BY {column} / {DAY_US}"
    )


TAGGED = "post_tags t JOIN posts p ON p.id = t.post_id JOIN accounts a ON a.id = p.author_id"
LIKED = "marks k JOIN posts p ON p.id = k.post_id"
DAILY = {
    "active_users": "SELECT day, count(*) FROM member_days WHERE day >= :low AND day <= :high GROUP BY day",
    "new_users": of_times("members", "created_at"),
    "likes": of_ids(LIKED, "k.id", f"k.kind = {int(Mark.LIKE)} AND p.is_local = 1"),
    "answers": of_ids(
        "posts p JOIN posts o ON o.id = coalesce(p.repost_of_id, p.reply_to_id)", "p.id", "o.is_local = 1"
    ),
    "opened_reports": of_times("reports", "created_at"),
    "resolved_reports": of_times("reports", "handled_at"),
    "tag_uses": of_ids(TAGGED, "t.post_id", "t.tag = :tag"),
    "tag_accounts": of_ids(TAGGED, "t.post_id", "t.tag = :tag", "count(DISTINCT a.id)"),
    "tag_servers": of_ids(TAGGED, "t.post_id", "t.tag = :tag", "count(DISTINCT a.domain)"),
    "instance_accounts": of_times("accounts a", "a.created_at", FAR.replace("{a}", "a")),
    "instance_media": of_ids(
        "media m JOIN accounts a ON a.id = m.account_id", "m.id", FAR.replace("{a}", "a"), "sum(m.size_bytes)"
    ),
    "instance_reports": of_times(
        "reports r JOIN accounts a ON a.id = r.target_id", "r.created_at", FAR.replace("{a}", "a")
    ),
    "instance_posts": of_ids("posts p JOIN accounts a ON a.id = p.author_id", "p.id", FAR.replace("{a}", "a")),
    "instance_follows": of_ids("follows f JOIN accounts a ON a.id = f.followed_id", "f.id", FAR.replace("{a}", "a")),
    "instance_followers": of_ids("follows f JOIN accounts a ON a.id = f.follower_id", "f.id", FAR.replace("{a}", "a")),
}
# Who or what counts once, however often it comes in a period.
DISTINCT = {
    "active_users": "SELECT count(DISTINCT account_id) FROM member_days WHERE day >= :low AND day <= :high",
    "tag_accounts": f"SELECT count(DISTINCT a.id) FROM {TAGGED} WHERE t.tag = :tag AND "
    + IDS.replace("{id}", "t.post_id"),
    "tag_servers": f"SELECT count(DISTINCT a.domain) FROM {TAGGED} WHERE t.tag = :tag AND "
    + IDS.replace("{id}", "t.post_id"),
}


def ranked(name: str, table: str, condition: str) -> str:
    """The names that come most often in a period."""
    bounds = IDS.replace("{id}", "p.id")
    return f"""
        SELECT {name}, count(*) FROM {table} WHERE {bounds} AND {condition}
        GROUP BY {name} ORDER BY count(*) DESC, {name} LIMIT :limit
    """


WRITTEN = "posts p JOIN accounts a ON a.id = p.author_id"
RANKINGS = {
    "sources": ranked("x.name", "posts p JOIN apps x ON x.id = p.app_id", "p.is_local = 1"),
    "servers": ranked("a.domain", WRITTEN, "a.domain <> ''"),
    "tag_servers": ranked("a.domain", TAGGED, "t.tag = :tag"),
    "tag_languages": ranked("p.language", TAGGED, "t.tag = :tag AND p.language IS NOT NULL"),
    "instance_languages": ranked("p.language", WRITTEN, "p.language IS NOT NULL AND " + FAR.replace("{a}", "a")),
    "instance_accounts": f"""
        SELECT a.username, a.follower_count FROM accounts a WHERE {FAR.replace("{a}", "a")}
        ORDER BY a.follower_count DESC, a.id LIMIT :limit
    """,
}
CHOICES = """
    SELECT m.preferences FROM members m
    WHERE EXISTS (SELECT 1 FROM member_days d WHERE d.account_id = m.account_id AND d.day >= :low AND d.day <= :high)
"""
MEDIA_BYTES = """
    SELECT CAST(coalesce((SELECT sum(size_bytes) FROM media), 0)
        + coalesce((SELECT sum(size_bytes) FROM far_file_totals), 0) AS {int})
"""
DATABASE_BYTES = {
    SQLITE: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    POSTGRES: "SELECT pg_database_size(current_database())",
}
ENGINE_VERSION = {SQLITE: "SELECT sqlite_version()", POSTGRES: "SELECT current_setting('server_version')"}
NEWCOMERS = f"""
    SELECT account_id, created_at / {DAY_US} FROM members WHERE created_at >= :low_us AND created_at < :high_us
"""
RETURNED = f"""
    SELECT m.account_id, m.created_at / {DAY_US}, d.day FROM members m JOIN member_days d ON d.account_id = m.account_id
    WHERE m.created_at >= :low_us AND m.created_at < :high_us AND d.day >= :low AND d.day <= :high
"""
NOTE_DAYS = """
    INSERT INTO member_days (day, account_id) SELECT CAST(:day AS {int}), account_id FROM members
    WHERE account_id IN (:ids...) ON CONFLICT DO NOTHING
"""


def bounds_of(period: Period) -> dict[str, int]:
    """Parameters of a period."""
    low, high = period.first * DAY_US, (period.last + 1) * DAY_US
    return {
        "low": period.first,
        "high": period.last,
        "low_us": low,
        "high_us": high,
        "low_id": floor_id(max(low, 0)),
        "high_id": floor_id(max(high, 0)),
    }


async def count_daily(reader: Reader, what: str, period: Period, *, domain: str = "", tag: str = "") -> dict[int, int]:
    """Return counts by day; days without any are missing. what: a key of DAILY."""
    rows = await reader.all(DAILY[what], domain=domain, tag=tag, **bounds_of(period))
    return {row[0]: row[1] for row in rows}


async def count_distinct(reader: Reader, what: str, period: Period, *, tag: str = "") -> int:
    """Return how many took part in the whole period. what: a key of DISTINCT."""
    row = await reader.one(DISTINCT[what], tag=tag, **bounds_of(period))
    return row[0] if row else 0


async def rank(
    reader: Reader, what: str, period: Period, limit: int, *, domain: str = "", tag: str = ""
) -> list[tuple[str, int]]:
    """Return what comes most often. what: a key of RANKINGS."""
    rows = await reader.all(RANKINGS[what], limit=limit, domain=domain, tag=tag, **bounds_of(period))
    return [(row[0], row[1]) for row in rows]


async def rank_languages(reader: Reader, period: Period, limit: int) -> list[tuple[str, int]]:
    """Return the languages in which those who were here read the server; '' for the browser's own."""
    rows = await reader.all(CHOICES, **bounds_of(period))
    return Counter(DECODE_PREFERENCES(row[0]).locale or "" for row in rows).most_common(limit)


async def measure_space(reader: Reader, dialect: str) -> tuple[int, int]:
    """Return the bytes of the database and of pictures."""
    database, media = await reader.one(DATABASE_BYTES[dialect]), await reader.one(MEDIA_BYTES)
    return (database[0] if database else 0, media[0] if media else 0)


async def find_engine_version(reader: Reader, dialect: str) -> str:
    """Return the version of the database engine."""
    row = await reader.one(ENGINE_VERSION[dialect])
    return str(row[0]) if row else ""


async def list_newcomers(reader: Reader, period: Period) -> list[tuple[int, int]]:
    """Return (account, day) of who joined."""
    return [(row[0], row[1]) for row in await reader.all(NEWCOMERS, **bounds_of(period))]


async def list_returned(reader: Reader, period: Period) -> list[tuple[int, int, int]]:
    """Return (account, day of joining, day on which they were here)."""
    return [(row[0], row[1], row[2]) for row in await reader.all(RETURNED, **bounds_of(period))]


async def note_days(tx: Transaction, ids: list[int], now_us: int) -> None:
    """Note that these members are here today."""
    await tx.run(NOTE_DAYS, ids=ids, day=now_us // DAY_US)
