"""What other servers delivered, in SQL: the journal of the inbox, and what of it was set aside.

Owns: the tables `arrivals` (not done yet, or set aside; the body as its sender signed it) and `arrival_ids` (hashes of
what came lately, so that a repetition does nothing). Never: reads a body.
Claiming moves `run_at` to the end of a lease, as for jobs (storage/jobs.py): whoever dies gives back what it had. What
is done is deleted. States: waiting (claimed ones too), set_aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

COLUMNS = "id, received_at, host, by_uri, key_id, uri, doing, is_addressed, attempt_count, body"
INSERT = """
    INSERT INTO arrivals (id, received_at, host, by_uri, key_id, uri, doing, is_addressed, size_bytes, attempt_count,
        run_at, claimed_by, body)
    VALUES (:id, :received_at, :host, :by_uri, :key_id, :uri, :doing, :is_addressed, :size_bytes, :attempt_count,
        :run_at, :claimed_by, :body)
"""
KNOWN = "SELECT digest FROM arrival_ids WHERE digest IN (:digests...text)"
INSERT_DIGEST = "INSERT INTO arrival_ids (digest, received_at) VALUES (:digest, :now) ON CONFLICT DO NOTHING"
FORGET_DIGESTS = "DELETE FROM arrival_ids WHERE received_at < :before"
# One look per host at the index, however much each has sent. Index: arrivals_due (host, run_at, id)
DUE_HOSTS = """
    WITH RECURSIVE found (host) AS (
        SELECT (SELECT a.host FROM arrivals a WHERE a.state = 'waiting' AND a.host > :after AND a.run_at <= :now
            ORDER BY a.host LIMIT 1)
        UNION ALL
        SELECT (SELECT a.host FROM arrivals a WHERE a.state = 'waiting' AND a.host > f.host AND a.run_at <= :now
            ORDER BY a.host LIMIT 1) FROM found f WHERE f.host IS NOT NULL
    )
    SELECT host FROM found WHERE host IS NOT NULL LIMIT :limit
"""
CLAIM = f"""
    -- What of one host has waited longest. Index: arrivals_due (host, run_at, id)
    WITH due AS MATERIALIZED (
        SELECT id FROM arrivals WHERE state = 'waiting' AND host = :host AND run_at <= :now
        ORDER BY run_at, id LIMIT :limit {{skip_locked}}
    )
    UPDATE arrivals SET run_at = :lease_end, claimed_by = :worker, attempt_count = attempt_count + 1
    WHERE id IN (SELECT id FROM due) RETURNING {COLUMNS}
"""
RESUME = """
    -- What was under way when its worker ended. Reads all that wait, once at a start.
    UPDATE arrivals SET run_at = :now, claimed_by = NULL
    WHERE state = 'waiting' AND claimed_by = :worker AND run_at > :now AND attempt_count <= 1
"""
DELETE = "DELETE FROM arrivals WHERE id IN (:ids...)"
POSTPONE = "UPDATE arrivals SET run_at = :run_at, claimed_by = NULL, error = :error WHERE id = :id"
SET_ASIDE = "UPDATE arrivals SET state = 'set_aside', claimed_by = NULL, error = :error WHERE id = :id"
RETRY = """
    UPDATE arrivals SET state = 'waiting', attempt_count = 0, run_at = :now, error = NULL
    WHERE id = :id AND state = 'set_aside'
"""
DROP = "DELETE FROM arrivals WHERE id = :id AND state = 'set_aside'"
FORGET_ASIDE = "DELETE FROM arrivals WHERE state = 'set_aside' AND received_at < :before"
TRIM_ASIDE = {
    where: f"""
    -- What is too much of the oldest. Indexes: arrivals_aside_host (host, id DESC), arrivals_set_aside (id DESC)
    DELETE FROM arrivals WHERE id IN (SELECT id FROM (
        SELECT id, row_number() OVER (ORDER BY id DESC) AS place, sum(size_bytes) OVER (ORDER BY id DESC) AS upto
        FROM arrivals WHERE state = 'set_aside'{where}
    ) AS ranked WHERE place > :most OR upto > :most_bytes)
"""
    for where in ("", " AND host = :host")
}
COUNT_BY_HOST = """
    SELECT host, count(*), sum(size_bytes) FROM arrivals WHERE state = 'waiting' GROUP BY host
"""
COUNT_ASIDE = "SELECT count(*) FROM arrivals WHERE state = 'set_aside'"
OF_SENDER = "SELECT 1 FROM arrivals WHERE by_uri = :by_uri AND state = 'waiting' LIMIT :limit"
ASIDE_COLUMNS = "id, received_at, host, by_uri, uri, doing, attempt_count, size_bytes, error"
LIST_ASIDE = f"""
    -- Newest first. Index: arrivals_set_aside (id DESC)
    SELECT {ASIDE_COLUMNS} FROM arrivals WHERE state = 'set_aside' AND id < :before ORDER BY id DESC LIMIT :limit
