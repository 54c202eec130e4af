"""How much a server is used, in numbers for strangers.

Owns: those counts. They read whole tables: use the long reader, and keep the answers (timelines/usage.py).
"""

from __future__ import annotations

from rookery.model.ids import floor_id
from rookery.storage.database import Reader

WEEK_US = 7 * 86_400 * 1_000_000
MONDAY_US = 4 * 86_400 * 1_000_000  # 5 January 1970, the first Monday
COUNT_LOCAL_POSTS = """
    SELECT CAST(coalesce(sum(a.post_count), 0) AS {int}) FROM members m JOIN accounts a ON a.id = m.account_id
"""
# Servers with people that we know, and those that we have talked with. Whom we shut out is no peer of ours, and a name
# that staff shows with holes is not given away here.
PEERS = """
    FROM (SELECT domain FROM accounts WHERE domain <> '' UNION SELECT domain FROM hosts) AS known
    WHERE NOT EXISTS (SELECT 1 FROM domain_blocks d WHERE (d.severity = 'suspend' OR d.is_obfuscated = 1)
        AND (known.domain = d.domain OR known.domain LIKE '%.' || d.domain))
"""
COUNT_DOMAINS = f"SELECT count(*) {PEERS}"
DOMAINS = f"SELECT domain {PEERS} ORDER BY domain LIMIT 100000"
WEEKLY = {
    # Index: posts_listed_local (id DESC) WHERE is_listed = 1 AND is_local = 1
    "posts": f"""
        SELECT ((p.id >> 10) - {MONDAY_US}) / {WEEK_US}, count(*) FROM posts p
        WHERE p.is_listed = 1 AND p.is_local = 1 AND p.id >= :since
        GROUP BY ((p.id >> 10) - {MONDAY_US}) / {WEEK_US}
    """,
    "sign_ins": f"""
        SELECT (last_seen_at - {MONDAY_US}) / {WEEK_US}, count(*) FROM members WHERE last_seen_at >= :since
        GROUP BY (last_seen_at - {MONDAY_US}) / {WEEK_US}
    """,
    "sign_ups": f"""
        SELECT (created_at - {MONDAY_US}) / {WEEK_US}, count(*) FROM members WHERE created_at >= :since
        GROUP BY (created_at - {MONDAY_US}) / {WEEK_US}
    """,
}


async def count_local_posts(reader: Reader) -> int:
    """How many posts our members have written and not deleted."""
    row = await reader.one(COUNT_LOCAL_POSTS)
    return row[0] if row else 0


async def count_domains(reader: Reader) -> int:
    """How many other servers we know somebody on."""
    row = await reader.one(COUNT_DOMAINS)
    return row[0] if row else 0


async def list_domains(reader: Reader) -> list[str]:
    """Return the names of the other servers we know somebody on."""
    return [row[0] for row in await reader.all(DOMAINS)]


async def count_weekly(reader: Reader, what: str, since_us: int) -> dict[int, int]:
    """Return counts by week (since the first Monday of 1970). what: posts, sign_ins or sign_ups."""
    since = floor_id(since_us) if what == "posts" else since_us
    return {row[0]: row[1] for row in await reader.all(WEEKLY[what], since=since)}
