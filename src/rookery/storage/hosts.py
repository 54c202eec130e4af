"""Other servers in SQL: since when we know them, and how reaching them went.

Owns: the table `hosts`, one row per name in the address of an inbox. A sender writes here what happened and
when to try again; nothing here decides when. Whoever holds a claim sends to the host, and nobody else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction

ENSURE = "INSERT INTO hosts (domain, first_seen_at) VALUES (:domain, :now) ON CONFLICT DO NOTHING"
COLUMNS = """
    domain, first_seen_at, last_success_at, last_failure_at, failing_since, failure_count, next_try_at, missed_since,
    last_error
"""
FIND = f"SELECT {COLUMNS} FROM hosts WHERE domain = :domain"
# What answers is tried at once; what waits for it after weeks (missed_since) is for the sender to notice.
SUCCESS = """
    UPDATE hosts SET last_success_at = :now, failing_since = NULL, failure_count = 0, next_try_at = 0, last_error = ''
    WHERE domain = :domain
"""
FAILURE = """
    UPDATE hosts SET last_failure_at = :now, failing_since = coalesce(failing_since, :now),
        failure_count = failure_count + 1
    WHERE domain = :domain
"""
KNOWN = "SELECT domain FROM hosts WHERE domain IN (:domains...text)"
CLAIM = f"""
    -- Hosts that may be tried and that nobody serves. Index: primary key
    WITH free AS MATERIALIZED (
        SELECT domain FROM hosts WHERE domain IN (:domains...text) AND next_try_at <= :now
        AND (claimed_until IS NULL OR claimed_until <= :now)
        AND (:takes_failing = 1 OR failing_since IS NULL) ORDER BY domain {{skip_locked}}
    )
    UPDATE hosts SET claimed_until = :until, claimed_by = :worker WHERE domain IN (SELECT domain FROM free)
    RETURNING {COLUMNS}
"""
RELEASE = """
    UPDATE hosts SET claimed_until = NULL, claimed_by = '' WHERE domain IN (:domains...text) AND claimed_by = :worker
"""
RELEASE_WELL = """
    UPDATE hosts SET claimed_until = NULL, claimed_by = '', last_success_at = :now, failing_since = NULL,
        failure_count = 0, next_try_at = 0, last_error = ''
    WHERE domain IN (:domains...text) AND claimed_by = :worker
"""
RELEASE_FAILED = """
    UPDATE hosts SET claimed_until = NULL, claimed_by = '', last_failure_at = :now,
        failing_since = coalesce(failing_since, :now), failure_count = failure_count + 1, next_try_at = :next_try_at,
        last_error = :error
    WHERE domain = :domain AND claimed_by = :worker
"""
RELEASE_ALL = "UPDATE hosts SET claimed_until = NULL, claimed_by = '' WHERE claimed_by = :worker"
POSTPONE = """
    UPDATE hosts SET claimed_until = NULL, claimed_by = '', next_try_at = :next_try_at
    WHERE domain = :domain AND claimed_by = :worker
"""
GONE_QUIET = "UPDATE hosts SET missed_since = coalesce(missed_since, :since) WHERE domain = :domain"
CAME_BACK = """
    -- Hosts that were given up and answered since. Index: hosts_quiet (domain) WHERE missed_since IS NOT NULL
    SELECT domain, missed_since FROM hosts WHERE missed_since IS NOT NULL AND failing_since IS NULL LIMIT :limit
"""
CAUGHT_UP = "UPDATE hosts SET missed_since = NULL WHERE domain = :domain AND missed_since = :missed_since"
RESTING = """
    SELECT domain FROM hosts WHERE domain IN (:domains...text) AND missed_since IS NOT NULL AND next_try_at > :now
"""
TRY_NOW = """
    UPDATE hosts SET next_try_at = 0, failing_since = CASE WHEN missed_since IS NULL THEN failing_since END
    WHERE domain = :domain
