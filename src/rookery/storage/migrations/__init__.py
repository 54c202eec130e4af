"""The schema as numbered steps, and the refusal to run on a schema that this version does not know.

Owns: applying steps, the two numbers `schema` and `oldest compatible`. A step runs in one transaction of its own, so an
interrupted migration is repeated from the last whole step. Phase `before`: before new code runs beside old code;
`after`: once no old code runs any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import Refusal
from rookery.storage.database import Database, Reader, Transaction
from rookery.storage.migrations.step import Step
from rookery.storage.migrations.step_0001 import STEP as STEP_0001
from rookery.storage.sql import SQLITE

STEPS: tuple[Step, ...] = (STEP_0001,)
NEWEST = STEPS[-1].number
TABLE_EXISTS = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'",
    "postgres": "SELECT 1 WHERE to_regclass('schema_versions') IS NOT NULL",
}
CREATE_VERSIONS = """
    CREATE TABLE IF NOT EXISTS schema_versions (
        number {id}, oldest_compatible {int} NOT NULL, applied_at {int} NOT NULL
    )
"""
VERSIONS = "SELECT max(number), max(oldest_compatible) FROM schema_versions"
RECORD_VERSION = "INSERT INTO schema_versions (number, oldest_compatible, applied_at) VALUES (:number, :oldest, :now)"
MIGRATION_LOCK = "SELECT pg_advisory_xact_lock(7261746)"


class SchemaTooNew(Refusal):
    """The data was written by a later version that this one cannot stand beside."""

    def __init__(self, oldest: int) -> None:
        super().__init__(
            f"the data needs a version of Rookery that knows schema {oldest}, this one knows {NEWEST}: install the"
            " newer version again, or restore a backup made before the upgrade"
        )


class SchemaTooOld(Refusal):
    """Steps are missing: `rookery migrate` applies them."""

    def __init__(self, found: int) -> None:
        super().__init__(f"the data has schema {found}, this version needs {NEWEST}: run `rookery migrate` first")


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What the data says of itself. number 0: empty."""

    number: int
    oldest_compatible: int


async def read_schema(reader: Reader, dialect: str) -> SchemaState:
    """Return the state of the schema, zeros for an empty database."""
    if await reader.one(TABLE_EXISTS[dialect]) is None:
        return SchemaState(0, 0)
    row = await reader.one(VERSIONS)
    return SchemaState(row[0] or 0, row[1] or 0) if row else SchemaState(0, 0)


async def check_schema(db: Database) -> None:
    """Raises SchemaTooNew, SchemaTooOld when this version must not touch the data."""
    state = await read_schema(db.reader, db.dialect)
    if state.oldest_compatible > NEWEST:
        raise SchemaTooNew(state.oldest_compatible)
    if state.number < NEWEST:
        raise SchemaTooOld(state.number)


async def migrate(db: Database, *, now_us: int) -> list[Step]:
    """Apply the missing steps, each in its own transaction, and return them. Raises SchemaTooNew."""
    applied = []
    for step in STEPS:
        async with db.transaction() as tx:
            if db.dialect != SQLITE:
                await tx.all(MIGRATION_LOCK)
            state = await read_schema(tx, db.dialect)
            if state.oldest_compatible > NEWEST:
                raise SchemaTooNew(state.oldest_compatible)
            if state.number < step.number:
                await apply_step(tx, step, now_us)
                applied.append(step)
    return applied


async def apply_step(tx: Transaction, step: Step, now_us: int) -> None:
    """Run one step's statements and record it."""
    await tx.run(CREATE_VERSIONS)
    for statement in (*step.statements, *(step.sqlite if tx.dialect == SQLITE else step.postgres)):
        await tx.run(statement)
    await tx.run(RECORD_VERSION, number=step.number, oldest=step.oldest_compatible, now=now_us)
