"""Other servers in SQL: since when we know them, and how reaching them went.

Owns: the table `hosts`, one row per name in the address of an inbox. A sender writes here what happened and reads
whether a host is worth a try; nothing here decides when.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction

ENSURE = "INSERT INTO hosts (domain, first_seen_at) VALUES (:domain, :now) ON CONFLICT DO NOTHING"
FIND = """
    SELECT domain, first_seen_at, last_success_at, last_failure_at, failing_since, failure_count FROM hosts
    WHERE domain = :domain
"""
SUCCESS = """
    UPDATE hosts SET last_success_at = :now, failing_since = NULL, failure_count = 0 WHERE domain = :domain
"""
FAILURE = """
    UPDATE hosts SET last_failure_at = :now, failing_since = coalesce(failing_since, :now),
        failure_count = failure_count + 1
    WHERE domain = :domain
"""


@dataclass(frozen=True, slots=True)
class Host:
    """Another server. failing_since_us: None while it answers; failure_count: since it last did."""

    domain: str
    first_seen_at_us: int
    last_success_at_us: int | None
    last_failure_at_us: int | None
    failing_since_us: int | None
    failure_count: int


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
