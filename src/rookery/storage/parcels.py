"""What is on its way to other servers, in SQL: parcels, and the inboxes where each of them stops.

Owns: the tables `parcels`, `parcel_stops` and `last_told`. A parcel is what is said, ready to be sent; a stop is one
inbox that has not taken it yet. The stops of a host stand in the order of their parcels, which is the order in which
they are sent: where a host has come to is where its stops begin. Never: decides whom something goes to, or when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

INSERT_PARCEL = """
    INSERT INTO parcels (id, uri, signer_id, signer_uri, body, is_deletion, created_at)
    VALUES (:id, :uri, :signer_id, :signer_uri, :body, :is_deletion, :created_at) ON CONFLICT DO NOTHING
"""
FIND_PARCEL_ID = "SELECT id FROM parcels WHERE uri = :uri"
PARCELS_BY_ID = """
    SELECT id, uri, signer_id, signer_uri, body, is_deletion, created_at FROM parcels WHERE id IN (:ids...)
"""
INSERT_STOP = """
    INSERT INTO parcel_stops (host, parcel_id, inbox_url, is_deletion)
    VALUES (:host, :parcel_id, :inbox_url, :is_deletion) ON CONFLICT DO NOTHING
"""
# Hosts that have something waiting, in the order of their names after one: from name to name, whatever waits there.
# Indexes: primary keys of parcel_stops (host, parcel_id, inbox_url) and hosts
DUE_HOSTS = """
    WITH RECURSIVE waiting (host) AS (
        SELECT min(s.host) FROM parcel_stops s WHERE s.host > :after
        UNION ALL
        SELECT (SELECT min(s.host) FROM parcel_stops s WHERE s.host > w.host) FROM waiting w WHERE w.host IS NOT NULL
    )
    SELECT w.host FROM waiting w JOIN hosts h ON h.domain = w.host
    WHERE h.next_try_at <= :now AND (h.claimed_until IS NULL OR h.claimed_until <= :now)
    AND (:takes_failing = 1 OR h.failing_since IS NULL) LIMIT :limit
"""
HEADS = """
    -- The first stops of some hosts, all those of one parcel, and the number of the last parcel that waits there.
    WITH heads AS MATERIALIZED (
        SELECT h.domain AS host, (SELECT min(s.parcel_id) FROM parcel_stops s WHERE s.host = h.domain) AS first_id,
            (SELECT max(s.parcel_id) FROM parcel_stops s WHERE s.host = h.domain) AS last_id
        FROM hosts h WHERE h.domain IN (:hosts...text)
    )
    SELECT s.host, s.parcel_id, s.inbox_url, heads.last_id FROM heads
    JOIN parcel_stops s ON s.host = heads.host AND s.parcel_id = heads.first_id ORDER BY s.host, s.inbox_url
"""
NEXT_STOPS = """
    SELECT host, parcel_id, inbox_url FROM parcel_stops
    WHERE host = :host AND (parcel_id, inbox_url) > (:parcel_id, :inbox_url) ORDER BY parcel_id, inbox_url LIMIT :limit
"""
DELETE_STOP = "DELETE FROM parcel_stops WHERE host = :host AND parcel_id = :parcel_id AND inbox_url = :inbox_url"
DROP_NEWS = """
    -- All that waits for a host but what takes something back, a piece at a time.
    DELETE FROM parcel_stops WHERE host = :host AND is_deletion = 0 AND parcel_id IN (
        SELECT s.parcel_id FROM parcel_stops s WHERE s.host = :host AND s.is_deletion = 0 ORDER BY s.parcel_id
        LIMIT :limit)
"""
OLDEST_NEWS = """
    SELECT p.created_at FROM parcels p WHERE p.id = (
        SELECT min(s.parcel_id) FROM parcel_stops s WHERE s.host = :host AND s.is_deletion = 0)
