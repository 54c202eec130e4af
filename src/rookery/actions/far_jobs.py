"""Jobs about far files: fetching what comes into somebody's home, clearing away what a blocked server showed.

Owns: the handlers. Never: plans them (timelines/far_files.py, actions/domainblocks.py). Fetching ahead is a kindness:
what comes too late, is too much or does not work is left to whoever looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rookery.actions.app import App
from rookery.actions.far_files import FarRoom, begin_fetch, is_kept_away
from rookery.actions.far_keeping import forget_server
from rookery.actions.jobs import JobHandler
from rookery.model.far_files import FarFileAway
from rookery.model.ids import now_us
from rookery.network.outward import Budget, HostBusy
from rookery.storage.domainblocks import find_covering_block
from rookery.storage.far_files import EMPTY_FAR_FILES, FETCH_FAR_FILES, list_files_of_posts
from rookery.storage.jobs import Job

WORTH_US = 6 * 3600 * 1_000_000
# A fetch goes on by itself; the job only keeps too many from being begun at once.
PATIENCE_S = 30.0
# Of one server, whoever writes there: so that nobody fills our disk by writing.
AHEAD = Budget("far files ahead", at_once=20, count=2000, per_s=3600)


def far_file_handlers(app: App, room: FarRoom) -> Mapping[str, JobHandler]:
    """Return the handlers of this room's jobs, for actions/jobs.py."""

    async def fetch_ahead(job: Job) -> None:
        if job.body["planned_at"] > now_us() - WORTH_US:
            await fetch_files_of_post(app, room, job.body["post_id"])

    async def empty(job: Job) -> None:
        await empty_server(app, room, job.body["domain"])

    return {FETCH_FAR_FILES: fetch_ahead, EMPTY_FAR_FILES: empty}


async def fetch_files_of_post(app: App, room: FarRoom, post_id: int) -> None:
    """Fetch what a post and its author's name show, as far as it is not here."""
    tasks = []
    for file in await list_files_of_posts(app.db.reader, [post_id]):
        if file.blob_key or file.due_at_us > now_us() or await is_kept_away(app.db.reader, file):
            continue
        try:
            async with room.door.budgets.turn(file.domain, AHEAD):
                tasks.append(begin_fetch(app, room, file))
        except (FarFileAway, HostBusy):
            break
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE_S)


async def empty_server(app: App, room: FarRoom, domain: str) -> None:
    """Drop the copies of a server, and of those below its name, unless it was let back meanwhile."""
    block = await find_covering_block(app.db.reader, domain)
    if block and block.keeps_files_away:
        await forget_server(app, room.media.blobs, domain)
