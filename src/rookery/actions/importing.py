"""Carrying out what a person's files ask for, some rows at a time, until every row has its end.

Owns: the pace, the tries, the reason of each row that failed. One turn takes rows of many servers, a few of each, and
asks each server one thing after the other. It ends with a transaction that plans the next turn, so a job that begins
again after a crash goes on with the rows that wait, and one that is done twice finds nothing to do. A row that cannot
be done carries the sentence why; the others go on. Never: what a row does (actions/import_rows.py).
"""

from __future__ import annotations

import asyncio
import logging
import time

from rookery.actions.app import App
from rookery.actions.import_rows import carry_out, make_lists
from rookery.actions.imports import IMPORT_ROWS
from rookery.actions.jobs import JobHandler
from rookery.actions.repeating import repeatable
from rookery.model.errors import Refusal, TooMany, Unavailable
from rookery.model.ids import now_us
from rookery.model.imports import IMPORT_STEPS, Import, ImportKind, ImportRow, RowState
from rookery.storage import imports
from rookery.storage.accounts import is_present
from rookery.storage.jobs import Job, insert_job

LOG = logging.getLogger("rookery.imports")
SECOND_US = 1_000_000
ROWS_A_TURN, ROWS_OF_A_HOST = 120, 6
HOSTS_AT_ONCE = 8
SEEMS_AWAY = 3  # so many rows of one turn, and not one answer
TURN_S = 120.0  # well within the lease of a job
PACE_S = 2.0  # between two turns that ask other servers
PAUSES_S = (120, 900, 7200, 36_000)  # before each further try of a row whose server does not answer


def import_handlers(app: App) -> dict[str, JobHandler]:
    """Return the handler of this room's job, for actions/jobs.py. It may take minutes: give it a queue of its own."""
    room = asyncio.Semaphore(HOSTS_AT_ONCE)

    async def take(job: Job) -> None:
        await take_turn(app, int(job.body["import_id"]), int(job.body["turn"]), room)

    return {IMPORT_ROWS: take}


async def take_turn(app: App, import_id: int, turn: int, room: asyncio.Semaphore) -> None:
    """Do the next rows of an import, and plan the turn after. Nothing for one that is over, stopped or further on."""
    found = await imports.find_import(app.db.reader, import_id)
    if found is None or found.state != "going" or found.turn != turn:
        return
    if not await is_present(app.db.reader, found.account_id):
        await pause_import(app, found)
        return
    rows = await imports.list_due_rows(app.db.reader, import_id, now_us(), limit=ROWS_A_TURN, per_host=ROWS_OF_A_HOST)
    if found.kind is ImportKind.LISTS:
        await make_lists(app, found, rows)
    by_host: dict[str, list[ImportRow]] = {}
    for row in rows:
        by_host.setdefault(row.host, []).append(row)
    until = time.monotonic() + TURN_S
    await asyncio.gather(*(ask_host(app, found, group, room, until) for group in by_host.values()))
    asks = any(by_host) and app.resolver is not None
    await end_turn(app, found, pause_s=PACE_S if asks else 0.0)


@repeatable
async def pause_import(app: App, found: Import) -> None:
    """Stop what somebody began who may not act any more."""
    async with app.db.transaction() as tx:
        await imports.set_state(tx, found.id, "going", IMPORT_STEPS["going", "stop"], ended_at_us=now_us())


@repeatable
async def end_turn(app: App, found: Import, *, pause_s: float) -> None:
    """Plan the next turn, or note that the import is over."""
    now = now_us()
    async with app.db.transaction() as tx:
        next_at = await imports.find_next_at(tx, found.id)
        if next_at is None:
            await imports.set_state(tx, found.id, "going", IMPORT_STEPS["going", "finish"], ended_at_us=now)
        elif await imports.begin_turn(tx, found.id, found.turn):
            run_at = max(next_at, now + int(pause_s * SECOND_US))
            body = {"import_id": found.id, "turn": found.turn + 1}
            await insert_job(tx, app.ids.next_id(), IMPORT_ROWS, body, run_at_us=run_at)


async def ask_host(app: App, found: Import, rows: list[ImportRow], room: asyncio.Semaphore, until: float) -> None:
    """Do the rows of one server one after the other; those that the time does not suffice for wait on.

    A server that answered to none of several is left alone for a while, with all its rows.
    """
    tried = away = 0
    async with room:
        for row in rows:
            if time.monotonic() >= until:
                break
            tried += 1
            away += not await try_row(app, found, row)
    if rows[0].host and away == tried >= SEEMS_AWAY:
        await put_host_off(app, found, rows[0])


async def try_row(app: App, found: Import, row: ImportRow) -> bool:
    """Do one row and write down how it ended; False when it has to wait for somebody who does not answer."""
    try:
        target_id = await carry_out(app, found, row)
    except (Unavailable, TooMany) as refusal:
        await put_off(app, found, row, refusal)
        return False
    except Refusal as refusal:
        await end_row(app, found, row, RowState.FAILED, str(refusal))
    except Exception:
        LOG.exception("a row of an import failed: import %s, row %s", found.id, row.id)
        await end_row(app, found, row, RowState.FAILED, "something went wrong on our side")
    else:
        await end_row(app, found, row, RowState.DONE, target_id=target_id)
    return True


@repeatable
async def end_row(
    app: App, found: Import, row: ImportRow, state: RowState, error: str = "", *, target_id: int | None = None
) -> None:
    """Write down how a row ended."""
    async with app.db.transaction() as tx:
        await imports.end_row(tx, found.id, row.id, state, error, target_id)


@repeatable
async def put_off(app: App, found: Import, row: ImportRow, refusal: Unavailable | TooMany) -> None:
    """Have a row tried again, or give it up after the last try."""
    async with app.db.transaction() as tx:
        if row.attempt_count >= len(PAUSES_S):
            await imports.end_row(tx, found.id, row.id, RowState.FAILED, str(refusal))
            return
        pause_s = max(PAUSES_S[row.attempt_count], refusal.retry_after_s)
        await imports.put_row_off(tx, found.id, row.id, now_us() + pause_s * SECOND_US, str(refusal))


@repeatable
async def put_host_off(app: App, found: Import, row: ImportRow) -> None:
    """Count a try of every other row of a server that seems to be away, or give them up after the last."""
    async with app.db.transaction() as tx:
        now, pause_s = now_us(), PAUSES_S[min(row.attempt_count, len(PAUSES_S) - 1)]
        error, try_at_us = "this server does not answer", now + pause_s * SECOND_US
        await imports.put_host_off(tx, found.id, row.host, now, try_at_us, error=error, tries=len(PAUSES_S))