"""
PRUNE_PARCELS = """
    -- Parcels that arrived everywhere, oldest first; kept for a while so that none is planned twice.
    DELETE FROM parcels WHERE id IN (SELECT p.id FROM parcels p WHERE p.id < :before_id
        AND NOT EXISTS (SELECT 1 FROM parcel_stops s WHERE s.parcel_id = p.id) ORDER BY p.id LIMIT :limit)
"""
WAITING_HOSTS = """
    -- Every host with something waiting, those in trouble for longest first.
    WITH RECURSIVE waiting (host) AS (
        SELECT min(s.host) FROM parcel_stops s
        UNION ALL
        SELECT (SELECT min(s.host) FROM parcel_stops s WHERE s.host > w.host) FROM waiting w WHERE w.host IS NOT NULL
    )
    SELECT h.domain, h.last_success_at, h.failing_since, h.failure_count, h.next_try_at, h.missed_since, h.last_error,
        (SELECT count(*) FROM parcel_stops s WHERE s.host = h.domain)
    FROM hosts h WHERE h.domain IN (SELECT w.host FROM waiting w WHERE w.host IS NOT NULL)
        OR h.missed_since IS NOT NULL
    ORDER BY CASE WHEN h.failing_since IS NULL THEN 1 ELSE 0 END, h.failing_since, h.domain LIMIT :limit
"""
COUNT_WAITING = "SELECT count(*), count(DISTINCT host) FROM parcel_stops"
FIND_TOLD = "SELECT digest, told_at, again_at FROM last_told WHERE kind = :kind AND id = :id"
PUT_TOLD = """
    INSERT INTO last_told (kind, id, digest, told_at, again_at) VALUES (:kind, :id, :digest, :told_at, :again_at)
    ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest, told_at = excluded.told_at,
        again_at = excluded.again_at
"""
PRUNE_TOLD = "DELETE FROM last_told WHERE told_at < :before AND again_at < :before"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent, as bytes. uri: of the activity, unique. signer_id: our account, None for the server itself.

    is_deletion: it takes something back, so it is kept until it arrived.
    """

    id: int
    uri: str
    signer_id: int | None
    signer_uri: str
    body: bytes
    is_deletion: bool
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Stop:
    """One inbox that a parcel goes to."""

    host: str
    parcel_id: int
    inbox_url: str


@dataclass(frozen=True, slots=True)
class Head:
    """The first stops of a host. last_id: of the newest parcel that waits there too."""

    stops: tuple[Stop, ...]
    last_id: int


@dataclass(frozen=True, slots=True)
class WaitingHost:
    """What staff sees of a host. stop_count: how much waits for it."""

    domain: str
    last_success_at_us: int | None
    failing_since_us: int | None
    failure_count: int
    next_try_at_us: int
    missed_since_us: int | None
    last_error: str
    stop_count: int


@dataclass(frozen=True, slots=True)
class Told:
    """What others were told of something last. again_at_us: when they will be told anew, 0 when that is not planned."""

    digest: str
    told_at_us: int
    again_at_us: int


async def insert_parcel(tx: Transaction, parcel: Parcel) -> bool:
    """Store a parcel; False when there is one of its uri."""
    inserted = await tx.run(
        INSERT_PARCEL,
        id=parcel.id,
        uri=parcel.uri,
        signer_id=parcel.signer_id,
        signer_uri=parcel.signer_uri,
        body=parcel.body,
        is_deletion=int(parcel.is_deletion),
        created_at=parcel.created_at_us,
    )
    return inserted == 1


async def find_parcel_id(reader: Reader, uri: str) -> int | None:
    """Return the parcel of a uri."""
    row = await reader.one(FIND_PARCEL_ID, uri=uri)
    return row[0] if row else None


async def list_parcels(reader: Reader, ids: Iterable[int]) -> dict[int, Parcel]:
    """Return parcels by id."""
    rows = await reader.all(PARCELS_BY_ID, ids=list(ids))
    return {row[0]: parcel_from_row(row) for row in rows}


def parcel_from_row(row: Row) -> Parcel:
    """Build a Parcel."""
    return Parcel(row[0], row[1], row[2], row[3], bytes(row[4]), bool(row[5]), row[6])


