"""Jobs in SQL: what must happen after a commit, at least once.

Owns: the table `jobs`, claims with a lease, back-off. Never: knows what a job does.
A job is inserted in the transaction of its cause. Claiming moves `run_at` to the end of the lease, so a worker that
dies gives its jobs back by itself; the next server need not wait for that (`resume_jobs`). States: waiting (claimed
ones too), done, failed. A job that is done or failed is no longer in the index of due ones; failed jobs stay for an
admin to see and retry.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from rookery.model.ids import now_us
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.sql import Row

LEASE_S = 300
MAX_ATTEMPTS = 12
FIRST_PAUSE_S = 15
LONGEST_PAUSE_S = 6 * 3600
SECOND_US = 1_000_000
DECODE = msgspec.json.Decoder(dict[str, Any]).decode

INSERT_JOB = """
    INSERT INTO jobs (id, kind, body, run_at) VALUES (:id, :kind, :body, :run_at)
"""
CLAIM_JOBS = """
    -- The jobs of a kind that have waited longest, each to one worker.
    -- Index: jobs_due (kind, run_at, id) WHERE state = 'waiting'
    WITH due AS MATERIALIZED (
        SELECT id FROM jobs WHERE state = 'waiting' AND kind = :kind AND run_at <= :now
        ORDER BY run_at, id LIMIT :limit {skip_locked}
    )
    UPDATE jobs SET run_at = :lease_end, claimed_until = :lease_end, claimed_by = :worker,
        attempt_count = attempt_count + 1
    WHERE id IN (SELECT id FROM due) RETURNING id, kind, body, attempt_count
"""
RESUME_JOBS = """
    -- Jobs that were under way for the first time when their worker ended. Reads all that wait, once at a start.
    UPDATE jobs SET run_at = :now, claimed_until = NULL
    WHERE state = 'waiting' AND run_at > :now AND claimed_until > :now AND attempt_count = 1 AND claimed_by = :worker
"""
FINISH_JOB = """
    -- Only by who holds the claim: a later claim has a higher count.
    UPDATE jobs SET state = 'done', claimed_until = NULL, error = NULL
    WHERE id = :id AND attempt_count = :attempt_count AND state = 'waiting'
"""
FAIL_JOB = """
    UPDATE jobs SET state = :state, run_at = :run_at, claimed_until = NULL, error = :error
    WHERE id = :id AND attempt_count = :attempt_count AND state = 'waiting'
"""
RETRY_JOB = """
    UPDATE jobs SET state = 'waiting', run_at = :now, attempt_count = 0 WHERE id = :id AND state = 'failed'
"""
COUNT_JOBS = "SELECT state, count(*) FROM jobs GROUP BY state"
LIST_FAILED = """
    SELECT id, kind, body, attempt_count, error FROM jobs WHERE state = 'failed' ORDER BY id DESC LIMIT :limit
"""
PRUNE_JOBS = "DELETE FROM jobs WHERE state = 'done' AND run_at < :before"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. body: plain JSON values. attempt_count: 1 at the first try."""

    id: int
    kind: str
    body: dict[str, Any]
    attempt_count: int
    error: str | None = None


def job_from_row(row: Row) -> Job:
    """Build a Job from a row of a claim or a list."""
    return Job(row[0], row[1], DECODE(row[2]), row[3], row[4] if len(row) > 4 else None)


def pause_s(attempt_count: int) -> float:
    """Seconds until the next try: 15 s, doubling, at most 6 h, spread by up to a quarter so that herds dissolve."""
    pause = min(FIRST_PAUSE_S << min(attempt_count - 1, 20), LONGEST_PAUSE_S)
    return pause * (1 + secrets.randbelow(250) / 1000)


async def insert_job(
    tx: Transaction, job_id: int, kind: str, body: dict[str, Any], *, run_at_us: int | None = None
) -> None:
    """Have a job done after the commit, now or at a later moment."""
    await tx.run(INSERT_JOB, id=job_id, kind=kind, body=encode(body), run_at=run_at_us or now_us())


async def claim_jobs(
    tx: Transaction, kinds: list[str], *, limit: int = 20, lease_s: int = LEASE_S, worker: str = ""
) -> list[Job]:
    """Take up to `limit` due jobs of these kinds; nobody else gets them until the lease is over. worker: who does.

    Each kind gets its share first, then who has more: a million of one kind hold up no other.
    """
    now = now_us()
    claim = {"now": now, "lease_end": now + lease_s * SECOND_US, "worker": worker}
    turn = now % len(kinds)  # where there are more kinds than jobs to take, it is not always the same that gets none
    waiting, share, rows = kinds[turn:] + kinds[:turn], max(1, limit // len(kinds)), list[Row]()
    while waiting and len(rows) < limit:
        for kind in tuple(waiting):
            wanted = min(share, limit - len(rows))
            found = await tx.all(CLAIM_JOBS, kind=kind, limit=wanted, **claim) if wanted else []
            rows += found
            if len(found) < wanted:
                waiting.remove(kind)
        share = limit
    return sorted((job_from_row(row) for row in rows), key=lambda job: job.id)


async def resume_jobs(tx: Transaction, worker: str) -> int:
    """Take back the claims of a worker that is known to be gone; return how many.

    A job that was tried before keeps its lease: it may be what the worker died of.
    """
    return await tx.run(RESUME_JOBS, now=now_us(), worker=worker)


async def finish_job(tx: Transaction, job: Job) -> bool:
    """Note that a job is done; False when the lease was lost to another worker."""
    return await tx.run(FINISH_JOB, id=job.id, attempt_count=job.attempt_count) == 1


async def fail_job(
    tx: Transaction, job: Job, error: str, *, max_attempts: int = MAX_ATTEMPTS, is_final: bool = False
) -> bool:
    """Plan the next try, or set the job aside as failed after the last; False when the lease was lost."""
    is_over = is_final or job.attempt_count >= max_attempts
    run_at = now_us() + int(pause_s(job.attempt_count) * SECOND_US)
    changed = await tx.run(
        FAIL_JOB,
        id=job.id,
        attempt_count=job.attempt_count,
        state="failed" if is_over else "waiting",
        run_at=run_at,
        error=error[:2000],
    )
    return changed == 1


async def retry_job(tx: Transaction, job_id: int) -> bool:
    """Have a failed job tried again from the start; False when it has not failed."""
    return await tx.run(RETRY_JOB, id=job_id, now=now_us()) == 1


async def count_jobs(reader: Reader) -> dict[str, int]:
    """Return how many jobs are in each state."""
    return {row[0]: row[1] for row in await reader.all(COUNT_JOBS)}


async def list_failed_jobs(reader: Reader, limit: int = 50) -> list[Job]:
    """Return what was set aside, newest first."""
    return [job_from_row(row) for row in await reader.all(LIST_FAILED, limit=limit)]


async def prune_jobs(tx: Transaction, before_us: int) -> int:
    """Forget done jobs older than a moment; return how many."""
    return await tx.run(PRUNE_JOBS, before=before_us)