"""
FIND_ASIDE = f"SELECT {ASIDE_COLUMNS}, body FROM arrivals WHERE id = :id AND state = 'set_aside'"
NEWEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Arrival:
    """One activity as it was delivered. host: of who signed it. is_addressed: it came to somebody's own inbox.

    uri, doing: its id and type; uri is '' without one. attempt_count: 1 at the first try. body: the signed bytes.
    """

    id: int
    received_at_us: int
    host: str
    by_uri: str
    key_id: str
    uri: str
    doing: str
    is_addressed: bool
    attempt_count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class SetAside:
    """One activity that could not be handled. error: why. body: only where one is asked for."""

    id: int
    received_at_us: int
    host: str
    by_uri: str
    uri: str
    doing: str
    attempt_count: int
    size_bytes: int
    error: str
    body: bytes = b""


def arrival_from_row(row: Row) -> Arrival:
    """Build an Arrival from a row of a claim."""
    return Arrival(*row[:7], bool(row[7]), row[8], bytes(row[9]))  # type: ignore[call-arg]  # as many as COLUMNS


async def list_known(reader: Reader, digests: Iterable[str]) -> set[str]:
    """Return which of the hashes came lately."""
    return {row[0] for row in await reader.all(KNOWN, digests=list(digests))}


async def insert_digests(tx: Transaction, digests: Iterable[str], now_us: int) -> None:
    """Remember that these have come."""
    await tx.run_many(INSERT_DIGEST, [{"digest": one, "now": now_us} for one in digests])


async def insert_arrivals(tx: Transaction, arrivals: Iterable[Arrival], *, run_at_us: int, worker: str) -> None:
    """Write down what came. run_at_us: when it may be claimed; worker: who has it until then, '' for nobody."""
    rows = [
        {
            "id": one.id,
            "received_at": one.received_at_us,
            "host": one.host,
            "by_uri": one.by_uri,
            "key_id": one.key_id,
            "uri": one.uri,
            "doing": one.doing,
            "is_addressed": int(one.is_addressed),
            "size_bytes": len(one.body),
            "attempt_count": one.attempt_count,
            "run_at": run_at_us,
            "claimed_by": worker or None,
            "body": one.body,
        }
        for one in arrivals
    ]
    await tx.run_many(INSERT, rows)


async def list_due_hosts(reader: Reader, after: str, now_us: int, limit: int) -> list[str]:
    """Return hosts of which something may be claimed, in the order of their names, beginning after one."""
    return [row[0] for row in await reader.all(DUE_HOSTS, after=after, now=now_us, limit=limit)]


async def claim_arrivals(
    tx: Transaction, host: str, *, limit: int, now_us: int, lease_end_us: int, worker: str
) -> list[Arrival]:
    """Take what of one host has waited longest; nobody else gets it until the lease is over."""
    rows = await tx.all(CLAIM, host=host, limit=limit, now=now_us, lease_end=lease_end_us, worker=worker)
    return sorted((arrival_from_row(row) for row in rows), key=lambda one: one.id)


async def resume_arrivals(tx: Transaction, worker: str, now_us: int) -> int:
    """Take back what a worker had that is known to be gone; return how many.

    What was tried before keeps its lease: it may be what the worker died of.
    """
    return await tx.run(RESUME, now=now_us, worker=worker)


async def delete_arrivals(tx: Transaction, ids: Iterable[int]) -> None:
    """Forget what is done."""
    await tx.run(DELETE, ids=list(ids))


async def postpone_arrival(tx: Transaction, arrival_id: int, run_at_us: int, error: str) -> None:
    """Have one tried again later."""
    await tx.run(POSTPONE, id=arrival_id, run_at=run_at_us, error=error[:2000])


async def set_aside(tx: Transaction, arrival_id: int, error: str) -> None:
    """Keep one for an admin to see; it is not tried again by itself."""
    await tx.run(SET_ASIDE, id=arrival_id, error=error[:2000])


async def retry_arrival(tx: Transaction, arrival_id: int, now_us: int) -> bool:
    """Have one that was set aside tried again from the start; False when it was not."""
    return await tx.run(RETRY, id=arrival_id, now=now_us) == 1


async def drop_arrival(tx: Transaction, arrival_id: int) -> bool:
    """Forget one that was set aside; False when it was not."""
    return await tx.run(DROP, id=arrival_id) == 1


async def forget_arrivals(tx: Transaction, *, ids_before_us: int, aside_before_us: int) -> None:
    """Forget old hashes, and what was set aside and nobody looked at."""
    await tx.run(FORGET_DIGESTS, before=ids_before_us)
    await tx.run(FORGET_ASIDE, before=aside_before_us)


async def trim_aside(tx: Transaction, host: str | None, most: int, most_bytes: int) -> None:
    """Keep the newest of what was set aside, of one host or of all (None): so many, and so many bytes."""
    if host is None:
        await tx.run(TRIM_ASIDE[""], most=most, most_bytes=most_bytes)
    else:
        await tx.run(TRIM_ASIDE[" AND host = :host"], host=host, most=most, most_bytes=most_bytes)


async def count_by_host(reader: Reader) -> dict[str, tuple[int, int]]:
    """Return how many wait for each host, and their bytes."""
    return {row[0]: (row[1], int(row[2])) for row in await reader.all(COUNT_BY_HOST)}


async def count_aside(reader: Reader) -> int:
    """Return how many were set aside."""
    row = await reader.one(COUNT_ASIDE)
    return row[0] if row else 0


async def is_heard(reader: Reader, by_uri: str, *, beside: int = 0) -> bool:
    """True when something of a sender is still to be done. beside: so many are known to the asker."""
    return len(await reader.all(OF_SENDER, by_uri=by_uri, limit=beside + 1)) > beside


async def list_aside(reader: Reader, *, before: int | None = None, limit: int) -> list[SetAside]:
    """Return what was set aside, newest first."""
    rows = await reader.all(LIST_ASIDE, before=before or NEWEST - 1, limit=limit)
    return [SetAside(*row[:8], row[8] or "") for row in rows]  # type: ignore[call-arg]


async def find_aside(reader: Reader, arrival_id: int) -> SetAside | None:
    """Return one that was set aside, with its body."""
    row = await reader.one(FIND_ASIDE, id=arrival_id)
    return SetAside(*row[:8], row[8] or "", bytes(row[9])) if row else None  # type: ignore[call-arg]