"""


@dataclass(frozen=True, slots=True)
class Host:
    """Another server. failing_since_us: None while it answers; failure_count: since it last did.

    next_try_at_us: nothing is sent before. missed_since_us: it was given up; what was sent since then is lost to it.
    """

    domain: str
    first_seen_at_us: int
    last_success_at_us: int | None
    last_failure_at_us: int | None
    failing_since_us: int | None
    failure_count: int
    next_try_at_us: int = 0
    missed_since_us: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """How a visit to a host ended. kind: free, well, failed or later. next_try_at_us, error: of the last two."""

    domain: str
    kind: str
    next_try_at_us: int = 0
    error: str = ""


async def ensure_host(tx: Transaction, domain: str, now_us: int) -> None:
    """Know a host from now on."""
    await tx.run(ENSURE, domain=domain, now=now_us)


async def find_host(reader: Reader, domain: str) -> Host | None:
    """Return what is known of a host."""
    row = await reader.one(FIND, domain=domain)
    return Host(*row) if row else None


async def note_success(tx: Transaction, domain: str, now_us: int) -> None:
    """A delivery arrived, or the host spoke to us: it is there."""
    await ensure_host(tx, domain, now_us)
    await tx.run(SUCCESS, domain=domain, now=now_us)


async def note_failure(tx: Transaction, domain: str, now_us: int) -> None:
    """A delivery did not arrive."""
    await ensure_host(tx, domain, now_us)
    await tx.run(FAILURE, domain=domain, now=now_us)


async def ensure_hosts(tx: Transaction, domains: Collection[str], now_us: int) -> None:
    """Know many hosts from now on."""
    known = {row[0] for row in await tx.all(KNOWN, domains=list(domains))}
    new = sorted(set(domains) - known)
    if new:
        await tx.run_many(ENSURE, [{"domain": domain, "now": now_us} for domain in new])


async def claim_hosts(
    tx: Transaction, domains: Sequence[str], *, worker: str, now_us: int, until_us: int, takes_failing: bool = True
) -> dict[str, Host]:
    """Take those of the hosts that are due and nobody serves; return them by name. The claim ends by itself."""
    asked = {"domains": list(domains), "takes_failing": int(takes_failing)}
    rows = await tx.all(CLAIM, worker=worker, now=now_us, until=until_us, **asked)
    return {row[0]: Host(*row) for row in rows}


async def release_hosts(tx: Transaction, releases: Sequence[Release], *, worker: str, now_us: int) -> None:
    """Give claims back with what became of them; a claim that was lost meanwhile changes nothing."""
    if free := [one.domain for one in releases if one.kind == "free"]:
        await tx.run(RELEASE, domains=free, worker=worker)
    if well := [one.domain for one in releases if one.kind == "well"]:
        await tx.run(RELEASE_WELL, domains=well, worker=worker, now=now_us)
    for kind, statement in (("failed", RELEASE_FAILED), ("later", POSTPONE)):
        rows = [
            {
                "domain": one.domain,
                "worker": worker,
                "now": now_us,
                "next_try_at": one.next_try_at_us,
                "error": one.error[:500],
            }
            for one in releases
            if one.kind == kind
        ]
        if rows:
            await tx.run_many(statement, rows)


async def release_all(tx: Transaction, worker: str) -> int:
    """Give back all claims of a worker that is known to be gone; return how many."""
    return await tx.run(RELEASE_ALL, worker=worker)


async def mark_quiet(tx: Transaction, domain: str, since_us: int) -> None:
    """Note that a host is given up, and from when on it misses things until it comes back."""
    await tx.run(GONE_QUIET, domain=domain, since=since_us)


async def list_returned(reader: Reader, limit: int = 20) -> list[tuple[str, int]]:
    """Return hosts that were given up and answer again, with the moment from which they missed things."""
    return [(row[0], row[1]) for row in await reader.all(CAME_BACK, limit=limit)]


async def mark_caught_up(tx: Transaction, domain: str, missed_since_us: int) -> bool:
    """Note that a host is told what it missed; False when somebody else did."""
    return await tx.run(CAUGHT_UP, domain=domain, missed_since=missed_since_us) == 1


async def try_now(tx: Transaction, domain: str) -> bool:
    """Have a host tried at once, as if it had come back where it was given up; False when it is not known."""
    return await tx.run(TRY_NOW, domain=domain) == 1


async def list_resting(reader: Reader, domains: Collection[str], now_us: int) -> set[str]:
    """Return those of the hosts that were given up and are not due for a try."""
    return {row[0] for row in await reader.all(RESTING, domains=list(domains), now=now_us)}
