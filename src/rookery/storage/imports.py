"""Imports in SQL: the files that people brought, row by row, and how far each row is.

Owns: the tables `imports` and `import_rows`. Never: does what a row asks for (actions/importing.py). Every look-up of a
person names them, so that nobody reaches another one's file.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rookery.model.ids import AccountId
from rookery.model.imports import Import, ImportKind, ImportRow, ReadRow, RowState, Tally
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.sql import Row

COLUMNS = "id, account_id, kind, overwrites, state, turn, created_at, ended_at"
ROW_COLUMNS = "line, host, name, title, wishes, error, target_id, id, state, attempt_count"
FIND_IMPORT = f"SELECT {COLUMNS} FROM imports WHERE id = :id AND (account_id = :account OR :account = 0)"
LIST_IMPORTS = f"""
    -- A person's newest ones. Index: imports_account (account_id, id)
    SELECT {COLUMNS} FROM imports WHERE account_id = :account AND state <> 'reading' ORDER BY id DESC LIMIT :limit
"""
INSERT_IMPORT = """
    INSERT INTO imports (id, account_id, kind, overwrites, state, created_at)
    VALUES (:id, :account, :kind, :overwrites, 'reading', :now)
"""
IS_GOING = "SELECT 1 FROM imports WHERE account_id = :account AND kind = :kind AND state = 'going'"
SET_STATE = """
    -- From one state to another; nothing when somebody was faster.
    UPDATE imports SET state = :state, ended_at = :ended_at, turn = turn + 1 WHERE id = :id AND state = :before
"""
NEXT_TURN = "UPDATE imports SET turn = turn + 1 WHERE id = :id AND turn = :turn AND state = 'going'"
DELETE_IMPORT = "DELETE FROM imports WHERE id = :id"
FORGET_DRAFTS = "DELETE FROM imports WHERE account_id = :account AND kind = :kind AND state IN ('reading', 'draft')"
PRUNE = """
    -- Index: imports_age (created_at)
    DELETE FROM imports WHERE created_at < :drafts_before AND state IN ('reading', 'draft')
        OR created_at < :before AND state IN ('done', 'stopped')
"""
INSERT_ROW = """
    INSERT INTO import_rows (import_id, id, line, host, name, title, wishes, state, error, target_id)
    VALUES (:import_id, :id, :line, :host, :name, :title, :wishes, :state, :error, :target_id)
"""
LIST_DUE = f"""
    -- What is next: a few of each server, so that a slow or large one holds up no other. What overwriting takes away
    -- comes last. Index: import_rows_waiting (import_id, try_at, id) WHERE state = 'waiting'
    SELECT {ROW_COLUMNS} FROM (
        SELECT {ROW_COLUMNS}, row_number() OVER (PARTITION BY host ORDER BY id) AS place FROM import_rows
        WHERE import_id = :import_id AND state = 'waiting' AND try_at <= :now AND (line > 0 OR NOT EXISTS (
            SELECT 1 FROM import_rows w
            WHERE w.import_id = :import_id AND w.state = 'waiting' AND w.try_at <= :now AND w.line > 0))
    ) AS due WHERE place <= :per_host OR host = '' ORDER BY place, id LIMIT :limit
"""
LIST_ROWS = f"""
    -- The rows of a state, in the order of the file. Index: import_rows_states (import_id, state, id)
    SELECT {ROW_COLUMNS} FROM import_rows WHERE import_id = :import_id AND state = :state AND id > :after
    ORDER BY id LIMIT :limit
"""
LIST_NAMES = """
    -- What the file names. Index: primary key
    SELECT id, name, title FROM import_rows WHERE import_id = :import_id AND id > :after AND line > 0
    AND state <> 'broken' ORDER BY id LIMIT :limit
"""
LIST_REMOVALS = f"""
    SELECT {ROW_COLUMNS} FROM import_rows WHERE import_id = :import_id AND line = 0 ORDER BY id LIMIT :limit
