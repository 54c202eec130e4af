"""Taking in a file that a person brings: kept as a draft to look at, begun, stopped.

Owns: those steps, and what overwriting takes away: found when the file is read, so that the person sees it before.
Never: how a file looks (a room above reads it), what a row does (actions/importing.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from rookery.actions.app import App
from rookery.actions.belongings import list_belongings
from rookery.actions.repeating import repeatable
from rookery.model.ids import AccountId, now_us
from rookery.model.imports import (
    DRAFT_DAYS,
    IMPORT_STEPS,
    KEPT_DAYS,
    Import,
    ImportGoing,
    ImportKind,
    ImportNotFound,
    ImportRefused,
    ReadRow,
)
from rookery.storage import imports
from rookery.storage.jobs import insert_job

IMPORT_ROWS = "ImportRows"
DAY_US = 86_400 * 1_000_000
PAGE = 500


async def read_import(
    app: App, account_id: AccountId, kind: ImportKind, batches: AsyncIterator[list[ReadRow]], *, overwrites: bool
) -> Import:
    """Keep a file as a draft, row by row; nothing is done yet. Raises ImportGoing, ImportRefused.

    batches: the rows as they are read, from a room that knows the format; what it raises ends the draft.
    """
    draft = await begin_draft(app, account_id, kind, overwrites)
    count = readable = 0
    try:
        async for rows in batches:
            await add_rows(app, draft, count, rows)
            count += len(rows)
            readable += sum(not row.error for row in rows)
        if not readable:
            raise ImportRefused("no row of this file can be read" if count else "this file is empty")
        if overwrites:
            await add_removals(app, draft, count)
    except ImportRefused:
        await drop_draft(app, draft)
        raise
    return await end_reading(app, draft)


@repeatable
async def begin_draft(app: App, account_id: AccountId, kind: ImportKind, overwrites: bool) -> Import:
    """Make room for a new file; an older draft of the kind is forgotten. Raises ImportGoing."""
    made = Import(app.ids.next_id(), account_id, kind, overwrites, "reading", 0, now_us(), None)
    async with app.db.transaction() as tx:
        if await imports.is_going(tx, account_id, kind):
            raise ImportGoing
        await imports.forget_drafts(tx, account_id, kind)
        await imports.insert_import(tx, made)
    return made


@repeatable
async def add_rows(app: App, draft: Import, first_id: int, rows: list[ReadRow]) -> None:
    """Store some rows; nobody is asked for those of this server."""
    here = app.settings.server.domain.casefold()
    placed = [replace(row, host="") if row.host == here else row for row in rows]
    async with app.db.transaction() as tx:
        await imports.insert_rows(tx, draft.id, first_id, placed)


@repeatable
async def drop_draft(app: App, draft: Import) -> None:
    """Forget a file that cannot be read."""
    async with app.db.transaction() as tx:
        await imports.delete_import(tx, draft.id)


@repeatable
async def end_reading(app: App, draft: Import) -> Import:
    """Show the draft to its person. Raises ImportNotFound when a newer one has taken its place."""
    async with app.db.transaction() as tx:
        if not await imports.set_state(tx, draft.id, "reading", "draft"):
            raise ImportNotFound
    return await get_import(app, draft.account_id, draft.id)


async def add_removals(app: App, draft: Import, count: int) -> None:
    """Add a row for everything that the person has and the file does not name."""
    named = await names_in(app, draft)
    async for page in list_belongings(app, draft.account_id, draft.kind):
        rows = [row for row in page if (row.title, row.name.casefold()) not in named]
        # A list that goes takes its members along.
        rows = [row for row in rows if not row.name or not row.title or (row.title, "") in named]
        if rows:
            await add_rows(app, draft, count, rows)
            count += len(rows)


async def names_in(app: App, draft: Import) -> set[tuple[str, str]]:
    """Return (list title, name) of all that the file names, and of the lists themselves: (title, '')."""
    named: set[tuple[str, str]] = set()
    after = -1
    here = f"@{app.settings.server.domain}".casefold()
    while page := await imports.list_names(app.db.reader, draft.id, after, PAGE):
        for row_id, name, title in page:
            named.add((title, name.casefold().removesuffix(here)))
            named.add((title, ""))
            after = row_id
    return named


async def get_import(app: App, account_id: AccountId, import_id: int) -> Import:
    """Return an import of a person. Raises ImportNotFound."""
    found = await imports.find_import(app.db.reader, import_id, account_id)
    if found is None or found.state == "reading":
        raise ImportNotFound
    return found


@repeatable
async def start_import(app: App, account_id: AccountId, import_id: int) -> Import:
    """Begin a draft, or go on with what was stopped; harmless while it goes. Raises ImportNotFound, ImportGoing."""
    async with app.db.transaction() as tx:
        found = await imports.find_import(tx, import_id, account_id)
        if found is None or found.state == "reading":
            raise ImportNotFound
        state = IMPORT_STEPS.get((found.state, "start"))
        if state is None:
            return found
        if await imports.is_going(tx, account_id, found.kind):
            raise ImportGoing
        if await imports.set_state(tx, found.id, found.state, state):
            turn = found.turn + 1
            await insert_job(tx, app.ids.next_id(), IMPORT_ROWS, {"import_id": found.id, "turn": turn})
    return found


@repeatable
async def stop_import(app: App, account_id: AccountId, import_id: int) -> bool:
    """Stop an import, or throw a draft away; True when nothing of it is left. Raises ImportNotFound."""
    async with app.db.transaction() as tx:
        found = await imports.find_import(tx, import_id, account_id)
        if found is None:
            raise ImportNotFound
        if found.state == "draft":
            await imports.delete_import(tx, found.id)
            return True
        await imports.set_state(tx, found.id, "going", "stopped", ended_at_us=now_us())
    return False


@repeatable
async def forget_old_imports(app: App) -> None:
    """Forget imports that ended KEPT_DAYS ago, and drafts of yesterday. For a daily timer."""
    now = now_us()
    async with app.db.transaction() as tx:
        await imports.prune_imports(tx, now - KEPT_DAYS * DAY_US, now - DRAFT_DAYS * DAY_US)
