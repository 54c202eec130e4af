"""Ending the follows between people here and a server that was suspended.

Owns: the job that does it, a few at a time, and what a list of blocks would end. Never: blocks anybody, which
actions/domainblocks.py does. A block that is taken back stops the job; what it ended stays ended, as those servers
were never told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.follows import end_follow
from rookery.actions.jobs import JobHandler
from rookery.actions.repeating import repeatable
from rookery.model.blocks import DomainBlock, ListedBlock, Severity
from rookery.model.ids import AccountId
from rookery.storage import accounts
from rookery.storage.domainblocks import list_every_domain_block
from rookery.storage.jobs import Job
from rookery.storage.severances import count_pairs_by_domain, list_severed_pairs

SEVER_DOMAIN = "SeverDomain"
BATCH = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """What one row of a list would change. before: the block that stands, None for a new one.

    follow_count, people_count: what would end, and whom here it would reach; people are counted once per server.
    """

    wanted: ListedBlock
    before: DomainBlock | None
    follow_count: int = 0
    people_count: int = 0


def severing_handlers(app: App) -> dict[str, JobHandler]:
    """Return the handler of this room's job, for actions/jobs.py."""

    async def sever(job: Job) -> None:
        await sever_domain(app, job.body["domain"])

    return {SEVER_DOMAIN: sever}


async def sever_domain(app: App, domain: str) -> int:
    """End every follow to and from a suspended server and those below its name; return how many."""
    count = 0
    while pairs := await list_severed_pairs(app.db.reader, domain, BATCH):
        for follower_id, followed_id in pairs:
            await sever_follow(app, AccountId(follower_id), AccountId(followed_id))
        count += len(pairs)
    return count


@repeatable
async def sever_follow(app: App, follower_id: AccountId, followed_id: AccountId) -> None:
    """End one follow in the name of whoever of the two is here."""
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, follower_id, followed_id)
        follower = await accounts.get_account(tx, follower_id)
        await end_follow(app, tx, follower_id, followed_id, follower_id if follower.is_local else followed_id)


async def differences(app: App, wanted: Iterable[ListedBlock]) -> list[Difference]:
    """Return what a list would change, and what that would end; rows that change nothing are left out."""
    known = {block.domain: block for block in await list_every_domain_block(app.db.reader)}
    pairs = await count_pairs_by_domain(app.db.reader)
    return [
        Difference(one, known.get(one.domain), *severed_by(one, known.get(one.domain), pairs))
        for one in wanted
        if not is_same(one, known.get(one.domain))
    ]


def severed_by(wanted: ListedBlock, before: DomainBlock | None, pairs: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Return how many follows a row would end, and of how many people."""
    if wanted.severity is not Severity.SUSPEND or (before is not None and before.severity is Severity.SUSPEND):
        return 0, 0
    hit = [each for domain, each in pairs.items() if f".{domain}".endswith(f".{wanted.domain}")]
    return sum(one[0] for one in hit), sum(one[1] for one in hit)


def is_same(wanted: ListedBlock, before: DomainBlock | None) -> bool:
    """True when the block stands already as wanted."""
    names = ("severity", "rejects_media", "rejects_reports", "public_comment", "is_obfuscated")
    return before is not None and all(getattr(wanted, name) == getattr(before, name) for name in names)


def totals_of(changes: Sequence[Difference]) -> tuple[int, int]:
    """Return how many follows and people all the rows together would reach."""
    return sum(one.follow_count for one in changes), sum(one.people_count for one in changes)