"""
TALLY = """
    SELECT state, count(*), sum(CASE WHEN line = 0 THEN 1 ELSE 0 END) FROM import_rows WHERE import_id = :import_id
    GROUP BY state
"""
NEXT_AT = "SELECT min(try_at) FROM import_rows WHERE import_id = :import_id AND state = 'waiting'"
END_ROW = """
    UPDATE import_rows SET state = :state, error = :error, target_id = coalesce(:target_id, target_id)
    WHERE import_id = :import_id AND id = :id AND state = 'waiting'
"""
PUT_OFF = """
    UPDATE import_rows SET attempt_count = attempt_count + 1, try_at = :try_at, error = :error
    WHERE import_id = :import_id AND id = :id AND state = 'waiting'
"""
END_HOST = """
    -- Rows of a server that was tried too often.
    UPDATE import_rows SET state = 'failed', error = :error WHERE import_id = :import_id AND host = :host
    AND state = 'waiting' AND line > 0 AND try_at <= :now AND attempt_count >= :tries
"""
PUT_HOST_OFF = """
    -- Rows of a server that would be due now.
    UPDATE import_rows SET attempt_count = attempt_count + 1, try_at = :try_at WHERE import_id = :import_id
    AND host = :host AND state = 'waiting' AND line > 0 AND try_at <= :now
"""
IS_NAMED = """
    -- Whether a row of the file itself turned out to mean this account or post.
    SELECT 1 FROM import_rows WHERE import_id = :import_id AND state = 'done' AND line > 0 AND target_id = :target_id
"""
DECODE = msgspec.json.Decoder(dict[str, Any]).decode


def import_from_row(row: Row) -> Import:
    """Build an Import from COLUMNS."""
    return Import(row[0], AccountId(row[1]), ImportKind(row[2]), bool(row[3]), *row[4:])


def row_from_row(row: Row) -> ImportRow:
    """Build an ImportRow from ROW_COLUMNS."""
    return ImportRow(*row[:4], DECODE(row[4]), *row[5:8], RowState(row[8]), row[9])  # type: ignore[call-arg]


async def find_import(reader: Reader, import_id: int, account_id: int = 0) -> Import | None:
    """Return an import; of this person alone when one is named."""
    row = await reader.one(FIND_IMPORT, id=import_id, account=account_id)
    return import_from_row(row) if row else None


async def list_imports(reader: Reader, account_id: int, limit: int) -> list[Import]:
    """Return a person's newest imports."""
    return [import_from_row(row) for row in await reader.all(LIST_IMPORTS, account=account_id, limit=limit)]


async def insert_import(tx: Transaction, made: Import) -> None:
    """Begin an import that is being read."""
    await tx.run(
        INSERT_IMPORT,
        id=made.id,
        account=made.account_id,
        kind=made.kind.value,
        overwrites=int(made.overwrites),
        now=made.created_at_us,
    )


async def is_going(reader: Reader, account_id: int, kind: ImportKind) -> bool:
    """True while a file of this kind is being imported."""
    return await reader.one(IS_GOING, account=account_id, kind=kind.value) is not None


async def set_state(
    tx: Transaction, import_id: int, before: str, state: str, *, ended_at_us: int | None = None
) -> bool:
    """Take a step; False when the import is not (any more) in `before`."""
    return await tx.run(SET_STATE, id=import_id, before=before, state=state, ended_at=ended_at_us) == 1


async def begin_turn(tx: Transaction, import_id: int, turn: int) -> bool:
    """Note that a turn is over and the next one begins; False when that was noted before, or it was stopped."""
    return await tx.run(NEXT_TURN, id=import_id, turn=turn) == 1


async def delete_import(tx: Transaction, import_id: int) -> None:
    """Forget an import with its rows."""
    await tx.run(DELETE_IMPORT, id=import_id)


async def forget_drafts(tx: Transaction, account_id: int, kind: ImportKind) -> None:
    """Forget files of a kind that were read and not begun."""
    await tx.run(FORGET_DRAFTS, account=account_id, kind=kind.value)