async def insert_stops(tx: Transaction, stops: Sequence[Stop], *, is_deletion: bool) -> None:
    """Have a parcel brought to these inboxes."""
    if stops:
        rows = [
            {
                "host": one.host,
                "parcel_id": one.parcel_id,
                "inbox_url": one.inbox_url,
                "is_deletion": int(is_deletion),
            }
            for one in stops
        ]
        await tx.run_many(INSERT_STOP, rows)


async def list_due_hosts(
    reader: Reader, after: str, now_us: int, limit: int, *, takes_failing: bool = True
) -> list[str]:
    """Return hosts that something waits for and that may be tried, in the order of their names after one."""
    asked = {"after": after, "now": now_us, "limit": limit, "takes_failing": int(takes_failing)}
    return [row[0] for row in await reader.all(DUE_HOSTS, **asked)]


async def list_heads(reader: Reader, hosts: Iterable[str]) -> dict[str, Head]:
    """Return what comes first at each of the hosts; one for which nothing waits is left out."""
    found: dict[str, list[Stop]] = {}
    last: dict[str, int] = {}
    for host, parcel_id, inbox_url, last_id in await reader.all(HEADS, hosts=list(hosts)):
        found.setdefault(host, []).append(Stop(host, parcel_id, inbox_url))
        last[host] = last_id
    return {host: Head(tuple(stops), last[host]) for host, stops in found.items()}


async def list_next_stops(reader: Reader, after: Stop, limit: int) -> list[Stop]:
    """Return what comes after a stop at its host, in order."""
    rows = await reader.all(
        NEXT_STOPS, host=after.host, parcel_id=after.parcel_id, inbox_url=after.inbox_url, limit=limit
    )
    return [Stop(*row) for row in rows]


async def delete_stops(tx: Transaction, stops: Sequence[Stop]) -> None:
    """Forget stops: the inbox took the parcel, or never will."""
    rows = [{"host": one.host, "parcel_id": one.parcel_id, "inbox_url": one.inbox_url} for one in stops]
    if rows:
        await tx.run_many(DELETE_STOP, rows)


async def drop_news(tx: Transaction, host: str, limit: int) -> int:
    """Forget up to `limit` parcels of what waits for a host, but nothing that takes something back; return how many."""
    return await tx.run(DROP_NEWS, host=host, limit=limit)


async def find_oldest_news(reader: Reader, host: str) -> int | None:
    """Return when the oldest of what waits for a host was packed, deletions left out; None when nothing does."""
    row = await reader.one(OLDEST_NEWS, host=host)
    return row[0] if row else None


async def prune_parcels(tx: Transaction, before_id: int, limit: int) -> int:
    """Forget parcels below an id that arrived everywhere; return how many."""
    return await tx.run(PRUNE_PARCELS, before_id=before_id, limit=limit)


async def list_waiting_hosts(reader: Reader, limit: int) -> list[WaitingHost]:
    """Return the hosts that something waits for, or that were given up; those in trouble first."""
    return [WaitingHost(*row) for row in await reader.all(WAITING_HOSTS, limit=limit)]


async def count_waiting(reader: Reader) -> tuple[int, int]:
    """Return how much waits, and for how many hosts."""
    row = await reader.one(COUNT_WAITING)
    return (row[0], row[1]) if row else (0, 0)


async def find_told(reader: Reader, kind: str, thing_id: int) -> Told | None:
    """Return what others were told of something last. kind: profile, poll or post."""
    row = await reader.one(FIND_TOLD, kind=kind, id=thing_id)
    return Told(*row) if row else None


async def put_told(tx: Transaction, kind: str, thing_id: int, told: Told) -> None:
    """Note what others are told."""
    await tx.run(
        PUT_TOLD, kind=kind, id=thing_id, digest=told.digest, told_at=told.told_at_us, again_at=told.again_at_us
    )


async def prune_told(tx: Transaction, before_us: int) -> None:
    """Forget what was told before a moment; of what is still there, one needless Update may follow a change."""
    await tx.run(PRUNE_TOLD, before=before_us)
