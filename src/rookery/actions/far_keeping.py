"""How long copies of other servers' files stay: within days and bytes, and as long as somebody may show them.

Owns: the sweep of what nobody looked at, of what is over the budget, of what belongs to nobody any more, of servers
whose files are refused. Never: fetches; a link outlives its copy, so that whoever looks again gets it again.
All of it goes in small transactions, the row first and the files after it; a file without a row is found later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.far_files import FarFile
from rookery.model.ids import now_us
from rookery.storage import far_files
from rookery.storage.blobs import BlobKey, BlobStore

BATCH = 100
# Below the budget by so much when it was passed, so that not every new copy begins a sweep.
SLACK = 0.97
Drop = Callable[[App, FarFile], Awaitable[bool]]


async def count_bytes(app: App) -> int:
    """Return how much all copies take."""
    return sum(total.size_bytes for total in await far_files.list_totals(app.db.reader))


async def forget_unwanted(app: App, blobs: BlobStore, *, budget_bytes: int | None = None) -> int:
    """Drop copies whose days are over, then those that come next while all are over the budget; return how many."""
    now = now_us()
    budget = app.settings.far_media.budget_bytes if budget_bytes is None else budget_bytes
    taken, count = await count_bytes(app), 0
    over = taken - int(budget * SLACK) if taken > budget else 0
    while batch := await far_files.list_least_wanted(app.db.reader, BATCH):
        for file in batch:
            if over <= 0 and file.kept_until_us >= now:
                return count
            over -= file.size_bytes
            count += await drop(app, blobs, file, drop_copy)
    return count


async def forget_ownerless(app: App, blobs: BlobStore) -> int:
    """Delete the files of posts, accounts and emoji that are gone; return how many."""
    count = 0
    while batch := await far_files.list_files_of_nobody(app.db.reader, BATCH):
        count += sum([await drop(app, blobs, file, delete_row) for file in batch])
    return count


async def forget_server(app: App, blobs: BlobStore, domain: str) -> int:
    """Drop every copy of a server and of those below its name; return how many."""
    count = 0
    for name in await far_files.list_domains_below(app.db.long_reader, domain):
        while batch := await far_files.list_copies_of_domain(app.db.reader, name, BATCH):
            count += sum([await drop(app, blobs, file, drop_copy) for file in batch])
    return count


async def drop(app: App, blobs: BlobStore, file: FarFile, from_rows: Drop) -> bool:
    """Let go of a file's rows, and then of what is stored; False when somebody else did."""
    if not await from_rows(app, file):
        return False
    for key in {file.blob_key, file.small_key}:
        if key:
            await blobs.delete(BlobKey(key))
    return True


@repeatable
async def drop_copy(app: App, file: FarFile) -> bool:
    """Take a copy from its row; False when it has another one, or none, by now."""
    async with app.db.transaction() as tx:
        return await far_files.empty_far_file(tx, file)


@repeatable
async def delete_row(app: App, file: FarFile) -> bool:
    """Delete the row of a file of nobody; False when it is gone."""
    async with app.db.transaction() as tx:
        return await far_files.delete_far_file(tx, file)