async def prune_imports(tx: Transaction, before_us: int, drafts_before_us: int) -> None:
    """Forget imports that ended before a moment, and drafts that nobody began."""
    await tx.run(PRUNE, before=before_us, drafts_before=drafts_before_us)


async def insert_rows(tx: Transaction, import_id: int, first_id: int, rows: list[ReadRow]) -> None:
    """Store rows of a file, in order."""
    await tx.run_many(
        INSERT_ROW,
        [
            {
                "import_id": import_id,
                "id": place,
                "line": row.line,
                "host": row.host,
                "name": row.name,
                "title": row.title,
                "wishes": encode(row.wishes),
                "state": (RowState.BROKEN if row.error else RowState.WAITING).value,
                "error": row.error,
                "target_id": row.target_id,
            }
            for place, row in enumerate(rows, first_id)
        ],
    )


async def list_due_rows(reader: Reader, import_id: int, now_us: int, *, limit: int, per_host: int) -> list[ImportRow]:
    """Return what is to be done next, a few of each host."""
    rows = await reader.all(LIST_DUE, import_id=import_id, now=now_us, limit=limit, per_host=per_host)
    return [row_from_row(row) for row in rows]


async def list_rows(reader: Reader, import_id: int, state: RowState, after: int, limit: int) -> list[ImportRow]:
    """Return the rows of a state above an id, in order."""
    rows = await reader.all(LIST_ROWS, import_id=import_id, state=state.value, after=after, limit=limit)
    return [row_from_row(row) for row in rows]


async def list_names(reader: Reader, import_id: int, after: int, limit: int) -> list[tuple[int, str, str]]:
    """Return (id, name, list title) of what the file names, above an id."""
    rows = await reader.all(LIST_NAMES, import_id=import_id, after=after, limit=limit)
    return [(row[0], row[1], row[2]) for row in rows]


async def list_removals(reader: Reader, import_id: int, limit: int) -> list[ImportRow]:
    """Return the first things that overwriting takes away."""
    return [row_from_row(row) for row in await reader.all(LIST_REMOVALS, import_id=import_id, limit=limit)]


async def tally_rows(reader: Reader, import_id: int) -> Tally:
    """Return how many rows are in each state."""
    rows = await reader.all(TALLY, import_id=import_id)
    return Tally(**{row[0]: row[1] for row in rows}, removals=sum(int(row[2]) for row in rows))


async def find_next_at(reader: Reader, import_id: int) -> int | None:
    """Return when the next row may be tried, None when none waits."""
    row = await reader.one(NEXT_AT, import_id=import_id)
    return row[0] if row else None


async def end_row(
    tx: Transaction, import_id: int, row_id: int, state: RowState, error: str = "", target_id: int | None = None
) -> None:
    """Note how a row ended."""
    await tx.run(END_ROW, import_id=import_id, id=row_id, state=state.value, error=error[:500], target_id=target_id)


async def put_row_off(tx: Transaction, import_id: int, row_id: int, try_at_us: int, error: str) -> None:
    """Have a row tried again later."""
    await tx.run(PUT_OFF, import_id=import_id, id=row_id, try_at=try_at_us, error=error[:500])


async def put_host_off(
    tx: Transaction, import_id: int, host: str, now_us: int, try_at_us: int, *, error: str, tries: int
) -> None:
    """Have every row of a server that is due tried later; one that was tried so often already fails."""
    await tx.run(END_HOST, import_id=import_id, host=host, now=now_us, error=error, tries=tries)
    await tx.run(PUT_HOST_OFF, import_id=import_id, host=host, now=now_us, try_at=try_at_us)


async def is_named(reader: Reader, import_id: int, target_id: int) -> bool:
    """True when a row of the file meant this account or post, under whatever name."""
    return await reader.one(IS_NAMED, import_id=import_id, target_id=target_id) is not None
