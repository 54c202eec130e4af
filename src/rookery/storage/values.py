"""Single values of the server in SQL: the claim's hash, keys, marks of maintenance.

Owns: the table `server_values`. Never: settings, which are the operator's (model/settings.py).
"""

from __future__ import annotations

from rookery.storage.database import Reader, Transaction

FIND_VALUE = "SELECT value FROM server_values WHERE name = :name"
SET_VALUE = """
    INSERT INTO server_values (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
KEEP_VALUE = "INSERT INTO server_values (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING"
TAKE_VALUE = "DELETE FROM server_values WHERE name = :name RETURNING value"


async def find_value(reader: Reader, name: str) -> str | None:
    """Return a value, or None."""
    row = await reader.one(FIND_VALUE, name=name)
    return row[0] if row else None


async def set_value(tx: Transaction, name: str, value: str) -> None:
    """Store a value in place of any older one."""
    await tx.run(SET_VALUE, name=name, value=value)


async def keep_value(tx: Transaction, name: str, value: str) -> str:
    """Store a value unless there is one; return the one that stands."""
    await tx.run(KEEP_VALUE, name=name, value=value)
    row = await tx.one(FIND_VALUE, name=name)
    return str(row[0]) if row else value


async def take_value(tx: Transaction, name: str) -> str | None:
    """Remove a value and return it, once: of two at the same moment one gets None."""
    row = await tx.one(TAKE_VALUE, name=name)
    return row[0] if row else None
